"""``torch.utils.checkpoint``: memory for time, by agrad's own `checkpoint`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import agrad
from agrad_torchlike.func import of_raw, raw_of, wrapped
from agrad_torchlike.random import get_rng_state, set_rng_state

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function, and keep none of its intermediate values: the backward pass runs it again.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> from agrad_torchlike.utils.checkpoint import checkpoint
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (x * x).sum(), x, use_reentrant=False).backward()
    >>> x.grad.tolist()
    [2.0, 4.0]
    """
    start = get_rng_state() if preserve_rng_state else None
    called: list[None] = []

    def repeated(*given: Any, **options: Any) -> Any:
        if not called or start is None:
            called.append(None)
            return function(*given, **options)
        now = get_rng_state()
        set_rng_state(start)
        try:
            return function(*given, **options)
        finally:
            set_rng_state(now)

    return wrapped(agrad.checkpoint(of_raw(repeated))(*raw_of(args), **raw_of(kwargs)))


def checkpoint_sequential(
    functions: Iterable[Callable[..., Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
) -> Any:
    """Call functions one after the other, in so many pieces, of which all but the last are checkpointed.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> from agrad_torchlike.utils.checkpoint import checkpoint_sequential
    >>> x = torch.tensor([0.5], requires_grad=True)
    >>> checkpoint_sequential([torch.sin] * 4, 2, x, use_reentrant=False).backward()
    >>> round(x.grad.item(), 4)
    0.6293
    """
    steps = list(functions)
    size = len(steps) // segments

    def piece(start: int, stop: int) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for step in steps[start:stop]:
                value = step(value)
            return value

        return run

    for k in range(segments - 1):
        input = checkpoint(
            piece(k * size, (k + 1) * size),
            input,
            use_reentrant=use_reentrant,
            preserve_rng_state=preserve_rng_state,
        )
    return piece((segments - 1) * size, len(steps))(input)
