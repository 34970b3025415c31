"""One step of a recurrent network: as functions, and as the modules RNNCell, LSTMCell and GRUCell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import agrad
from agrad.errors import ShapeError
from agrad_nn import init
from agrad_nn.modules.linear import affine
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, placed

__all__ = ["GATES", "GRUCell", "LSTMCell", "RNNCell", "gru_step", "lstm_step", "rnn_step"]

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
"""How many vectors a step computes."""


def rnn_step(nonlinearity: str) -> Callable[..., tuple[Any, ...]]:
    """The step of a plain network: the input's share, the state's share, the state."""
    if nonlinearity == "tanh":
        return lambda xp, now, before, h: (xp.tanh(now + before),)
    if nonlinearity == "relu":
        return lambda xp, now, before, h: (xp.nn.relu(now + before),)
    raise ValueError(f"nonlinearity is 'tanh' or 'relu'; it was {nonlinearity!r}")


def lstm_step(xp: Any, now: Any, before: Any, h: Any, c: Any) -> tuple[Any, ...]:
    """The step of an LSTM: gates of input, forgetting, candidate and output."""
    n = h.shape[-1]
    both = now + before
    i, f = xp.nn.sigmoid(both[..., :n]), xp.nn.sigmoid(both[..., n : 2 * n])
    g, o = xp.tanh(both[..., 2 * n : 3 * n]), xp.nn.sigmoid(both[..., 3 * n :])
    c = f * c + i * g
    return o * xp.tanh(c), c


def gru_step(xp: Any, now: Any, before: Any, h: Any) -> tuple[Any, ...]:
    """The step of a GRU: gates of reset and update, and the candidate."""
    n = h.shape[-1]
    gates = xp.nn.sigmoid(now[..., : 2 * n] + before[..., : 2 * n])
    r, z = gates[..., :n], gates[..., n:]
    candidate = xp.tanh(now[..., 2 * n :] + r * before[..., 2 * n :])
    return (candidate + z * (h - candidate),)


class _Cell(Module):
    _kind: str
    _states = 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, **options: Unpack[Options]) -> None:
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        place = placed(options)
        gates = GATES[type(self)._kind] * hidden_size
        self.weight_ih: Any = place.parameter(gates, input_size)
        self.weight_hh: Any = place.parameter(gates, hidden_size)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, place.parameter(gates) if bias else None)
        self.bias_ih: Any
        self.bias_hh: Any
        self.reset_parameters(place.generator)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        bound = self.hidden_size**-0.5 if self.hidden_size else 0.0
        for p in self.parameters():
            init.uniform(p, -bound, bound, rng=rng)

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        raise NotImplementedError

    def forward(self, x: Any, state: Any = None) -> Any:
        """Take a step: from features ``(N, input_size)`` or ``(input_size,)``, and a state, to the next state."""
        xp = agrad.array_namespace(x, self.weight_ih)
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__} got shape {tuple(x.shape)}; it takes {self.input_size} features on the last "
                "of one or two axes"
            )
        if state is None:
            zeros = xp.zeros((*x.shape[:-1], self.hidden_size), dtype=x.dtype, device=x.device)
            state = (zeros,) * self._states
        elif self._states == 1:
            state = (state,)
        now, before = affine(x, self.weight_ih, self.bias_ih), affine(state[0], self.weight_hh, self.bias_hh)
        out = self._step()(xp, now, before, *state)
        return out if self._states > 1 else out[0]

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """One step of a recurrent network: ``tanh(W_in x + b_in + W h + b)``.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool
    nonlinearity : {"tanh", "relu"}
    **options
        ``backend=``, ``dtype=``, ``device=``, ``rng=``, as for `Linear`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> xp = agrad.namespace("numpy")
    >>> cell, h = nn.RNNCell(3, 5), xp.zeros((2, 5))
    >>> for x in xp.ones((4, 2, 3)):
    ...     h = cell(x, h)
    >>> h.shape
    (2, 5)
    """

    _kind = "rnn"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        **options: Unpack[Options],
    ) -> None:
        rnn_step(nonlinearity)
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, bias, **options)

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        return rnn_step(self.nonlinearity)


class LSTMCell(_Cell):
    """One step of an LSTM; its state is a pair ``(h, c)``.

    Parameters
    ----------
    input_size, hidden_size, bias, **options
        As for `RNNCell`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> h, c = nn.LSTMCell(3, 5)(agrad.namespace("numpy").ones((2, 3)))
    >>> h.shape, c.shape
    ((2, 5), (2, 5))
    """

    _kind = "lstm"
    _states = 2

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        return lstm_step


class GRUCell(_Cell):
    """One step of gated recurrent units.

    Parameters
    ----------
    input_size, hidden_size, bias, **options
        As for `RNNCell`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.GRUCell(3, 5)(agrad.namespace("numpy").ones((2, 3))).shape
    (2, 5)
    """

    _kind = "gru"

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        return gru_step
