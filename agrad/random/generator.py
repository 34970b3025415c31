"""The generator: the backend's own source of random numbers, or the fallback, behind one face."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import prod
from typing import Any

from agrad.arrays.convert import dtype_name, has_dtype
from agrad.arrays.imperative import make_leaf
from agrad.arrays.namespaces import Namespace, namespace
from agrad.arrays.tensors import Tensor
from agrad.errors import DtypeError, GraphError, ShapeError, UnsupportedError
from agrad.interpret.levels import running
from agrad.interpret.record import recording
from agrad.ops._shapes import device_of
from agrad.random.repeat import source_of

__all__ = ["Generator", "examples_of_draw"]

Shape = int | tuple[int, ...]


class Generator:
    """A source of random numbers on one backend, reproducible from its seed.

    The same seed and the same calls give the same numbers in any process, on one version and one kind of device of the
    backend's library; other backends give other numbers, for each draws with its library's own generator (without one,
    with Threefry, computed in the standard).

    Parameters
    ----------
    seed : int
        At least 0 and less than 2**64.
    backend : str, optional
        By default that of the default namespace.

    Raises
    ------
    TypeError, ValueError
        The seed is no such integer.

    Notes
    -----
    A generator counts its draws in Python. A function that ``jax.jit`` compiles draws when it is traced, so that the
    compiled program gives the same numbers at every call: draw outside, and pass the numbers in.

    Examples
    --------
    >>> import agrad
    >>> g = agrad.random.Generator(7, backend="numpy")
    >>> g.uniform((2, 3)).shape
    (2, 3)
    >>> g.integers(1, 7, (100,)).max().item()
    6
    """

    def __init__(self, seed: int, *, backend: str | None = None) -> None:
        if isinstance(seed, bool) or not hasattr(type(seed), "__index__"):
            raise TypeError(f"a Generator's seed is an integer; this one is a {type(seed).__name__}")
        seed = operator.index(seed)
        if not 0 <= seed < 2**64:
            raise ValueError(f"a Generator's seed is at least 0 and less than 2**64; this one is {seed}")
        self._seed = seed
        self._space: Namespace = namespace(backend)
        native = getattr(self._space._raw, "Generator", None)
        if native is None:
            from agrad.random import fallback

            self._own: Any = fallback.Generator(seed, self._space._raw)
        else:
            self._own = native(seed)

    @property
    def _source(self) -> Any:
        """Where the numbers come from."""
        return source_of(self, self._own)

    def __repr__(self) -> str:
        return f"Generator({self._seed}, backend={self._space._backend.name!r})"

    def uniform(
        self,
        shape: Shape = (),
        *,
        low: Any = 0.0,
        high: Any = 1.0,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Draw from the uniform distribution on [low, high).

        Parameters
        ----------
        shape : int or tuple of int
        low, high : number, Tensor or array
            Bounds, broadcast with `shape`; every element of the result is drawn on its own. Gradients reach them, since
            the result is ``low + (high - low) * u``, which rounding may let be `high`.
        dtype : dtype, optional
            A real floating-point one of the backend; by default that of the bounds, else the backend's default.
        device : device, optional
            By default that of the bounds, else the backend's default.
        requires_grad : bool
            Make the result a leaf.

        Returns
        -------
        Tensor

        Raises
        ------
        DtypeError
            A dtype that is not real floating-point.
        ValueError
            `low` and `high` are numbers and the wrong way round, or the shapes do not broadcast.
        GraphError
            `requires_grad` with a bound that gradients are followed of.

        Examples
        --------
        >>> import agrad
        >>> scale = agrad.tensor(2.0, requires_grad=True, backend="numpy")
        >>> x = agrad.random.Generator(0, backend="numpy").uniform((3,), high=scale)
        >>> x.sum().backward()
        >>> bool(scale.grad == x.sum() / 2)
        True
        """
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            raise ValueError(f"uniform() got low={low} and high={high}; low must not be above high")
        return self._located("uniform", shape, (low, high), dtype, device, requires_grad)

    def normal(
        self,
        shape: Shape = (),
        *,
        mean: Any = 0.0,
        std: Any = 1.0,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """Draw from the normal distribution.

        Parameters
        ----------
        shape : int or tuple of int
        mean, std : number, Tensor or array
            Mean and standard deviation, broadcast with `shape`; every element of the result is drawn on its own.
            Gradients reach them, since the result is ``mean + std * z``.
        dtype, device, requires_grad
            As for `uniform`.

        Returns
        -------
        Tensor

        Raises
        ------
        DtypeError
            A dtype that is not real floating-point.
        ValueError
            `std` is a negative number, or the shapes do not broadcast.
        GraphError
            `requires_grad` with a parameter that gradients are followed of.

        Examples
        --------
        >>> import agrad
        >>> agrad.random.Generator(0, backend="numpy").normal((2, 2), mean=10.0).shape
        (2, 2)
        """
        if isinstance(std, int | float) and std < 0:
            raise ValueError(f"normal() got std={std}; a standard deviation is not negative")
        return self._located("normal", shape, (mean, std), dtype, device, requires_grad)

    def integers(self, low: int, high: int, shape: Shape = (), *, dtype: Any = None, device: Any = None) -> Tensor:
        """Draw integers from [low, high).

        Parameters
        ----------
        low, high : int
            The smallest integer, and one more than the largest.
        shape : int or tuple of int
        dtype : dtype, optional
            An integer one of the backend; by default its default.
        device : device, optional

        Returns
        -------
        Tensor

        Raises
        ------
        DtypeError
            A dtype that is not of integers.
        ValueError
            The range is empty, or the dtype cannot hold it.

        Examples
        --------
        >>> import agrad
        >>> dice = agrad.random.Generator(0, backend="numpy").integers(1, 7, (2,))
        >>> dice.shape
        (2,)
        """
        raw = self._space._raw
        low, high = operator.index(low), operator.index(high)
        if dtype is None:
            dtype = raw.__array_namespace_info__().default_dtypes(device=device)["integral"]
        self._check("integers", dtype, "integral")
        limits = raw.iinfo(dtype)
        if low >= high:
            raise ValueError(f"integers() got low={low} and high={high}; low must be below high, which is not drawn")
        if low < limits.min or high - 1 > limits.max:
            name = dtype_name(self._space, dtype)
            raise ValueError(
                f"integers() got low={low} and high={high}; {name} holds integers from {limits.min} to {limits.max}"
            )
        return self._drawn(
            lambda shape: self._source.integers(low, high, shape, dtype=dtype, device=device), _tuple(shape)
        )

    def permutation(self, n: int, *, device: Any = None) -> Tensor:
        """Shuffle the integers 0, ..., n - 1.

        Parameters
        ----------
        n : int
        device : device, optional

        Returns
        -------
        Tensor
            Of shape ``(n,)``, an index for ``xp.take``.

        Raises
        ------
        ValueError
            `n` is negative.

        Examples
        --------
        >>> import agrad
        >>> order = agrad.random.Generator(0, backend="numpy").permutation(5)
        >>> sorted(order.tolist())
        [0, 1, 2, 3, 4]
        """
        n = operator.index(n)
        if n < 0:
            raise ValueError(f"permutation() got n={n}; it must not be negative")
        return self._drawn(lambda shape: self._permutations(shape[:-1], n, device), (n,))

    def _located(
        self, name: str, shape: Shape, parameters: tuple[Any, Any], dtype: Any, device: Any, requires_grad: bool
    ) -> Tensor:
        """Draw in the standard form, then shift and scale."""
        space = self._space
        first, second = (p if isinstance(p, int | float) else space.asarray(p) for p in parameters)
        arrays = [p for p in (first, second) if isinstance(p, Tensor)]
        if dtype is None and arrays:
            floating = [p.dtype for p in arrays if p._aval.inexact]
            dtype = space.result_type(*floating) if floating else None
        for kind in (dtype, *(p.dtype for p in arrays if p._aval.complex)):
            if kind is not None:
                self._check(name, kind, "real floating")
        if device is None and arrays:
            device = device_of(arrays[0])
        shapes = [_tuple(shape), *(p.shape for p in arrays)]
        try:
            whole: tuple[int, ...] = space._raw.broadcast_shapes(*shapes)
        except (ValueError, RuntimeError) as error:
            raise ShapeError(f"{name}() got a shape and parameters that do not broadcast: {shapes}") from error
        source = getattr(self._source, name)
        drawn: Any = self._drawn(lambda shape: source(shape, dtype=dtype, device=device), whole)
        shift, scale = (
            space.astype(p, drawn.dtype) if isinstance(p, Tensor) and p.dtype != drawn.dtype else p
            for p in (first, second)
        )
        if name == "uniform":
            scale = scale - shift
        if isinstance(scale, Tensor) or scale != 1:
            drawn = drawn * scale
        if isinstance(shift, Tensor) or shift != 0:
            drawn = drawn + shift
        if not requires_grad:
            return drawn  # type: ignore[no-any-return]
        if drawn._node is not None:
            raise GraphError(
                f"{name}(requires_grad=True) got a parameter that is followed itself, so that the result is no leaf; "
                "leave out requires_grad=True, or .detach() the parameter"
            )
        made: Tensor = make_leaf(drawn)
        return made

    def _check(self, name: str, dtype: Any, kind: str) -> None:
        """Refuse a dtype of another kind, and one that the library would narrow."""
        given = dtype_name(self._space, dtype)
        if not self._space._raw.isdtype(dtype, kind):
            raise DtypeError(f"{name}() got the dtype {given}; it takes {kind} ones")
        if not has_dtype(self._space, dtype):
            raise DtypeError(f"{name}() got the dtype {given}, which {self._space!r} does not have as it is set up")

    def _drawn(self, draw: Callable[[tuple[int, ...]], Any], shape: tuple[int, ...]) -> Tensor:
        """Numbers of a shape; inside vmap, as it says, others for each example."""
        batches = _batches_of_draw()
        values = draw((*(trace.size for trace in batches), *shape))
        made: Any = values if values.ndim else self._space._backend.lean(values)
        for trace in batches:  # the innermost has its axis behind the others
            made = trace.box(self._space, made)
        return self._space._wrap(made)  # type: ignore[no-any-return]

    def _permutations(self, counts: tuple[int, ...], n: int, device: Any) -> Any:
        """A stack of permutations."""
        if not counts:
            return self._source.permutation(n, device=device)
        xp = self._space._raw
        made = [self._source.permutation(n, device=device) for _ in range(prod(counts))]
        return xp.reshape(xp.stack(made) if made else xp.zeros((0, n), dtype=xp.arange(0).dtype), (*counts, n))


def examples_of_draw() -> tuple[int, ...]:
    """How many examples get numbers of their own, for each `vmap` around that says so; for sources besides `Generator`.

    Returns
    -------
    tuple of int
        From the outermost `vmap` to the innermost; empty where all examples share what is drawn.

    Raises
    ------
    UnsupportedError
        Numbers are drawn inside a `vmap` that does not say what they mean, or inside a function that is traced.

    Examples
    --------
    >>> import agrad, numpy
    >>> examples_of_draw()
    ()
    >>> def f(x):
    ...     print(examples_of_draw())
    ...     return x
    >>> _ = agrad.vmap(f, randomness="different")(numpy.ones(3))
    (3,)
    """
    return tuple([trace.size for trace in _batches_of_draw()])


def _batches_of_draw() -> list[Any]:
    if recording():
        raise UnsupportedError(
            "a Generator was asked for random numbers inside a function that is traced: every call of the graph "
            "would have these; draw outside, and pass the numbers in"
        )
    traces: list[Any] = [trace for trace in running() if trace.batches and trace.randomness]  # type: ignore[attr-defined]
    if any(trace.randomness == "error" for trace in traces):
        raise UnsupportedError(
            "a Generator was asked for random numbers inside vmap, which does not say whether each example gets "
            'others; give it randomness="different" or randomness="same", or draw outside and pass the numbers in'
        )
    return [trace for trace in traces if trace.randomness == "different"]


def _tuple(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)
