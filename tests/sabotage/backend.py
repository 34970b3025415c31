"""Mutants of backends: of NumPy's, and of the fallbacks that array-api-strict is completed with."""

from __future__ import annotations

from collections.abc import Iterator

from sabotage.engine import mutants_of
from sabotage.mutant import Mutant, Row

__all__ = ["backend_mutants"]

ADD = "add.at(out.reshape(-1), positions.reshape(-1), values.reshape(-1))"

NUMPY = (
    Row(
        "scatter/overwrite",
        "accumulation",
        "//agrad_numpy.namespace:scatter",
        "add.at(out, key, values)",
        "out[key] = values",
    ),
    Row(
        "scatter/overwrite-flat",
        "accumulation",
        "//agrad_numpy.namespace:scatter",
        ADD,
        "out.reshape(-1)[positions.reshape(-1)] = values.reshape(-1)",
    ),
    Row(
        "scatter/dtype", "float64 leak", "//agrad_numpy.namespace:scatter", "zeros(shape, values.dtype)", "zeros(shape)"
    ),
    Row(
        "scatter/never-repeats",
        "accumulation",
        "//agrad_numpy.namespace:scatter",
        "if not _may_repeat(key):",
        "if True:",
    ),
    Row("setitem/aliased", "mutated input", "//agrad_numpy.namespace:setitem", "out = np.array(x)", "out = x"),
    Row("setitem/lost", "forward value", "//agrad_numpy.namespace:setitem", "out[key] = value", "pass"),
    Row("sum/keepdims", "dropped parameter", "//agrad_numpy.namespace:sum", "None, keepdims)", "None, False)"),
    Row("sum/axis", "dropped parameter", "//agrad_numpy.namespace:sum", "_add(x, axis,", "_add(x, None,"),
    Row("sum/dtype", "dropped parameter", "//agrad_numpy.namespace:sum", "axis, dtype,", "axis, None,"),
    Row("mean/count", "factor", "//agrad_numpy.namespace:mean", "n = x.shape[axis]", "n = x.size"),
    Row(
        "mean/keepdims",
        "dropped parameter",
        "//agrad_numpy.namespace:mean",
        "None, None, keepdims)",
        "None, None, False)",
    ),
    Row(
        "max/keepdims",
        "dropped parameter",
        "//agrad_numpy.namespace:max",
        "None, None, keepdims)",
        "None, None, False)",
    ),
    Row("max/min", "forward value", "//agrad_numpy.namespace:max", "_maximum(", "_minimum("),
    Row("prod/keepdims", "dropped parameter", "//agrad_numpy.namespace:prod", "None, keepdims)", "None, False)"),
    Row("clip/lower", "forward value", "//agrad_numpy.namespace:clip", "out = maximum(out, _bound(x, min))", "pass"),
    Row("clip/dtype", "float64 leak", "//agrad_numpy.namespace:_bound", "bound.astype(x.dtype)", "bound"),
    Row(
        "broadcast_to/strides",
        "order along an axis",
        "//agrad_numpy.namespace:broadcast_to",
        "stride if n == m else 0",
        "0",
    ),
    Row("diff/prepend", "dropped parameter", "//agrad_numpy.namespace:diff", '("prepend", prepend), ', ""),
    Row("expand_dims/axis", "dropped parameter", "//agrad_numpy.namespace:expand_dims", "axis %= n", "axis = 0"),
    Row(
        "permute_dims/identity", "transposed argument", "//agrad_numpy.namespace:permute_dims", "x.transpose(axes)", "x"
    ),
    Row("matrix_transpose/whole", "transposed argument", "//agrad_numpy.namespace:matrix_transpose", "x.mT", "x.T"),
    Row(
        "zeros_like/empty-dtype",
        "float64 leak",
        "//agrad_numpy.namespace:zeros_like",
        "x.dtype if dtype is None else dtype",
        "dtype",
    ),
    Row(
        "astype/float32",
        "forward value",
        "//agrad_numpy.namespace:astype",
        "return x.astype(dtype)",
        'return x.astype("float32").astype(dtype)',
    ),
    Row(
        "eig/real",
        "conjugate",
        "//agrad_numpy.linalg:_complex",
        "x.astype(np.result_type(x.dtype, np.complex64), copy=False)",
        "x",
    ),
    Row("own/shared", "mutated input", "//agrad_numpy:_own", "return array.copy()", "return array"),
)

STRICT = (
    Row(
        "fallback/scatter-overwrite",
        "accumulation",
        "/fallbacks:_scatter",
        "xp.sum(xp.where(hits, xp.expand_dims(flat, axis=0), zero), axis=1)",
        "xp.max(xp.where(hits, xp.expand_dims(flat, axis=0), zero), axis=1)",
    ),
    Row("fallback/setitem-aliased", "mutated input", "/fallbacks:_setitem", "xp.asarray(x, copy=True)", "x"),
    Row("fallback/take-axis", "dropped parameter", "/fallbacks:_read", "axis=arrays[0])", "axis=0)"),
    Row("fallback/to_device", "device leak", "/fallbacks:_to_device", "x.to_device(device, stream=stream)", "x"),
)


def backend_mutants() -> Iterator[Mutant]:
    """Every mutant of a backend."""
    yield from mutants_of("numpy", NUMPY, "numpy")
    yield from mutants_of("array-api-strict", STRICT, "array-api-strict")
