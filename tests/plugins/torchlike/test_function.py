"""``torch.autograd.Function``: the layer's and PyTorch's side by side, gradients and messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


def classes(torch: Any) -> dict[str, Any]:
    """Functions as users write them."""

    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g * y

    class Setup(torch.autograd.Function):
        @staticmethod
        def forward(x: Any, y: Any) -> Any:
            return x * y, x.detach()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.mark_non_differentiable(output[1])

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y, g * x

    class Unmaterialized(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return g * 3 if h is None else g + h

    class Reversed(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return -g

    class Transposed(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x.view(2, 1), None)
            ctx.shape, ctx.mask = x.shape, {"positive": x > 0}
            return x.view(2, 1).t() * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, none = ctx.saved_tensors
            assert none is None and x.shape == (2, 1)
            return g.t().reshape(ctx.shape) * 2 * ctx.mask["positive"]

    return {f.__name__: f for f in (Exp, Setup, Unmaterialized, Reversed, Transposed)}


CALLS: dict[str, Callable[..., Any]] = {
    "result kept": lambda torch, f, x, y: torch.autograd.grad((f["Exp"].apply(x) ** 2).sum(), x),
    "twice": lambda torch, f, x, y: torch.autograd.grad(
        torch.autograd.grad(f["Exp"].apply(x).sum() * x[0], x, create_graph=True)[0].sum(), x
    ),
    "setup_context": lambda torch, f, x, y: torch.autograd.grad(f["Setup"].apply(x, y)[0].sum(), (x, y)),
    "not differentiable": lambda torch, f, x, y: [torch.tensor(float(t.requires_grad)) for t in f["Setup"].apply(x, y)],
    "mixed": lambda torch, f, x, y: torch.autograd.grad(
        torch.autograd.grad(f["Setup"].apply(x, y)[0].sum() ** 2, x, create_graph=True)[0].sum(), (x, y)
    ),
    "one of two": lambda torch, f, x, y: torch.autograd.grad(f["Unmaterialized"].apply(x)[0].sum(), x),
    "both of two": lambda torch, f, x, y: torch.autograd.grad(sum(f["Unmaterialized"].apply(x)).sum(), x),
    "identity": lambda torch, f, x, y: torch.autograd.grad(f["Reversed"].apply(x).sum(), x),
    "views": lambda torch, f, x, y: torch.autograd.grad((f["Transposed"].apply(x) ** 2).sum(), x),
}


def vectors(torch: Any) -> tuple[Any, Any]:
    return tuple(torch.tensor(v, requires_grad=True) for v in ([0.5, 1.0], [2.0, -3.0]))  # type: ignore[return-value]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_as_pytorch(torch: Any, theirs: Any, call: Callable[..., Any]) -> None:
    ours, expected = (call(layer, classes(layer), *vectors(layer)) for layer in (torch, theirs))
    assert len(ours) == len(expected)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a.tolist(), b.tolist(), rtol=1e-6)


RETURNS: dict[str, Callable[..., Any]] = {
    "too few": lambda torch, g: g,
    "too many": lambda torch, g: (g, None, g),
    "more None": lambda torch, g: (g, None, None),
    "for a number": lambda torch, g: (g, g),
    "wrong shape": lambda torch, g: (torch.ones(3), None),
    "too few axes": lambda torch, g: (torch.ones(()), None),
    "larger": lambda torch, g: (torch.ones(4, 2), None),
    "a number": lambda torch, g: (2.0, None),
    "another dtype": lambda torch, g: (g.double(), None),
    "nothing": lambda torch, g: (None, None),
}


def outcome(torch: Any, returned: Callable[..., Any]) -> Any:
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, n: int) -> Any:
            return x * n

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return returned(torch, g)

    x, _ = vectors(torch)
    try:
        return torch.autograd.grad(Scaled.apply(x, 2).sum(), x)[0].tolist()
    except Exception as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("returned", RETURNS.values(), ids=RETURNS)
def test_what_backward_returns(torch: Any, theirs: Any, returned: Callable[..., Any]) -> None:
    assert outcome(torch, returned) == outcome(theirs, returned)


def wrong(torch: Any, call: Callable[..., Any], **methods: Any) -> Any:
    kind = type("Wrong", (torch.autograd.Function,), {n: staticmethod(m) for n, m in methods.items()})
    with pytest.raises((NotImplementedError, TypeError)) as caught:
        call(kind.apply(vectors(torch)[0]))
    return type(caught.value), str(caught.value)


def test_methods_that_are_missing_or_misused(torch: Any, theirs: Any) -> None:
    cases = [
        {},
        {"forward": lambda ctx, x: x * 2},
        {"forward": lambda ctx, x: ctx.save_for_backward(2.0) or x},
    ]
    for methods in cases:
        ours, expected = (wrong(layer, lambda y: y.sum().backward(), **methods) for layer in (torch, theirs))
        assert ours == expected


def test_in_transforms(torch: Any) -> None:
    f, x = classes(torch), torch.tensor([0.5, 1.0])
    np.testing.assert_allclose(torch.func.grad(lambda x: f["Exp"].apply(x).sum())(x).tolist(), x.exp().tolist())
    second = torch.func.grad(lambda x: torch.func.grad(lambda x: f["Exp"].apply(x).sum())(x).sum())(x)
    np.testing.assert_allclose(second.tolist(), x.exp().tolist(), rtol=1e-6)


def test_a_value_kept_between_has_no_derivative_that_is_known(torch: Any) -> None:
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.slope = x * 2
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.slope

    x, _ = vectors(torch)
    (g,) = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    assert g.tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match="Square cannot be differentiated again"):
        g.sum().backward()
