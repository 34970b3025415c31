"""Calls of the ops of agrad_nn, and what PyTorch says of them: values, and derivatives of first and second order.

    python tests/nn_calls.py      writes PyTorch's numbers to tests/data/nn-pytorch.json

A call has arrays, of which the floating-point ones named in `followed` are differentiated. With fixed factors w for the
numbers of the result and v for those of the arguments, the first order is the gradient g of sum(w f), the second that
of sum(v g).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

STORED = Path(__file__).parent / "data" / "nn-pytorch.json"


class Call(NamedTuple):
    """An op of the plugin, and the same of PyTorch's."""

    name: str
    arrays: tuple[Array | None, ...]
    params: dict[str, Any]
    torch: Callable[..., Any]
    followed: tuple[int, ...]


def factors(n: int, shift: float) -> Array:
    """Numbers that are all different, and none of them special."""
    return np.cos(1.3 * np.arange(n) + shift) + 0.2


def calls() -> dict[str, Call]:
    """All calls by a name of their own; without PyTorch installed, too."""
    found: dict[str, Call] = {}
    draw = np.random.default_rng(7)

    def normal(*shape: int) -> Array:
        return np.round(2 * draw.normal(size=shape), 3)

    def share(*shape: int) -> Array:
        return np.round(draw.uniform(0.05, 0.95, size=shape), 3)

    def add(name: str, arrays: Sequence[Any], torch: Callable[..., Any], follow: Any = (0,), **params: Any) -> None:
        given = tuple(None if a is None else np.asarray(a) for a in arrays)
        found[f"{name}-{sum(call.name == name for call in found.values())}"] = Call(name, given, params, torch, follow)

    def functional(name: str) -> Callable[..., Any]:
        def call(*args: Any, **params: Any) -> Any:
            import torch

            return getattr(torch.nn.functional, name)(*args, **params)

        return call

    for name, params in (
        ("relu", {}), ("silu", {}), ("mish", {}), ("softsign", {}), ("selu", {}), ("relu6", {}), ("sigmoid", {}),
        ("gelu", {}), ("gelu", {"approximate": "tanh"}), ("softplus", {}),
        ("softplus", {"beta": 3.0, "threshold": 5.0}),
        ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.3}), ("elu", {}), ("elu", {"alpha": 0.4}),
        ("hardtanh", {}), ("hardtanh", {"min_val": -2.0, "max_val": 0.5}),
    ):  # fmt: skip
        add(name, [normal(3, 5)], functional(name), **params)
    add("log_sigmoid", [normal(3, 5)], functional("logsigmoid"))

    def along(name: str) -> Callable[..., Any]:
        def call(x: Any, axis: Any = -1, keepdims: bool = False) -> Any:
            import torch

            return getattr(torch, name)(x, axis, keepdim=True) if keepdims else getattr(torch, name)(x, axis)

        return call

    for name in ("softmax", "log_softmax"):
        add(name, [normal(3, 4)], along(name))
        add(name, [normal(2, 3, 2)], along(name), axis=1)
    add("logsumexp", [normal(3, 4)], along("logsumexp"), axis=1)
    add("logsumexp", [normal(2, 3, 2)], along("logsumexp"), axis=(0, 2), keepdims=True)

    classes = np.asarray([[1, 0], [2, -100], [2, 2]])
    for params in ({}, {"label_smoothing": 0.2}, {"reduction": "sum", "label_smoothing": 0.1}, {"reduction": "none"}):
        loss = functional("cross_entropy")
        add("cross_entropy", [normal(4, 3), [0, 2, 1, 1]], loss, **params)
        add("cross_entropy", [normal(3, 3, 2), classes, share(3)], _weighted(loss), **params)
        add("cross_entropy", [normal(3, 3, 2), share(3, 3, 2), share(3)], _weighted(loss), (0, 1), **params)
        add("cross_entropy", [normal(4), 2], loss, **params)
        add("cross_entropy", [normal(4), share(4)], loss, (0, 1), **params)
    add("cross_entropy", [normal(4, 3), [0, 2, 1, 1], share(3)], _weighted(loss), ignore_index=1)
    for params in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"ignore_index": 2}):
        add("nll", [normal(4, 3), [0, 2, 1, 1]], functional("nll_loss"), **params)
        places = np.where(classes < 0, 2, classes) if "ignore_index" in params else classes
        add("nll", [normal(3, 3, 2), places, share(3)], _weighted(functional("nll_loss")), **params)

    for reduction in ("mean", "sum", "none"):
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
            add(name, [normal(2, 3), normal(2, 3)], functional(name), (0, 1), reduction=reduction)
        add("kl_div", [normal(2, 3), share(2, 3)], functional("kl_div"), (0, 1), reduction=reduction)
        loss = functional("binary_cross_entropy")
        add("binary_cross_entropy", [share(2, 3), share(2, 3)], loss, (0, 1), reduction=reduction)
        add("binary_cross_entropy", [share(2, 3), share(2, 3), share(3)], _weighted(loss), (0, 1), reduction=reduction)
        loss, name = _with_logits, "binary_cross_entropy_with_logits"
        add(name, [normal(2, 3), share(2, 3)], loss, (0, 1), reduction=reduction)
        add(name, [normal(2, 3), share(2, 3), share(3), share(3)], loss, (0, 1), reduction=reduction)
    add("smooth_l1_loss", [normal(6), normal(6)], functional("smooth_l1_loss"), (0, 1), beta=2.5)
    add("huber_loss", [normal(6), normal(6)], functional("huber_loss"), (0, 1), delta=2.5)
    add("kl_div", [normal(2, 3), normal(2, 3)], functional("kl_div"), (0, 1), reduction="batchmean", log_target=True)

    add("layer_norm", [normal(3, 4)], _layer_norm)
    add("layer_norm", [normal(3, 4), normal(4), normal(4)], _layer_norm, (0, 1, 2))
    add("layer_norm", [normal(2, 2, 3), normal(2, 3), normal(2, 3)], _layer_norm, (0, 1, 2), axis=(1, 2), epsilon=0.1)
    add("batch_norm", [normal(4, 3)], _batch_norm)
    add("batch_norm", [normal(2, 2, 3), None, None, normal(2), normal(2)], _batch_norm, (0, 3, 4))
    add("batch_norm", [normal(2, 2, 2, 2), normal(2), share(2), normal(2), normal(2)], _batch_norm, (0, 3, 4))
    add("group_norm", [normal(2, 6)], _group_norm, groups=2)
    add("group_norm", [normal(2, 4, 3), normal(4), normal(4)], _group_norm, (0, 1, 2), groups=2, epsilon=0.1)

    attention, name = _attention, "scaled_dot_product_attention"
    mask = np.asarray([[True, False, True], [False, True, True]])
    add(name, [normal(2, 2, 4), normal(2, 3, 4), normal(2, 3, 2)], attention, (0, 1, 2))
    add(name, [normal(2, 4), normal(3, 4), normal(3, 2)], attention, (0, 1, 2), scale=0.3)
    add(name, [normal(3, 4), normal(3, 4), normal(3, 2)], attention, (0, 1, 2), is_causal=True)
    add(name, [normal(2, 2, 4), normal(2, 3, 4), normal(2, 3, 2), mask], attention, (0, 1, 2))
    add(name, [normal(2, 4), normal(3, 4), normal(3, 2), normal(2, 3)], attention, (0, 1, 2, 3))
    return found


# PyTorch's functions, called as the ops are ---------------------------------------------------------------


def _weighted(loss: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, target, weight, **params: loss(x, target, weight=weight, **params)


def _with_logits(x: Any, target: Any, weight: Any = None, pos_weight: Any = None, **params: Any) -> Any:
    from torch.nn import functional

    return functional.binary_cross_entropy_with_logits(x, target, weight, pos_weight=pos_weight, **params)


def _layer_norm(x: Any, weight: Any = None, bias: Any = None, axis: Any = -1, epsilon: float = 1e-5) -> Any:
    from torch.nn import functional

    axes = (axis,) if isinstance(axis, int) else axis
    return functional.layer_norm(x, [x.shape[a] for a in axes], weight, bias, epsilon)


def _batch_norm(x: Any, mean: Any = None, variance: Any = None, weight: Any = None, bias: Any = None) -> Any:
    from torch.nn import functional

    return functional.batch_norm(x, mean, variance, weight, bias, training=mean is None)


def _group_norm(x: Any, weight: Any = None, bias: Any = None, groups: int = 1, epsilon: float = 1e-5) -> Any:
    from torch.nn import functional

    return functional.group_norm(x, groups, weight, bias, epsilon)


def _attention(q: Any, k: Any, v: Any, mask: Any = None, **params: Any) -> Any:
    from torch.nn import functional

    return functional.scaled_dot_product_attention(q, k, v, mask, **params)


def by_torch(call: Call, dtype: str = "float64") -> list[Array]:
    """The value, the first and the second derivatives of a call, as PyTorch has them."""
    import torch

    def tensor(i: int, a: Array | None) -> Any:
        if a is None:
            return None
        t = torch.tensor(a.astype(dtype) if a.dtype.kind == "f" else a)
        return t.requires_grad_() if i in call.followed else t

    given = [tensor(i, a) for i, a in enumerate(call.arrays)]
    xs = [given[i] for i in call.followed]
    y = call.torch(*given, **call.params)
    w = torch.tensor(factors(y.numel(), 0.5).astype(dtype)).reshape(y.shape)
    first = torch.autograd.grad((w * y).sum(), xs, create_graph=True)
    total = sum(
        (torch.tensor(factors(g.numel(), k).astype(dtype)).reshape(g.shape) * g).sum() for k, g in enumerate(first)
    )
    second: list[Any] = [None] * len(xs)
    if total.requires_grad:
        second = list(torch.autograd.grad(total, xs, allow_unused=True))
    second = [torch.zeros_like(x) if g is None else g for x, g in zip(xs, second, strict=True)]
    return [a.detach().numpy(force=True) for a in (y, *first, *second)]


def derivatives(xp: Any, call: Call, dtype: str = "float64") -> list[Any]:
    """The same of the op of the plugin, in a namespace."""
    import agrad

    given = [
        None if a is None else xp.asarray(a.tolist(), dtype=getattr(xp, dtype) if a.dtype.kind == "f" else None)
        for a in call.arrays
    ]
    f = getattr(xp.nn, call.name)

    def dot(a: Any, shift: float) -> Any:
        w = xp.asarray(factors(int(np.prod(a.shape)), shift).tolist(), dtype=a.dtype)
        return xp.sum(xp.reshape(w, a.shape) * a)

    def of(*xs: Any) -> Any:
        args = list(given)
        for i, x in zip(call.followed, xs, strict=True):
            args[i] = x
        return f(*args, **call.params)

    places = tuple(range(len(call.followed)))
    gradient = agrad.grad(lambda *xs: dot(of(*xs), 0.5), argnums=places)

    def along(*xs: Any) -> Any:
        total: Any = 0.0
        for k, g in enumerate(gradient(*xs)):
            total = total + dot(g, k)
        return total

    xs = [given[i] for i in call.followed]
    return [of(*xs), *gradient(*xs), *agrad.grad(along, argnums=places)(*xs)]


def by_agrad(xp: Any, call: Call, dtype: str = "float64") -> list[Array]:
    """The same on the host."""
    import agrad

    host = agrad.plugins.backends()[xp._backend.name].host
    return [np.asarray(host(a.array)) for a in derivatives(xp, call, dtype)]


@cache
def stored() -> dict[str, list[Array]]:
    """What PyTorch once said."""
    numbers = json.loads(STORED.read_text())["numbers"]
    return {name: [np.asarray(a, dtype="float64") for a in arrays] for name, arrays in numbers.items()}


def write() -> None:
    """Store what PyTorch says."""
    import torch

    numbers = {name: [a.tolist() for a in by_torch(call)] for name, call in calls().items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(arrays)}" for name, arrays in numbers.items())
    STORED.write_text(f'{{"torch": "{torch.__version__.partition("+")[0]}", "numbers": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    write()
