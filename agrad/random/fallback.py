"""Random numbers in the standard alone, for backends that bring none: the counter-based generator Threefry.

Threefry-2x32 with 20 rounds is that of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). It
encrypts a counter of two words of 32 bits with a key of two. A seed is a key; a draw's own key is its number encrypted;
an element's bits are its index encrypted, so that every element is computed on its own, without state.
"""

from __future__ import annotations

from math import pi, prod
from typing import Any

from agrad.errors import UnsupportedError

__all__ = ["Generator", "threefry2x32"]

MASK = 0xFFFFFFFF
ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
PARITY = 0x1BD11BDA
LARGEST_SPAN = 2**62


def threefry2x32(key: tuple[int, int], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Encrypt a counter, two words of 32 bits, with a key of two.

    Parameters
    ----------
    key : tuple of int
    counter : tuple of int or of integer arrays
        Arrays are of 64 bits, so that nothing overflows.

    Returns
    -------
    tuple of int or of integer arrays

    Examples
    --------
    >>> from agrad.random.fallback import threefry2x32
    >>> [hex(word) for word in threefry2x32((0, 0), (0, 0))]
    ['0x6b200159', '0x99ba4efe']
    """
    keys = (*key, key[0] ^ key[1] ^ PARITY)
    x, y = (counter[0] + keys[0]) & MASK, (counter[1] + keys[1]) & MASK
    for group in range(5):
        for r in ROTATIONS[group % 2]:
            x = (x + y) & MASK
            y = (((y << r) & MASK) | (y >> (32 - r))) ^ x
        x = (x + keys[(group + 1) % 3]) & MASK
        y = (y + keys[(group + 2) % 3] + group + 1) & MASK
    return x, y


class Generator:
    """The methods that agrad asks of a backend, computed in its namespace.

    Parameters
    ----------
    seed : int
        Of 64 bits.
    xp : namespace
        The backend's own functions.
    """

    def __init__(self, seed: int, xp: Any) -> None:
        self._xp = xp
        self._key = seed >> 32, seed & MASK
        self._draws = 0

    def __deepcopy__(self, memo: dict[int, Any]) -> Generator:
        made = object.__new__(Generator)
        made._xp, made._key, made._draws = self._xp, self._key, self._draws
        return made

    def uniform(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from [0, 1): multiples of 2**-53, or of 2**-24 for float32."""
        dtype = self._real(dtype, device)
        flat = self._fractions(prod(shape), dtype == self._xp.float32, device)
        return self._xp.reshape(self._xp.astype(flat, dtype), shape)

    def normal(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from the standard normal distribution, by the transform of Box and Muller."""
        xp, size = self._xp, prod(shape)
        pairs = -(-size // 2)
        u = self._fractions(2 * pairs, "float64" not in self._dtypes("real floating", device), device)
        radius = xp.sqrt(-2 * xp.log(1 - u[:pairs]))  # 1 - u is in (0, 1]
        angle = (2 * pi) * u[pairs:]
        both = xp.concat((radius * xp.cos(angle), radius * xp.sin(angle)))[:size]
        return xp.reshape(xp.astype(both, self._real(dtype, device)), shape)

    def integers(self, low: int, high: int, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw integers from [low, high); their probabilities differ by a part in 2**66 at most."""
        span = high - low
        if span > LARGEST_SPAN:
            raise UnsupportedError(
                f"integers() got a range of {span} numbers; without a generator of the backend's own it takes ranges "
                "of up to 2**62"
            )
        size = prod(shape)
        first, second = self._words(2 * size, device)
        words = first[:size], second[:size], first[size:], second[size:]
        xp = self._xp
        dtype = self._default("integral", device) if dtype is None else dtype
        wide = dtype if dtype == xp.uint64 else xp.int64  # in which low + span cannot overflow
        return xp.reshape(xp.astype(xp.astype(_modulo(words, span), wide) + low, dtype), shape)

    def permutation(self, n: int, *, device: Any = None) -> Any:
        """Shuffle 0, ..., n - 1 by sorting random numbers of 63 bits; ties, which keep their order, hardly occur."""
        x, y = self._words(n, device)
        return self._xp.argsort(((x >> 1) << 32) | y)

    def _words(self, n: int, device: Any) -> tuple[Any, Any]:
        """Two arrays of `n` words of 32 bits, new ones at each call."""
        key = threefry2x32(self._key, (self._draws >> 32, self._draws & MASK))
        self._draws += 1
        index = self._xp.arange(n, dtype=self._xp.int64, device=device)
        return threefry2x32(key, (index >> 32, index & MASK))

    def _fractions(self, n: int, single: bool, device: Any) -> Any:
        """Uniform numbers from [0, 1) with as many bits as a dtype can have, in that dtype."""
        xp = self._xp
        x, y = self._words(n, device)
        if single:
            return xp.astype(x >> 8, xp.float32) * 2.0**-24
        return xp.astype(((x >> 5) << 26) | (y >> 6), xp.float64) * 2.0**-53

    def _real(self, dtype: Any, device: Any) -> Any:
        return self._default("real floating", device) if dtype is None else dtype

    def _default(self, kind: str, device: Any) -> Any:
        return self._xp.__array_namespace_info__().default_dtypes(device=device)[kind]

    def _dtypes(self, kind: str, device: Any) -> Any:
        return self._xp.__array_namespace_info__().dtypes(device=device, kind=kind)


def _modulo(words: tuple[Any, ...], span: int) -> Any:
    """One long number, its digits the words, modulo `span`; by pieces so short that nothing overflows 63 bits."""
    width = 63 - (span - 1).bit_length()
    rest = words[0] & 0
    for word in words:
        left = 32
        while left:
            taken = min(width, left)
            left -= taken
            rest = ((rest << taken) | ((word >> left) & ((1 << taken) - 1))) % span
    return rest
