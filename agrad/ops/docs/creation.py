"""Docstrings of the functions that create arrays, deal with dtypes and inspect the namespace."""

from __future__ import annotations

from .record import LIKE, NEW, Doc

__all__ = ["CREATION", "DATA_TYPES", "INSPECTION"]

_DTYPE_OF = {"type": ("dtype or array", "The dtype, or an array that has it.")}
_DEVICE = {"device": ("device", "The device to ask about; by default the backend's default device.")}
_NO_DATA = "None, as the result is no array."
_KINDS = "A dtype, a kind: 'bool', 'signed integer', 'unsigned integer', 'integral', 'real floating', 'complex "
_KINDS += "floating' or 'numeric', or a tuple of such, of which one has to fit."

CREATION: dict[str, Doc] = {
    "arange": Doc(
        "Evenly spaced numbers from start up to, and without, stop.",
        NEW,
        ">>> xp.arange(3).tolist(), xp.arange(1, 10, 4).tolist()\n([0, 1, 2], [1, 5, 9])",
        params={
            "start": ("int or float", "First number; where `stop` is left out, this is the stop and 0 the start."),
            "stop": ("int or float", "End of the interval, itself left out."),
            "step": ("int or float", "Distance between neighbours; negative numbers count down."),
        },
        returns="The numbers, on one axis.",
    ),
    "asarray": Doc(
        "An array of the namespace from an array, a Tensor, a Python scalar or nested lists of scalars.",
        "The identity: a Tensor that comes in stays connected to what it was computed from.",
        ">>> xp.asarray([[1.0, 2.0], [3.0, 4.0]]).shape\n(2, 2)\n"
        ">>> float(agrad.grad(lambda x: 3.0 * xp.asarray(x))(1.0))\n3.0",
        params={
            "obj": ("array, scalar, nested sequence or buffer", "The data."),
            "dtype": ("dtype", "Dtype of the result; by default that of the data."),
            "device": ("device", "Device to put the result on; by default that of the data."),
        },
        returns="The data as an array; memory is shared where `copy` does not forbid it.",
    ),
    "empty": Doc(
        "A new array whose elements are yet to be set and hold anything until then.",
        NEW,
        ">>> xp.empty((2, 3)).shape\n(2, 3)",
        returns="The uninitialised array.",
    ),
    "empty_like": Doc(
        "A new array like another one, whose elements are yet to be set.",
        NEW,
        ">>> xp.empty_like(xp.asarray([1.0, 2.0])).shape\n(2,)",
        params=LIKE,
        returns="The uninitialised array.",
    ),
    "eye": Doc(
        "A matrix with ones on one diagonal and zeros elsewhere.",
        NEW,
        ">>> xp.eye(2).tolist()\n[[1.0, 0.0], [0.0, 1.0]]",
        params={
            "n_rows": ("int", "Number of rows."),
            "n_cols": ("int", "Number of columns; by default as many as rows."),
        },
        returns="The matrix, of shape ``(n_rows, n_cols)``.",
    ),
    "from_dlpack": Doc(
        "An array of the namespace that takes over, or copies, the memory of another library's array.",
        "None, as what arrives is a constant. A Tensor that is being followed refuses to be exported.",
        ">>> xp.from_dlpack(xp.asarray([1.0, 2.0])).tolist()\n[1.0, 2.0]",
        params={
            "x": ("object", "An array that speaks DLPack: it has ``__dlpack__`` and ``__dlpack_device__``."),
            "device": ("device", "Device to put the result on; by default where the data are."),
        },
        returns="The data, shared with `x` where possible.",
        raises={"BufferError": "The data cannot be exported, or not without the copy that ``copy=False`` forbids."},
    ),
    "full": Doc(
        "A new array with one value everywhere.",
        "A Tensor as fill value receives the sum of the cotangent. " + NEW,
        ">>> xp.full((2, 2), 7.0).tolist()\n[[7.0, 7.0], [7.0, 7.0]]",
        params={
            "fill_value": ("scalar", "The value; a 0-d array or Tensor will do."),
            "dtype": ("dtype", "Dtype of the result; by default the default dtype for the value's kind."),
        },
        returns="The filled array.",
    ),
    "full_like": Doc(
        "A new array like another one, with one value everywhere.",
        "A Tensor as fill value receives the sum of the cotangent. " + NEW,
        ">>> xp.full_like(xp.asarray([1.0, 2.0]), 7.0).tolist()\n[7.0, 7.0]",
        params={**LIKE, "fill_value": ("scalar", "The value; a 0-d array or Tensor will do.")},
        returns="The filled array.",
    ),
    "linspace": Doc(
        "A given number of evenly spaced values from start to stop.",
        NEW,
        ">>> xp.linspace(0.0, 1.0, 5).tolist()\n[0.0, 0.25, 0.5, 0.75, 1.0]",
        params={
            "start": ("scalar", "First value."),
            "stop": ("scalar", "Last value, or with ``endpoint=False`` the one that would follow the last."),
            "num": ("int", "How many values."),
            "endpoint": ("bool", "Whether `stop` is the last value."),
        },
        returns="The values, on one axis.",
    ),
    "meshgrid": Doc(
        "Coordinate arrays of the grid that several one-dimensional arrays span.",
        "The cotangent summed over the axes that the input was repeated along.",
        ">>> a, b = xp.meshgrid(xp.asarray([1, 2]), xp.asarray([3, 4, 5]), indexing='ij')\n"
        ">>> a.tolist(), b.tolist()\n([[1, 1, 1], [2, 2, 2]], [[3, 4, 5], [3, 4, 5]])",
        params={
            "*arrays": ("array", "One-dimensional coordinates, all of one dtype."),
            "indexing": ("{'xy', 'ij'}", "'ij' gives axes in the order of the inputs; 'xy' swaps the first two."),
        },
        returns={"tuple of arrays": "One array of the grid's shape for each input."},
    ),
    "ones": Doc(
        "A new array of ones.",
        NEW,
        ">>> xp.ones((2,)).tolist()\n[1.0, 1.0]",
        returns="The array of ones.",
    ),
    "ones_like": Doc(
        "A new array of ones like another array.",
        NEW,
        ">>> xp.ones_like(xp.asarray([5, 6])).tolist()\n[1, 1]",
        params=LIKE,
        returns="The array of ones.",
    ),
    "tril": Doc(
        "Lower triangle of a matrix or of every matrix in a stack, with zeros above.",
        "The lower triangle of the cotangent.",
        ">>> xp.tril(xp.asarray([[1, 2], [3, 4]])).tolist()\n[[1, 0], [3, 4]]",
        params={"x": ("array", "Matrices, on the last two axes.")},
        returns="The matrices without what lies above diagonal `k`.",
    ),
    "triu": Doc(
        "Upper triangle of a matrix or of every matrix in a stack, with zeros below.",
        "The upper triangle of the cotangent.",
        ">>> xp.triu(xp.asarray([[1, 2], [3, 4]])).tolist()\n[[1, 2], [0, 4]]",
        params={"x": ("array", "Matrices, on the last two axes.")},
        returns="The matrices without what lies below diagonal `k`.",
    ),
    "zeros": Doc(
        "A new array of zeros.",
        NEW,
        ">>> xp.zeros((2,)).tolist()\n[0.0, 0.0]",
        returns="The array of zeros.",
    ),
    "zeros_like": Doc(
        "A new array of zeros like another array.",
        NEW,
        ">>> xp.zeros_like(xp.asarray([5, 6])).tolist()\n[0, 0]",
        params=LIKE,
        returns="The array of zeros.",
    ),
}

DATA_TYPES: dict[str, Doc] = {
    "astype": Doc(
        "Convert an array to another dtype.",
        "The cotangent converted back; between real or complex floating-point dtypes only: conversion to integers or "
        "booleans ends the gradient.",
        ">>> xp.astype(xp.asarray([1.7, -1.7]), xp.int64).tolist()\n[1, -1]",
        params={
            "dtype": ("dtype", "The dtype to convert to."),
            "copy": ("bool", "Whether to copy even where the dtype is right already."),
            "device": ("device", "Device to put the result on; by default that of `x`."),
        },
        returns="The converted values.",
    ),
    "can_cast": Doc(
        "Whether the promotion rules allow a conversion from one dtype to another.",
        _NO_DATA,
        ">>> xp.can_cast(xp.int32, xp.int64), xp.can_cast(xp.int64, xp.int32)\n(True, False)",
        params={
            "from_": ("dtype or array", "The dtype to convert from, or an array that has it."),
            "to": ("dtype", "The dtype to convert to."),
        },
        returns={"bool": "Whether the conversion is allowed."},
    ),
    "finfo": Doc(
        "Limits of a floating-point dtype.",
        _NO_DATA,
        ">>> xp.finfo(xp.float64).bits, float(xp.finfo(xp.float64).eps) == 2.0**-52\n(64, True)",
        params=_DTYPE_OF,
        returns={"object": "With attributes bits, eps, max, min, smallest_normal and dtype."},
    ),
    "iinfo": Doc(
        "Limits of an integer dtype.",
        _NO_DATA,
        ">>> xp.iinfo(xp.int8).min, xp.iinfo(xp.int8).max\n(-128, 127)",
        params=_DTYPE_OF,
        returns={"object": "With attributes bits, max, min and dtype."},
    ),
    "isdtype": Doc(
        "Whether a dtype is of a given kind.",
        _NO_DATA,
        '>>> xp.isdtype(xp.float32, "real floating"), xp.isdtype(xp.float32, ("integral", xp.float64))\n(True, False)',
        params={
            "dtype": ("dtype", "The dtype to judge."),
            "kind": ("dtype, str or tuple of them", _KINDS),
        },
        returns={"bool": "Whether the dtype is of that kind."},
    ),
    "result_type": Doc(
        "The dtype that arrays, dtypes and Python scalars promote to together.",
        _NO_DATA,
        ">>> xp.result_type(xp.float32, xp.float64) == xp.float64\nTrue",
        params={"*arrays_and_dtypes": ("array, dtype or scalar", "What takes part in the promotion.")},
        returns={"dtype": "The promoted dtype."},
        raises={"TypeError": "The standard defines no promotion between them, and neither does the backend."},
    ),
}

INSPECTION: dict[str, Doc] = {
    "__array_namespace_info__": Doc(
        "What the namespace can do: its devices, dtypes, defaults and capabilities.",
        _NO_DATA,
        '>>> xp.__array_namespace_info__().capabilities()["boolean indexing"]\nTrue',
        returns={"object": "With methods capabilities, default_device, default_dtypes, devices and dtypes."},
    ),
    "__array_namespace_info__().capabilities": Doc(
        "Optional features of the standard and whether the backend has them.",
        _NO_DATA,
        '>>> xp.__array_namespace_info__().capabilities()["data-dependent shapes"]\nTrue',
        returns={"dict": "Keys 'boolean indexing', 'data-dependent shapes' and 'max dimensions'."},
    ),
    "__array_namespace_info__().default_device": Doc(
        "The device that new arrays are put on.",
        _NO_DATA,
        ">>> info = xp.__array_namespace_info__()\n>>> info.default_device() == xp.zeros(1).device\nTrue",
        returns={"device": "The default device."},
    ),
    "__array_namespace_info__().default_dtypes": Doc(
        "The dtypes that new arrays get where none is asked for.",
        _NO_DATA,
        '>>> xp.__array_namespace_info__().default_dtypes()["real floating"] == xp.float64\nTrue',
        params=_DEVICE,
        returns={"dict": "Keys 'real floating', 'complex floating', 'integral' and 'indexing'."},
    ),
    "__array_namespace_info__().dtypes": Doc(
        "The dtypes that the backend has, by name.",
        _NO_DATA,
        '>>> dtypes = xp.__array_namespace_info__().dtypes(kind="complex floating")\n'
        ">>> sorted(dtypes)\n['complex128', 'complex64']",
        params={
            **_DEVICE,
            "kind": ("str or tuple of str", "Only dtypes of this kind, or these, as `isdtype` names them."),
        },
        returns={"dict": "Dtypes by their name in the standard."},
    ),
    "__array_namespace_info__().devices": Doc(
        "The devices that the backend can use.",
        _NO_DATA,
        ">>> info = xp.__array_namespace_info__()\n>>> info.default_device() in info.devices()\nTrue",
        returns={"tuple of devices": "The devices; None stands for one that has no name."},
    ),
}
