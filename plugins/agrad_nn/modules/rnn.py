"""Recurrent networks: RNN, LSTM and GRU, stacked and in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import agrad
from agrad.errors import ShapeError
from agrad_nn import init
from agrad_nn.functional import dropped
from agrad_nn.modules.cells import GATES, gru_step, lstm_step, rnn_step
from agrad_nn.modules.linear import affine
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, placed

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """Layers of cells that run along a sequence."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        **options: Unpack[Options],
    ) -> None:
        if num_layers < 1:
            raise ValueError(f"{type(self).__name__} got num_layers={num_layers}; it has at least 1")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        place = placed(options)
        self.rng = place.rng
        gates = GATES[type(self)._kind] * hidden_size
        directions = 2 if bidirectional else 1
        for layer in range(num_layers):
            inputs = directions * hidden_size if layer else input_size
            for suffix in self._suffixes(layer):
                self.register_parameter(f"weight_ih{suffix}", place.parameter(gates, inputs))
                self.register_parameter(f"weight_hh{suffix}", place.parameter(gates, hidden_size))
                if bias:
                    self.register_parameter(f"bias_ih{suffix}", place.parameter(gates))
                    self.register_parameter(f"bias_hh{suffix}", place.parameter(gates))
        self.reset_parameters(place.generator)

    _kind: str
    _states = 1

    def _suffixes(self, layer: int) -> list[str]:
        """What the parameters of a layer end in: one for each direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"][: 2 if self.bidirectional else 1]

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        bound = self.hidden_size**-0.5 if self.hidden_size else 0.0
        for p in self.parameters():
            init.uniform(p, -bound, bound, rng=rng)

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        raise NotImplementedError

    def _parameter(self, name: str) -> Any:
        return getattr(self, name, None)

    def forward(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        """Run along the sequences.

        Parameters
        ----------
        x : Tensor or array
            Of shape ``(L, N, input_size)``; with ``batch_first=True``, ``(N, L, input_size)``; of a single sequence,
            ``(L, input_size)``.
        state : Tensor, or for an LSTM a pair of them, optional
            Where to start, of shape ``(layers * directions, N, hidden_size)``; by default zeros.

        Returns
        -------
        output, state
            What the last layer put out at every step, and the state at the end.
        """
        xp = agrad.array_namespace(x, self._parameter("weight_ih_l0"))
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__} got shape {tuple(x.shape)}; it takes sequences with {self.input_size} features "
                "on the last of two or three axes"
            )
        single = x.ndim == 2
        given = () if state is None else (state if self._states > 1 else (state,))
        if single:
            x = xp.expand_dims(x, axis=1)
            given = tuple(xp.expand_dims(s, axis=1) for s in given)
        elif self.batch_first:
            x = xp.permute_dims(x, (1, 0, 2))
        states = self._started(xp, x, given)
        ends: list[tuple[Any, ...]] = []
        for layer in range(self.num_layers):
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                start = tuple(s[len(ends), ...] for s in states)
                out, end = self._run(xp, x, start, suffix, bool(direction))
                outputs.append(out)
                ends.append(end)
            x = outputs[0] if len(outputs) == 1 else xp.concat(outputs, axis=-1)
            if layer < self.num_layers - 1:
                x = dropped(x, x.shape, self.dropout, self.training, self.rng)
        last = tuple(xp.stack([end[k] for end in ends], axis=0) for k in range(self._states))
        if single:
            x = xp.squeeze(x, axis=1)
            last = tuple(xp.squeeze(s, axis=1) for s in last)
        elif self.batch_first:
            x = xp.permute_dims(x, (1, 0, 2))
        return x, last if self._states > 1 else last[0]

    def _started(self, xp: Any, x: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """The states to start from."""
        shape = (self.num_layers * (2 if self.bidirectional else 1), x.shape[1], self.hidden_size)
        if not given:
            return (xp.zeros(shape, dtype=x.dtype, device=x.device),) * self._states
        if len(given) != self._states or any(tuple(s.shape) != shape for s in given):
            raise ShapeError(
                f"{type(self).__name__} got states of shapes {[tuple(s.shape) for s in given]}; it takes "
                f"{self._states} of shape {shape}"
            )
        return given

    def _run(
        self, xp: Any, x: Any, state: tuple[Any, ...], suffix: str, backwards: bool
    ) -> tuple[Any, tuple[Any, ...]]:
        """One layer in one direction: what it put out, and its state at the end."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        w_in, w, b_in, b = (self._parameter(name + suffix) for name in names)
        transposed = xp.matrix_transpose(w)
        step = self._step()
        steps = xp.unstack(affine(x, w_in, b_in), axis=0)  # the inputs' share, of all steps in one product
        outputs = []
        for now in reversed(steps) if backwards else steps:
            before = state[0] @ transposed
            state = step(xp, now, before if b is None else before + b, *state)
            outputs.append(state[0])
        return xp.stack(outputs[::-1] if backwards else outputs, axis=0), state

    def extra_repr(self) -> str:
        """Return the settings that are not the default ones."""
        text = f"{self.input_size}, {self.hidden_size}"
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        return text + "".join(
            f", {name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value
        )


class RNN(_Recurrent):
    """A recurrent network of Elman's: ``h = tanh(W_in x + b_in + W h + b)``.

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
        Layers after the first take what the one before put out.
    nonlinearity : {"tanh", "relu"}
    bias : bool
    batch_first : bool
        Whether arrays are ``(N, L, features)`` rather than ``(L, N, features)``; states never are.
    dropout : float
        Of what each layer but the last puts out, while training.
    bidirectional : bool
        Whether a second network in each layer runs from the end to the beginning.
    **options
        ``backend=``, ``dtype=``, ``device=``, ``rng=``, as for `Linear`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 : Tensor
        Of the first layer; ``_l1`` is the second; ``_l0_reverse`` the other direction.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> out, h = nn.RNN(3, 5, batch_first=True)(agrad.namespace("numpy").zeros((2, 7, 3)))
    >>> out.shape, h.shape
    ((2, 7, 5), (1, 2, 5))
    """

    _kind = "rnn"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        **options: Unpack[Options],
    ) -> None:
        rnn_step(nonlinearity)
        self.nonlinearity = nonlinearity
        super().__init__(
            input_size, hidden_size, num_layers,
            bias=bias, batch_first=batch_first, dropout=dropout, bidirectional=bidirectional, **options,
        )  # fmt: skip

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        return rnn_step(self.nonlinearity)


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997); its state is a pair ``(h, c)``.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **options
        As for `RNN`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> out, (h, c) = nn.LSTM(3, 5, num_layers=2)(agrad.namespace("numpy").zeros((7, 2, 3)))
    >>> out.shape, h.shape, c.shape
    ((7, 2, 5), (2, 2, 5), (2, 2, 5))
    """

    _kind = "lstm"
    _states = 2

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        return lstm_step


class GRU(_Recurrent):
    """Gated recurrent units (Cho et al., 2014).

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **options
        As for `RNN`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> out, h = nn.GRU(3, 5, bidirectional=True)(agrad.namespace("numpy").zeros((7, 2, 3)))
    >>> out.shape, h.shape
    ((7, 2, 10), (2, 2, 5))
    """

    _kind = "gru"

    def _step(self) -> Callable[..., tuple[Any, ...]]:
        return gru_step
