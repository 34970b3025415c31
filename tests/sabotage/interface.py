"""Mutants of what users call: ``backward``, the transforms, the Tensor."""

from __future__ import annotations

from sabotage.mutant import Row

__all__ = ["ROWS"]

IMPERATIVE = (
    Row("backward/overwrite", "accumulation", "/imperative:_accumulate", "if old is None:", "if True:"),
    Row(
        "backward/overwrite-graph",
        "accumulation",
        "/imperative:_accumulate",
        "old is None:",
        "create_graph or old is None:",
    ),
    Row("backward/retain", "graph", "/imperative:backward", "retain=retain_graph or create_graph", "retain=True"),
    Row(
        "backward/retain-ignored",
        "graph",
        "/imperative:backward",
        "retain=retain_graph or create_graph",
        "retain=create_graph",
    ),
    Row("backward/create-graph", "second order", "/imperative:backward", "retrack=create_graph", "retrack=False"),
    Row(
        "backward/seed",
        "missing cotangent",
        "/imperative:backward",
        'seed_of(space, gradient, aval, "backward(gradient=...)")',
        "space._one(t._value, aval)",
    ),
    Row(
        "backward/half",
        "factor",
        "/imperative:backward",
        "seed = space._one(t._value, aval)",
        "seed = space._one(t._value, aval) * 0.5",
    ),
    Row("backward/nested", "levels", "/imperative:backward", "node.trace is not BASE or transforming()", "False"),
    Row(
        "backward/constant",
        "graph",
        "/imperative:backward",
        'raise GraphError("backward() on',
        'return print("backward() on',
    ),
    Row("seed/shape", "missing cotangent", "/imperative:seed_of", "if tuple(value.shape) != aval.shape:", "if False:"),
    Row("seed/dtype", "float64 leak", "/imperative:seed_of", "if value.dtype == aval.dtype:", "if True:"),
    Row("hand-out/own", "mutated input", "/imperative:handed_out", "v = space._backend.own(v)", "v = v"),
    Row("hand-out/seen", "mutated input", "/imperative:handed_out", "if id(v) in seen:", "if False:"),
    Row("filled/ones", "missing cotangent", "/imperative:_filled", "space._raw.zeros(", "space._raw.ones("),
    Row("hooks/replaced", "graph", "/imperative:_visitor", "if replaced is not None:", "if False:"),
)

TRANSFORMS = (
    Row(
        "grad/argnums",
        "dropped argument",
        "/transforms.reverse:_differentiated",
        "positions(argnums, len(args), what)",
        "positions(0, len(args), what)",
    ),
    Row(
        "grad/first-leaf",
        "dropped argument",
        "/transforms.reverse:Recorded.pull",
        "[found.get(leaf) for leaf in self._leaves]",
        "[found.get(self._leaves[0]) for leaf in self._leaves]",
    ),
    Row("vjp/free", "graph", "/transforms.reverse:Recorded.pull", "retain=True", "retain=False"),
    Row("vjp/cotangent", "missing cotangent", "/transforms.reverse:Recorded.pull", "(node, ct)", "(node, ct * 0 + 1)"),
    Row("vjp/foreign-trace", "levels", "/transforms.reverse:Recorded.pull", " and node.trace is self.trace", ""),
    Row(
        "scalar-root/foreign-trace",
        "levels",
        "/transforms.reverse:_scalar_root",
        "out._node is not None and out._node.trace is trace",
        "out._node is not None",
    ),
    Row(
        "stop_gradient/ignored",
        "no_grad",
        "/transforms.stop:stop_gradient",
        "v._space._wrap(raw_of(v)) if isinstance(v, Tensor) else v",
        "v",
    ),
    Row("stop_gradient/one-level", "no_grad", "/transforms.stop:stop_gradient", "raw_of(v)", "v._value"),
    Row("jvp/constant-result", "missing cotangent", "/transforms.forward:_tangent", "zeros_like", "ones_like"),
    Row("jvp/foreign-trace", "levels", "/transforms.forward:_tangent", " and node.trace is trace", ""),
    Row(
        "jvp/first-tangent",
        "dropped argument",
        "/transforms.forward:pushed",
        "Dual(trace, directions[k])",
        "Dual(trace, directions[0])",
    ),
    Row("inputs/zeros", "missing cotangent", "/transforms.boxing:Inputs.zeros", "zeros_like", "ones_like"),
    Row(
        "inputs/integers",
        "graph",
        "/transforms.boxing:Inputs.trees",
        "[passed] * len(self.leaves)",
        "list(self.leaves)",
    ),
    Row(
        "jacobian/rows-as-columns",
        "transposed argument",
        "/transforms.dense:_by_columns",
        "(*range(source.ndim, source.ndim + aval.ndim), *range(source.ndim))",
        "tuple(range(source.ndim + aval.ndim))",
    ),
    Row(
        "jacobian/columns-shape",
        "transposed argument",
        "/transforms.dense:_by_rows",
        "aval.shape + source.shape",
        "source.shape + aval.shape",
    ),
    Row("jacobian/holomorphic-rows", "conjugate", "/transforms.dense:_complex_row", "space.conj(a)", "a"),
    Row("jacobian/not-holomorphic", "conjugate", "/transforms.dense:_check_holomorphic", "if holds():", "if True:"),
    Row("jacobian/complex-result", "conjugate", "/transforms.dense:_complex_row", "a + 1j * b", "a - 1j * b"),
    Row(
        "hessian/first-order",
        "second order",
        "/transforms.dense:hessian",
        'gradient_of(f, argnums, "hessian")',
        "f",
    ),
    Row(
        "hvp/gradient",
        "second order",
        "/transforms.dense:hvp",
        "products[0] if argnums == 0",
        "gradient_of(f, 0, 'hvp')(*primals) if argnums == 0",
    ),
    Row(
        "linearize/ones",
        "missing cotangent",
        "/transforms.reverse:linearize",
        "inputs.given(tangents)",
        "inputs.given(tuple(t * 0 + 1 for t in tangents))",
    ),
)

TENSORS = (
    Row(
        "asarray/constant",
        "graph",
        "/creation:_asarray",
        "if isinstance(obj, list | tuple) and _holds_tensor(obj):",
        "if False:",
    ),
    Row(
        "item/lost",
        "graph",
        "/tensors:Tensor._concrete",
        "if node is not None and node.trace is not BASE:",
        "if False:",
    ),
    Row(
        "float/lost",
        "graph",
        "/tensors:Tensor._detached",
        "if self._node is not None:\n        raise",
        "if False:\n        raise",
    ),
    Row("private/shared", "mutated input", "apply:private", "a._space._box(a._value, a._aval, a._node)", "a"),
    Row("views/forgotten", "mutated input", "/tensors:Tensor.__getitem__", "derive(self, out)", "pass"),
    Row("setitem/leaf", "mutated input", "/tensors:Tensor.__setitem__", "refuse_leaf(self)", "pass"),
)

ROWS = (*IMPERATIVE, *TRANSFORMS, *TENSORS)
