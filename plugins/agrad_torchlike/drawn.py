"""Random tensors, with PyTorch's numbers: creation, ``bernoulli`` and its kind, and in-place methods that draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad
from agrad_torchlike import dtypes, random
from agrad_torchlike.backends import space
from agrad_torchlike.creation import made
from agrad_torchlike.inplace import _refuse, change
from agrad_torchlike.layout import is_contiguous, stride_of
from agrad_torchlike.registry import add, record
from agrad_torchlike.sizes import check_device, shape_of
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["numbers", "sent"]


def sent(array: Any, xp: Any = None) -> Any:
    """Agrad's Tensor of NumPy's numbers, on the backend of a namespace, by default the chosen one."""
    xp = space() if xp is None else xp
    return xp.asarray(array, dtype=getattr(xp, str(array.dtype)))


def numbers(x: Any) -> Any:
    """NumPy's numbers of a tensor."""
    return agrad.asarray(agrad.stop_gradient(x._t), backend="numpy").array


def _settings(options: dict[str, Any], like: Any = None) -> tuple[str, Any, bool]:
    """The dtype's name, the generator and `requires_grad` among options; none else are known."""
    check_device(options.pop("device", None))
    for ignored in ("layout", "memory_format", "pin_memory"):
        options.pop(ignored, None)
    d = options.pop("dtype", None) or (dtypes.default() if like is None else like.dtype)
    found = d.name, options.pop("generator", None), bool(options.pop("requires_grad", False))
    if options:
        raise TypeError(f"got an unexpected keyword argument '{min(options)}'")
    return found


def _integers(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> list[Any]:
    """``low``, ``high`` and what follows: one number is the upper bound."""
    given = [*args]
    bounds = [
        given.pop(0) for _ in range(2) if given and hasattr(given[0], "__index__") and not isinstance(given[0], list)
    ]
    low = options.pop("low", bounds[0] if len(bounds) == 2 else 0)
    high = options.pop("high", bounds[-1] if bounds else None)
    if high is None:
        raise TypeError(
            f"{name}() received an invalid combination of arguments: it takes (high, size) or (low, high, size)"
        )
    return [int(low), int(high), *given]


# Creation ---------------------------------------------------------------------------------------------


def _enter(name: str, draw: Callable[..., Any], about: str) -> None:
    """A function of a shape, and one of another tensor's shape."""

    def of_shape(*size: Any, **options: Any) -> Any:
        out = options.pop("out", None)
        given = options.pop("size", size)
        shape = shape_of(given if isinstance(given, tuple | list) else (given,))
        name_of_dtype, generator, requires_grad = _settings(options)
        y = made(sent(draw(shape, dtype=name_of_dtype, generator=generator)), requires_grad)
        return y if out is None else out.copy_(y)

    def like(input: Any, **options: Any) -> Any:
        name_of_dtype, generator, requires_grad = _settings(options, input)
        xp = input._t.__array_namespace__()
        array = draw(tuple(input.shape), dtype=name_of_dtype, generator=generator)
        return made(sent(array, xp), requires_grad)

    of_shape.__doc__ = f"A tensor of a shape, {about}."
    like.__doc__ = f"A tensor of the shape and dtype of another one, {about}."
    add(name, of_shape, method=False)
    add(f"{name}_like", like, method=False)


_enter("rand", random.uniform, "drawn from the uniform distribution on [0, 1)")
_enter("randn", random.normal, "drawn from the standard normal distribution")


def randint(*args: Any, **options: Any) -> Any:
    """Whole numbers from ``low``, by default 0, to ``high``, which is left out: ``randint(low, high, size)``."""
    low, high, *rest = _integers("randint", args, options)
    size = options.pop("size", rest[0] if rest else None)
    if not isinstance(size, tuple | list):
        raise TypeError(
            "randint() received an invalid combination of arguments: it takes (high, size) or (low, high, size), the "
            "size as a tuple"
        )
    name, generator, requires_grad = _settings({"dtype": dtypes.int64, **options})
    return made(sent(random.integers(low, high, shape_of((size,)), name, generator)), requires_grad)


def randint_like(input: Any, *args: Any, **options: Any) -> Any:
    """Whole numbers of the shape and dtype of another tensor."""
    low, high = _integers("randint_like", args, options)
    name, generator, requires_grad = _settings(options, input)
    array = random.integers(low, high, tuple(input.shape), name, generator)
    return made(sent(array, input._t.__array_namespace__()), requires_grad)


def randperm(n: int, **options: Any) -> Any:
    """The whole numbers from 0 to ``n - 1`` in a random order."""
    name, generator, requires_grad = _settings({"dtype": dtypes.int64, **options})
    return made(sent(random.permutation(n, name, generator)), requires_grad)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None, **options: Any) -> Any:
    """Normal numbers: of tensors of means or deviations, or of numbers and a size."""
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    if not tensors:
        if size is None:
            raise TypeError("normal() received an invalid combination of arguments: of two numbers, it takes a size")
        name, generator, requires_grad = _settings({"generator": generator, **options})
        return made(sent(random.normal(shape_of((size,)), mean, std, name, generator)), requires_grad)
    if isinstance(std, Tensor) and (numbers(std) < 0).any():
        raise RuntimeError("normal expects all elements of std >= 0.0")
    shape = np.broadcast_shapes(*[tuple(x.shape) for x in tensors])
    dtype = tensors[0].dtype.name
    drawn = random.normal(shape, 0.0, 1.0 if isinstance(std, Tensor) else std, dtype, generator)
    if isinstance(std, Tensor):
        drawn = drawn * numbers(std)
    shift = numbers(mean) if isinstance(mean, Tensor) else drawn.dtype.type(mean)
    return _constant(drawn + shift, tensors, "NormalBackward1" if isinstance(mean, Tensor) else "NormalBackward2")


def bernoulli(input: Any, p: float | None = None, *, generator: Any = None) -> Any:
    """1 with the probability that stands at each place, or with one for all, else 0."""
    if p is None:
        drawn = random.bernoulli(numbers(input), generator)
    else:
        drawn = random.bernoulli_share(tuple(input.shape), p, input.dtype.name, generator)
    return _constant(drawn, [input], "BernoulliBackward0")


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
    """Indices with probabilities in proportion to weights, for a vector or for each row of a matrix."""
    drawn = random.multinomial(numbers(input), num_samples, replacement, generator)
    return wrap(sent(drawn, input._t.__array_namespace__()))


def _constant(array: Any, sources: list[Any], node: str) -> Any:
    """Numbers whose gradients are zero: what they depend on, they do not follow."""
    t = sent(array, sources[0]._t.__array_namespace__())
    for x in sources:
        if x._t.node is not None:
            t = t + 0 * x._t
    return record(t, node, sources)


for _function in (randint, randint_like, randperm, normal):
    add(_function.__name__, _function, method=False)
add("bernoulli", bernoulli)
add("multinomial", multinomial)


# In place ---------------------------------------------------------------------------------------------


def _filled(x: Any, draw: Callable[[tuple[int, ...]], Any], node: str) -> Any:
    """Fill a tensor in the order of its memory, as PyTorch does."""
    _refuse(x)
    order = _order(x)
    shape = tuple(x.shape)
    array = draw(tuple([shape[axis] for axis in order]))
    array = array.transpose(np.argsort(order)) if len(order) > 1 else array
    return change(x, sent(np.ascontiguousarray(array).reshape(shape), x._t.__array_namespace__()), node, [])


def _order(x: Any) -> list[int]:
    """The axes, those with the largest steps in memory first."""
    strides = stride_of(x)
    return sorted(range(len(strides)), key=lambda axis: -strides[axis])


def uniform_(self: Any, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **old: Any) -> Any:
    """Fill with numbers from the uniform distribution on [from, to)."""
    low, name = old.pop("from", from_), self.dtype.name
    return _filled(self, lambda s: random.uniform(s, low, to, name, generator), "UniformBackward0")


def normal_(self: Any, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
    """Fill with normal numbers."""
    name = self.dtype.name
    return _filled(self, lambda s: random.normal(s, mean, std, name, generator, is_contiguous(self)), "NormalBackward0")


def exponential_(self: Any, lambd: float = 1.0, *, generator: Any = None) -> Any:
    """Fill with numbers from the exponential distribution."""
    name = self.dtype.name
    return _filled(self, lambda s: random.exponential(s, lambd, name, generator), "ExponentialBackward0")


def bernoulli_(self: Any, p: Any = 0.5, *, generator: Any = None) -> Any:
    """Fill with 1 with a probability, or with those of another tensor, else with 0."""
    name = self.dtype.name
    if isinstance(p, Tensor):
        shares = np.broadcast_to(numbers(p), tuple(self.shape))
        shares = shares.transpose(_order(self)) if shares.ndim > 1 else shares
        return _filled(self, lambda s: random.bernoulli(shares, generator).astype(name), "BernoulliBackward1")
    return _filled(self, lambda s: random.bernoulli_share(s, p, name, generator), "BernoulliBackward2")


def random_(self: Any, *bounds: int, generator: Any = None) -> Any:
    """Fill with whole numbers: from 0 to what the dtype holds, or between bounds, the upper one left out."""
    name = self.dtype.name
    if not bounds:
        return _filled(self, lambda s: random.whole(s, name, generator), "RandomBackward2")
    low, high = (0, bounds[0]) if len(bounds) == 1 else bounds
    return _filled(self, lambda s: random.integers(low, high, s, name, generator), "RandomBackward0")


for _method in (uniform_, normal_, exponential_, bernoulli_, random_):
    add(_method.__name__, _method, function=False)
