"""The autograd side: leaves, graphs, hooks, switches, functions of one's own, transforms."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest


def test_grad_is_one_object(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    assert x.grad is None
    (x * 2).sum().backward()
    g = x.grad
    assert g is x.grad and isinstance(g, torch.Tensor)
    (x * 3).sum().backward()
    assert x.grad is g and g.tolist() == [5.0, 5.0]
    x.grad.data.zero_()
    assert g.tolist() == [0.0, 0.0]
    x.grad = None
    (x * 3).sum().backward()
    assert g.tolist() == [0.0, 0.0] and x.grad.tolist() == [3.0, 3.0]
    x.grad = torch.tensor([1.0, 2.0])
    assert x.grad.tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match="assigned grad has data of a different size"):
        x.grad = torch.ones(3)
    with pytest.raises(TypeError, match="assigned grad expected to be a Tensor or None but got grad of type float"):
        x.grad = 1.0


def test_the_graph_is_named(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * 2 + 1).mean()
    add, _ = y.grad_fn.next_functions[0]
    multiply = add.next_functions[0][0]
    leaf = multiply.next_functions[0][0]
    assert [f.name() for f in (y.grad_fn, add, multiply)] == ["MeanBackward0", "AddBackward0", "MulBackward0"]
    assert leaf.variable is x and leaf.name() == "torch::autograd::AccumulateGrad"
    assert repr(y.grad_fn).startswith("<MeanBackward0 object at 0x") and repr(leaf).startswith("<AccumulateGrad object")
    assert y.grad_fn == y.grad_fn and x.grad_fn is None and x.is_leaf and not y.is_leaf
    z = x.clone()
    row = z[:1]
    z.mul_(2)
    assert repr(z).endswith("grad_fn=<MulBackward0>)") and row.grad_fn.name() == "AsStridedBackward0"
    z[0] = 1
    assert repr(z).endswith("grad_fn=<CopySlices>)")
    assert repr(x.clone().zero_()).endswith("grad_fn=<ZeroBackward0>)")


def test_grad_of_what_is_no_leaf(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf Tensor is being accessed"):
        assert y.grad is None
    y.retain_grad()
    (y * y).sum().backward()
    assert y.grad.tolist() == [4.0, 4.0] and y.retains_grad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.ones(2).grad is None


def test_hooks(torch: Any) -> None:
    x, seen = torch.ones(2, requires_grad=True), []
    first = x.register_hook(lambda g: seen.append(g.tolist()))
    second = x.register_hook(lambda g: g * 10)
    (x * 2).sum().backward()
    assert seen == [[2.0, 2.0]] and x.grad.tolist() == [20.0, 20.0]
    first.remove()
    second.remove()
    (x * 2).sum().backward()
    assert seen == [[2.0, 2.0]] and x.grad.tolist() == [22.0, 22.0]


def test_second_backward(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4.0, 4.0]
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()


def test_switches(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        assert not (x * 2).requires_grad and not torch.is_grad_enabled()
        with torch.enable_grad():
            assert (x * 2).requires_grad
    for decorate in (torch.no_grad(), torch.no_grad, torch.inference_mode()):
        assert not decorate(lambda: x * 2)().requires_grad and torch.is_grad_enabled()
    decorated = torch.set_grad_enabled(False)(lambda: x * 2)
    assert torch.is_grad_enabled() and not decorated().requires_grad and torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    assert not (x * 2).requires_grad
    torch.set_grad_enabled(True)
    assert (x * 2).requires_grad
    with torch.set_grad_enabled(False):
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        assert not (x * 2).requires_grad
    assert torch.is_grad_enabled()


def test_grad(torch: Any) -> None:
    x, y = torch.tensor(3.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    first, second = torch.autograd.grad(x * x * y, [x, y], create_graph=True)
    assert (first.item(), second.item()) == (12.0, 9.0) and x.grad is None
    assert torch.autograd.grad(first, x)[0].item() == 4.0
    (g,) = torch.autograd.grad((x * torch.ones(3)), x, grad_outputs=torch.tensor([1.0, 2.0, 3.0]))
    assert g.item() == 6.0
    assert torch.autograd.grad(x * 2, [x, y], allow_unused=True)[1] is None
    middle = x * 2
    (g,) = torch.autograd.grad(middle * middle, middle)
    assert g.item() == 12.0
    (x * y).backward(inputs=[x])
    assert x.grad.item() == 2.0 and y.grad is None
    torch.autograd.backward([x * 1, y * 1])
    assert (x.grad.item(), y.grad.item()) == (3.0, 1.0)


def cube(torch: Any) -> Any:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, scale: float) -> Any:
            assert not torch.is_grad_enabled()
            ctx.save_for_backward(x)
            ctx.scale = scale
            return x**3 * scale

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            assert ctx.needs_input_grad == (True, False)
            return g * 3 * x**2 * ctx.scale, None

        @staticmethod
        def jvp(ctx: Any, t: Any, scale: Any) -> Any:
            return t * 3 * ctx.saved_tensors[0] ** 2 * ctx.scale

    return Cube


def test_function(torch: Any) -> None:
    f = cube(torch).apply
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = f(x, 2.0)
    assert y.grad_fn.name() == "CubeBackward" and y.tolist() == [2.0, 16.0]
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    assert g.tolist() == [6.0, 24.0]
    g.sum().backward()
    assert x.grad.tolist() == [12.0, 24.0]
    assert not f(torch.ones(2), 1.0).requires_grad


def test_function_of_several(torch: Any) -> None:
    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a * b, a + b

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            a, b = ctx.saved_tensors
            return g * b + h, g * a + h

    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(5.0, requires_grad=True)
    p, q = Both.apply(a, b)
    (p + 10 * q).backward()
    assert (a.grad.item(), b.grad.item()) == (15.0, 12.0)

    class Wrong(Both):
        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g

    with pytest.raises(RuntimeError, match=r"returned an incorrect number of gradients \(expected 2, got 1\)"):
        Wrong.apply(a, b)[0].backward()


def test_once_differentiable(torch: Any) -> None:
    from agrad_torchlike.autograd.function import once_differentiable

    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0]

    x = torch.tensor(0.0, requires_grad=True)
    Exp.apply(x).backward()
    assert x.grad.item() == 1.0
    (g,) = torch.autograd.grad(Exp.apply(x) * (x + 1), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.backward()


def test_transforms(torch: Any) -> None:
    x = torch.tensor([1.0, 2.0])
    assert torch.func.grad(lambda x: (x**3).sum())(x).tolist() == [3.0, 12.0]
    assert torch.func.grad(torch.func.grad(lambda x: x**4))(torch.tensor(2.0)).item() == 48.0
    assert torch.func.jacrev(lambda x: x * x)(x).tolist() == torch.func.jacfwd(lambda x: x * x)(x).tolist()
    assert torch.func.hessian(lambda x: (x**3).sum())(x).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    _, pull = torch.func.vjp(lambda a, b: a * b, x, x + 1)
    assert [g.tolist() for g in pull(torch.ones(2))] == [[2.0, 3.0], [1.0, 2.0]]
    assert torch.func.jvp(torch.sin, (x,), (torch.ones(2),))[1].tolist() == torch.cos(x).tolist()
    found = torch.func.grad(lambda p: (p["w"] * x).sum() + p["b"])({"w": x, "b": torch.tensor(1.0)})
    assert found["w"].tolist() == [1.0, 2.0] and found["b"].item() == 1.0

    functional = torch.autograd.functional
    both = functional.jacobian(lambda a, b: a * b, (x, x + 1))
    np.testing.assert_allclose(both[1].tolist(), [[1.0, 0.0], [0.0, 2.0]])
    assert functional.hessian(lambda x: (x**3).sum(), x).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert functional.hvp(lambda x: (x**3).sum(), x, torch.ones(2))[1].tolist() == [6.0, 12.0]
    assert functional.vjp(lambda x: x * x, x, torch.ones(2))[1].tolist() == [2.0, 4.0]
    assert functional.jvp(lambda x: x * x, x, torch.ones(2))[1].tolist() == [2.0, 4.0]


def test_gradcheck() -> None:
    import agrad_torchlike as torch

    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: (x.sin() * x).sum(), (x,))
    assert torch.autograd.gradgradcheck(lambda x: x**3, (x,))

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 3

    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(Wrong.apply, (x,))
    assert not torch.autograd.gradcheck(Wrong.apply, (x,), raise_exception=False)


def test_unsupported_names_say_what_to_use() -> None:
    import agrad_torchlike as torch

    for name in ("vmap", "compile", "quantize_per_tensor", "nowhere"):
        with pytest.raises(AttributeError, match=f"'{name}': it is not supported; use "):
            getattr(torch, name)
    with pytest.raises(AttributeError, match=r"'Tensor' object has no attribute 'set_': .* use copy_"):
        torch.ones(2).set_()
    assert not hasattr(torch.ones(2), "nowhere")
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.ones(2, device="cuda")


def test_only_what_is_asked_for_is_walked(torch: Any, theirs: Any) -> None:
    def run(m: Any) -> list[Any]:
        seen: list[Any] = []
        x, w = m.tensor(2.0, requires_grad=True), m.tensor(3.0, requires_grad=True)
        y = x * x
        y.retain_grad()
        w.register_hook(lambda g: seen.append("w"))
        y.register_hook(lambda g: seen.append(("y", g.item())))
        z = y * w
        seen += [g.item() for g in m.autograd.grad(z, x, retain_graph=True)]
        seen += [y.grad.item(), x.grad, w.grad]
        z.backward(inputs=[w], retain_graph=True)
        seen += [w.grad.item(), x.grad]
        u = w * w
        (u * u).backward(inputs=u)
        seen += [u.grad.item(), u.retains_grad, w.grad.item()]
        m.autograd.backward([y * 2, y * 3], inputs=[x])  # one walk: the hook sees the sum
        return [*seen, x.grad.item()]

    assert run(torch) == run(theirs)


def test_a_frozen_leaf_is_the_same_again(torch: Any, theirs: Any) -> None:
    def run(m: Any) -> list[Any]:
        x = m.tensor(2.0, requires_grad=True)
        y = x * x
        y.backward(retain_graph=True)
        x.requires_grad_(False)
        found = [(x * x).requires_grad]
        x.requires_grad_()
        y.backward()
        return [*found, x.grad.item(), x.is_leaf]

    assert run(torch) == run(theirs)
