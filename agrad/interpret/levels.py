"""Levels: which interpretation follows a value, and where recording is switched off."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from threading import RLock
from typing import Any, Self, TypeVar

from agrad.errors import GraphError

__all__ = [
    "LIFT", "LIFTING", "OFF", "Trace", "enable_grad", "enabled", "no_grad", "revived", "running", "switched_on",
    "transforming",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

_levels = itertools.count(1)

_running: ContextVar[tuple[Trace, ...]] = ContextVar("agrad_running", default=())
"""The transforms that this thread is inside of, the outermost first."""

OFF: list[None] = []
"""One entry for each `no_grad` or `enable_grad` active in any thread: empty means "record"."""

LIFTING: list[None] = []
"""One entry for each function that is recorded as a graph in any thread."""
LIFT: ContextVar[Callable[[Any], Any] | None] = ContextVar("agrad_lift", default=None)
"""What makes values of a user's leaves the recorder's own, in the thread that records."""


class Trace:
    """One run of one interpretation; values that it follows are boxed in Tensors that point to it.

    Levels are process-unique and only grow, so that threads inside a transformed function are right.
    """

    __slots__ = ("__weakref__", "_revivals", "_token", "alive", "carrying", "level", "recording")
    differentiates = True
    """Whether it takes derivatives: constants, `stop_gradient` and `no_grad` act on such levels only."""
    batches = False
    """Whether one of its values stands for those of many examples, so that it has no one truth value."""
    records = False
    """Whether this interpretation leaves nodes; the fast paths do so themselves."""
    carries = False
    """Whether it carries tangents along; the fast paths do so themselves."""

    def __init__(self, level: int | None = None) -> None:
        self.level = next(_levels) if level is None else level
        self.alive = True
        self.recording = self.records
        """Alive and leaving nodes: what the fast paths check before they record."""
        self.carrying = self.carries
        """Alive and carrying tangents."""
        self._revivals = 0

    def process(self, f: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """Interpret an op whose innermost followed argument belongs to this trace."""
        raise NotImplementedError

    def decided(self, t: Any, value: bool) -> None:
        """Take note that Python has asked for the truth value of a Tensor of this trace."""

    def stopping(self, t: Any) -> Any:
        """Take note that no derivative is to go through a Tensor of this trace, which takes none itself."""
        return t

    def replacing(self, old: Any, new: Any) -> Any:
        """Take note that a Tensor's data become others, its derivatives staying what they were."""
        return new

    def __enter__(self) -> Self:
        self._token = _running.set((*_running.get(), self))
        return self

    def __exit__(self, *exc: object) -> None:
        _running.reset(self._token)
        self.alive = self.recording = self.carrying = False


_reviving = RLock()


@contextmanager
def revived(traces: Iterable[Trace]) -> Iterator[None]:
    """Let transforms that have finished go on for a while; those that still run are left alone."""
    with _reviving:
        gone = [trace for trace in traces if trace._revivals or not trace.alive]
        for trace in gone:
            trace._revivals += 1
            trace.alive, trace.recording, trace.carrying = True, trace.records, trace.carries
    try:
        yield
    finally:
        with _reviving:
            for trace in gone:
                trace._revivals -= 1
                if not trace._revivals:
                    trace.alive = trace.recording = trace.carrying = False


class _Block:
    """One entry into a `no_grad` or `enable_grad`: up to which level it stops recording, until it is left."""

    __slots__ = ("active", "switch", "upto")

    def __init__(self, switch: _Switch, upto: int) -> None:
        self.switch = switch
        self.upto = upto
        self.active = True


_blocks: ContextVar[tuple[_Block, ...]] = ContextVar("agrad_blocks", default=())
"""The blocks entered in this context, the innermost last; one that was left elsewhere may still be among them."""


def enabled(trace: Trace) -> bool:
    """Whether operations on this trace's values are followed, here and now: the last active block decides."""
    return not OFF or not trace.differentiates or switched_on(trace.level)


def switched_on(level: int) -> bool:
    """Whether derivatives are taken of what happens here and now at a level: the last active block decides."""
    for block in reversed(_blocks.get()):
        if block.active:
            return level > block.upto
    return True


def transforming() -> bool:
    """Whether this thread is inside a functional transform."""
    return bool(_running.get())


def running() -> tuple[Trace, ...]:
    """The transforms that this thread is inside of, the outermost first."""
    return _running.get()


class _Switch:
    """A reusable, re-entrant context manager and decorator that sets the disabled range of levels.

    Every entry is a block of its own, and leaving it switches that block off wherever it stands. So generators that
    are suspended inside, or closed in another thread, may leave in any order.
    """

    __slots__ = ("__weakref__", "_entered")

    _entered: list[_Block]
    """The blocks of this object that are active, in any thread."""

    def __new__(cls, function: Any = None) -> Any:
        made = super().__new__(cls)
        made._entered = []
        return made if function is None else made(function)

    def _upto(self) -> int:
        raise NotImplementedError

    def __enter__(self) -> None:
        block = _Block(self, self._upto())
        OFF.append(None)
        self._entered.append(block)
        outer = _blocks.get()
        _blocks.set((*[b for b in outer if b.active], block) if outer else (block,))

    def __exit__(self, *exc: object) -> None:
        inner = _blocks.get()
        block = inner[-1] if inner else None
        if block is not None and block.switch is self and self._claimed(block):
            block.active = False
            _blocks.set(inner[:-1])
        else:  # entered in another context, or left in another order
            self._last().active = False
            _blocks.set(tuple([b for b in inner if b.active]))
        OFF.pop()

    def _claimed(self, block: _Block) -> bool:
        """Whether it falls to the caller to leave this block: once, whoever else tries."""
        try:
            self._entered.remove(block)
        except ValueError:  # another thread, or a finaliser, was faster
            return False
        return True

    def _last(self) -> _Block:
        """The block to leave: the last that this object has entered in this context, else in any."""
        while entered := list(self._entered):
            own = [b for b in _blocks.get() if b.switch is self and b.active]
            block = (own or entered)[-1]
            if self._claimed(block):
                return block
        raise GraphError(f"a {type(self).__name__} block was left more often than it was entered")

    def __call__(self, function: F) -> F:
        """Decorate a function, coroutine or generator; of the last two, each step is a block of its own."""
        if not callable(function):
            raise TypeError(f"{type(self).__name__} decorates a function; it got a {type(function).__name__}")
        return wraps(function)(_decorated(type(self), function))  # type: ignore[return-value]


def _decorated(block: Callable[[], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the same kind that runs inside blocks."""
    if isgeneratorfunction(function):

        def stepping(*args: Any, **options: Any) -> Any:
            return (yield from _steps(block, function(*args, **options)))

        return stepping
    if iscoroutinefunction(function):

        async def awaiting(*args: Any, **options: Any) -> Any:
            return await _Awaited(block, function(*args, **options))

        return awaiting
    if isasyncgenfunction(function):

        async def iterating(*args: Any, **options: Any) -> AsyncGenerator[Any, Any]:
            inner = function(*args, **options)
            step = inner.__anext__()
            while True:
                try:
                    item = await _Awaited(block, step)
                except StopAsyncIteration:
                    return
                try:
                    step = inner.asend((yield item))
                except GeneratorExit:
                    await _Awaited(block, inner.aclose())
                    raise
                except BaseException as error:
                    step = inner.athrow(error)

        return iterating

    def calling(*args: Any, **options: Any) -> Any:
        with block():
            return function(*args, **options)

    return calling


def _steps(block: Callable[[], Any], inner: Any) -> Generator[Any, Any, Any]:
    """Drive a generator, each step inside a block; its consumer is outside."""
    try:
        with block():
            item = next(inner)
        while True:
            try:
                sent = yield item
            except GeneratorExit:
                with block():
                    inner.close()
                raise
            except BaseException as error:
                with block():
                    item = inner.throw(error)
            else:
                with block():
                    item = inner.send(sent)
    except StopIteration as stop:
        return stop.value


class _Awaited:
    """A coroutine, or a step of an asynchronous generator, that runs inside blocks between its suspensions."""

    def __init__(self, block: Callable[[], Any], inner: Any) -> None:
        self._block = block
        self._inner = inner

    def __await__(self) -> Generator[Any, Any, Any]:
        return _steps(self._block, self._inner.__await__())


class no_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Do not follow operations: a context manager and a decorator.

    Outside a transform it leaves the transform alone; inside, it stops gradients in both modes. Of a generator or
    coroutine function that it decorates, each step is run so, and the code that consumes it is left alone. A block
    inside a generator counts for the consumer, too, while the generator is suspended there.

    Examples
    --------
    >>> import agrad
    >>> x = agrad.tensor(3.0, requires_grad=True)
    >>> with agrad.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    >>> @agrad.no_grad
    ... def double(x):
    ...     return x * 2
    >>> double(x).requires_grad
    False
    """

    __slots__ = ()

    def _upto(self) -> int:
        return next(_levels)


class enable_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Follow operations again inside a `no_grad`: a context manager and a decorator.

    Examples
    --------
    >>> import agrad
    >>> x = agrad.tensor(3.0, requires_grad=True)
    >>> with agrad.no_grad(), agrad.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    __slots__ = ()

    def _upto(self) -> int:
        return -1
