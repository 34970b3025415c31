"""Calling rules: what each asks for by name, and what the engine does to what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from agrad.declare import Partial, select
from agrad.errors import BackendError, DtypeError, GraphError, ShapeError
from agrad.interpret.apply import is_tracked
from agrad.interpret.aval import Aval
from agrad.interpret.bound import Bound, names_of
from agrad.ops._shapes import device_of, place_of

__all__ = ["caller", "checked", "environment", "own", "prepared", "restore", "times", "zeros"]

Params = dict[str, Any]


def environment(f: Bound, needed: Iterable[str], values: Sequence[Any], params: Params, out: Any, kept: Any) -> Params:
    """The named values that rules ask for; a linear op's rules get avals."""
    env: Params = {}
    aval_of = f.space._aval_of
    for name in needed:
        if name == "out":
            env[name] = out
        elif name == "kept":
            env[name] = kept
        elif name in params:
            env[name] = params[name]
        else:
            i = f.arguments.index(name)
            v = values[i]
            if f.own[i]:
                v = [aval_of(item) for item in v] if type(v) is list or type(v) is tuple else aval_of(v)
            elif f.op.kind == "elementwise" and type(v) in (float, int, complex) and (f.op.operator is None or v == 0):
                # 1 / 0 is an error in Python, and inf as an array
                v = f.space._raw.asarray(v, dtype=out.dtype, device=place_of(out))
            elif f.op.kind == "elementwise" and hasattr(v, "dtype") and not aval_of(v).inexact and aval_of(out).real:
                v = (f.space if type(v) is f.space._tensor else f.space._raw).astype(
                    v, out.dtype
                )  # 1 / 7 in its precision
            env[name] = v
    return env


def own(f: Bound, v: Any) -> Any:
    """A copy of the user's index, mask or list, which may change before a rule reads it."""
    if type(v) is list or type(v) is tuple:
        return type(v)([own(f, item) for item in v])
    return f.space._copied(v) if type(v) in f.space._array_types else v


def prepared(f: Bound, env: Params, given: Params) -> Params:
    """The names for a rule, the namespace to compute in among them.

    That is the backend's own unless a value is still followed: then it is agrad's, and constants are boxed too,
    so that a rule's operators never meet an array that does not know Tensors.
    """
    tensor = f.space._tensor
    names = env | given
    for n, v in names.items():
        if type(v) is tensor or (type(v) is not list and isinstance(v, tuple) and tensor in map(type, v)):
            names = {n: f.space._wrap(v) if n in f.values or n in given else v for n, v in names.items()}
            names["xp"] = f.space
            return names
    names["xp"] = f.space._raw
    return names


def caller(rule: Any) -> Callable[[Params], Any]:
    """A rule as a function of all names there are, from which it takes what it asks for."""
    names = names_of(rule)
    if len(names) > 1:
        pick = itemgetter(*names)
        return lambda env: rule(*pick(env))
    if names:
        (name,) = names
        return lambda env: rule(env[name])
    return lambda env: rule()


def times(partial: Partial) -> Callable[[Params, Any, bool], Any]:
    """An elementwise partial times a tangent, or, conjugated where it is complex, times a cotangent."""
    if isinstance(partial, select):
        condition, tie = caller(partial.condition), None if partial.tie is None else caller(partial.tie)

        def selected(env: Params, v: Any, conjugate: bool) -> Any:
            taken = env["xp"].where(condition(env), v, 0)
            return taken if tie is None else taken + env["xp"].where(tie(env), v * 0.5, 0)

        return selected
    if not callable(partial):
        if partial is None or partial == 0:
            return lambda env, v, conjugate: None
        return lambda env, v, conjugate: v if partial == 1 else -v if partial == -1 else v * partial
    slope = caller(partial)

    def scaled(env: Params, v: Any, conjugate: bool) -> Any:
        d = slope(env)
        if type(d) in (int, float, complex):
            return v * (d.conjugate() if conjugate else d)
        return (env["xp"].conj(d) if conjugate else d) * v

    return scaled


def checked(f: Bound, given: Any, found: Any, avals: Sequence[Aval | None], what: str) -> Any:
    """What a user's own rule returned, where it fits: nothing is broadcast, cut or lost in silence.

    `given` is the cotangents or tangents that the rule was handed, `avals` what it has to return; one that stands for
    the shape of a result may have that of what the rule was given, which the engine sums or broadcasts.
    """
    if not f.op.custom:
        return found
    several = isinstance(found, tuple | list)
    parts = list(found) if several else [found]
    if len(parts) != len(avals):
        raise ShapeError(f"{what} of {f.op.name!r} returned {len(parts)} values; it must return {len(avals)}")
    made = [part for part in parts if part is not None]
    if made and is_tracked(given) and not any(map(is_tracked, made)):
        raise GraphError(
            f"{what} of {f.op.name!r} is differentiable once: it returned a constant for a cotangent or tangent that "
            "is itself followed; compute with the rule's xp and operators alone to go to higher orders"
        )
    pairs = zip(parts, avals, strict=True)
    fitted = [p if p is None or a is None else _fitting(f, given, p, a, what) for p, a in pairs]
    return tuple(fitted) if several else fitted[0]


def _fitting(f: Bound, given: Any, part: Any, aval: Aval, what: str) -> Any:
    space = f.space
    if type(part) in (bool, int, float, complex):
        part = space._raw.asarray(part, device=place_of(given[0] if isinstance(given, tuple) else given))
    elif not isinstance(part, space._tensor) and not space._owns(part):
        raise BackendError(
            f"{what} of {f.op.name!r} returned a {type(part).__name__}; it must return arrays of {space!r}"
        )
    handed = given if isinstance(given, tuple) else (given,)
    shape = tuple(part.shape)
    if shape != aval.shape and (shape not in [tuple(g.shape) for g in handed] or not _broadcasts(aval.shape, shape)):
        raise ShapeError(f"{what} of {f.op.name!r} returned shape {shape}; it must return shape {aval.shape}")
    if aval.real and space._aval_of(part).complex and not any(space._aval_of(g).complex for g in handed):
        raise DtypeError(f"{what} of {f.op.name!r} returned complex numbers; they must be real, of dtype {aval.dtype}")
    return part


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether one of two shapes broadcasts to the other."""
    pairs = list(zip(reversed(small), reversed(large), strict=False))
    return all(m in (n, 1) for m, n in pairs) or all(n in (m, 1) for m, n in pairs)


def zeros(xp: Any, aval: Aval, like: Any) -> Any:
    """Zeros on the device of another array."""
    return xp.zeros(aval.shape, dtype=aval.dtype, device=device_of(like))


def restore(f: Bound, xp: Any, g: Any, aval: Aval) -> Any:
    """Give a cotangent its argument's shape and dtype: undo broadcasting, take the real part, cast."""
    if g is None:
        return None
    if g.shape != aval.shape:
        g = _unbroadcast(xp, g, aval.shape)
    if g.dtype != aval.dtype:
        if aval.real and f.space._aval_of(g).complex:
            g = xp.real(g)
        g = xp.astype(g, aval.dtype)
    return g


def _unbroadcast(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    if len(g.shape) < len(shape):
        g = xp.reshape(g, (1,) * (len(shape) - len(g.shape)) + tuple(g.shape))
    extra = len(g.shape) - len(shape)
    if g.shape[extra:] == shape:
        return xp.sum(g, axis=tuple(range(extra)))
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1)
    if axes:
        g = xp.sum(g, axis=axes, keepdims=True)
    if extra > 0:
        g = xp.reshape(g, g.shape[extra:])
    return g if g.shape == shape else xp.broadcast_to(g, shape)
