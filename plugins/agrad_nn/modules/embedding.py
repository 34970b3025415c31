"""Embeddings as a module."""

from __future__ import annotations

from typing import Any, Self, Unpack

import agrad
from agrad_nn import init
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, Parameter, placed

__all__ = ["Embedding"]


class Embedding(Module):
    """A table of vectors, looked up by integers: ``xp.nn.embedding``.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        How many vectors, and how long they are.
    padding_idx : int, optional
        A row that starts as zeros and gets no gradient.
    **options
        ``backend=``, ``dtype=``, ``device=``, ``rng=``, as for `Linear`.

    Attributes
    ----------
    weight : Tensor
        Of shape ``(num_embeddings, embedding_dim)``, drawn from the standard normal distribution.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> table = nn.Embedding(10, 3, padding_idx=0)
    >>> table(agrad.tensor([[1, 0]])).shape
    (1, 2, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, **options: Unpack[Options]
    ) -> None:
        place = placed(options)
        self._set(place.parameter(num_embeddings, embedding_dim), padding_idx)
        self.reset_parameters(place.generator)

    def _set(self, weight: Any, padding_idx: int | None) -> None:
        self.weight: Any = weight
        self.num_embeddings, self.embedding_dim = weight.shape
        if padding_idx is not None:
            if not -self.num_embeddings <= padding_idx < self.num_embeddings:
                raise ValueError(f"Embedding got padding_idx={padding_idx}; it has {self.num_embeddings} rows")
            padding_idx %= self.num_embeddings
        self.padding_idx = padding_idx

    @classmethod
    def from_pretrained(cls, embeddings: Any, *, freeze: bool = True, padding_idx: int | None = None) -> Self:
        """Make one of vectors that are known.

        Parameters
        ----------
        embeddings : array or Tensor
            A matrix, copied.
        freeze : bool
            Whether it is not to be trained.
        padding_idx : int, optional
            A row that gets no gradient.

        Returns
        -------
        Embedding

        Examples
        --------
        >>> import agrad, agrad_nn as nn
        >>> nn.Embedding.from_pretrained([[1.0, 2.0], [3.0, 4.0]])(agrad.tensor([1])).tolist()
        [[3.0, 4.0]]
        """
        weight = Parameter(embeddings, requires_grad=not freeze)
        if weight.ndim != 2:
            raise ValueError(f"from_pretrained got shape {weight.shape}; it takes a matrix, a row for each vector")
        made = cls.__new__(cls)
        made._set(weight, padding_idx)
        return made

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the vectors anew."""
        init.normal(self.weight, rng=rng)
        if self.padding_idx is not None:
            with agrad.no_grad():
                self.weight[self.padding_idx, ...] = 0.0

    def forward(self, indices: Any) -> Any:
        """Look vectors up."""
        xp = agrad.array_namespace(indices, self.weight)
        out = xp.nn.embedding(self.weight, indices)
        if self.padding_idx is None:
            return out
        padding = xp.expand_dims(xp.asarray(indices) == self.padding_idx, axis=-1)
        return xp.where(padding, agrad.stop_gradient(out), out)

    def extra_repr(self) -> str:
        """Return the settings."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
