"""Walks back from several Tensors, and to those that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad.arrays import imperative
from agrad.arrays.tensors import Tensor
from agrad.errors import BackendError, GraphError, NestingError
from agrad.interpret.record import BASE
from agrad.interpret.reverse import STOP, Node, folded, hooked, leading, parents_of, walk

__all__ = ["backward", "gradients"]

Tensors = Tensor | Sequence[Tensor]


def gradients(
    outputs: Tensors, inputs: Tensors, cotangents: Any = None, retain_graph: bool = False, create_graph: bool = False
) -> Any:
    """Return the gradients of Tensors with respect to others that they were computed from; ``.grad`` stays as it is.

    Only what lies between them is walked through, and only its hooks are called.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensors
    inputs : Tensor or sequence of Tensors
        Leaves, or results on the way from leaves to `outputs`.
    cotangents : array, Tensor, or sequence of them, optional
        One an output, of its shape; None, or left out, for a real scalar.
    retain_graph : bool
        Keep the graph, so that it can be walked again.
    create_graph : bool
        Follow the backward pass itself, so that the gradients can be differentiated.

    Returns
    -------
    Tensor or list of Tensors
        One an input, as `inputs` is; None for one that no output depends on.

    Raises
    ------
    GraphError
        An output or input is not followed, or an earlier backward freed the graph.
    NonScalarError, ShapeError, DtypeError
        A cotangent is missing or does not fit.
    NestingError
        Inside a transform.

    Examples
    --------
    >>> import agrad
    >>> x = agrad.tensor(3.0, requires_grad=True)
    >>> y = x**2
    >>> z = 5 * y
    >>> [g.item() for g in agrad.gradients(z, [x, y])]
    [30.0, 5.0]
    >>> slope = agrad.gradients(x**3, x, create_graph=True)
    >>> agrad.gradients(slope, x).item()
    18.0
    """
    what = "gradients()"
    of, given = _outputs(outputs, cotangents, what)
    wrt = _listed(inputs, what, "inputs")
    roots = _roots(of, given, create_graph, what)
    found = _found(of[0], roots, wrt, retain_graph, create_graph, what)
    reached = [(t._space, found[t._node]) for t in wrt if found.get(t._node) is not None]
    made = iter(imperative.handed_out(reached, given))
    result = [None if found.get(t._node) is None else t._space._wrap(next(made)) for t in wrt]
    return result[0] if isinstance(inputs, Tensor) else result


def backward(
    outputs: Tensors,
    cotangents: Any = None,
    inputs: Tensors | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> None:
    """Accumulate in ``.grad`` the gradient of several Tensors, in one walk: the sum of theirs.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensors
    cotangents : array, Tensor, or sequence of them, optional
        One an output, of its shape; None, or left out, for a real scalar.
    inputs : Tensor or sequence of Tensors, optional
        Where to accumulate: leaves, or results, which then keep their ``.grad`` as after ``retain_grad()``. Without it,
        in every leaf that the outputs depend on.
    retain_graph, create_graph : bool
        As for ``Tensor.backward``.

    Raises
    ------
    GraphError, NonScalarError, ShapeError, DtypeError, NestingError
        As `gradients` does.

    Examples
    --------
    >>> import agrad
    >>> x, w = (agrad.tensor(v, requires_grad=True) for v in (3.0, 5.0))
    >>> agrad.backward([x * w, x**2])
    >>> x.grad.item(), w.grad.item()
    (11.0, 3.0)
    >>> agrad.backward(x * w, inputs=w)
    >>> x.grad.item(), w.grad.item()
    (11.0, 6.0)
    """
    what = "backward()"
    of, given = _outputs(outputs, cotangents, what)
    if inputs is None:
        imperative.accumulate(of[0]._space, _roots(of, given, create_graph, what), given, retain_graph, create_graph)
        return
    wrt = _listed(inputs, what, "inputs")
    for t in wrt:
        if not t.is_leaf:
            imperative.retain_gradient(t)  # the walk accumulates there
    wrt = list({id(t._node): t for t in wrt}.values())
    for t, g in zip(wrt, gradients(of, wrt, given, retain_graph, create_graph), strict=True):
        if g is not None and t.is_leaf:
            imperative.accumulate_in(t._node, g, create_graph)


def _listed(given: Any, what: str, name: str) -> list[Tensor]:
    """One Tensor or several, as a list."""
    found = [given] if isinstance(given, Tensor) else list(given)
    for t in found:
        if not isinstance(t, Tensor):
            raise BackendError(f"{what} got a {type(t).__name__} among its {name}; it takes Tensors")
    if not found:
        raise GraphError(f"{what} got no {name}; name at least one Tensor")
    return found


def _outputs(outputs: Any, cotangents: Any, what: str) -> tuple[list[Tensor], list[Any]]:
    """The outputs and a cotangent for each, None where one is left out."""
    of = _listed(outputs, what, "outputs")
    if isinstance(outputs, Tensor):
        return of, [cotangents]
    given = [None] * len(of) if cotangents is None else list(cotangents)
    if len(given) != len(of):
        raise GraphError(f"{what} got {len(of)} outputs and {len(given)} cotangents; it takes one an output")
    return of, given


def _roots(of: list[Tensor], given: list[Any], create_graph: bool, what: str) -> list[tuple[Node, Any]]:
    """Where the walk starts."""
    return [imperative.root_of(t, c, create_graph, what, "cotangents") for t, c in zip(of, given, strict=True)]


def _found(
    first: Tensor, roots: list[tuple[Node, Any]], wrt: list[Tensor], retain: bool, create_graph: bool, what: str
) -> dict[Node, Any]:
    """The cotangents of the nodes of some Tensors."""
    for k, t in enumerate(wrt):
        if t._node is None:
            raise GraphError(f"{what} got inputs[{k}], which is not followed; make it with requires_grad=True")
        if t._node.trace is not BASE:
            raise NestingError(f"{what} got inputs[{k}], which a transform (agrad.grad, jvp, ...) follows")
    wanted = {t._node for t in wrt}
    between = leading([node for node, _ in roots], wanted)
    ends = set() if between is None else {node for node in wanted if between.isdisjoint(parents_of(node))}
    found: dict[Node, Any] = {}
    hook = imperative.visitor(create_graph) if len(hooked) or len(folded) else None

    def visit(node: Node, ct: Any) -> Any:
        if between is not None and node not in between:
            return STOP
        if hook is not None:
            ct = hook(node, ct)
        if node in wanted:
            found[node] = ct
        return STOP if node in ends else ct

    with first._space._backend.quiet():
        walk(roots, retain=retain or create_graph, retrack=create_graph, visit=visit)
    return found
