"""A training step's value and gradients of a convolutional network: batch 64, 28 x 28 pixels, float32, with `xp.nn`."""

from __future__ import annotations

from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload

TOLERANCE = {"float32": 1e-3}
"""Sums of 50,000 terms, in another order for each contestant."""


def loss(xp: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, y: Any) -> Any:
    def layer(h: Any, w: Any, b: Any) -> Any:
        h = xp.nn.conv2d(h, w, padding=1) + b[:, None, None]
        return xp.nn.max_pool2d(xp.nn.relu(h), kernel_size=2)

    h = layer(layer(x, w1, b1), w2, b2)
    return xp.nn.cross_entropy(xp.matmul(xp.reshape(h, (h.shape[0], -1)), w3) + b3, y)


def torch_loss(torch: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, y: Any) -> Any:
    f = torch.nn.functional
    h = f.max_pool2d(f.relu(f.conv2d(x, w1, b1, padding=1)), 2)
    h = f.max_pool2d(f.relu(f.conv2d(h, w2, b2, padding=1)), 2)
    return f.cross_entropy(torch.addmm(b3, h.flatten(1), w3), y)


def jax_loss(jnp: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, x: Any, y: Any) -> Any:
    import jax

    def layer(h: Any, w: Any, b: Any) -> Any:
        h = jax.lax.conv_general_dilated(h, w, (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
        h = jax.nn.relu(h + b[:, None, None])
        return jax.lax.reduce_window(h, -np.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    h = layer(layer(x, w1, b1), w2, b2)
    logits = h.reshape(len(h), -1) @ w3 + b3
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1))


def columns(x: np.ndarray) -> np.ndarray:
    """The 3 x 3 windows around every pixel, (N, C * 9, H * W)."""
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2, w + 2), x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), (2, 3))
    return windows.reshape(n, c * 9, h * w)


def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    """One layer by hand: what the windows see, where the largest of each four pixels is, and that one."""
    n, _, height, width = x.shape
    seen = columns(x)
    h = w.reshape(len(w), -1) @ seen
    h += b[:, None]
    h = h.reshape(n, len(w), height // 2, 2, width // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    h = h.reshape(n, len(w), height // 2, width // 2, 4)
    where = np.argmax(h, axis=-1)[..., None]
    out = np.take_along_axis(h, where, axis=-1)[..., 0]
    np.maximum(out, 0, out=out)
    return seen, where, out


def backward(ct: np.ndarray, w: np.ndarray, seen: np.ndarray, where: np.ndarray, out: np.ndarray) -> tuple[Any, ...]:
    """Its gradients in the weights and the bias, and the cotangent of every pixel before the pool."""
    n, channels, height, width = out.shape
    spread = np.zeros((*out.shape, 4), out.dtype)
    np.put_along_axis(spread, where, (ct * (out > 0))[..., None], axis=-1)
    spread = spread.reshape(n, channels, height, width, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    spread = spread.reshape(n, channels, 2 * height, 2 * width)
    rows = spread.reshape(n, channels, -1)
    w_gradient = np.add.reduce(rows @ seen.swapaxes(-1, -2)).reshape(w.shape)
    return w_gradient, np.add.reduce(rows, axis=(0, 2)), spread


def by_hand(*arrays: np.ndarray) -> tuple[Any, ...]:
    w1, b1, w2, b2, w3, b3, x, y = arrays
    seen1, where1, out1 = forward(x, w1, b1)
    seen2, where2, out2 = forward(out1, w2, b2)
    flat, n = out2.reshape(len(x), -1), np.arange(len(x))
    logits = flat @ w3 + b3
    logits -= np.maximum.reduce(logits, axis=1, keepdims=True)
    shares = np.exp(logits)
    sums = np.add.reduce(shares, axis=1, keepdims=True)
    value = np.mean(np.log(sums[:, 0]) - logits[n, y])
    shares /= sums
    shares[n, y] -= 1
    shares /= np.float32(len(x))
    w2_gradient, b2_gradient, ct = backward((shares @ w3.T).reshape(out2.shape), w2, seen2, where2, out2)
    flipped = np.ascontiguousarray(w2[:, :, ::-1, ::-1].swapaxes(0, 1)).reshape(w2.shape[1], -1)
    w1_gradient, b1_gradient, _ = backward((flipped @ columns(ct)).reshape(out1.shape), w1, seen1, where1, out1)
    return value, w1_gradient, b1_gradient, w2_gradient, b2_gradient, flat.T @ shares, np.add.reduce(shares)


def workloads(tiny: bool) -> list[Workload]:
    batch, size, first, second = (3, 8, 2, 3) if tiny else (64, 28, 16, 32)
    random = np.random.default_rng(0)
    inputs = second * (size // 4) ** 2
    shapes = [(first, 1, 3, 3), (first,), (second, first, 3, 3), (second,), (inputs, 10), (10,)]
    fans = [9, 9, 9 * first, 9 * first, inputs, inputs]
    parameters = [
        (random.standard_normal(shape) * fan**-0.5).astype("float32") for shape, fan in zip(shapes, fans, strict=True)
    ]
    x = random.standard_normal((batch, 1, size, size)).astype("float32")
    y = random.integers(10, size=batch)
    return [
        Workload(
            name="convnet",
            title=f"convolutional network, batch {batch}, {size} x {size}, float32",
            steps=differentiate(loss, parameters, [x, y], by_hand=by_hand, torch=torch_loss, jax=jax_loss),
            skipped={"autograd": "it has no pooling"},
            tolerance=TOLERANCE,
        )
    ]
