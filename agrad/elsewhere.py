"""What other libraries call things, and what agrad writes for it: the answer to a name that it does not have.

Three tables, of names that are looked for on a namespace, on `agrad` itself and on a Tensor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

__all__ = ["FUNCTIONS", "METHODS", "TRANSFORMS", "Elsewhere", "hint", "markdown"]

FUNCTIONS: Mapping[str, str] = {
    # Elementwise
    "absolute": "xp.abs(x)",
    "arccos": "xp.acos(x)",
    "arccosh": "xp.acosh(x)",
    "arcsin": "xp.asin(x)",
    "arcsinh": "xp.asinh(x)",
    "arctan": "xp.atan(x)",
    "arctan2": "xp.atan2(x, y)",
    "arctanh": "xp.atanh(x)",
    "around": "xp.round(x)",
    "bitwise_not": "xp.bitwise_invert(x)",
    "cbrt": "xp.sign(x) * xp.abs(x) ** (1 / 3)",
    "clamp": "xp.clip(x, low, high)",
    "clamp_max": "xp.minimum(x, high)",
    "clamp_min": "xp.maximum(x, low)",
    "conjugate": "xp.conj(x)",
    "deg2rad": "x * (xp.pi / 180)",
    "degrees": "x * (180 / xp.pi)",
    "div": "xp.divide(x, y)",
    "eq": "xp.equal(x, y)",
    "exp2": "xp.pow(2.0, x)",
    "fabs": "xp.abs(x)",
    "fix": "xp.trunc(x)",
    "float_power": "xp.pow(x, y)",
    "fmax": "xp.maximum(x, y), which hands on nan",
    "fmin": "xp.minimum(x, y), which hands on nan",
    "frac": "x - xp.trunc(x)",
    "ge": "xp.greater_equal(x, y)",
    "gt": "xp.greater(x, y)",
    "heaviside": "xp.where(x > 0, 1.0, xp.where(x < 0, 0.0, y))",
    "invert": "xp.bitwise_invert(x)",
    "le": "xp.less_equal(x, y)",
    "left_shift": "xp.bitwise_left_shift(x, y)",
    "lerp": "x + weight * (y - x)",
    "lt": "xp.less(x, y)",
    "mod": "xp.remainder(x, y)",
    "mul": "xp.multiply(x, y)",
    "nan_to_num": "xp.where(xp.isnan(x), 0.0, x)",
    "ne": "xp.not_equal(x, y)",
    "neg": "xp.negative(x)",
    "power": "xp.pow(x, y)",
    "rad2deg": "x * (180 / xp.pi)",
    "radians": "x * (xp.pi / 180)",
    "right_shift": "xp.bitwise_right_shift(x, y)",
    "rint": "xp.round(x)",
    "rsqrt": "1 / xp.sqrt(x)",
    "sgn": "xp.sign(x)",
    "sub": "xp.subtract(x, y)",
    "true_divide": "xp.divide(x, y)",
    # Creation
    "array": "xp.asarray(x)",
    "as_tensor": "xp.asarray(x)",
    "asanyarray": "xp.asarray(x)",
    "ascontiguousarray": "xp.asarray(x)",
    "asfarray": "xp.asarray(x, dtype=xp.float64)",
    "copy": "xp.asarray(x, copy=True)",
    "diag": "xp.linalg.diagonal(x) of a matrix, xp.eye(n) * x of a vector",
    "diagflat": "xp.eye(n) * x",
    "from_numpy": "xp.asarray(x)",
    "geomspace": "xp.exp(xp.linspace(start, stop, n)) of the logarithms",
    "identity": "xp.eye(n)",
    "indices": 'xp.meshgrid(..., indexing="ij") of xp.arange',
    "logspace": "xp.pow(10.0, xp.linspace(start, stop, n))",
    "mgrid": 'xp.meshgrid(..., indexing="ij")',
    "ogrid": 'xp.meshgrid(..., indexing="ij")',
    "tensor": "xp.asarray(x), or agrad.tensor(x, requires_grad=True)",
    "tri": "xp.tril(xp.ones((n, n)))",
    # Data types
    "bool_": "xp.bool",
    "bool8": "xp.bool",
    "complex_": "xp.complex128",
    "double": "xp.float64",
    "float": "xp.float32",
    "float_": "xp.float64",
    "int_": "xp.int64",
    "long": "xp.int64",
    "issubdtype": 'xp.isdtype(dtype, "real floating")',
    # Shapes and axes
    "append": "xp.concat([x, y])",
    "atleast_1d": "xp.reshape(x, (-1,)) of a number",
    "atleast_2d": "xp.reshape(x, (1, -1)) of a vector",
    "cat": "xp.concat([x, y], axis=0)",
    "chunk": "slices, x[i:j]",
    "column_stack": "xp.stack([x, y], axis=1) of vectors",
    "concatenate": "xp.concat([x, y], axis=0)",
    "dstack": "xp.stack([x, y], axis=2)",
    "expand": "xp.broadcast_to(x, shape)",
    "flatten": "xp.reshape(x, (-1,))",
    "fliplr": "xp.flip(x, axis=1)",
    "flipud": "xp.flip(x, axis=0)",
    "hsplit": "slices, x[:, i:j]",
    "hstack": "xp.concat([x, y], axis=1), of vectors axis=0",
    "movedim": "xp.moveaxis(x, source, destination)",
    "pad": "xp.concat with zeros, or y = xp.zeros(shape) and y[1:-1] = x",
    "permute": "xp.permute_dims(x, axes)",
    "ravel": "xp.reshape(x, (-1,))",
    "repeat_interleave": "xp.repeat(x, n, axis=axis)",
    "resize": "xp.reshape(x, shape)",
    "rollaxis": "xp.moveaxis(x, source, destination)",
    "rot90": "xp.flip(xp.matrix_transpose(x), axis=0)",
    "row_stack": "xp.concat([x, y], axis=0)",
    "split": "slices, x[i:j], or xp.unstack(x)",
    "array_split": "slices, x[i:j]",
    "swapaxes": "xp.moveaxis, or xp.permute_dims(x, axes)",
    "swapdims": "xp.moveaxis, or xp.permute_dims(x, axes)",
    "t": "xp.matrix_transpose(x)",
    "transpose": "xp.permute_dims(x, axes), xp.matrix_transpose(x) of matrices",
    "unbind": "xp.unstack(x, axis=axis)",
    "unsqueeze": "xp.expand_dims(x, axis=axis)",
    "view": "xp.reshape(x, shape)",
    "vsplit": "slices, x[i:j]",
    "vstack": "xp.stack([x, y]) of vectors, xp.concat([x, y], axis=0) of matrices",
    # Indexing, searching and sorting
    "argwhere": "xp.stack(xp.nonzero(x), axis=1)",
    "compress": "x[mask]",
    "digitize": "xp.searchsorted(bins, x)",
    "extract": "x[mask]",
    "flatnonzero": "xp.nonzero(xp.reshape(x, (-1,)))[0]",
    "gather": "xp.take_along_axis(x, indices, axis=axis)",
    "in1d": "xp.isin(x, y)",
    "index_select": "xp.take(x, indices, axis=axis)",
    "masked_fill": "xp.where(mask, value, x)",
    "masked_select": "x[mask]",
    "put_along_axis": "an assignment, x[indices] = value",
    "select": "xp.where(condition, x, y), one in another",
    "take_along_dim": "xp.take_along_axis(x, indices, axis=axis)",
    "topk": "xp.sort(x)[-k:], and xp.argsort(x)[-k:] for the places",
    "unique": "xp.unique_values(x)",
    # Reductions
    "amax": "xp.max(x)",
    "amin": "xp.min(x)",
    "average": "xp.sum(weights * x) / xp.sum(weights)",
    "cumprod": "xp.cumulative_prod(x)",
    "cumsum": "xp.cumulative_sum(x)",
    "median": "xp.sort(x), and the mean of what is in the middle",
    "nanmax": "xp.max(xp.where(xp.isnan(x), -xp.inf, x))",
    "nanmean": "xp.mean(x[~xp.isnan(x)])",
    "nanmin": "xp.min(xp.where(xp.isnan(x), xp.inf, x))",
    "nansum": "xp.sum(xp.where(xp.isnan(x), 0.0, x))",
    "numel": "x.size",
    "product": "xp.prod(x)",
    "ptp": "xp.max(x) - xp.min(x)",
    "trapezoid": "xp.sum((y[1:] + y[:-1]) * xp.diff(x)) / 2",
    "trapz": "xp.sum((y[1:] + y[:-1]) * xp.diff(x)) / 2",
    # Comparing whole arrays
    "allclose": "xp.all(xp.abs(x - y) <= atol + rtol * xp.abs(y))",
    "array_equal": "xp.all(x == y)",
    "isclose": "xp.abs(x - y) <= atol + rtol * xp.abs(y)",
    # Linear algebra
    "addmm": "c + a @ b",
    "bmm": "xp.matmul(a, b)",
    "cross": "xp.linalg.cross(x, y)",
    "det": "xp.linalg.det(x)",
    "diagonal": "xp.linalg.diagonal(x)",
    "dot": "a @ b, or xp.vecdot(x, y)",
    "ger": "xp.linalg.outer(x, y)",
    "inner": "xp.vecdot(x, y), or xp.tensordot(x, y, axes=((-1,), (-1,)))",
    "inverse": "xp.linalg.inv(x)",
    "kron": "xp.reshape(a[:, None, :, None] * b[None, :, None, :], shape)",
    "logdet": "xp.linalg.slogdet(x).logabsdet",
    "mm": "a @ b",
    "mv": "a @ x",
    "norm": "xp.linalg.vector_norm(x)",
    "outer": "xp.linalg.outer(x, y)",
    "solve": "xp.linalg.solve(a, b)",
    "svd": "xp.linalg.svd(x)",
    "trace": "xp.linalg.trace(x)",
    "vdot": "xp.vecdot(xp.reshape(x, (-1,)), xp.reshape(y, (-1,)))",
    # Functions of plugins
    "erf": "xp.special.erf(x)",
    "erfc": "xp.special.erfc(x)",
    "gammaln": "xp.special.gammaln(x)",
    "i0": "xp.special.i0(x)",
    "lgamma": "xp.special.gammaln(x)",
    "log_softmax": "xp.special.log_softmax(x, axis=axis)",
    "logsumexp": "xp.special.logsumexp(x, axis=axis)",
    "relu": "xp.nn.relu(x)",
    "sigmoid": "xp.special.expit(x)",
    "sinc": "xp.special.sinc(x)",
    "softmax": "xp.special.softmax(x, axis=axis)",
    # Random numbers
    "rand": "agrad.random.Generator(seed).uniform(shape=shape)",
    "randn": "agrad.random.Generator(seed).normal(shape=shape)",
    "random": "agrad.random.Generator(seed)",
}
"""Names on a namespace: those of NumPy's functions, which JAX and CuPy share, and of PyTorch's."""

TRANSFORMS: Mapping[str, str] = {
    "Variable": "agrad.tensor(x, requires_grad=True)",
    "array": "agrad.tensor(x)",
    "as_tensor": "agrad.asarray(x)",
    "autograd": "agrad itself: agrad.grad(f), or y.backward()",
    "block_until_ready": "nothing: results are there, but on JAX, where y.array.block_until_ready() waits",
    "custom_gradient": "agrad.custom_op, or agrad.Function",
    "custom_jvp": "agrad.custom_op(jvp=...)",
    "custom_vjp": "agrad.custom_op(vjp=...)",
    "defjvp": "agrad.custom_op(jvp=...)",
    "defvjp": "agrad.custom_op(vjp=...)",
    "defgrad": "agrad.custom_op(vjp=...)",
    "deriv": "agrad.grad(f)",
    "device_put": "x.to_device(device)",
    "disable_grad": "agrad.no_grad()",
    "elementwise_grad": "agrad.vmap(agrad.grad(f)), or agrad.vjp and its pullback of ones",
    "from_numpy": "agrad.tensor(x)",
    "func": "agrad itself: agrad.grad, agrad.vmap, agrad.jvp",
    "grad_and_aux": "agrad.grad(f, has_aux=True)",
    "hessian_vector_product": "agrad.hvp(f, primals, tangents)",
    "inference_mode": "agrad.no_grad()",
    "is_tensor": "isinstance(x, agrad.Tensor)",
    "jacfwd": 'agrad.jacobian(f, mode="fwd")',
    "jacrev": 'agrad.jacobian(f, mode="rev")',
    "jit": "agrad.compile(f)",
    "linear_transpose": "agrad.vjp(f, x), and its pullback",
    "make_ggnvp": "agrad.jvp and agrad.vjp, one after the other",
    "make_hvp": "agrad.hvp(f, primals, tangents)",
    "make_jaxpr": "agrad.trace(f, x)",
    "make_jvp": "agrad.jvp(f, primals, tangents)",
    "make_vjp": "agrad.vjp(f, x)",
    "multigrad_dict": "agrad.grad(f) of a dict",
    "numpy": 'xp = agrad.namespace("numpy")',
    "primitive": "agrad.custom_op",
    "remat": "agrad.checkpoint(f)",
    "set_grad_enabled": "agrad.no_grad() or agrad.enable_grad()",
    "value_and_jacobian": "agrad.vjp or agrad.jvp: both return the value",
    "vector_jacobian_product": "agrad.vjp(f, x)",
}
"""Names on `agrad`: those of HIPS autograd, `jax`, `torch` and `torch.func`."""

METHODS: Mapping[str, str] = {
    "add_": "t += u",
    "argsort": "xp.argsort(t)",
    "ceil": "xp.ceil(t)",
    "contiguous": "t",
    "copy": "t.clone()",
    "copy_": "t[...] = u",
    "cpu": 't.to_device("cpu")',
    "cuda": "t.to_device(device)",
    "cumprod": "xp.cumulative_prod(t)",
    "cumsum": "xp.cumulative_sum(t)",
    "data": "t.detach()",
    "detach_": "t = t.detach()",
    "dim": "t.ndim",
    "div_": "t /= u",
    "dot": "t @ u, or xp.vecdot(t, u)",
    "double": "t.astype(xp.float64)",
    "expand": "xp.broadcast_to(t, shape)",
    "fill": "t[...] = value",
    "fill_": "t[...] = value",
    "float": "t.astype(xp.float32)",
    "floor": "xp.floor(t)",
    "gather": "xp.take_along_axis(t, indices, axis=axis)",
    "index_select": "xp.take(t, indices, axis=axis)",
    "int": "t.astype(xp.int32)",
    "long": "t.astype(xp.int64)",
    "masked_fill": "xp.where(mask, value, t)",
    "matmul": "t @ u",
    "mm": "t @ u",
    "mul_": "t *= u",
    "nbytes": "t.array.nbytes",
    "nelement": "t.size",
    "norm": "xp.linalg.vector_norm(t)",
    "numel": "t.size",
    "numpy": "t.detach().array",
    "permute": "xp.permute_dims(t, axes)",
    "ravel": "xp.reshape(t, (-1,))",
    "relu": "xp.nn.relu(t)",
    "repeat": "xp.repeat(t, n), or xp.tile(t, n)",
    "sigmoid": "xp.special.expit(t)",
    "softmax": "xp.special.softmax(t, axis=axis)",
    "sort": "xp.sort(t)",
    "sub_": "t -= u",
    "swapaxes": "xp.moveaxis, or xp.permute_dims(t, axes)",
    "t": "t.T",
    "take": "xp.take(t, indices)",
    "trace": "xp.linalg.trace(t)",
    "transpose": "xp.permute_dims(t, axes), or t.T",
    "type": "t.astype(dtype)",
    "unsqueeze": "xp.expand_dims(t, axis=axis)",
    "view": "xp.reshape(t, shape)",
    "zero_": "t[...] = 0",
    "zero_grad": "t.grad = None",
}
"""Names on a Tensor: methods of NumPy's arrays and of PyTorch's tensors; a backend's own come before them."""


def hint(words: Mapping[str, str], name: str) -> str:
    """What to write for a name of another library's, as the end of a sentence; nothing for an unknown one.

    Examples
    --------
    >>> hint(FUNCTIONS, "concatenate")
    '; write xp.concat([x, y], axis=0)'
    """
    return f"; write {words[name]}" if name in words else ""


def markdown() -> str:
    """The page `docs/names.md`.

    Examples
    --------
    >>> markdown().splitlines()[0]
    '# Names from elsewhere'
    """
    lines = [
        "# Names from elsewhere",
        "",
        "What NumPy, HIPS autograd, JAX, PyTorch and CuPy call things, and what agrad writes for it. The error of an",
        "unknown name says the same: `xp.concatenate` is answered with `xp.concat([x, y], axis=0)`. Python adds the",
        "nearest of agrad's own names. Tensors of the NumPy backend have more of NumPy's methods. This page is made by",
        "`python -m agrad.elsewhere > docs/names.md`.",
    ]
    for title, words in (
        ("On a namespace, `xp = agrad.namespace(...)`", FUNCTIONS),
        ("On `agrad`", TRANSFORMS),
        ("On a Tensor `t`, with `xp = agrad.array_namespace(t)`", METHODS),
    ):
        lines += ["", f"## {title}", "", "| elsewhere | here |", "|---|---|"]
        lines += [f"| `{name}` | `{text}` |" for name, text in sorted(words.items())]
    return "\n".join(lines) + "\n"


class Elsewhere:
    """In the place of a method that Tensors do not have: looking it up is an AttributeError with the remedy."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type | None = None) -> NoReturn:
        raise AttributeError(f"a Tensor has no {self._name!r}{hint(METHODS, self._name)}", name=self._name)


if __name__ == "__main__":
    print(markdown(), end="")
