"""Gradients of linear algebra: both modes, both orders, degenerate matrices, and PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import inf
from typing import Any

import mpmath
import numpy as np
import pytest

import agrad

Function = Callable[[Any, Any], Any]
"""A function of a namespace and an array."""
COMPLEX = pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])


def sample(*shape: int, complex_: bool = False, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng((seed, *shape))
    return rng.normal(size=shape) + (1j * rng.normal(size=shape) if complex_ else 0)


def h(x: np.ndarray) -> np.ndarray:
    return np.conj(np.swapaxes(x, -1, -2))


def hermitian(*shape: int, complex_: bool = False, seed: int = 0) -> np.ndarray:
    x = sample(*shape, complex_=complex_, seed=seed)
    return (x + h(x)) / 2


def positive(*shape: int, complex_: bool = False, seed: int = 0) -> np.ndarray:
    x = sample(*shape, complex_=complex_, seed=seed)
    return x @ h(x) + np.eye(shape[-1])


def with_values(s: list[float], rows: int, columns: int, complex_: bool = False) -> np.ndarray:
    """A matrix with these singular values."""
    u = np.linalg.qr(sample(rows, rows, complex_=complex_, seed=1))[0]
    v = np.linalg.qr(sample(columns, columns, complex_=complex_, seed=2))[0]
    return (u[:, : len(s)] * np.asarray(s)) @ h(v[:, : len(s)])


def with_eigenvalues(w: list[float], complex_: bool = False) -> np.ndarray:
    """A Hermitian matrix with these eigenvalues."""
    v = np.linalg.qr(sample(len(w), len(w), complex_=complex_, seed=1))[0]
    return (v * np.asarray(w)) @ h(v)


def of(f: Function) -> Callable[[Any], Any]:
    """A function of an array alone."""
    return lambda x: f(agrad.array_namespace(x), x)


def call(name: str, **params: Any) -> Callable[..., Any]:
    return lambda *xs: getattr(agrad.array_namespace(*xs).linalg, name)(*xs, **params)


def xh(xp: Any, x: Any) -> Any:
    return xp.conj(xp.matrix_transpose(x))


def items(y: Any) -> tuple[Any, ...]:
    return tuple(y) if isinstance(y, tuple) else (y,)


def inner(a: Any, b: Any) -> float:
    return float(sum(np.vdot(x, y).real for x, y in zip(items(a), items(b), strict=True)))


def direction(y: Any, seed: int = 7) -> Any:
    if isinstance(y, tuple):
        return type(y)(*(direction(item, seed + i) for i, item in enumerate(y)))
    return sample(*np.shape(y), complex_=np.iscomplexobj(y), seed=seed)


def difference(f: Callable[[Any], Any], x: np.ndarray, t: np.ndarray) -> Any:
    step = 1e-6
    return (f(x + step * t) - f(x - step * t)) / (2 * step)


# Both modes ---------------------------------------------------------------------------------------

SQUARE = [
    ("cholesky", {}), ("cholesky", {"upper": True}), ("det", {}), ("eig", {}), ("eigh", {}), ("eigvals", {}),
    ("eigvalsh", {}), ("inv", {}), ("matrix_norm", {"ord": "nuc"}), ("slogdet", {}),
]  # fmt: skip
OBLONG = [
    ("diagonal", {}), ("diagonal", {"offset": 1}), ("diagonal", {"offset": -2}), ("diagonal", {"offset": 9}),
    ("matrix_norm", {}), ("matrix_norm", {"keepdims": True}), ("pinv", {}), ("qr", {}), ("qr", {"mode": "complete"}),
    ("svd", {}), ("svd", {"full_matrices": False}), ("svdvals", {}), ("trace", {}), ("trace", {"offset": -1}),
    ("vector_norm", {}), ("vector_norm", {"axis": -1}), ("vector_norm", {"axis": (0, -1), "keepdims": True, "ord": 3}),
]  # fmt: skip


def assert_adjoint(f: Callable[..., Any], *xs: np.ndarray) -> None:
    """Re<ct, J t> = Re<J* ct, t>, with results and gradients of the right shapes and dtypes."""
    out, pullback = agrad.vjp(f, *xs)
    ct = direction(out)
    gs = pullback(ct)
    ts = tuple(direction(x, seed=20 + i) for i, x in enumerate(xs))
    pushed = agrad.jvp(f, xs, ts)[1]
    for y, t in zip(items(out), items(pushed), strict=True):
        assert (np.shape(y), y.dtype) == (np.shape(t), t.dtype)
    for x, g in zip(xs, gs, strict=True):
        assert (x.shape, x.dtype) == (g.shape, g.dtype)
    scale = sum(np.linalg.norm(g) * np.linalg.norm(t) for g, t in zip(gs, ts, strict=True))
    assert abs(inner(ct, pushed) - sum(inner(g, t) for g, t in zip(gs, ts, strict=True))) <= 1e-12 * scale


@COMPLEX
@pytest.mark.parametrize("batch", [(), (2,), (2, 3), (0,)])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
@pytest.mark.parametrize(("name", "params"), SQUARE)
def test_modes_are_adjoint_square(
    name: str, params: dict[str, Any], n: int, batch: tuple[int, ...], complex_: bool
) -> None:
    make = positive if name == "cholesky" else hermitian if name.startswith("eigh") else sample
    assert_adjoint(call(name, **params), make(*batch, n, n, complex_=complex_))


@COMPLEX
@pytest.mark.parametrize("batch", [(), (2, 3), (0,)])
@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (5, 3), (3, 5), (1, 4), (4, 1), (0, 3), (3, 0)])
@pytest.mark.parametrize(("name", "params"), OBLONG)
def test_modes_are_adjoint_oblong(
    name: str, params: dict[str, Any], rows: int, columns: int, batch: tuple[int, ...], complex_: bool
) -> None:
    assert_adjoint(call(name, **params), sample(*batch, rows, columns, complex_=complex_))


@COMPLEX
def test_modes_are_adjoint_of_two_arguments(complex_: bool) -> None:
    a = sample(2, 3, 3, complex_=complex_)
    for b in (sample(3), sample(3, 2, complex_=True), sample(2, 3, 4), sample(5, 1, 3, 1), sample(3, 0)):
        assert_adjoint(call("solve"), a, b)
    assert_adjoint(call("solve"), a[0], sample(4, 3, 2))
    assert_adjoint(call("outer"), sample(3, complex_=complex_), sample(2))
    assert_adjoint(call("outer"), sample(0, complex_=complex_), sample(2))
    assert_adjoint(call("cross"), sample(4, 3, complex_=complex_), sample(3))
    assert_adjoint(call("cross", axis=-2), sample(3, 2, complex_=complex_), sample(4, 3, 1))


def test_errors_of_decompositions_name_the_mistake() -> None:
    with pytest.raises(ValueError, match="3 elements"):
        agrad.grad(lambda x: call("cross")(x, x).sum())(sample(2))
    with pytest.raises(ValueError, match="vectors"):
        agrad.grad(lambda x: call("outer")(x, x).sum())(sample(2, 2))
    with pytest.raises(ValueError, match="ord"):
        agrad.grad(call("matrix_norm", ord=3))(sample(2, 2))


# Derivatives to second order, of functions that no choice of factors changes -----------------------


def eigh_invariants(xp: Any, x: Any) -> Any:
    w, v = xp.linalg.eigh((x + xh(xp, x)) / 2)
    return w**2, (v * xp.exp(w)[..., None, :]) @ xh(xp, v), v[..., :1] @ xh(xp, v[..., :1])


def eig_invariants(xp: Any, x: Any) -> Any:
    w, v = xp.linalg.eig(x)
    return w**2, v[..., :, None, :] * xp.conj(v)[..., None, :, :]


def qr_invariants(xp: Any, x: Any) -> Any:
    q, r = xp.linalg.qr(x, mode="complete")
    rest = q[..., min(x.shape[-2:]) :]
    return r, rest @ xh(xp, rest)


def svd_invariants(full_matrices: bool) -> Function:
    def invariants(xp: Any, x: Any) -> Any:
        u, s, vh = xp.linalg.svd(x, full_matrices=full_matrices)
        k = s.shape[-1]
        inside = (u[..., :k] * xp.exp(-s)[..., None, :]) @ vh[..., :k, :]
        rest_u, rest_v = u[..., k:], xh(xp, vh[..., k:, :])
        first = u[..., :1] @ xh(xp, u[..., :1])
        return s**3, inside, first, rest_u @ xh(xp, rest_u), rest_v @ xh(xp, rest_v)

    return invariants


def of_hermitian(name: str, **params: Any) -> Function:
    return lambda xp, x: getattr(xp.linalg, name)((x + xh(xp, x)) / 2, **params)


INVARIANT: list[tuple[str, Function, tuple[int, ...]]] = [
    ("cholesky", of_hermitian("cholesky"), (2, 3, 3)),
    ("cholesky-upper", of_hermitian("cholesky", upper=True), (3, 3)),
    ("det2", lambda xp, x: xp.linalg.det(x), (2, 2, 2)),
    ("det3", lambda xp, x: xp.linalg.det(x), (3, 3)),
    ("det5", lambda xp, x: xp.linalg.det(x), (2, 5, 5)),
    ("eig", eig_invariants, (3, 3)),
    ("eigh", eigh_invariants, (2, 3, 3)),
    ("eigvals", lambda xp, x: xp.linalg.eigvals(x), (3, 3)),
    ("eigvalsh", of_hermitian("eigvalsh"), (3, 3)),
    ("inv", lambda xp, x: xp.linalg.inv(x), (2, 3, 3)),
    ("logabsdet", lambda xp, x: xp.linalg.slogdet(x)[1], (2, 3, 3)),
    ("sign", lambda xp, x: xp.linalg.slogdet(x)[0], (3, 3)),
    ("pinv-tall", lambda xp, x: xp.linalg.pinv(x), (2, 4, 2)),
    ("pinv-wide", lambda xp, x: xp.linalg.pinv(x), (2, 3)),
    ("qr-tall", lambda xp, x: tuple(xp.linalg.qr(x)), (2, 4, 2)),
    ("qr-wide", lambda xp, x: tuple(xp.linalg.qr(x)), (2, 4)),
    ("qr-complete", qr_invariants, (4, 2)),
    ("svd", svd_invariants(True), (3, 3)),
    ("svd-tall", svd_invariants(True), (4, 2)),
    ("svd-wide", svd_invariants(True), (2, 4)),
    ("svd-thin-tall", svd_invariants(False), (2, 4, 2)),
    ("svd-thin-wide", svd_invariants(False), (2, 4)),
    ("svdvals", lambda xp, x: xp.linalg.svdvals(x), (4, 3)),
    ("solve-stack", lambda xp, x: xp.linalg.solve(x, x[..., :2] ** 2), (2, 3, 3)),
    ("solve-vector", lambda xp, x: xp.linalg.solve(x, x[0, 0, :] ** 2), (2, 3, 3)),
    ("cross", lambda xp, x: xp.linalg.cross(x[:, None, :], x, axis=-1), (4, 3)),
    ("diagonal", lambda xp, x: xp.linalg.diagonal(x, offset=-1) ** 3, (2, 3, 4)),
    ("outer", lambda xp, x: xp.linalg.outer(x[0, :], x[:, 0]), (3, 2)),
    ("trace", lambda xp, x: xp.linalg.trace(x @ x, offset=1), (2, 3, 3)),
]
INVARIANT += [
    (f"matrix_norm-{ord}", lambda xp, x, ord=ord: xp.linalg.matrix_norm(x, ord=ord, keepdims=True), shape)
    for ord in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)
    for shape in ((2, 3, 4), (4, 3))
]
INVARIANT += [
    (f"matrix_power-{n}", lambda xp, x, n=n: xp.linalg.matrix_power(x, n), (2, 3, 3)) for n in (-3, -1, 0, 1, 2, 7)
]
INVARIANT += [
    (f"vector_norm-{ord}-{axis}", lambda xp, x, o=ord, a=axis: xp.linalg.vector_norm(x, ord=o, axis=a), (2, 3, 2))
    for ord in (0, 1, 2, 3, 1.5, -1, -2, -2.5, inf, -inf)
    for axis in (None, 1, (0, -1))
]


def at(name: str, shape: tuple[int, ...], complex_: bool) -> np.ndarray:
    return (positive if name.startswith("cholesky") else sample)(*shape, complex_=complex_)


@COMPLEX
@pytest.mark.parametrize(("name", "f", "shape"), INVARIANT, ids=lambda v: v if isinstance(v, str) else "")
def test_derivatives_to_second_order(name: str, f: Function, shape: tuple[int, ...], complex_: bool) -> None:
    agrad.check_grads(of(f), (at(name, shape, complex_),), order=2, rtol=1e-6)


@COMPLEX
@pytest.mark.parametrize(("name", "f", "shape"), INVARIANT, ids=lambda v: v if isinstance(v, str) else "")
def test_against_pytorch(name: str, f: Function, shape: tuple[int, ...], complex_: bool) -> None:
    torch = pytest.importorskip("torch")
    torch_namespace = pytest.importorskip("array_api_compat.torch")
    if name in ("svd-tall", "svd-wide", "qr-complete"):
        pytest.skip("PyTorch has no derivative of a completed basis")
    if name.startswith(("vector_norm-0", "matrix_power-0")) or (name == "sign" and not complex_):
        pytest.skip("a constant")
    x = at(name, shape, complex_)
    theirs = torch.asarray(x).requires_grad_()
    expected = items(f(torch_namespace, theirs))
    found, pullback = agrad.vjp(of(f), x)
    found = items(found)
    if name in ("eig", "eigvals"):  # the order of eigenvalues is free
        order = [np.lexsort((y.imag, y.real)) for y in (found[0], expected[0].detach().numpy())]
        assert (order[0] == order[1]).all()
    cts = [direction(y, seed=i) for i, y in enumerate(found)]
    torch.autograd.backward(expected, [torch.asarray(ct) for ct in cts])
    g = pullback(tuple(cts) if len(cts) > 1 else cts[0])[0]
    their_g = theirs.grad.resolve_conj().numpy()
    np.testing.assert_allclose(g, their_g, rtol=0, atol=1e-11 * max(1, np.abs(their_g).max()))


@COMPLEX
def test_completions_of_a_basis_agree_with_the_complement_of_its_span(complex_: bool) -> None:
    def complement(name: str, **params: Any) -> Function:
        def f(xp: Any, x: Any) -> Any:
            q = getattr(xp.linalg, name)(x, **params)[0]
            if params in ({"mode": "complete"}, {"full_matrices": True}):
                return q[..., 2:] @ xh(xp, q[..., 2:])
            return xp.eye(5, dtype=x.dtype) - q @ xh(xp, q)

        return f

    x, ct = sample(5, 2, complex_=complex_), sample(5, 5, complex_=complex_, seed=1)
    gs = [
        agrad.vjp(of(complement(name, **params)), x)[1](ct)[0]
        for name, params in [
            ("qr", {"mode": "complete"}),
            ("qr", {}),
            ("svd", {"full_matrices": True}),
            ("svd", {"full_matrices": False}),
        ]
    ]
    for g in gs[1:]:
        np.testing.assert_allclose(g, gs[0], rtol=0, atol=1e-12)


@COMPLEX
@pytest.mark.parametrize("name", ["cholesky", "eigh", "eigvalsh"])
def test_gradients_of_functions_of_hermitian_matrices_are_hermitian(name: str, complex_: bool) -> None:
    x = positive(3, 3, complex_=complex_)
    out, pullback = agrad.vjp(call(name), x)
    g = pullback(direction(out))[0]
    np.testing.assert_allclose(g, h(g), rtol=0, atol=1e-15 * np.abs(g).max())
    t = sample(3, 3, complex_=complex_, seed=3)
    whole, part = (agrad.jvp(call(name), (x,), (d,))[1] for d in (t, (t + h(t)) / 2))
    for a, b in zip(items(whole), items(part), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@COMPLEX
def test_cholesky_of_large_matrices(complex_: bool) -> None:
    def logdet(xp: Any, x: Any) -> Any:
        factor = xp.linalg.cholesky(x, upper=complex_)
        return 2 * xp.sum(xp.log(xp.abs(xp.linalg.diagonal(factor))))

    x = positive(2, 101, 101, complex_=complex_) + 100 * np.eye(101)
    np.testing.assert_allclose(agrad.grad(of(logdet))(x), np.linalg.inv(x), rtol=0, atol=1e-15)
    assert_adjoint(call("cholesky"), x)


# Determinants -------------------------------------------------------------------------------------


def cofactor_matrix(x: np.ndarray) -> np.ndarray:
    n = len(x)
    minors = [[exact_det(np.delete(np.delete(x, i, 0), j, 1)) for j in range(n)] for i in range(n)]
    return np.asarray(minors) * (-1.0) ** np.add.outer(np.arange(n), np.arange(n))


def exact_det(x: np.ndarray) -> Any:
    if len(x) == 0:
        return 1.0
    with mpmath.workdps(60):
        d = mpmath.det(mpmath.matrix(x.tolist()))
        return complex(d) if np.iscomplexobj(x) else float(d)


def mixed_derivative(x: np.ndarray, ts: list[np.ndarray]) -> float:
    """The derivative of det along several directions, in high precision."""
    with mpmath.workdps(80):
        step, total = mpmath.mpf(10) ** -20, mpmath.mpf(0)
        for signs in product((1, -1), repeat=len(ts)):
            moved = mpmath.matrix(x.tolist())
            for s, t in zip(signs, ts, strict=True):
                moved += s * step * mpmath.matrix(t.tolist())
            total += int(np.prod(signs)) * mpmath.det(moved)
        return float(total / (2 * step) ** len(ts))


def along(f: Callable[[Any], Any], t: np.ndarray) -> Callable[[Any], Any]:
    return lambda x: agrad.jvp(f, (x,), (t,))[1]


@pytest.mark.parametrize(("n", "rank"), [(n, r) for n in range(1, 7) for r in range(n + 1)])
def test_det_and_its_derivatives_are_exact_at_every_rank(n: int, rank: int) -> None:
    x = sample(n, rank, seed=1) @ sample(rank, n, seed=2) if rank < n else sample(n, n)
    det = call("det")
    expected = cofactor_matrix(x)
    scale = 1e-13 * max(1, np.linalg.norm(x)) ** n
    np.testing.assert_allclose(agrad.grad(det)(x), expected, rtol=0, atol=scale)
    ts = [sample(n, n, seed=10 + i) for i in range(3)]
    first, second, third = (
        along(det, ts[0]),
        along(along(det, ts[0]), ts[1]),
        along(along(along(det, ts[0]), ts[1]), ts[2]),
    )
    reverse = inner(ts[0], agrad.jvp(agrad.grad(det), (x,), (ts[1],))[1])
    for found, k in [(first(x), 1), (second(x), 2), (reverse, 2), (third(x), 3)]:
        assert float(found) == pytest.approx(mixed_derivative(x, ts[:k]), rel=1e-12, abs=scale * n**3)


def test_det_at_singular_complex_matrices() -> None:
    x = sample(5, 4, complex_=True) @ sample(4, 5, complex_=True)
    g = agrad.vjp(call("det"), x)[1](np.asarray(1 + 0j))[0]
    expected = np.conj(cofactor_matrix(x))
    np.testing.assert_allclose(g, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


def test_det_of_a_stack_with_singular_members() -> None:
    x = np.stack([sample(4, 4), np.zeros((4, 4)), np.ones((4, 4)), np.diag([1.0, 2, 3, 0])])
    g = agrad.grad(lambda x: call("det")(x).sum())(x)
    np.testing.assert_allclose(g, [cofactor_matrix(m) for m in x], rtol=0, atol=1e-13)


def test_det_of_large_and_of_badly_scaled_matrices() -> None:
    x = sample(50, 50)
    with mpmath.workdps(50):
        m = mpmath.matrix(x.tolist())
        expected = np.asarray((mpmath.det(m) * m**-1).T.tolist(), dtype=float)
    np.testing.assert_allclose(agrad.grad(call("det"))(x), expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    scaled = np.diag([1e20, 1, 1, 1, 1, 1e-10])
    np.testing.assert_allclose(agrad.grad(call("det"))(scaled), cofactor_matrix(scaled), rtol=1e-13, atol=1e-8)
    np.testing.assert_allclose(agrad.grad(call("det"))(np.eye(6)), np.eye(6), rtol=0, atol=1e-14)


@COMPLEX
@pytest.mark.parametrize("gap", [0, 1e-13])
def test_det_twice_where_singular_values_are_equal(gap: float, complex_: bool) -> None:
    # nearly equal singular values are where a rule through the derivative of the SVD loses all accuracy
    x = with_values([1.0, 1 + gap, 1 + 2 * gap, 1 - gap, 1 - 2 * gap], 5, 5, complex_)
    s, t = (sample(5, 5, complex_=complex_, seed=i) for i in (3, 4))
    inverse = np.linalg.inv(x)
    a, b = np.trace(inverse @ s), np.trace(inverse @ t)
    expected = np.linalg.det(x) * (a * b - np.trace(inverse @ s @ inverse @ t))
    assert along(along(call("det"), s), t)(x) == pytest.approx(expected, rel=1e-12)


# Degenerate matrices ------------------------------------------------------------------------------


@COMPLEX
def test_projector_on_an_eigenspace(complex_: bool) -> None:
    def projector(xp: Any, x: Any) -> Any:
        v = xp.linalg.eigh(x)[1][..., :3]
        return v @ xh(xp, v)

    x, t = with_eigenvalues([1.0, 1, 1, 2, 4], complex_), hermitian(5, 5, complex_=complex_)
    found = agrad.jvp(of(projector), (x,), (t,))[1]
    np.testing.assert_allclose(found, difference(of(projector), x, t), rtol=0, atol=1e-7)
    ct = hermitian(5, 5, complex_=complex_, seed=2)
    assert inner(agrad.vjp(of(projector), x)[1](ct)[0], t) == pytest.approx(inner(ct, found), rel=1e-12)


@COMPLEX
@pytest.mark.parametrize("name", ["eigvalsh", "eigh", "eigvals", "eig", "svdvals", "svd"])
def test_symmetric_functions_of_repeated_values(name: str, complex_: bool) -> None:
    def cubes(xp: Any, x: Any) -> Any:
        w = getattr(xp.linalg, name)(x)
        total = xp.sum((w[1 if name == "svd" else 0] if isinstance(w, tuple) else w) ** 3)
        return xp.real(total) if name in ("eig", "eigvals") else total

    x = with_eigenvalues([1.0, 1, 1, 2, 4], complex_)
    np.testing.assert_allclose(agrad.grad(of(cubes))(x), 3 * x @ x, rtol=0, atol=1e-12)


@COMPLEX
@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (4, 3), (3, 5)])
def test_polar_factor_at_equal_singular_values(rows: int, columns: int, complex_: bool) -> None:
    def polar(xp: Any, x: Any) -> Any:
        u, s, vh = xp.linalg.svd(x)
        return u[..., : s.shape[-1]] @ vh[..., : s.shape[-1], :]

    x, t = with_values([2.0, 2, 0.5], rows, columns, complex_), sample(rows, columns, complex_=complex_, seed=3)
    found = agrad.jvp(of(polar), (x,), (t,))[1]
    np.testing.assert_allclose(found, difference(of(polar), x, t), rtol=0, atol=1e-8)
    ct = sample(rows, columns, complex_=complex_, seed=4)
    assert inner(agrad.vjp(of(polar), x)[1](ct)[0], t) == pytest.approx(inner(ct, found), rel=1e-12)


@COMPLEX
def test_nuclear_norm_twice_at_equal_singular_values(complex_: bool) -> None:
    x, t = with_values([2.0, 2, 0.5], 4, 3, complex_), sample(4, 3, complex_=complex_, seed=3)
    gradient = agrad.grad(call("matrix_norm", ord="nuc"))
    np.testing.assert_allclose(agrad.jvp(gradient, (x,), (t,))[1], difference(gradient, x, t), rtol=0, atol=1e-8)


@COMPLEX
def test_nuclear_norm_of_a_deficient_matrix_has_the_smallest_subgradient(complex_: bool) -> None:
    x = with_values([3.0, 1.0], 4, 4, complex_)
    u, _, vh = np.linalg.svd(x)
    found = agrad.grad(call("matrix_norm", ord="nuc"))(x)
    np.testing.assert_allclose(found, u[:, :2] @ vh[:2], rtol=0, atol=1e-13)


@COMPLEX
def test_pinv_of_a_deficient_matrix_along_its_rank(complex_: bool) -> None:
    x = with_values([3.0, 1.0], 4, 3, complex_)
    m, n = sample(3, 3, complex_=complex_, seed=3), sample(4, 4, complex_=complex_, seed=4)
    pinv = call("pinv", rtol=1e-9)
    found = agrad.jvp(pinv, (x,), (n @ x + x @ m,))[1]
    step = 1e-6
    ahead, behind = (np.linalg.pinv((np.eye(4) + s * n) @ x @ (np.eye(3) + s * m), rtol=1e-9) for s in (step, -step))
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=0, atol=1e-7)


# Values that are close ----------------------------------------------------------------------------

GAPS = pytest.mark.parametrize("gap", [0, 0.5, 1, 1.2, 2, 5, 20, 100, 1e3, 1e4, 1e5, 1e6, 1e9])
"""Distances of two values, in units of n eps times the largest."""


def newton_polar(x: np.ndarray) -> np.ndarray:
    q = x
    for _ in range(40):
        q = (q + np.linalg.inv(h(q))) / 2
    return q


def polar_slope(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The derivative of the polar factor along t, which no closeness of singular values troubles."""
    q, n = newton_polar(x), len(x)
    p, skew = h(q) @ x, h(q) @ t - h(t) @ q
    return q @ np.linalg.solve(np.kron(p, np.eye(n)) + np.kron(np.eye(n), p.T), skew.ravel()).reshape(n, n)


def projector_slope(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The derivative of the projector on the first two eigenvectors, which does not see the gap between those."""
    w, v = np.linalg.eigh(x)
    c = v[:, 2:] @ ((h(v[:, 2:]) @ t @ v[:, :2]) / (w[:2] - w[2:, None])) @ h(v[:, :2])
    return c + h(c)


def exponential_slope(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The derivative of V exp(w) V^H, by the divided differences of Daleckii and Krein."""
    w, v = np.linalg.eigh(x)
    mean, gap = (w[:, None] + w) / 2, (w[:, None] - w) / 2
    return v @ (np.exp(mean) * np.where(gap == 0, 1, np.sinh(gap) / np.where(gap == 0, 1, gap)) * (h(v) @ t @ v)) @ h(v)


def polar(xp: Any, x: Any) -> Any:
    u, _, vh = xp.linalg.svd(x)
    return u @ vh


def projector(xp: Any, x: Any) -> Any:
    v = xp.linalg.eigh(x)[1][..., :2]
    return v @ xh(xp, v)


def exponential(xp: Any, x: Any) -> Any:
    w, v = xp.linalg.eigh(x)
    return (v * xp.exp(w)[..., None, :]) @ xh(xp, v)


@COMPLEX
@GAPS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("f", "slope"), [(polar, polar_slope), (projector, projector_slope), (exponential, exponential_slope)]
)
def test_close_values_are_right_or_nan(f: Function, slope: Any, dtype: Any, gap: float, complex_: bool) -> None:
    eps, n = float(np.finfo(dtype).eps), 4
    if gap * n * eps > 0.1:
        pytest.skip("not close")
    for seed in range(3):
        d = np.asarray([1.0, 1 + gap * n * eps, 2.0, 2.5]) if f is not polar else [2.0, 2 + gap * n * eps * 2, 0.9, 0.5]
        u, v = (np.linalg.qr(sample(n, n, complex_=complex_, seed=seed + i))[0] for i in (10, 20))
        t, ct = (sample(n, n, complex_=complex_, seed=seed + i) for i in (30, 40))
        x = (u * d) @ h(v if f is polar else u)
        x, t, ct = (a.astype(np.result_type(dtype, np.complex64) if complex_ else dtype) for a in (x, t, ct))
        if f is not polar:
            x, t = (x + h(x)) / 2, (t + h(t)) / 2
        wide = np.complex128 if complex_ else np.float64
        expected = slope(x.astype(wide), t.astype(wide))
        forward = agrad.jvp(of(f), (x,), (t,))[1]
        g = agrad.vjp(of(f), x)[1](ct)[0]
        unclear = gap * n / 2.5 < eps ** (-1 / 3) * 0.9
        if not np.isnan(forward).any():
            np.testing.assert_allclose(forward, expected, rtol=0, atol=eps ** (1 / 3) * np.abs(t).max())
        if gap <= 5 and f is not exponential:  # equal: exact
            np.testing.assert_allclose(forward, expected, rtol=0, atol=100 * eps * np.abs(t).max())
        if f is exponential and np.isnan(g).any():
            assert np.isnan(forward).any()
        else:  # in reverse mode, numerators tell whether a function sees the gap
            assert f is not exponential or not unclear
            bound = (100 * eps if gap <= 1e2 and dtype is np.float64 else eps ** (1 / 3)) * np.linalg.norm(ct)
            assert abs(inner(g, t) - inner(ct, expected)) <= bound * np.linalg.norm(t)


@COMPLEX
@pytest.mark.parametrize("gap", [1e-13, 1e-12, 1e-11])
def test_functions_of_single_vectors_are_nan_where_these_are_not_well_determined(gap: float, complex_: bool) -> None:
    x = with_eigenvalues([1.0, 1 + gap, 2, 3], complex_)

    def first(xp: Any, x: Any) -> Any:
        v = xp.linalg.eigh(x)[1][..., :1]
        return v @ xh(xp, v)

    assert np.isnan(agrad.vjp(of(first), x)[1](hermitian(4, 4, complex_=complex_, seed=2))[0]).any()


@COMPLEX
@pytest.mark.parametrize("values", [[2.0, 2, 0.5], [2.0, 1, 0]])
def test_a_matrix_put_together_from_its_factors_is_right_or_nan(values: list[float], complex_: bool) -> None:
    # values and vectors together: the derivative of the whole would be the cotangent itself
    def whole(xp: Any, x: Any) -> Any:
        u, s, vh = xp.linalg.svd(x, full_matrices=False)
        return (u * s[..., None, :]) @ vh

    for rows, columns in ((3, 3), (4, 3), (3, 5)):
        x, ct = with_values(values, rows, columns, complex_), sample(rows, columns, complex_=complex_, seed=3)
        for found in (agrad.vjp(of(whole), x)[1](ct)[0], agrad.jvp(of(whole), (x,), (ct,))[1]):
            if not np.isnan(found).any():
                np.testing.assert_allclose(found, ct, rtol=0, atol=1e-12)
        if values[0] == values[1] or rows != columns:
            assert np.isnan(agrad.vjp(of(whole), x)[1](ct)[0]).any()
    for name in ("eig", "eigh"):
        y = with_eigenvalues([2.0, 2, 0.5], complex_)

        def again(xp: Any, x: Any, name: str = name) -> Any:
            w, v = getattr(xp.linalg, name)(x)
            return (v * w[..., None, :]) @ (xh(xp, v) if name == "eigh" else xp.linalg.inv(v))

        assert np.isnan(agrad.vjp(of(again), y)[1](sample(3, 3, complex_=name == "eig" or complex_))[0]).any()
        assert np.isnan(agrad.jvp(of(again), (y,), (hermitian(3, 3, complex_=complex_, seed=5),))[1]).any()


@COMPLEX
@pytest.mark.parametrize("name", ["eigvalsh", "svdvals"])
def test_values_alone_have_no_second_derivative_where_they_are_equal(name: str, complex_: bool) -> None:
    x, t = with_eigenvalues([1.0, 1, 2], complex_), hermitian(3, 3, complex_=complex_)
    for found in seconds(of(lambda xp, x: xp.sum(getattr(xp.linalg, name)(x) ** 2)), x, t):
        assert np.isnan(found).any()
    y = with_eigenvalues([1.0, 1.5, 2], complex_)
    for found in seconds(of(lambda xp, x: xp.sum(getattr(xp.linalg, name)(x) ** 2)), y, t)[:3]:
        np.testing.assert_allclose(found, 2 * t, rtol=0, atol=1e-12)


@COMPLEX
def test_zero_singular_values_have_no_second_derivative(complex_: bool) -> None:
    x, t = with_values([2.0, 1, 0], 3, 3, complex_), sample(3, 3, complex_=complex_)
    for f in (call("matrix_norm", ord="nuc"), call("matrix_norm", ord=-2), lambda x: call("svdvals")(x).sum()):
        assert np.isfinite(agrad.grad(f)(x)).all()
        for found in seconds(f, x, t):
            assert np.isnan(found).any()


@COMPLEX
@pytest.mark.parametrize("column", [lambda x: 2 * x[:, :1], lambda x: 0 * x[:, :1]])
def test_qr_of_dependent_columns_is_nan(column: Any, complex_: bool) -> None:
    x = sample(4, 2, complex_=complex_)
    x = np.concat([x, column(x)], axis=1)
    out, pullback = agrad.vjp(call("qr"), x)
    assert np.isnan(pullback(direction(out))[0]).any()
    assert np.isnan(agrad.jvp(call("qr"), (x,), (x,))[1][0]).any()
    # columns of other lengths do not depend on each other
    assert_adjoint(call("qr"), sample(4, 2, complex_=complex_) * np.asarray([1, 1e-20]))


# Norms --------------------------------------------------------------------------------------------


ORDERS = [("matrix_norm", ord) for ord in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)]
ORDERS += [("vector_norm", ord) for ord in (1, 2, 3, 1.5, 0.5, inf, -inf)]


def seconds(f: Callable[[Any], Any], x: np.ndarray, t: np.ndarray) -> list[Any]:
    """The second derivative of a scalar function along t, by all four ways to nest the two modes."""

    def slope(x: Any) -> Any:
        return agrad.jvp(f, (x,), (t,))[1]

    with np.errstate(divide="ignore", invalid="ignore"):
        gradient = agrad.grad(f)
        reverse = [agrad.vjp(gradient, x)[1](t)[0], agrad.grad(slope)(x)]
        return [agrad.jvp(gradient, (x,), (t,))[1], *reverse, agrad.jvp(slope, (x,), (t,))[1]]


@COMPLEX
@pytest.mark.parametrize(("name", "ord"), ORDERS)
def test_norms_of_zero_have_derivative_zero_and_no_second_one(name: str, ord: float, complex_: bool) -> None:
    norm = call(name, ord=ord)
    x, t = sample(3, 2, complex_=complex_) * 0, sample(3, 2, complex_=complex_, seed=1)
    with np.errstate(all="raise"):
        for zero in (agrad.grad(norm)(x), agrad.jvp(norm, (x,), (t,))[1]):
            np.testing.assert_array_equal(zero, np.zeros_like(zero))
    for found in seconds(norm, x, t):
        assert np.isnan(found).all()


def test_norms_count_nonzero_elements_without_derivatives() -> None:
    x, t = np.asarray([0.0, 2.0]), np.ones(2)
    for found in seconds(call("vector_norm", ord=0), x, t):
        np.testing.assert_array_equal(found, np.zeros_like(found))


@COMPLEX
def test_norms_beside_zero_keep_their_second_derivatives(complex_: bool) -> None:
    x, t = sample(3, 2, complex_=complex_), sample(3, 2, complex_=complex_, seed=1)
    for norm in (call("vector_norm", axis=1), call("vector_norm", axis=1, ord=3), call("vector_norm", axis=1, ord=inf)):
        expected = seconds(lambda x, norm=norm: norm(x).sum(), x[1:], t[1:])[0]
        y = x.copy()
        y[0, :] = 0
        for found in seconds(lambda x, norm=norm: norm(x).sum(), y, t)[:3]:
            np.testing.assert_allclose(found[1:], expected, rtol=1e-12)
            assert np.isnan(found[0]).all()
    # a cube is flat at an element 0, the largest singular value does not feel those that are 0
    y = np.asarray([0.0, 2.0, 3.0]) + (1j if complex_ else 0) * np.asarray([0.0, 1.0, 2.0])
    s = y * np.conj(y[:2, None])
    for f, at in ((call("vector_norm", ord=3), y), (call("matrix_norm", ord=2), s), (call("matrix_norm"), s)):
        d = direction(at)
        expected = difference(agrad.grad(f), at, d)
        for found in seconds(f, at, d)[:3]:
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_a_norm_that_is_squared_has_no_second_derivative_at_zero_and_a_sum_of_squares_has_one() -> None:
    def kernel(length: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda a, b: agrad.array_namespace(a, b).exp(-length(agrad.array_namespace(a, b), a - b) / 4)

    a = sample(2)
    for square, expected in [
        (lambda xp, d: xp.linalg.vector_norm(d) ** 2, np.full((2, 2), np.nan)),
        (lambda xp, d: xp.sum(d * d), np.eye(2) / 2),
    ]:
        f = kernel(square)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = agrad.jacobian(lambda b, f=f: agrad.grad(f)(a, b))(a.copy())
        np.testing.assert_array_equal(found, expected)


def test_ties_share_evenly() -> None:
    x = np.asarray([3.0, -3, 1, 3])
    np.testing.assert_array_equal(agrad.grad(call("vector_norm", ord=inf))(x), np.asarray([1, -1, 0, 1]) / 3)
    np.testing.assert_array_equal(agrad.grad(call("vector_norm", ord=-inf))(1 / x), np.asarray([1, -1, 0, 1]) / 3)
    np.testing.assert_array_equal(
        agrad.grad(call("matrix_norm", ord=1))(np.asarray([[1.0, 2], [2, -1]])), [[0.5, 0.5], [0.5, -0.5]]
    )
    np.testing.assert_allclose(agrad.grad(call("matrix_norm", ord=2))(np.eye(3)), np.eye(3) / 3, rtol=1e-15)


def test_norms_neither_overflow_nor_divide_by_zero() -> None:
    with np.errstate(all="raise", under="ignore"):
        g = agrad.grad(call("vector_norm", ord=3))(np.asarray([1e100, 2e100, 0.0]))
        np.testing.assert_allclose(g, np.asarray([1, 4, 0]) / 9 ** (2 / 3), rtol=1e-13)
        g = agrad.grad(call("vector_norm"))(np.asarray([3e-150, 4e-150]))
        np.testing.assert_allclose(g, [0.6, 0.8], rtol=1e-14)
        for ord in (1.5, 1, 0.5):
            assert agrad.grad(call("vector_norm", ord=ord))(np.asarray([0.0, 2.0]))[0] == 0


@COMPLEX
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "ord"), [("vector_norm", 2), ("vector_norm", 3), ("vector_norm", -2), ("matrix_norm", "fro")]
)
def test_norms_whose_powers_over_or_underflow(name: str, ord: Any, dtype: Any, complex_: bool) -> None:
    x, t = (sample(2, 3, complex_=complex_, seed=i) for i in (0, 1))
    tiny, huge = (1e-30, 1e30) if dtype == np.float32 else (1e-200, 1e200)
    norm = call(name, ord=ord, **({"axis": (0, 1)} if name == "vector_norm" else {}))
    expected, curved = agrad.grad(norm)(x), agrad.hvp(norm, (x,), (t,))
    for size in (tiny, huge):
        y = (x * size).astype(
            np.complex64
            if dtype == np.float32 and complex_
            else np.result_type(dtype, x * dtype(0))
            if complex_
            else dtype
        )
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(agrad.grad(norm)(y), expected, rtol=50 * np.finfo(dtype).eps)
            found = agrad.hvp(norm, (y,), ((t * size).astype(y.dtype),))
        np.testing.assert_allclose(found, curved, rtol=0, atol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ["eigh", "svd", "det", "pinv", "qr", "slogdet", "cholesky", "svdvals", "eigvalsh"])
def test_no_floating_point_exceptions(name: str) -> None:
    def vectors(*xs: Any) -> Any:
        factors = call(name)(*xs)
        return factors[1] if name == "eigh" else factors[0] if name == "svd" else factors

    with np.errstate(all="raise", under="ignore"):
        for x in (np.eye(5), np.diag([1.0, 1, 2, 2, 3])):
            assert_adjoint(vectors, x)
        if name in ("eigh", "svd", "det", "pinv", "svdvals", "eigvalsh"):
            assert_adjoint(vectors, np.zeros((5, 5)))


# Dtypes and libraries -----------------------------------------------------------------------------

NAMES = (
    "cholesky", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matrix_norm", "pinv", "qr", "slogdet",
    "svd", "svdvals", "trace", "vector_norm",
)  # fmt: skip


@COMPLEX
@pytest.mark.parametrize("name", NAMES)
def test_single_precision_stays(name: str, complex_: bool) -> None:
    x = positive(4, 4, complex_=complex_).astype(np.complex64 if complex_ else np.float32)
    out, pullback = agrad.vjp(call(name), x)
    assert pullback(out)[0].dtype == x.dtype
    tangents = agrad.jvp(call(name), (x,), (x,))[1]
    assert [y.dtype for y in items(tangents)] == [y.dtype for y in items(out)]
    assert all(y.dtype in (np.float32, np.complex64) for y in items(out))


def test_trace_casts_before_it_sums() -> None:
    x = sample(3, 3).astype(np.float32)
    g = agrad.grad(call("trace", dtype=np.float64))(x)
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g, np.eye(3))


def test_matrix_rank_is_a_constant() -> None:
    g = agrad.grad(lambda x: (x * call("matrix_rank")(x)).sum())(with_values([1.0, 2.0], 3, 3))
    np.testing.assert_array_equal(g, np.full((3, 3), 2.0))


@COMPLEX
@pytest.mark.parametrize("name", [*NAMES, "qr-complete", "svd-thin", "det-small", "solve", "norm-3"])
def test_strict_arrays(name: str, complex_: bool) -> None:
    strict = pytest.importorskip("array_api_strict")
    backend = agrad.Backend("strict", load=lambda: strict, owns=lambda a: isinstance(a, type(strict.zeros(0))))
    xp = agrad.Namespace(backend)
    if name in ("eig", "eigvals") and not hasattr(strict.linalg, "eig"):
        pytest.skip("array_api_strict has no eig")

    def f(xp: Any, x: Any) -> Any:
        y: Any
        if name == "qr-complete":
            y = xp.linalg.qr(x[:, :2], mode="complete")[1]
        elif name == "svd-thin":
            y = xp.linalg.svd(x[:, :3], full_matrices=False)[1]
        elif name == "det-small":
            y = xp.linalg.det(x[:3, :3])
        elif name == "solve":
            y = xp.linalg.solve(x, x[0, :])
        elif name == "norm-3":
            y = xp.linalg.vector_norm(x, ord=3, axis=0)
        else:
            y = getattr(xp.linalg, name)(x)
            y = y[{"svd": 1, "slogdet": 1, "qr": 1}.get(name, 0)] if isinstance(y, tuple) else y
        return xp.sum(xp.abs(y) ** 2)

    x, t = positive(4, 4, complex_=complex_), hermitian(4, 4, complex_=complex_, seed=3)
    tracked = xp.asarray(strict.asarray(x), requires_grad=True)
    f(xp, tracked).backward()
    gradient = agrad.grad(of(f))(x)
    np.testing.assert_allclose(np.asarray(tracked.grad.array), gradient, rtol=1e-10, atol=1e-10)
    t_strict = agrad.jvp(lambda x: f(xp, x), (xp.asarray(strict.asarray(x)),), (xp.asarray(strict.asarray(t)),))[1]
    assert float(t_strict.array) == pytest.approx(inner(gradient, t), rel=1e-10, abs=1e-10)
