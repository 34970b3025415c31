"""Mutants of what users call: ``backward``, the transforms, the Tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.errors import ShapeError
from agrad.interpret.apply import raw_of, stopped
from agrad.interpret.aval import Aval
from sabotage.mutant import Row

__all__ = ["ROWS"]

IMPERATIVE, NAMESPACES = "arrays.imperative:", "arrays.namespaces:"
REVERSE, DENSE = "transforms.reverse:", "transforms.dense:"
FORWARD, BOXING, TENSORS = "transforms.forward:", "transforms.boxing:", "arrays.tensors:"


# backward -------------------------------------------------------------------------------------------


def _overwriting(always: bool) -> Callable[[Any], Any]:
    def change(accumulate: Any) -> Any:
        def other(holder: Any, g: Any, create_graph: bool) -> None:
            if always or create_graph:
                holder.grad = None
            accumulate(holder, g, create_graph)

        return other

    return change


def _silent(backward: Any) -> Any:
    def other(t: Any, gradient: Any, retain_graph: bool, create_graph: bool) -> None:
        if t._node is not None:
            backward(t, gradient, retain_graph, create_graph)

    return other


def _walking(**given: Any) -> Callable[[Any], Any]:
    """The walk with these options, whatever was asked for."""
    return lambda walk: lambda roots, **options: walk(roots, **{**options, **given})


def _unchecked_shape(seed_of: Any) -> Any:
    def other(space: Any, given: Any, aval: Any, where: str) -> Any:
        try:
            return seed_of(space, given, aval, where)
        except ShapeError:
            return given

    return other


def _own_dtype(seed_of: Any) -> Any:
    def other(space: Any, given: Any, aval: Any, where: str) -> Any:
        dtype = getattr(given, "dtype", aval.dtype)
        return seed_of(space, given, Aval(aval.shape, dtype, aval.real, aval.complex), where)

    return other


def _ones_as_seed(seed_of: Any) -> Any:
    return lambda *given: seed_of(*given) * 0 + 1


def _unshared(handed_out: Any) -> Any:
    """Look at each value by itself: two may be the same array."""
    return lambda values, given: [handed_out([pair], ())[0] for pair in values]


def _plus_one(filled: Any) -> Any:
    return lambda held, ct: filled(held, ct) + 1 if ct is None else ct


def _unreplaced(visitor: Any) -> Any:
    def other(create_graph: bool) -> Any:
        visit = visitor(create_graph)

        def visiting(node: Any, ct: Any) -> Any:
            visit(node, ct)
            return ct

        return visiting

    return other


BACKWARD = (
    Row("backward/overwrite", "accumulation", IMPERATIVE + "accumulate_in", _overwriting(always=True)),
    Row("backward/overwrite-graph", "accumulation", IMPERATIVE + "accumulate_in", _overwriting(always=False)),
    Row(
        "backward/retain",
        "graph",
        IMPERATIVE + "backward",
        lambda backward: lambda t, gradient, retain, create: backward(t, gradient, True, create),
    ),
    Row(
        "backward/retain-ignored",
        "graph",
        IMPERATIVE + "backward",
        lambda backward: lambda t, gradient, retain, create: backward(t, gradient, False, create),
    ),
    Row(
        "backward/create-graph", "second order", "interpret.reverse:walk", _walking(retrack=False), "arrays.imperative"
    ),
    Row("backward/constant", "graph", IMPERATIVE + "backward", _silent),
    Row("backward/half", "factor", NAMESPACES + "Namespace._one", lambda one: lambda self, v, a: one(self, v, a) * 0.5),
    Row("seed/ones", "missing cotangent", IMPERATIVE + "seed_of", _ones_as_seed),
    Row("seed/shape", "missing cotangent", IMPERATIVE + "seed_of", _unchecked_shape),
    Row("seed/dtype", "float64 leak", IMPERATIVE + "seed_of", _own_dtype),
    Row("hand-out/seen", "mutated input", IMPERATIVE + "handed_out", _unshared),
    Row("filled/ones", "missing cotangent", IMPERATIVE + "_filled", _plus_one),
    Row("hooks/replaced", "graph", IMPERATIVE + "visitor", _unreplaced),
)


# Transforms -----------------------------------------------------------------------------------------


def _first_ones(positions: Any) -> Any:
    """The first arguments, whichever are named."""
    return lambda argnums, *rest: positions(0 if isinstance(argnums, int) else tuple(range(len(argnums))), *rest)


def _first_leaf(pull: Any) -> Any:
    def other(self: Any, cts: Any, visit: Any = None) -> Any:
        found = pull(self, cts, visit)
        return found[:1] * len(found)

    return other


def _any_trace(scalar_root: Any) -> Any:
    """Walk from any result that something follows, as if the transform's own trace did."""

    def other(space: Any, trace: Any, out: Any, what: str) -> Any:
        node = getattr(out, "_node", None)
        return scalar_root(space, trace if node is None else node.trace, out, what)

    return other


def _any_tangent(tangent: Any) -> Any:
    def other(space: Any, trace: Any, y: Any) -> Any:
        node = getattr(y, "_node", None)
        return tangent(space, node.trace if hasattr(node, "tangent") else trace, y)

    return other


def _constant_moves(tangent: Any) -> Any:
    def other(space: Any, trace: Any, y: Any) -> Any:
        found = tangent(space, trace, y)
        followed = getattr(getattr(y, "_node", None), "trace", None) is trace
        return found if followed or found is None else found + 1

    return other


def _first_direction(given: Any) -> Any:
    def other(self: Any, tree: Any) -> Any:
        found = given(self, tree)
        return found[:1] * len(found)

    return other


def _leaves_passed(trees: Any) -> Any:
    """What is not followed comes back as it is."""

    def other(self: Any, values: Any, passed: Any = None) -> Any:
        from agrad.transforms.containers import unflatten

        leaves = list(self.leaves)
        for i, v in zip(self.followed, values, strict=True):
            leaves[i] = v
        return unflatten(self.treedef, leaves)

    return other


def _scaled_map(linearize: Any) -> Any:
    def other(f: Any, *primals: Any) -> Any:
        out, push = linearize(f, *primals)
        return out, lambda *tangents: push(*[t * 0 + 1 for t in tangents])

    return other


def _of_first_order(transform: Any) -> Any:
    def hvp(f: Any, primals: Any, tangents: Any) -> Any:
        from agrad import grad

        argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
        return grad(f, argnums)(*primals)

    return hvp


def _jacobian_for_hessian(hessian: Any) -> Any:
    def other(f: Any, argnums: Any = 0, **options: Any) -> Any:
        from agrad import jacobian

        return jacobian(f, argnums)

    return other


TRANSFORMS = (
    Row("grad/argnums", "dropped argument", REVERSE + "positions", _first_ones),
    Row("grad/first-leaf", "dropped argument", REVERSE + "Recorded.pull", _first_leaf),
    Row("vjp/free", "graph", "interpret.reverse:walk", _walking(retain=False), "transforms.reverse"),
    Row("vjp/foreign-trace", "levels", REVERSE + "_scalar_root", _any_trace),
    Row("jvp/constant-result", "missing cotangent", FORWARD + "_tangent", _constant_moves),
    Row("jvp/foreign-trace", "levels", FORWARD + "_tangent", _any_tangent),
    Row("jvp/first-tangent", "dropped argument", BOXING + "Inputs.given", _first_direction),
    Row(
        "inputs/zeros",
        "missing cotangent",
        BOXING + "Inputs.zeros",
        lambda zeros: lambda self, i: zeros(self, i) + 1,
    ),
    Row("inputs/integers", "graph", BOXING + "Inputs.trees", _leaves_passed),
    Row("hessian/first-order", "second order", DENSE + "hessian", _jacobian_for_hessian),
    Row("hvp/gradient", "second order", DENSE + "hvp", _of_first_order),
    Row("linearize/ones", "missing cotangent", REVERSE + "linearize", _scaled_map),
)


# Tensors --------------------------------------------------------------------------------------------


def _constant_lists(asarray: Any) -> Any:
    def other(space: Any, requires_grad: bool, obj: Any, *rest: Any, **more: Any) -> Any:
        made = asarray(space, requires_grad, obj, *rest, **more)
        return space._wrap(stopped(made)) if isinstance(obj, list | tuple) and not requires_grad else made

    return other


TENSOR = (
    Row("asarray/constant", "graph", "arrays.creation:_asarray", _constant_lists),
    Row("item/lost", "graph", TENSORS + "Tensor._concrete", lambda _: lambda self, what: raw_of(self)),
    Row("float/lost", "graph", TENSORS + "Tensor._detached", lambda _: lambda self, what: raw_of(self)),
)

ROWS = (*BACKWARD, *TRANSFORMS, *TENSOR)
