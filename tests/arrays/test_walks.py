"""What plugins see of the graph: gradients of chosen Tensors, nodes, views, and whether anything is followed."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.errors import BackendError, DtypeError, GraphError, NestingError, NonScalarError, ShapeError

xp = agrad.namespace("numpy")


def leaf(value: Any) -> agrad.Tensor:
    return agrad.tensor(value, requires_grad=True)


# Gradients of chosen Tensors -----------------------------------------------------------------------


def test_leaves_and_results_may_be_asked_for() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 5.0])
    y = x * x
    z = xp.sum(y * w)
    gx, gy, gw, gz = agrad.gradients(z, [x, y, w, z])
    assert gx.tolist() == [6.0, 20.0] and gy.tolist() == [3.0, 5.0] and gw.tolist() == [1.0, 4.0] and gz.item() == 1.0
    assert x.grad is None and w.grad is None and gx.requires_grad is False


def test_one_input_gives_one_gradient_and_an_unused_one_none() -> None:
    x, other = leaf(3.0), leaf(1.0)
    assert agrad.gradients(x**3, x).item() == 27.0
    assert agrad.gradients(x**3, [other, x, x])[0] is None
    assert [g.item() for g in agrad.gradients(x**3, [x, x])] == [27.0, 27.0]


def test_several_outputs_add_up() -> None:
    x = leaf([1.0, 2.0])
    y = xp.exp(x)
    found = agrad.gradients([y, xp.sum(x * y)], x, [np.asarray([1.0, 10.0]), None])
    np.testing.assert_allclose(found.array, np.exp([1.0, 2.0]) * ([1.0, 10.0] + np.asarray([2.0, 3.0])), rtol=1e-15)
    y = xp.exp(x)
    assert agrad.gradients([y, y], x, [xp.ones(2), xp.ones(2)]).tolist() == (2 * y).tolist()


def test_one_of_several_results_may_be_asked_for() -> None:
    values, vectors = xp.linalg.eigh(leaf([[2.0, 1.0], [1.0, 3.0]]))
    assert agrad.gradients(xp.sum(values**2), [values, vectors])[1] is None
    (g,) = agrad.gradients(xp.sum(values**2) + xp.sum(vectors), [values])
    np.testing.assert_allclose(g.array, 2 * values.detach().array)


def test_gradients_can_be_differentiated() -> None:
    x = leaf(2.0)
    first = agrad.gradients(x**4, x, create_graph=True)
    second = agrad.gradients(first, x, create_graph=True)
    assert (first.item(), second.item(), agrad.gradients(second, x).item()) == (32.0, 48.0, 48.0)


def test_a_graph_is_freed_between_the_tensors_only() -> None:
    x, w = leaf(2.0), leaf(3.0)
    a, b = xp.exp(x), xp.exp(w)
    z = a * b
    agrad.gradients(z, x)
    assert agrad.gradients(b, w).item() == b.item()  # not on the way to x
    with pytest.raises(GraphError, match="retain_graph=True"):
        agrad.gradients(z, x)
    with pytest.raises(GraphError, match="retain_graph=True"):
        agrad.gradients(a * 2, x)  # not None, as if it did not depend on x
    assert agrad.gradients(a * 2, a).item() == 2.0
    z = xp.exp(x) * w
    agrad.gradients(z, x, retain_graph=True)
    assert agrad.gradients(z, w).item() == np.exp(2.0)


def test_nothing_else_is_computed_and_no_other_hook_is_called() -> None:
    called: list[str] = []

    @agrad.custom_op(vjp=lambda ct, x: called.append("computed") or ct, jvp=lambda t, x: t)
    def watched(x: Any) -> Any:
        return x

    x, w = leaf(2.0), leaf(3.0)
    y = x * x
    y.register_hook(lambda g: called.append("y"))
    y.retain_grad()
    w.register_hook(lambda g: called.append("w"))
    z = y * watched(w)
    assert agrad.gradients(z, x, retain_graph=True).item() == 12.0
    assert called == ["y"] and y.grad.item() == 3.0  # as in PyTorch
    agrad.gradients(z, [y], retain_graph=True)
    assert called == ["y", "y"]
    agrad.gradients(z, w)
    assert called == ["y", "y", "computed", "w"]


def test_a_hook_replaces_a_cotangent() -> None:
    x = leaf(2.0)
    y = x * x
    y.register_hook(lambda g: g * 10)
    assert [g.item() for g in agrad.gradients(3 * y, [x, y])] == [120.0, 30.0]


def test_results_share_no_memory() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seed = np.ones(2)
    gx, gw = agrad.gradients(x + w, [x, w], seed)
    gx[...] = 7.0
    assert gw.tolist() == [1.0, 1.0] and seed.tolist() == [1.0, 1.0]


def test_gradients_cross_from_one_library_to_another() -> None:
    strict = pytest.importorskip("array_api_strict")
    x = leaf([1.0, 2.0])
    y = agrad.asarray(x * x, backend="array-api-strict")
    g, gy = agrad.gradients(agrad.namespace("array-api-strict").sum(y * y), [x, y])
    assert isinstance(g.array, np.ndarray) and g.tolist() == [4.0, 32.0]
    assert type(gy.array) is type(strict.ones(1))


def test_what_cannot_be_asked_for() -> None:
    x, constant = leaf([1.0, 2.0]), agrad.tensor(1.0)
    y = xp.sum(x)
    for call, error, message in (
        (lambda: agrad.gradients(y, constant), GraphError, r"inputs\[0\], which is not followed"),
        (lambda: agrad.gradients(constant, x), GraphError, r"gradients\(\) on a Tensor that does not depend"),
        (lambda: agrad.gradients(x * x, x), NonScalarError, r"gradients\(\) of a Tensor of shape \(2,\) needs cotang"),
        (lambda: agrad.gradients(x, x, np.ones(3)), ShapeError, r"gradients\(cotangents=\.\.\.\) got shape \(3,\)"),
        (lambda: agrad.gradients(y, x, 1j), DtypeError, "is complex"),
        (lambda: agrad.gradients([y, y], x, [1.0]), GraphError, "2 outputs and 1 cotangents"),
        (lambda: agrad.gradients(y, []), GraphError, "got no inputs"),
        (lambda: agrad.gradients(y, np.ones(2)), BackendError, "got a float64 among its inputs"),
        (lambda: agrad.backward([]), GraphError, r"backward\(\) got no outputs"),
    ):
        with pytest.raises(error, match=message):
            call()
    assert agrad.gradients(y, x).tolist() == [1.0, 1.0], "nothing was freed"


def test_not_inside_a_transform() -> None:
    x = leaf(2.0)

    def inside(v: Any) -> Any:
        agrad.gradients(x * x, x)
        return v

    def of_its_argument(v: Any) -> Any:
        return agrad.gradients(v * v, v)

    for f in (inside, of_its_argument):
        with pytest.raises(NestingError, match=r"gradients\(\) inside a transform"):
            agrad.grad(f)(1.0)


# Backward ------------------------------------------------------------------------------------------


def test_backward_from_several_is_one_walk() -> None:
    x, calls = leaf(2.0), []
    y = x * x
    y.register_hook(lambda g: calls.append(g.item()))
    agrad.backward([3 * y, 4 * y])
    assert calls == [7.0] and x.grad.item() == 28.0
    agrad.backward(x * x, 10.0)
    assert x.grad.item() == 68.0


def test_backward_to_some() -> None:
    x, w = leaf(2.0), leaf(3.0)
    y = x * x
    agrad.backward(y * w, inputs=[w, w], retain_graph=True)
    assert x.grad is None and w.grad.item() == 4.0
    agrad.backward(y * w, inputs=(y, w))
    assert x.grad is None and y.grad.item() == 3.0 and w.grad.item() == 8.0
    agrad.backward(w * w, inputs=w, create_graph=True)
    assert w.grad.requires_grad and w.grad.item() == 14.0


# Nodes ---------------------------------------------------------------------------------------------


def test_the_graph_can_be_walked() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    z = xp.sum(xp.sin(x) * w)
    assert z.node is z.grad_fn and z.node.name == "SumBackward" and x.node.name == "Leaf"
    ((product, index),) = z.grad_fn.next_functions
    assert product.name == "MultiplyBackward" and index == 0
    (sine, _), (end, _) = product.next_functions
    assert sine.name == "SinBackward" and end.variable is w and end.next_functions == ()
    assert sine.next_functions[0][0].variable is x
    z.backward()
    assert z.grad_fn.next_functions == ()


def test_results_of_several_are_numbered() -> None:
    values, vectors = xp.linalg.eigh(leaf([[2.0, 1.0], [1.0, 3.0]]))
    (node, index), (_, other) = (xp.sum(values) + xp.sum(vectors)).grad_fn.next_functions
    assert index == other == 0
    assert [f.grad_fn.next_functions[0][1] for f in (xp.sum(values), xp.sum(vectors))] == [0, 1]
    assert vectors.grad_fn.name == "EighBackward" and vectors.grad_fn.next_functions[0][0].name == "Leaf"
    assert node.name == "SumBackward"


def test_a_leaf_does_not_hold_its_tensor() -> None:
    x = leaf(2.0)
    node = (x * x).grad_fn.next_functions[0][0]
    assert node.variable is x
    del x
    gc.collect()
    assert node.variable is None
    assert node.accumulates
    seen = []
    agrad.grad(lambda v: seen.append((v.node.accumulates, v.node.variable)) or v)(1.0)
    assert seen == [(False, None)]


# Leaves, views, modes ------------------------------------------------------------------------------


def test_a_leaf_that_was_frozen_is_the_same_again() -> None:
    x = leaf(2.0)
    y = x * x
    y.backward(retain_graph=True)
    x.requires_grad_(False)
    assert x.grad is None and not (x * x).requires_grad
    x.requires_grad_()
    assert x.grad.item() == 4.0
    y.backward()
    assert x.grad.item() == 8.0 and x.node.variable is x


def test_a_view_says_whose_memory_it_shows() -> None:
    x = agrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.base is None and x[0].base is x and x.T[1:].base is x and (x * 1).base is None and x[0, 0].base is None
    turned = agrad.view(x, lambda t: xp.roll(t, 1), lambda t, v: xp.roll(v, -1))
    assert turned.base is x and agrad.tensor(x).base is None


def test_the_public_slots_are_up_to_date() -> None:
    x = agrad.tensor([1.0, 2.0, 3.0])
    row, w = x[1:], leaf(5.0)
    assert row.node is None and row.aval is row.aval and (row.aval.shape, row.aval.dtype) == ((2,), row.dtype)
    x *= w
    assert row.node is not None and row.tolist() == [10.0, 15.0]


def test_whether_anything_is_followed() -> None:
    assert agrad.is_grad_enabled()
    with agrad.no_grad():
        assert not agrad.is_grad_enabled()
        with agrad.enable_grad():
            assert agrad.is_grad_enabled()


@pytest.mark.parametrize("name", ["numpy", "array-api-strict"])
def test_the_name_of_a_backend(name: str) -> None:
    pytest.importorskip(name.replace("-", "_"))
    space = agrad.namespace(name)
    for x in (space, space.ones(2), space.ones(2).array):
        assert agrad.backend_name(x) == name
    with pytest.raises(BackendError, match="no installed backend owns"):
        agrad.backend_name("text")


def test_chosen_inputs_inside_a_checkpoint():
    """What is recorded when the walk reaches it leads to leaves that nobody knew of before."""
    w, x = agrad.tensor([1.0, 2.0], requires_grad=True), agrad.tensor([3.0, 4.0], requires_grad=True)
    space = agrad.namespace("numpy")
    block = agrad.checkpoint(lambda u: space.sin(u * w) * w)
    loss = space.sum(block(x * 2.0) ** 2)
    plain = space.sum((space.sin(x * 2.0 * w) * w) ** 2)
    for found, expected in zip(
        agrad.gradients(loss, [w, x], retain_graph=True), agrad.gradients(plain, [w, x]), strict=True
    ):
        np.testing.assert_allclose(found.array, expected.array, rtol=1e-12)
    (alone,) = agrad.gradients(loss, [w])
    np.testing.assert_allclose(alone.array, agrad.gradients(space.sum((space.sin(x * 2.0 * w) * w) ** 2), [w])[0].array)
