"""Containers: dataclasses, named tuples and registered types are taken apart; what nothing is known of is refused."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

import numpy as np
import optree
import pytest

import agrad

xp = agrad.namespace("numpy")
a = np.asarray([0.5, -1.0, 2.0])
v = np.asarray([1.0, 0.25, -2.0])


class Colour(Enum):
    RED = 1.0


class Pair(NamedTuple):
    w: Any
    b: Any


@dataclass
class Layer:
    w: Any
    b: Any
    name: str = "layer"
    kind: ClassVar[float] = 2.0


@dataclass(frozen=True, slots=True)
class Frozen:
    w: Any
    rest: Any = None


@dataclass
class Derived(Layer):
    norm: Any = field(init=False)
    doubled: Any = field(init=False)

    def __post_init__(self) -> None:
        self.norm = self.w * self.w
        self.count = 3

    @property
    def scaled(self) -> Any:
        return self.w * self.count

    @functools.cached_property
    def cubed(self) -> Any:
        return self.w**3


def loss(p: Any) -> Any:
    return agrad.array_namespace(p.w).sum(p.w * p.w) * p.b


def test_dataclasses_in_every_transform(space: Any) -> None:
    raw = space._raw
    p = Layer(raw.asarray([1.0, 2.0], dtype=raw.float64), raw.asarray(3.0, dtype=raw.float64))
    t = Layer(raw.asarray([1.0, 0.5], dtype=raw.float64), raw.asarray(1.0, dtype=raw.float64))

    def is_close(x: Any, y: Any) -> bool:
        return bool(np.allclose(np.asarray(space._backend.host(x)), y))

    g = agrad.grad(loss)(p)
    assert type(g) is Layer and g.name is None
    assert is_close(g.w, [6.0, 12.0]) and is_close(g.b, 5.0)
    value, g = agrad.value_and_grad(loss)(p)
    assert is_close(value, 15.0) and is_close(g.b, 5.0)
    out, pullback = agrad.vjp(loss, p)
    assert is_close(out, 15.0) and is_close(pullback(out)[0].w, [90.0, 180.0])
    assert is_close(agrad.jvp(loss, (p,), (t,))[1], 17.0)
    assert is_close(agrad.linearize(loss, p)[1](t), 17.0)
    assert is_close(agrad.hessian(loss)(p).w.w, [[6.0, 0.0], [0.0, 6.0]])
    assert is_close(agrad.hessian(loss)(p).b.w, [2.0, 4.0])
    assert is_close(agrad.hvp(loss, (p,), (t,)).w, [8.0, 7.0])
    assert is_close(agrad.jacobian(lambda p: Pair(p.w * p.b, p.b))(p).w.b, [1.0, 2.0])
    agrad.check_grads(loss, (p,))


def test_dataclasses_inside_other_containers_and_within_each_other() -> None:
    p = {"layers": [Frozen(a, Frozen(2.0)), Frozen(v)], "scale": 3.0}
    g = agrad.grad(lambda p: xp.sum(p["layers"][0].w * p["layers"][1].w) * p["layers"][0].rest.w * p["scale"])(p)
    np.testing.assert_allclose(g["layers"][0].w, 6 * v)
    assert g["layers"][0].rest.w == 3 * (a @ v)
    assert g["layers"][1].rest is None


def test_dataclasses_are_results_and_aux() -> None:
    out, tangent = agrad.jvp(lambda x: Layer(x * x, xp.sum(x)), (a,), (v,))
    assert type(out) is type(tangent) is Layer and out.name == "layer" and tangent.name is None
    np.testing.assert_allclose(tangent.w, 2 * a * v)
    _, aux = agrad.grad(lambda x: (xp.sum(x), Layer(x * 2, 1)), has_aux=True)(a)
    assert type(aux.w) is np.ndarray
    np.testing.assert_array_equal(aux.w, 2 * a)


def test_stop_gradient_reaches_into_dataclasses() -> None:
    g = agrad.grad(lambda p: xp.sum(agrad.stop_gradient(p).w * p.w))(Frozen(a))
    np.testing.assert_array_equal(g.w, a)


def test_fields_that_no_constructor_takes_and_what_is_computed_from_fields() -> None:
    p = Derived(a, 1.0)
    assert p.cubed[0] == 0.125  # kept by the instance, and not to be taken for a constant
    g = agrad.grad(lambda p: xp.sum(p.cubed) + 2 * xp.sum(p.norm) + xp.sum(p.scaled))(p)
    np.testing.assert_allclose(g.w, 3 * a**2 + 3)
    np.testing.assert_array_equal(g.norm, [2.0, 2.0, 2.0])
    assert (g.b, g.count, hasattr(g, "doubled")) == (0.0, 3, False)


def test_data_outside_the_fields_of_a_dataclass_are_refused() -> None:
    p = Layer(a, 1.0)
    p.extra = {"state": a}
    with pytest.raises(agrad.BackendError, match="Layer has data in its attribute 'extra'"):
        agrad.grad(loss)(p)


@pytest.mark.parametrize("metadata", [{"pytree_node": False}, {"static": True}], ids=str)
def test_fields_that_are_declared_to_be_fixed(metadata: dict[str, bool]) -> None:
    @dataclass
    class Model:
        w: Any
        factor: float = field(metadata=metadata, default=2.0)

    g = agrad.grad(lambda m: xp.sum(m.w) * m.factor)(Model(a))
    np.testing.assert_array_equal(g.w, [2.0, 2.0, 2.0])
    assert g.factor == 2.0
    with pytest.raises(agrad.DtypeError, match="structure"):
        agrad.jvp(lambda m: m.w, (Model(a),), (Model(a, 3.0),))


def test_a_dataclass_that_threads_meet_first_at_once() -> None:
    @dataclass
    class Fresh:
        w: Any

    found: list[Any] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        found.append(agrad.grad(lambda p: xp.sum(p.w * p.w))(Fresh(a)).w)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for g in found:
        np.testing.assert_array_equal(g, 2 * a)


def test_other_containers() -> None:
    class Node:
        def __init__(self, w: Any) -> None:
            self.w = w

    optree.register_pytree_node(Node, lambda n: ([n.w], None), lambda _, c: Node(*c), namespace="agrad")
    containers = [Pair(a, 1.0), Node(a), OrderedDict(w=a), defaultdict(list, w=a), deque([a]), [[a]], {"w": (a,)}]
    for p in containers:
        g = agrad.grad(lambda p: xp.sum(optree.tree_leaves(p, namespace="agrad")[0] ** 2))(p)
        assert type(g) is type(p)
        np.testing.assert_array_equal(optree.tree_leaves(g, namespace="agrad")[0], 2 * a)


@pytest.mark.parametrize(
    "x",
    ["text", b"bytes", None, 3, True, np.float32, np.dtype("float16"), Colour.RED, Colour, len, np.sin, xp.sin,
     slice(3), functools.partial(max, 1), range(3), np.asarray([1, 2]), np.asarray([True]), np.asarray(["a"]),
     np.int64(3)],
    ids=lambda x: f"{type(x).__name__}-{getattr(x, '__name__', '')}",
)  # fmt: skip
def test_what_passes_through(x: Any) -> None:
    def f(p: Any) -> Any:
        assert p["x"] is x or np.array_equal(p["x"], x)
        return xp.sum(p["w"])

    for transform in (agrad.grad(f), agrad.jacobian(f), lambda p: agrad.vjp(f, p)[1](1.0)[0]):
        assert transform({"w": a, "x": x})["x"] is None
    assert agrad.jvp(f, ({"w": a, "x": x},), ({"w": v, "x": x},))[1] == v.sum()
    out, _ = agrad.vjp(lambda w: (w, x), a)
    assert out[1] is x or np.array_equal(out[1], x)


def test_dtypes_of_every_library_pass(space: Any) -> None:
    p = {"w": space._raw.ones(2), "dtype": space._raw.float32}
    assert agrad.grad(lambda p: p["w"].sum())(p)["dtype"] is None


class Opaque:
    """Holds data that no transform would find."""

    def __init__(self) -> None:
        self.w = a

    def __call__(self, x: Any) -> Any:
        return x * self.w


transforms = {
    "grad": lambda f, p: agrad.grad(f)(p),
    "value_and_grad": lambda f, p: agrad.value_and_grad(f)(p),
    "jacobian": lambda f, p: agrad.jacobian(f)(p),
    "hessian": lambda f, p: agrad.hessian(f)(p),
    "vjp": lambda f, p: agrad.vjp(f, p),
    "jvp": lambda f, p: agrad.jvp(f, (p,), (p,)),
    "linearize": lambda f, p: agrad.linearize(f, p),
    "hvp": lambda f, p: agrad.hvp(f, (p,), (p,)),
}


@pytest.mark.parametrize("what", transforms)
@pytest.mark.parametrize("x", [Opaque(), object(), {1, 2}, Fraction(1, 2)], ids=lambda x: type(x).__name__)
def test_other_objects_are_refused_by_place_and_type(what: str, x: Any) -> None:
    root = "args" if what in ("grad", "value_and_grad", "jacobian", "hessian") else "primals"
    p = {"w": a, "deep": [1.0, Frozen((2.0, x))]}
    with pytest.raises(agrad.BackendError) as caught:
        transforms[what](lambda p: xp.sum(p["w"]), p)
    assert str(caught.value).startswith(f"{what} got a {type(x).__name__} as {root}[0]['deep'][1].w[1]")


def test_the_place_counts_all_arguments() -> None:
    with pytest.raises(agrad.BackendError, match=r"Opaque as args\[2\]\['x'\]"):
        agrad.grad(lambda x, y, p: xp.sum(x), argnums=(0, 2))(a, a, {"x": Opaque()})
    assert agrad.grad(lambda x, p: xp.sum(p(x)))(a, Opaque()).tolist() == a.tolist()  # an argument that is not followed


@pytest.mark.parametrize("what", ["vjp", "jvp", "linearize", "jacobian"])
def test_objects_among_results_are_refused(what: str) -> None:
    with pytest.raises(agrad.BackendError, match=rf"{what} of a function that returns a Opaque, as result\['x'\]"):
        transforms[what](lambda x: {"y": x, "x": Opaque()}, a)


# Arrays of other kinds --------------------------------------------------------------------------------

FOREIGN = {
    "matrix": np.ones((2, 2)).view(np.matrix),
    "MaskedArray": np.ma.array([1.0, 2.0], mask=[False, True]),
    "recarray": np.rec.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
    "Unit": np.ones(2).view(type("Unit", (np.ndarray,), {})),
}
OBJECTS = {
    "object": np.asarray([1.0, 2.0], dtype=object),
    "records": np.asarray([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
    "durations": np.asarray([1, 2], dtype="m8[s]"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_derived_classes_of_arrays_are_refused_by_name(kind: str) -> None:
    x = FOREIGN[kind]
    for argument, where in ((x, ""), ([a, x], r" as \w+\[0\]\[1\]")):
        for what, transform in transforms.items():
            with pytest.raises(agrad.BackendError, match=rf"{what} got a {kind}{where}"):
                transform(lambda p: xp.sum(p), argument)
    t = agrad.tensor([1.0, 2.0], requires_grad=True)
    for operate in (lambda: xp.multiply(t, x), lambda: xp.add(x, t), lambda: xp.stack([t, x])):
        with pytest.raises(agrad.BackendError, match=kind):
            operate()
    for operate in (lambda: t * x, lambda: t + x, lambda: x + t, lambda: x * t):
        with pytest.raises((agrad.BackendError, agrad.ConcretizationError, TypeError)):
            operate()
    with pytest.raises(agrad.BackendError, match=kind):
        agrad.tensor(x)


def test_conversions_that_are_exact_are_made_where_asked_for() -> None:
    assert xp.asarray(FOREIGN["matrix"]).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert type(xp.asarray(FOREIGN["matrix"]).array) is np.ndarray
    for masked in (FOREIGN["MaskedArray"], [1.0, [FOREIGN["MaskedArray"]]]):
        with pytest.raises(agrad.BackendError, match="MaskedArray, whose mask"):
            xp.asarray(masked)


def test_mapped_files_are_arrays(tmp_path: Any) -> None:
    x = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=3)
    x[:] = a
    g = agrad.grad(lambda x: xp.sum(x * x))(x)
    np.testing.assert_array_equal(g, 2 * a)


@pytest.mark.parametrize("kind", OBJECTS)
def test_dtypes_in_which_derivatives_would_be_lost_are_refused(kind: str) -> None:
    x = OBJECTS[kind]
    for argument, where in ((x, r"\w+\[0\]"), ([a, x], r"\w+\[0\]\[1\]")):
        for what, transform in transforms.items():
            with pytest.raises(agrad.DtypeError, match=rf"{what} got {where}: .*NumPy's dtype .*{kind}"):
                transform(lambda p: xp.sum(p[0]), argument)
    with pytest.raises(agrad.DtypeError, match=kind):
        agrad.tensor(x)


def test_operands_of_objects_and_durations_are_refused() -> None:
    t = agrad.tensor([1.0, 2.0], requires_grad=True)
    for x in (OBJECTS["object"], OBJECTS["durations"], np.timedelta64(3, "s")):
        for operate in (lambda x=x: t * x, lambda x=x: x * t, lambda x=x: xp.multiply(t, x)):
            with pytest.raises((agrad.DtypeError, agrad.BackendError)):
                operate()


def test_numbers_of_a_class_of_their_own_are_numbers() -> None:
    class Metres(float):
        pass

    class Phasor(complex):
        pass

    assert agrad.grad(lambda x: x * x)(Metres(3.0)) == 6.0
    assert agrad.grad(lambda p: p["x"] * p["x"])({"x": Metres(3.0)})["x"] == 6.0
    assert agrad.grad(lambda z: xp.abs(z) ** 2)(Phasor(3 + 4j)) == pytest.approx(6 + 8j)
