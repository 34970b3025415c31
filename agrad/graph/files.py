"""Graphs in files: one zip of JSON and npz, with a version, and nothing that runs when it is read."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy  # whose format the arrays are in; who reads and writes no files does not come here

from agrad import ops, plugins
from agrad.arrays.convert import dtype_name
from agrad.arrays.namespaces import owner
from agrad.arrays.tensors import Tensor
from agrad.errors import FileError
from agrad.graph.graph import GUARD, HERE, PASSING, Capture, Constant, Dtype, Equation, Graph, Var
from agrad.interpret.apply import raw_of
from agrad.ops import results
from agrad.transforms.containers import flatten, unflatten

__all__ = ["load", "save"]

VERSION = 1
FORMAT = "agrad graph"
NARROW = {"bfloat16": "uint16"}
"""Dtypes that npz has not, by those of the same width that stand for them."""


def save(graph: Graph, path: str | Path) -> None:
    """Write a graph to a file; it can be read on a machine that has none of the libraries but agrad and NumPy.

    Parameters
    ----------
    graph : Graph
    path : str or Path
        Of any name; ``.agrad`` is the usual ending. A file that is there is replaced when the new one is whole.

    Raises
    ------
    FileError
        The graph has a part without a portable form: a custom op, a leaf that the function closes over, a device.
    """
    arrays: dict[str, Any] = {}
    known: dict[Any, Any] = {}
    for i, v in enumerate([*graph.inputs, *(v for e in graph.equations for v in e.outputs)]):
        known[v] = {"v": i}
    for i, c in enumerate(graph.constants):
        known[c] = {"c": f"c{i}"}
        arrays[f"c{i}"], arrays[f"c{i}.dtype"] = _host(c.value)

    def written(a: Any, where: str) -> Any:
        return _written(a, where, known)

    used = sorted({e.op.partition(".")[0] for e in graph.equations if plugins.ops(e.op.partition(".")[0])})
    document = {
        "format": FORMAT,
        "version": VERSION,
        "name": graph.name,
        "backend": graph.backend,
        "plugins": used,
        "inputs": [[list(v.shape), v.dtype, v.weak, v.name] for v in graph.inputs],
        "fixed": [[i, written(x, "an argument")] for i, x in graph.fixed.items()],
        "structure": _structure(graph.structure),
        "equations": [_equation(e, written) for e in graph.equations],
        "outputs": [written(v, "a result") for v in graph.outputs],
        "result": _structure(graph.result),
    }
    packed = io.BytesIO()
    numpy.savez(packed, **arrays)
    target = Path(path)
    partial = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as z:
            z.writestr("graph.json", json.dumps(document, allow_nan=False))
            z.writestr("arrays.npz", packed.getvalue())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def load(path: str | Path) -> Graph:
    """Read a graph that `Graph.save` has written, for any backend.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Graph

    Raises
    ------
    FileNotFoundError
        There is no such file.
    FileError
        It is no file of a graph, damaged, of a newer version, or needs a plugin that is not installed.

    Examples
    --------
    >>> import agrad, numpy, tempfile, os
    >>> graph = agrad.trace(lambda x: x * 2.0 + 1.0, numpy.ones(2))
    >>> path = os.path.join(tempfile.mkdtemp(), "f.agrad")
    >>> graph.save(path)
    >>> agrad.load(path)(numpy.asarray([1.0, 2.0]))
    array([3., 5.])
    """
    try:
        with zipfile.ZipFile(path) as z:
            document = json.loads(z.read("graph.json"))
            with numpy.load(io.BytesIO(z.read("arrays.npz")), allow_pickle=False) as packed:
                arrays = {name: packed[name] for name in packed.files}
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError) as error:
        raise FileError(f"{str(path)!r} is no file of a graph, or damaged: {error}; save the graph again") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileError(f"{str(path)!r} is a file of something else than a graph")
    version = document.get("version")
    if version != VERSION:
        raise FileError(
            f"{str(path)!r} has version {version!r} of the format, and this agrad reads version {VERSION}; install a "
            "newer agrad, or save the graph with this one"
        )
    _check_ops(path, document)
    try:
        return _read(document, arrays)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise FileError(f"{str(path)!r} is damaged: {type(error).__name__}: {error}; save the graph again") from None


def _check_ops(path: str | Path, document: dict[str, Any]) -> None:
    for name in document.get("plugins", ()):
        if not plugins.ops(name):
            raise FileError(
                f"{str(path)!r} uses ops of the plugin {name!r}, which is not installed, or is disabled; install it"
            )
    for e in document.get("equations", ()):
        if e[0] != GUARD and e[0] not in PASSING and plugins.find(e[0]) is None and ops.lookup(e[0]) is None:
            raise FileError(f"{str(path)!r} uses the op {e[0]!r}, which this version of agrad and its plugins lack")


# Writing ----------------------------------------------------------------------------------------------


def _equation(e: Equation, written: Callable[[Any, str], Any]) -> list[Any]:
    if e.own is not None:
        raise FileError(f"the graph calls {e.op!r}, a custom op, which has no portable form; make it an op of a plugin")
    where = f"{e.op!r} at {e.source}"
    several = None if e.several is None else "list" if issubclass(e.several, list) else "tuple"
    return [
        e.op,
        [written(a, where) for a in e.inputs],
        {n: written(v, f"{n}= of {where}") for n, v in e.params.items()},
        [[list(v.shape), v.dtype] for v in e.outputs],
        several,
        e.source.replace("\\", "/").rpartition("/")[2],  # whose folders are nobody else's business
    ]


def _written(a: Any, where: str, known: dict[Any, Any]) -> Any:
    """An operand as JSON: what JSON has not, as an object of one entry."""
    kind = type(a)
    if a is None or kind in (bool, int, str):
        return a
    if kind is float:
        return a if math.isfinite(a) else {"float": repr(a)}
    if kind is complex:
        return {"complex": [_written(a.real, where, known), _written(a.imag, where, known)]}
    if kind is Var or kind is Constant:
        return known[a]
    if kind is Dtype:
        return {"dtype": str(a)}
    if kind is tuple or kind is list:
        return {kind.__name__: [_written(item, where, known) for item in a]}
    if kind is slice:
        return {"slice": [_written(item, where, known) for item in (a.start, a.stop, a.step)]}
    if a is Ellipsis or a is HERE:
        return {"ellipsis" if a is Ellipsis else "here": 0}
    if kind is Capture:
        what = "a leaf that the function closes over; pass it as an argument"
    else:
        what = f"a {kind.__name__}, which has no portable form"
    raise FileError(f"the graph cannot be saved: {where} has {what}")


def _host(value: Any) -> tuple[Any, Any]:
    """A constant as NumPy's array, and its dtype's name."""
    if isinstance(value, Tensor) and value._node is not None:
        raise FileError("the graph cannot be saved: it has a constant that an enclosing transform follows")
    raw = raw_of(value)
    space = owner(raw)
    assert space is not None
    dtype = dtype_name(space, raw.dtype)
    host = numpy.asarray(space._backend.host(raw))
    narrow = NARROW.get(dtype)
    return (host.view(narrow) if narrow else host), numpy.asarray(dtype)


def _structure(structure: Any) -> Any:
    """A structure of containers as JSON; leaves are null."""
    return _shape(unflatten(structure, [None] * structure.num_leaves))


def _shape(tree: Any) -> Any:
    if tree is None:
        return None
    kind = type(tree)
    if kind is dict or kind is OrderedDict:
        if not all(isinstance(name, str) for name in tree):
            raise FileError(
                "the graph cannot be saved: a dict among its arguments or results has keys that are no text"
            )
        return {kind.__name__: [[name, _shape(item)] for name, item in tree.items()]}
    if kind is tuple or kind is list:
        return {kind.__name__: [_shape(item) for item in tree]}
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return {"named": [kind.__name__, [[name, _shape(item)] for name, item in zip(kind._fields, tree, strict=True)]]}
    raise FileError(
        f"the graph cannot be saved: its arguments or results have a {kind.__name__}, which has no portable form; use "
        "tuples, named ones too, lists and dicts"
    )


# Reading ----------------------------------------------------------------------------------------------

CONTAINERS: dict[str, Callable[[Any], Any]] = {"dict": dict, "OrderedDict": OrderedDict, "tuple": tuple, "list": list}


def _read(document: dict[str, Any], arrays: dict[str, Any]) -> Graph:
    inputs = [Var(tuple(shape), dtype, weak, name) for shape, dtype, weak, name in document["inputs"]]
    values: list[Var] = list(inputs)
    constants: dict[str, Constant] = {}

    def operand(a: Any) -> Any:
        if not isinstance(a, dict):
            return a
        ((kind, content),) = a.items()
        if kind == "v":
            return values[content]
        if kind == "c":
            if content not in constants:
                constants[content] = Constant(_array(arrays, content))
            return constants[content]
        if kind in ("tuple", "list"):
            return CONTAINERS[kind]([operand(item) for item in content])
        return LITERALS[kind](*[operand(item) for item in content] if isinstance(content, list) else [content])

    equations = []
    for op, given, params, outs, several, source in document["equations"]:
        data = tuple([operand(a) for a in given])
        named = {n: operand(v) for n, v in params.items()}
        outputs = tuple([Var(tuple(shape), dtype) for shape, dtype in outs])
        values += outputs
        equations.append(Equation(op, data, named, outputs, several and CONTAINERS[several], source))
    return Graph(
        document["name"],
        document["backend"],
        inputs,
        {i: operand(x) for i, x in document["fixed"]},
        flatten(_tree(document["structure"]), none_is_leaf=True)[1],
        equations,
        [operand(a) for a in document["outputs"]],
        flatten(_tree(document["result"]), none_is_leaf=True)[1],
    )


LITERALS: dict[str, Callable[..., Any]] = {
    "float": float,
    "complex": complex,
    "dtype": Dtype,
    "slice": slice,
    "ellipsis": lambda _: Ellipsis,
    "here": lambda _: HERE,
}


def _array(arrays: dict[str, Any], name: str) -> Any:
    dtype, array = str(arrays[name + ".dtype"]), arrays[name]
    if dtype not in NARROW:
        return array
    import ml_dtypes  # who has such arrays has it

    return array.view(getattr(ml_dtypes, dtype))


def _tree(shape: Any) -> Any:
    if shape is None:
        return None
    ((kind, content),) = shape.items()
    if kind == "named":
        name, items = content
        made = _named_tuple(name, tuple(field for field, _ in items))
        return made(*[_tree(item) for _, item in items])
    if kind in ("dict", "OrderedDict"):
        return CONTAINERS[kind]([(name, _tree(item)) for name, item in content])
    return CONTAINERS[kind]([_tree(item) for item in content])


@cache
def _named_tuple(name: str, fields: tuple[str, ...]) -> Any:
    """The class that agrad's own results are of, or one that is made of names alone: files bring no code."""
    known = getattr(results, name, None)
    return known if getattr(known, "_fields", None) == fields else namedtuple(name, fields)
