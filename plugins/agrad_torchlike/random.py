"""PyTorch's random numbers, to the last bit, as NumPy arrays: after the same seed, the numbers of its CPU.

On Intel's processors PyTorch takes the masks of `bernoulli_share`, dropout's among them, and `exponential` from the MKL
library, and those are others; everything else is the same on every processor that has AVX2.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import numpy as np

import agrad
import agrad.random
from agrad_torchlike.boxmuller import blocks, fused
from agrad_torchlike.stream import Stream

__all__ = [
    "Generator",
    "bernoulli",
    "bernoulli_share",
    "default_generator",
    "exponential",
    "get_rng_state",
    "initial_seed",
    "integers",
    "manual_seed",
    "multinomial",
    "normal",
    "permutation",
    "seed",
    "set_rng_state",
    "source",
    "uniform",
    "whole",
]

Shape = tuple[int, ...]

LARGEST = {
    np.dtype(np.bool): 1,
    np.dtype(np.float16): 2**11,
    np.dtype(np.float32): 2**24,
    np.dtype(np.float64): 2**53,
}
"""The largest whole number that a dtype holds without gaps; integers hold all."""


class Generator(Stream):
    """A source of random numbers of its own, as PyTorch's: the same seed gives the same numbers.

    Parameters
    ----------
    device : str
        Of the CPU.

    Examples
    --------
    >>> g = Generator().manual_seed(42)
    >>> g.initial_seed(), g.device
    (42, 'cpu')
    """

    def __init__(self, device: Any = "cpu") -> None:
        if str(device).split(":")[0] != "cpu":
            raise RuntimeError(f"Generator got device {str(device)!r}; numbers are drawn on the CPU: leave device out")
        super().__init__()

    @property
    def device(self) -> Any:
        """Where it draws."""
        return "cpu"

    def manual_seed(self, seed: int) -> Generator:
        """Begin anew from a seed, from -2**63 to 2**64 - 1; return the generator."""
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise RuntimeError(f"manual_seed expects a seed that fits 64 bits, but got {seed}")
        with self.lock:
            self.start(seed)
        return self

    def seed(self) -> int:
        """Begin anew from a random seed, and return it."""
        with self.lock:
            return self.start_anywhere()

    def initial_seed(self) -> int:
        """Return the seed that it began from."""
        return self.first_seed

    def get_state(self) -> Any:
        """Return the state as a tensor of bytes, in PyTorch's layout."""
        from agrad_torchlike.creation import from_numpy

        return from_numpy(self.state_bytes())

    def set_state(self, state: Any) -> Generator:
        """Go on from a state that `get_state` returned, here or in PyTorch."""
        with self.lock:
            self.load_bytes(np.asarray(state))
        return self

    def clone_state(self) -> Generator:
        """Return another generator with the same state."""
        return Generator().set_state(self.state_bytes())


default_generator = Generator()
"""What draws where no generator is given."""


def source(generator: Generator | None) -> Generator:
    """The generator to draw from; inside vmap, numbers are those of all examples, or there are none."""
    if agrad.random.examples_of_draw():
        raise agrad.UnsupportedError(
            'a random operation was called inside torch.func.vmap with randomness="different", and the stream of '
            'numbers is one for all examples; give it randomness="same", or draw outside and pass the numbers in'
        )
    return generator or default_generator


def manual_seed(seed: int) -> Generator:
    """Start the default generator anew.

    Examples
    --------
    >>> manual_seed(42).initial_seed()
    42
    >>> [round(x, 4) for x in uniform((3,)).tolist()]
    [0.8823, 0.915, 0.3829]
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator from a random seed, and return it."""
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed that the default generator began from."""
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """Return the default generator's state as a tensor of bytes."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Let the default generator go on from a state."""
    default_generator.set_state(new_state)


def uniform(
    shape: Shape, low: float = 0.0, high: float = 1.0, dtype: Any = np.float32, generator: Generator | None = None
) -> Any:
    """Draw from the uniform distribution on [low, high): ``rand``, ``uniform_``.

    Parameters
    ----------
    shape : tuple of int
    low, high : number
    dtype : dtype
        float16, float32, float64, complex64 or complex128.
    generator : Generator, optional

    Returns
    -------
    ndarray
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        return uniform((*shape, 2), low, high, _part(dtype), generator).view(dtype)[..., 0]
    _floating("check_uniform_bounds", dtype)
    if not low <= high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    stream = source(generator)
    with stream.lock:
        drawn = stream.doubles(prod(shape)) if dtype == np.float64 else stream.floats(prod(shape))
    first, last = drawn.dtype.type(low), drawn.dtype.type(high)
    made = fused(drawn, last - first, first).astype(dtype)
    if first != last:
        made[made == dtype.type(high)] = dtype.type(low)  # what rounding carried to the end
    return made.reshape(shape)


def normal(
    shape: Shape, mean: float = 0.0, std: float = 1.0, dtype: Any = np.float32, generator: Generator | None = None,
    contiguous: bool = True,
) -> Any:  # fmt: skip
    """Draw from the normal distribution: ``randn``, ``normal_``.

    Parameters
    ----------
    shape : tuple of int
    mean, std : number
    dtype : dtype
        As for `uniform`.
    generator : Generator, optional
    contiguous : bool
        Whether the memory that is filled is: PyTorch draws others into an array of 16 elements or more if not.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> g = Generator().manual_seed(42)
    >>> [round(x, 4) for x in normal((3,), generator=g).tolist()]
    [0.3367, 0.1288, 0.2345]
    """
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        parts = normal((*shape, 2), 0.0, std / sqrt(2.0), _part(dtype), generator, contiguous).view(dtype)[..., 0]
        return parts + mean if mean else parts
    _floating("normal_kernel_cpu", dtype)
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    stream, n = source(generator), prod(shape)
    with stream.lock:
        if n < 16 or not contiguous:
            return fused(stream.normals(n), std, mean).astype(dtype).reshape(shape)
        draw = stream.doubles if dtype == np.float64 else stream.floats
        return blocks(draw, n, mean, std, dtype).astype(dtype, copy=False).reshape(shape)


def integers(low: int, high: int, shape: Shape, dtype: Any = np.int64, generator: Generator | None = None) -> Any:
    """Draw whole numbers from [low, high): ``randint``, ``random_``.

    Examples
    --------
    >>> integers(0, 10, (5,), generator=Generator().manual_seed(42)).tolist()
    [2, 7, 6, 4, 6]
    """
    if not low < high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    stream, n, span = source(generator), prod(shape), high - low
    with stream.lock:
        words = stream.long_words(n) if span >= 2**28 else stream.words(n)
    drawn = words % np.uint64(span) if span < 2**64 else words
    return (drawn.astype(np.int64) + low).astype(dtype).reshape(shape)


def whole(shape: Shape, dtype: Any = np.int64, generator: Generator | None = None) -> Any:
    """Draw whole numbers from 0 to the largest that the dtype holds without gaps: ``random_`` without bounds."""
    dtype = np.dtype(dtype)
    last = LARGEST[dtype] if dtype in LARGEST else int(np.iinfo(dtype).max)
    stream, n = source(generator), prod(shape)
    with stream.lock:
        words = stream.long_words(n) if dtype in (np.float64, np.int64) else stream.words(n)
    return (words % np.uint64(last + 1)).astype(dtype).reshape(shape)


def permutation(n: int, dtype: Any = np.int64, generator: Generator | None = None) -> Any:
    """Put 0, ..., n - 1 in a random order: ``randperm``.

    Examples
    --------
    >>> permutation(5, generator=Generator().manual_seed(42)).tolist()
    [2, 4, 3, 0, 1]
    """
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    stream, order = source(generator), list(range(n))
    with stream.lock:
        steps = stream.words(max(n - 1, 0)) % np.arange(n, 1, -1, dtype=np.uint64)
    for i, step in enumerate(steps.tolist()):
        order[i], order[i + step] = order[i + step], order[i]
    return np.array(order, dtype)


def bernoulli(p: Any, generator: Generator | None = None) -> Any:
    """Draw 1 with the probability that stands at each place of an array, else 0, in the array's dtype."""
    p = np.asarray(p)
    _floating("bernoulli_tensor_cpu_p_", p.dtype)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    stream = source(generator)
    with stream.lock:
        drawn = stream.doubles(p.size) if p.dtype == np.float64 else stream.floats(p.size)
    return (drawn.reshape(p.shape) < p).astype(p.dtype)


def bernoulli_share(shape: Shape, p: float, dtype: Any = np.float32, generator: Generator | None = None) -> Any:
    """Draw 1 with one probability for all places, else 0: ``bernoulli_``, and the masks of dropout."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    stream = source(generator)
    with stream.lock:
        drawn = stream.doubles(prod(shape))
    return (drawn < p).astype(dtype).reshape(shape)


def exponential(shape: Shape, rate: float = 1.0, dtype: Any = np.float32, generator: Generator | None = None) -> Any:
    """Draw from the exponential distribution: ``exponential_``."""
    _floating("exponential_cpu", np.dtype(dtype))
    if not rate > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    stream = source(generator)
    with stream.lock:
        drawn = stream.doubles(prod(shape))
    return (-1.0 / rate * np.log1p(-drawn)).astype(dtype).reshape(shape)


def multinomial(weights: Any, n: int, replacement: bool = False, generator: Generator | None = None) -> Any:
    """Draw `n` indices with probabilities in proportion to weights, for each row of a matrix or for a vector."""
    w = np.asarray(weights)
    if w.dtype.kind != "f":
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {w.dtype}")
    if w.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if n <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and n > w.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not (np.isfinite(w).all() and (w >= 0).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not (w.sum(-1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    stream = source(generator)
    if n == 1 or not replacement:  # the largest of weights over exponential numbers
        ranks = w / exponential(w.shape, 1.0, w.dtype, stream)
        return np.argsort(-ranks, -1, kind="stable")[..., :n].astype(np.int64)
    with stream.lock:
        rows = [_searched(row, stream.doubles(n)) for row in w.reshape(-1, w.shape[-1])]
    return np.array(rows, np.int64).reshape(*w.shape[:-1], n)


def _searched(weights: Any, drawn: Any) -> Any:
    """Where numbers from [0, 1) fall among the running sums of weights."""
    sums = np.cumsum(weights, dtype=weights.dtype)
    return np.searchsorted((sums / sums[-1]).astype(np.float64), drawn)


def _part(dtype: Any) -> Any:
    return np.float32 if dtype == np.complex64 else np.float64


def _floating(kernel: str, dtype: Any) -> None:
    if dtype.kind != "f":
        raise NotImplementedError(f'"{kernel}" not implemented for {dtype}: give a floating-point dtype')
