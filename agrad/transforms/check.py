"""`check_grads`: a function's derivatives against differences, each mode against the other, to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.arrays.tensors import Tensor
from agrad.errors import AgradError
from agrad.interpret.apply import raw_of
from agrad.transforms.boxing import Inputs
from agrad.transforms.containers import flatten, unflatten
from agrad.transforms.forward import jvp
from agrad.transforms.reverse import vjp

__all__ = ["GradientCheckError", "check_grads"]


class GradientCheckError(AgradError, AssertionError):
    """A derivative that disagrees with its check.

    Examples
    --------
    >>> import agrad
    >>> wrong = agrad.custom_op(vjp=lambda ct: 3 * ct, jvp=lambda t: 3 * t)(lambda x: 2 * x)
    >>> try:
    ...     check_grads(wrong, (1.0,))
    ... except AssertionError as error:
    ...     print(type(error).__name__)
    GradientCheckError
    """


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    *,
    rtol: float | None = None,
    seed: int = 0,
) -> None:
    """Check the derivatives of a function numerically, up to an order.

    Forward mode is compared with a central difference along a random direction (of fourth order), reverse
    mode with forward mode through Re<w, J v> = Re<J* w, v>, and both again on their own output.

    Parameters
    ----------
    f : callable
        Returns an array or a container of arrays; smooth near `args`.
    args : sequence
        Its arguments: float64 (or complex128) for a meaningful comparison.
    order : int
        How many times to differentiate.
    modes : sequence of {"fwd", "rev"}
        The modes to check.
    rtol : float, optional
        Relative tolerance; by default from the dtype, wider at each order.
    seed : int
        Of the random directions.

    Raises
    ------
    GradientCheckError
        With the order, the mode, the result, what was found, what was expected and the relative error.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.check_grads(lambda x: (x**3).sum(), (numpy.asarray([1.0, 2.0]),), order=3)
    """
    for mode in modes:
        if mode not in ("fwd", "rev"):
            raise ValueError(f"check_grads got mode {mode!r}; it takes 'fwd' and 'rev'")
    _check(f, tuple(args), order, tuple(modes), rtol, seed, ())


def _check(
    f: Callable[..., Any], args: tuple[Any, ...], order: int, modes: tuple[str, ...], rtol: float | None, seed: int,
    path: tuple[str, ...],
) -> None:  # fmt: skip
    if order < 1:
        return
    inputs = Inputs(args, "check_grads")
    space = inputs.space
    v = [_direction(space, aval, seed + i) for i, aval in enumerate(inputs.avals)]
    tangents = inputs.trees(v)
    out, t_out = jvp(f, args, tangents)
    eps = max((float(space._raw.finfo(a.dtype).eps) for a in inputs.avals), default=1e-16)
    tolerance = rtol if rtol is not None else 30.0 * eps ** (0.7 if len(path) == 0 else 0.6)
    numeric, noise = _difference(f, inputs, v, eps)
    if "fwd" in modes:
        for k, (found, expected) in enumerate(zip(_values(t_out), numeric, strict=True)):
            _compare(space, found, expected, (tolerance, noise), (*path, "fwd"), k, "the central difference")
        _check(lambda *xs: jvp(f, xs, tangents)[1], args, order - 1, modes, rtol, seed + 100, (*path, "fwd"))
    if "rev" in modes:
        _, pullback = vjp(f, *args)
        outs, structure = flatten(out)
        avals = [space._aval_of(raw_of(y)) for y in outs]
        w = [_direction(space, a, seed + 50 + i) for i, a in enumerate(avals)]
        cotangent = unflatten(structure, w)
        back = flatten(pullback(cotangent))[0]
        pushed = _values(t_out) if "fwd" in modes else numeric
        left = sum(_inner(space, a, b) for a, b in zip(w, pushed, strict=True))
        right = sum(_inner(space, raw_of(a), b) for a, b in zip(back, v, strict=True))
        scale = sum(_inner(space, abs(a), abs(b)) for a, b in zip(w, pushed, strict=True))
        slack = 0.0 if "fwd" in modes else noise * sum(aval.size for aval in avals)
        reference = "Re<w, J v> of " + ("forward mode" if "fwd" in modes else "the central difference")
        _compare_numbers(right, left, scale, (tolerance, slack), (*path, "rev"), reference)
        _check(lambda *xs: vjp(f, *xs)[1](cotangent), args, order - 1, modes, rtol, seed + 200, (*path, "rev"))


def _values(tree: Any) -> list[Any]:
    return [raw_of(x) if isinstance(x, Tensor) else x for x in flatten(tree)[0]]


def _direction(space: Any, aval: Any, seed: int) -> Any:
    """A fixed, generic direction: fractional parts of multiples of an irrational number."""
    xp = space._raw
    real = xp.finfo(aval.dtype).dtype if aval.complex else aval.dtype

    def part(shift: float) -> Any:
        n = xp.astype(xp.arange(1, aval.size + 1), real)
        x = n * 0.6180339887498949 + (seed * 0.7548776662466927 + shift)
        return xp.reshape((x - xp.floor(x)) * 1.5 - 0.6, aval.shape)

    return part(0.1) + 1j * part(0.37) if aval.complex else part(0.1)


def _difference(f: Callable[..., Any], inputs: Inputs, v: list[Any], eps: float) -> tuple[list[Any], float]:
    """Central differences of fourth order along v, and the rounding error to expect in them."""
    values = [inputs.leaves[i] for i in inputs.followed]
    h = eps**0.2

    def at(step: float) -> list[Any]:
        moved = list(inputs.leaves)
        for i, x, t in zip(inputs.followed, values, v, strict=True):
            moved[i] = inputs.space._wrap(raw_of(x) + step * t) if inputs.as_tensor else raw_of(x) + step * t
        return _values(f(*unflatten(inputs.treedef, moved)))

    a, b, c, d = at(-2 * h), at(-h), at(h), at(2 * h)
    xp = inputs.space._raw
    largest = max((float(xp.max(xp.abs(y))) for y in c if xp.asarray(y).size), default=0.0)
    quotients = [(w - 8 * x + 8 * y - z) / (12 * h) for w, x, y, z in zip(a, b, c, d, strict=True)]
    return quotients, 10 * eps * largest / h


def _inner(space: Any, a: Any, b: Any) -> float:
    xp = space._raw
    product = xp.conj(a) * b if space._aval_of(a).complex else a * b
    total = xp.sum(product)
    return float(xp.real(total) if space._aval_of(total).complex else total)


def _compare(
    space: Any, found: Any, expected: Any, tolerance: tuple[float, float], path: tuple[str, ...], k: int, reference: str
) -> None:
    xp = space._raw
    if not space._aval_of(xp.asarray(found)).size:
        return
    error = float(xp.max(xp.abs(found - expected)))
    scale = float(xp.max(xp.abs(expected))) + float(xp.max(xp.abs(found)))
    if not error <= tolerance[0] * scale + tolerance[1]:
        raise GradientCheckError(_report(path, f"result {k}", found, expected, error / scale, tolerance[0], reference))


def _compare_numbers(
    found: float, expected: float, scale: float, tolerance: tuple[float, float], path: tuple[str, ...], reference: str
) -> None:
    error = abs(found - expected)
    scale += abs(expected) + abs(found)
    if not error <= tolerance[0] * scale + tolerance[1]:
        raise GradientCheckError(_report(path, "Re<J* w, v>", found, expected, error / scale, tolerance[0], reference))


def _report(
    path: tuple[str, ...], what: str, found: Any, expected: Any, error: float, tolerance: float, reference: str
) -> str:
    return (
        f"check_grads failed at order {len(path)} ({' of '.join(reversed(path))}), {what}:\n"
        f"  found    {found}\n  expected {expected}  (from {reference})\n"
        f"  relative error {error:.2e}, tolerance {tolerance:.2e}"
    )
