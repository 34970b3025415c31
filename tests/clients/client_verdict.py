"""A verdict on a call: its gradient through agrad, against differences of the plain NumPy run."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

import agrad
from client import SAMPLES, Call, function_of

__all__ = ["Verdict", "judge"]


class Verdict(NamedTuple):
    """What became of a call."""

    name: str
    verdict: str
    """"right", "loud" (it raises), "nan" where the truth is finite, or "wrong"; "absent" where it is not installed."""
    why: str = ""
    """The first line of the message of a loud one."""


def judge(call: Call, backend: str) -> Verdict:
    """Differentiate a call on a backend."""
    try:
        f = function_of(call)
    except (ImportError, AttributeError) as error:
        return Verdict(call.name, "absent", str(error))
    x, *more = (SAMPLES[name] for name in call.samples)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        truth = _differences(lambda v: _reduced(call.run(f, v, *more)), x)
        xp = agrad.namespace(backend)
        on_backend, others = xp.asarray(x).array, [xp.asarray(a) for a in more]  # one library's, as users are told to
        try:
            got = agrad.grad(lambda v: _reduced(call.run(f, v, *others)))(on_backend)
        except Exception as error:  # each library has its own
            return Verdict(call.name, "loud", f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
    got = np.asarray(xp._backend.host(got))
    close = np.allclose(got, truth, rtol=1e-5, atol=1e-6 * max(1.0, float(np.max(np.abs(truth)))))
    if close:
        return Verdict(call.name, "right")
    if not np.all(np.isfinite(got)) and np.all(np.isfinite(truth)):
        return Verdict(call.name, "nan", "the gradient is not finite")
    return Verdict(call.name, "wrong", f"off by {np.max(np.abs(got - truth)):.2g}")


def _differences(f: Any, x: np.ndarray) -> np.ndarray:
    """Central differences of fourth order, one element after the other."""
    step, found = 1e-4, np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        at = []
        for k in (-2, -1, 1, 2):
            moved = x.copy()
            moved[i] += k * step
            at.append(float(f(moved)))
        found[i] = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step)
    return found


def _reduced(out: Any) -> Any:
    """A weighted sum of all real and imaginary parts of a result, or of several."""
    total: Any = 0.0
    for k, item in enumerate(_items(out)):
        parts: Any = [item]
        if "complex" in str(getattr(item, "dtype", "")):
            xp = item.__array_namespace__()
            parts = [xp.real(item), xp.imag(item)]
        for j, part in enumerate(parts):
            shape = getattr(part, "shape", ())
            weights: Any = np.cos(1.0 + k + 0.5 * j + np.arange(int(np.prod(shape)))).reshape(shape)
            if not shape:
                total = total + part * float(weights)
                continue
            xp = part.__array_namespace__()
            total = total + xp.sum(part * xp.asarray(weights, dtype=part.dtype))
    return total


def _items(out: Any) -> Iterable[Any]:
    if isinstance(out, list | tuple):
        for item in out:
            yield from _items(item)
    else:
        yield out
