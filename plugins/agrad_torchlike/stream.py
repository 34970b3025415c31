"""PyTorch's stream of random words on its CPU: MT19937, with the normal number that a pair leaves over."""

from __future__ import annotations

import secrets
from math import cos, log1p, pi, sin, sqrt
from threading import RLock
from typing import Any

import numpy as np

__all__ = ["DEFAULT_SEED", "Stream"]

DEFAULT_SEED = 67280421310721
"""What PyTorch starts a generator with that nobody gave a seed."""

WORDS = 624

STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "normal", "has_normal"],
        "formats": ["u8", "i4", "i4", "u8", ("u8", WORDS), "f8", "i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": 5056,
    }
)
"""The bytes of a generator's state, as PyTorch lays them out."""


class Stream:
    """Random words, and numbers made of them, one after the other."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.lock = RLock()
        self.start(seed)

    def start(self, seed: int) -> None:
        """Begin anew from a seed; only its lower 32 bits count."""
        self.first_seed = seed % 2**64
        self.normal: float | None = None
        self._made: Any = None
        self._untouched = True

    @property
    def _bits(self) -> Any:
        """NumPy's generator of the same words, made when it is first asked for: it takes time."""
        if self._made is None:
            self._made = np.random.MT19937()
            self._made.state = np.random.RandomState(self.first_seed & 0xFFFFFFFF).get_state(legacy=False)
        return self._made

    def start_anywhere(self) -> int:
        """Begin anew from a seed of the system's, and return it."""
        self.start(secrets.randbits(64))
        return self.first_seed

    def words(self, n: int) -> Any:
        """Draw words of 32 bits, as unsigned integers of 64."""
        if n:
            self._untouched = False
        return self._bits.random_raw(n).astype(np.uint64)

    def long_words(self, n: int) -> Any:
        """Draw words of 64 bits: pairs of the short ones, the first above."""
        pairs = self.words(2 * n).reshape(n, 2)
        return (pairs[:, 0] << np.uint64(32)) | pairs[:, 1]

    def floats(self, n: int) -> Any:
        """Draw from [0, 1) with 24 bits, in float32."""
        return (self.words(n) & np.uint64(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)

    def doubles(self, n: int) -> Any:
        """Draw from [0, 1) with 53 bits, in float64."""
        return (self.long_words(n) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53

    def normals(self, n: int) -> Any:
        """Draw standard normal numbers in pairs; the second of a pair waits for the next call."""
        out = np.empty(n)
        waiting = int(n > 0 and self.normal is not None)
        if waiting:
            out[0], self.normal = self.normal, None
        uniform = self.doubles((n - waiting + 1) // 2 * 2).reshape(-1, 2)
        for k, (turn, height) in enumerate(uniform.tolist()):
            radius, angle = sqrt(-2.0 * log1p(-height)), 2.0 * pi * turn
            place = waiting + 2 * k
            out[place] = radius * cos(angle)
            if place + 1 < n:
                out[place + 1] = radius * sin(angle)
            else:
                self.normal = radius * sin(angle)
        return out

    def state_bytes(self) -> Any:
        """Return the state as PyTorch writes it: 5056 bytes."""
        state = self._bits.state["state"]
        made = np.zeros((), STATE)
        made["seed"], made["seeded"], made["words"] = self.first_seed, 1, state["key"]
        made["next"] = 0 if self._untouched else state["pos"]
        made["left"] = WORDS + 1 - state["pos"]
        if self.normal is not None:
            made["normal"], made["has_normal"] = self.normal, 1
        return np.frombuffer(made.tobytes(), np.uint8).copy()

    def load_bytes(self, state: Any) -> None:
        """Take over a state that this or PyTorch wrote."""
        raw = np.ascontiguousarray(state, np.uint8)
        if raw.size != STATE.itemsize:
            raise RuntimeError(f"RNG state is wrong size: it has {raw.size} bytes, expected {STATE.itemsize}")
        made = raw.reshape(-1).view(STATE)[0]
        self.first_seed = int(made["seed"])
        self.normal = float(made["normal"]) if made["has_normal"] else None
        self._untouched = int(made["next"]) == 0
        pos = WORDS + 1 - int(made["left"])
        self._bits.state = {
            "bit_generator": "MT19937",
            "state": {"key": made["words"].astype(np.uint32), "pos": pos},
        }
