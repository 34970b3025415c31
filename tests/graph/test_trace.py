"""`trace`: programs as graphs, what they print, what they are given, and what they refuse."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.graph.graph import GUARD
from agrad.graph.passes import common_subexpressions, dead_code, peepholes, simplified
from graph_samples import PROGRAMS, X, Y, aliases, changed_through_an_alias, changed_without_following, switched, xp


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(f: Any) -> None:
    graph = agrad.trace(f, X)
    np.testing.assert_allclose(graph(Y), f(xp.asarray(Y)).array, rtol=1e-12)
    np.testing.assert_allclose(agrad.grad(graph)(Y), agrad.grad(f)(Y), rtol=1e-12)
    whole = agrad.trace(agrad.value_and_grad(f), X)
    for g in (whole, simplified(whole)):
        value, slope = g(Y)
        assert type(slope) is np.ndarray
        np.testing.assert_allclose(value, f(xp.asarray(Y)).array, rtol=1e-12)
        np.testing.assert_allclose(slope, agrad.grad(f)(Y), rtol=1e-12)
    assert len(simplified(whole).equations) <= len(whole.equations)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_transforms_take_graphs(f: Any) -> None:
    graph = agrad.trace(f, X)
    np.testing.assert_allclose(agrad.hessian(graph)(Y), agrad.hessian(f)(Y), rtol=1e-10, atol=1e-12)
    for found, expected in zip(agrad.jvp(graph, (Y,), (X,)), agrad.jvp(f, (Y,), (X,)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_arguments_are_not_changed_and_results_are_new() -> None:
    def f(x: Any) -> Any:
        x *= 2.0
        return x, x

    x = X.copy()
    graph = agrad.trace(f, x)
    a, b = graph(x)
    assert np.array_equal(x, X) and np.array_equal(a, 2 * X)
    a += 1.0
    assert np.array_equal(b, 2 * X) and np.array_equal(graph(X)[0], 2 * X)
    same = agrad.trace(lambda x: x, X)(x)
    assert same is not x and np.array_equal(same, x)


def test_constants_are_copies() -> None:
    c = np.ones(3)
    graph = agrad.trace(lambda x: x * c, X)
    c += 5.0
    assert np.array_equal(graph(X), X)
    out = agrad.trace(lambda x: xp.asarray(c), X)(X)
    out += 1.0
    assert len(graph.constants) == 1 and np.array_equal(c, [6.0] * 3)


def test_floats_are_inputs_and_integers_are_not() -> None:
    graph = agrad.trace(lambda x, s, n: s * x**n, X.astype(np.float32), 2.0, 2)
    assert np.array_equal(graph(Y.astype(np.float32), 3.0, 2), 3 * Y.astype(np.float32) ** 2)
    assert graph(Y.astype(np.float32), 3.0, 2).dtype == np.float32
    np.testing.assert_allclose(agrad.grad(lambda s: xp.sum(graph(Y.astype(np.float32), s, 2)))(3.0), (Y**2).sum())
    with pytest.raises(agrad.BackendError, match=r"args\[2\] = 2, which is part of the graph, and got 3"):
        graph(Y.astype(np.float32), 3.0, 3)


def test_containers() -> None:
    @dataclasses.dataclass
    class Pair:
        a: Any
        b: Any

    def f(tree: Any, *, scale: Any = 1.0) -> Any:
        return {"sum": tree["w"] + tree["pair"].a, "rest": [tree["pair"].b * scale, None, "text"]}

    tree = {"w": X, "pair": Pair(Y, X)}
    graph = agrad.trace(f, tree, scale=2.0)
    out = graph({"w": Y, "pair": Pair(Y, Y)}, scale=4.0)
    assert (
        np.array_equal(out["sum"], Y + Y)
        and np.array_equal(out["rest"][0], 4 * Y)
        and out["rest"][1:] == [None, "text"]
    )
    with pytest.raises(agrad.BackendError, match="of the structure"):
        graph({"w": Y}, scale=4.0)


def test_leaves_are_looked_at_when_the_graph_is_called() -> None:
    w = agrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    graph = agrad.trace(lambda x: xp.sum(x * w) + xp.sum(w**2), X)
    assert len(graph.captures) == 1 and [e.op for e in graph.equations].count("pow_scalar") == 1
    loss = graph(Y)
    loss.backward()
    np.testing.assert_allclose(w.grad.array, Y + 2 * w.array)
    with agrad.no_grad():
        w *= 2.0
    np.testing.assert_allclose(graph(Y).item(), np.sum(Y * w.array) + np.sum(w.array**2))
    assert (w * 2.0).requires_grad and (w * 2.0).grad_fn is not None  # recording goes on as before


def test_leaves_are_looked_at_whatever_the_function_does_with_them() -> None:
    w = agrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    s = agrad.tensor(2.0, requires_grad=True)
    functions = {
        "stopped": lambda x: agrad.stop_gradient(w) * x,
        "returned": lambda x: (w, x)[0],
        "alone": lambda x: xp.sum(w**2) + 0.0 * xp.sum(x),
        "in a list": lambda x: xp.stack([w, x]),
        "a view": lambda x: xp.flip(w)[1:] * x[1:],
        "under no_grad": agrad.no_grad()(lambda x: w * x),
    }
    graphs = {name: agrad.trace(f, X) for name, f in functions.items()}
    branching = agrad.trace(lambda x: x * 2.0 if s else x, X)
    with agrad.no_grad():
        w *= 3.0
        s *= 0.0
    for name, f in functions.items():
        found, expected = graphs[name](Y), f(xp.asarray(Y))
        assert np.array_equal(agrad.stop_gradient(found), agrad.stop_gradient(expected)), name
    with pytest.raises(agrad.GuardError):
        branching(Y)


@pytest.mark.parametrize("ask", [lambda w: w.detach(), lambda w: w.array, lambda w: w[0].item(), lambda w: float(w[0])])
def test_what_a_leaf_holds_is_not_frozen(ask: Any) -> None:
    w = agrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with pytest.raises(agrad.ConcretizationError, match="would be frozen in the graph"):
        agrad.trace(lambda x: ask(w) * x, X)


def test_leaves_are_not_changed() -> None:
    w = agrad.tensor([1.0, 2.0, 3.0], requires_grad=True)

    def step(x: Any) -> Any:
        with agrad.no_grad():
            w[1:] -= x[1:]
        return x

    with pytest.raises(agrad.InPlaceError, match="lost to the graph"):
        agrad.trace(step, X)
    assert w.tolist() == [1.0, 2.0, 3.0] and w.is_leaf


def test_guards() -> None:
    def f(x: Any) -> Any:
        return xp.sum(x) if x[0] > 0 else -xp.sum(x)

    graph = agrad.trace(f, X)
    assert [e.op for e in graph.equations].count(GUARD) == 1 == len(graph.guards)
    assert graph(Y) == Y.sum()
    with pytest.raises(agrad.GuardError, match=r"test_trace\.py:\d+ was True, and it is False now"):
        graph(-Y)
    with pytest.raises(agrad.GuardError):
        agrad.grad(graph)(-Y)


def test_a_value_and_another_shape_or_dtype() -> None:
    graph = agrad.trace(lambda x: x * 2.0, X)
    with pytest.raises(agrad.ShapeError, match=r"shape \(3,\) for args\[0\], and got \(2,\)"):
        graph(np.ones(2))
    with pytest.raises(agrad.DtypeError, match=r"dtype float64 for .*, and got float32"):
        graph(np.ones(3, np.float32))
    with pytest.raises(agrad.BackendError, match="got a str"):
        graph("text")


@pytest.mark.parametrize("ask", [float, int, lambda v: v.item(), lambda v: [1, 2, 3][v], lambda v: v.array])
def test_numbers_are_not_frozen(ask: Any) -> None:
    with pytest.raises(agrad.ConcretizationError):
        agrad.trace(lambda x: x * ask(xp.argmax(x)), X)


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (lambda x: x[x > 0], "an index by a mask"),
        (lambda x: xp.nonzero(x), "'nonzero'"),
        (lambda x: xp.unique_values(x), "'unique_values'"),
        (lambda x: xp.repeat(x, xp.astype(x > 0, xp.int64)), "'repeat' by an array of counts"),
    ],
)
def test_shapes_that_depend_on_values_are_refused(f: Any, what: str) -> None:
    with pytest.raises(agrad.UnsupportedError, match=f"trace met {what} at .*test_trace.py"):
        agrad.trace(f, X)


def test_functions_whose_calls_are_of_their_values_are_refused() -> None:
    class Square(agrad.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            (x,) = ctx.saved
            return 2 * x * ct

    for f in (Square.apply, agrad.grad(lambda x: xp.sum(Square.apply(x)))):
        with pytest.raises(agrad.UnsupportedError, match=r"trace met 'Square' at .*, an agrad.Function"):
            agrad.trace(f, X)


def test_batches_in_graphs() -> None:
    rows = np.stack([X, Y, X + Y])
    for f in PROGRAMS:
        if f is switched or f is changed_without_following or f is changed_through_an_alias:
            continue
        expected = np.stack([agrad.grad(f)(row) for row in rows])
        np.testing.assert_allclose(agrad.vmap(agrad.grad(agrad.trace(f, X)))(rows), expected, rtol=1e-10)
        np.testing.assert_allclose(agrad.trace(agrad.vmap(agrad.grad(f)), rows * 2.0)(rows), expected, rtol=1e-10)
        np.testing.assert_allclose(agrad.compile(agrad.vmap(agrad.grad(f)))(rows), expected, rtol=1e-10)


def test_random_numbers_are_refused() -> None:
    with pytest.raises(agrad.UnsupportedError, match="random"):
        agrad.trace(lambda x: x * agrad.random.Generator(1, backend="numpy").uniform((3,)), X)


def test_what_it_prints() -> None:
    text = repr(agrad.trace(lambda x: xp.sum(x[1:] * 2.0, axis=0), X))
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    assert lines == [
        "graph <lambda>(x: float64[3]), recorded on numpy:",
        "v0: float64[2] = getitem(x, 1:)",
        "v1: float64[2] = multiply(v0, 2.0)",
        "v2: float64[] = sum(v1, axis=0, keepdims=False)",
        "return v2",
    ]
    assert "test_trace.py:" in text


def test_passes() -> None:
    graph = agrad.trace(
        lambda x: (xp.sin(x) + xp.sin(x)) * 1 + xp.matrix_transpose(xp.matrix_transpose(x * 3.0)), X[None]
    )
    assert len(graph.equations) == 8
    assert [e.op for e in peepholes(graph).equations].count("matrix_transpose") == 1
    assert [e.op for e in dead_code(peepholes(graph)).equations] == ["sin", "sin", "add", "multiply", "add"]
    assert [e.op for e in common_subexpressions(graph).equations].count("sin") == 1
    assert [e.op for e in simplified(graph).equations] == ["sin", "add", "multiply", "add"]
    np.testing.assert_array_equal(simplified(graph)(Y[None]), graph(Y[None]))


def test_zeros_of_two_signs_are_two() -> None:
    graph = agrad.trace(lambda x: (x * 0.0, x * -0.0, x * 0, xp.pow(x, 1), xp.pow(x, True)), X)
    assert len(simplified(graph).equations) == len(graph.equations)
    assert np.signbit(simplified(graph)(X)[1]).tolist() == [True, False, True]


def test_other_backends() -> None:
    strict = pytest.importorskip("array_api_strict")
    graph = agrad.trace(agrad.value_and_grad(aliases), X)
    _, slope = graph(strict.asarray(Y))
    assert isinstance(slope, type(strict.asarray(Y)))
    np.testing.assert_allclose(np.asarray(slope), agrad.grad(aliases)(Y))


def test_nesting() -> None:
    def f(x: Any) -> Any:
        return agrad.trace(lambda u: xp.sum(u**3) * xp.sum(x), x)(x)

    np.testing.assert_allclose(agrad.grad(f)(Y), 3 * Y**2 * Y.sum() + (Y**3).sum())
    outer = agrad.trace(lambda x: agrad.trace(lambda u: u * x, x)(x + 1.0), X)
    np.testing.assert_allclose(outer(Y), (Y + 1) * Y)


def test_an_error_leaves_recording_as_it_was() -> None:
    w = agrad.tensor([1.0], requires_grad=True)
    with pytest.raises(ZeroDivisionError):
        agrad.trace(lambda x: x * w * (1 // 0), X)
    assert (w * 2.0).grad_fn is not None


def test_custom_ops_run_and_are_not_saved(tmp_path: Any) -> None:
    @agrad.custom_op(vjp=lambda xp, ct, x: 2 * ct * x)
    def square(x: Any) -> Any:
        return x * x

    graph = agrad.trace(lambda x: square(x) + 1.0, X)
    np.testing.assert_allclose(graph(Y), Y * Y + 1)
    np.testing.assert_allclose(agrad.grad(lambda y: xp.sum(graph(y)))(Y), 2 * Y)
    with pytest.raises(agrad.FileError, match="a custom op, which has no portable form"):
        graph.save(tmp_path / "f.agrad")


# Files ------------------------------------------------------------------------------------------------


def everything(x: Any, s: Any, rest: Any) -> Any:
    y = xp.concat([x, xp.asarray([np.inf, -np.inf])])[::-1]
    z = xp.astype(y, xp.float32)
    q = xp.linalg.slogdet(xp.reshape(xp.arange(4.0) * s + x[0], (2, 2)))
    return {
        "y": y,
        "z": (z, [x[..., None] * complex(0, 1)], q),
        "n": None,
        "k": rest["k"],
        "q": collections.OrderedDict(a=x),
    }


def test_files(tmp_path: Any) -> None:
    path = tmp_path / "f.agrad"
    graph = agrad.trace(everything, X, 2.0, {"k": 3, "t": "text", "f": None})
    graph.save(path)
    loaded = agrad.load(path)
    found, expected = loaded(Y, 3.0, {"k": 3, "t": "text", "f": None}), graph(Y, 3.0, {"k": 3, "t": "text", "f": None})
    assert type(found["q"]) is collections.OrderedDict and found["k"] == 3 and found["n"] is None
    assert found["z"][2]._fields == ("sign", "logabsdet")
    np.testing.assert_array_equal(found["y"], expected["y"])
    np.testing.assert_array_equal(found["z"][0], expected["z"][0])
    np.testing.assert_array_equal(found["z"][1][0], expected["z"][1][0])
    assert repr(loaded) == repr(graph)
    loaded.save(path)
    assert repr(agrad.load(path)) == repr(graph)


def test_files_that_are_none(tmp_path: Any) -> None:
    path = tmp_path / "f.agrad"
    with pytest.raises(FileNotFoundError):
        agrad.load(path)
    agrad.trace(lambda x: xp.special.erf(x) * X, X).save(path)
    whole = path.read_bytes()
    for cut in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(agrad.FileError, match="no file of a graph, or damaged"):
            agrad.load(path)
    np.savez(path.with_suffix(".npz"), X)
    with pytest.raises(agrad.FileError, match="no file of a graph"):
        agrad.load(path.with_suffix(".npz"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"version": 1', '"version": 2'), "has version 2"),
        (lambda text: text.replace('"agrad graph"', '"else"'), "something else"),
        (lambda text: text.replace("special", "spatial"), "plugin 'spatial', which is not installed"),
        (lambda text: text.replace('"multiply"', '"multiplied"'), "op 'multiplied', which this version"),
        (lambda text: text.replace('{"v": 1}', '{"v": 99}'), "is damaged: IndexError"),
        (lambda text: text.replace('{"c": "c0"}', '{"c": "c9"}'), "is damaged: KeyError"),
        (lambda text: text.replace('{"v": 1}', '{"run": 1}'), "is damaged: KeyError"),
    ],
)
def test_files_of_others(change: Any, message: str, tmp_path: Any) -> None:
    import zipfile

    path = tmp_path / "f.agrad"
    agrad.trace(lambda x: xp.special.erf(x) * X, X).save(path)
    with zipfile.ZipFile(path) as z:
        parts = {name: z.read(name) for name in z.namelist()}
    text = change(parts["graph.json"].decode())
    assert text != parts["graph.json"].decode()
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("graph.json", text)
        z.writestr("arrays.npz", parts["arrays.npz"])
    with pytest.raises(agrad.FileError, match=message):
        agrad.load(path)


def test_what_has_no_portable_form_leaves_the_old_file(tmp_path: Any) -> None:
    path = tmp_path / "f.agrad"
    agrad.trace(lambda x: x, X).save(path)
    w = agrad.tensor([1.0], requires_grad=True)
    with pytest.raises(agrad.FileError, match="a leaf that the function closes over"):
        agrad.trace(lambda x: x * w, X).save(path)
    assert np.array_equal(agrad.load(path)(X), X) and [p.name for p in tmp_path.iterdir()] == ["f.agrad"]
