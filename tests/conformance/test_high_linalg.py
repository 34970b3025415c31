"""Linear algebra in high precision: what defines each function, to 110 digits, and agreement with NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import mpmath
import numpy as np
import pytest

from agrad_conformance.high import arrays
from agrad_conformance.high.numbers import COMPLEX, is_complex
from high_precision import (
    DIGITS,
    MP,
    assert_agrees_with_numpy,
    assert_equal,
    complex_numbers,
    high,
    precise,
    real_numbers,
)

KINDS = pytest.mark.parametrize("numbers", [real_numbers, complex_numbers])
SHAPES = pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (1, 1), (1, 3), (3, 1)])
Numbers = Callable[..., Any]

xp = high()


@pytest.fixture(autouse=True)
def _many_digits() -> Iterator[None]:
    with mpmath.workdps(DIGITS):
        yield


def h(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def eye(n: int) -> Any:
    return arrays(MP, np.eye(n))


def deficient(numbers: Numbers) -> Any:
    """A matrix of rank 2."""
    return numbers(4, 2) @ numbers(2, 3, seed=1)


@pytest.mark.parametrize(
    "op", sorted({s.op for name in ("linalg.", "mat", "tensordot", "vecdot") for s in precise(name)})
)
def test_agrees_with_numpy(op: str) -> None:
    found = [s for s in precise(op) if s.op == op]
    assert found
    for s in found:
        assert_agrees_with_numpy(s)


# Factors ------------------------------------------------------------------------------------------


@KINDS
@SHAPES
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr(numbers: Numbers, shape: tuple[int, int], mode: str) -> None:
    x = numbers(*shape)
    q, r = xp.linalg.qr(x, mode=mode)
    k = shape[0] if mode == "complete" else min(shape)
    assert (q.shape, r.shape) == ((shape[0], k), (k, shape[1]))
    assert_equal(q @ r, x)
    assert_equal(h(q) @ q, eye(k))
    assert all(r[i, j] == 0 for i, j in np.ndindex(*r.shape) if i > j)


@KINDS
def test_qr_of_dependent_columns(numbers: Numbers) -> None:
    x = deficient(numbers)
    x[:, 1] = x[:, 1] * 0
    q, r = xp.linalg.qr(x, mode="complete")
    assert_equal(q @ r, x)
    assert_equal(h(q) @ q, eye(4))


@KINDS
@SHAPES
@pytest.mark.parametrize("full_matrices", [True, False])
def test_svd(numbers: Numbers, shape: tuple[int, int], full_matrices: bool) -> None:
    x, k = numbers(*shape), min(shape)
    u, s, vh = xp.linalg.svd(x, full_matrices=full_matrices)
    m, n = shape if full_matrices else (k, k)
    assert (u.shape, s.shape, vh.shape) == ((shape[0], m), (k,), (n, shape[1]))
    assert_equal((u[:, :k] * s) @ vh[:k], x)
    assert_equal(h(u) @ u, eye(m))
    assert_equal(vh @ h(vh), eye(n))
    assert list(s) == sorted(s, reverse=True)
    assert min(s) > 0
    assert_equal(xp.linalg.svdvals(x), s)


@KINDS
@pytest.mark.parametrize("n", [1, 2, 4])
def test_eigh(numbers: Numbers, n: int) -> None:
    x = numbers(n, n)
    x = x + h(x)
    w, v = xp.linalg.eigh(x)
    assert_equal((v * w) @ h(v), x)
    assert_equal(h(v) @ v, eye(n))
    assert list(w) == sorted(w)
    assert all(isinstance(value, MP.mpf) for value in w)
    assert_equal(xp.linalg.eigvalsh(x), w)


@KINDS
@pytest.mark.parametrize("n", [1, 2, 4])
def test_eig(numbers: Numbers, n: int) -> None:
    x = numbers(n, n)
    w, v = xp.linalg.eig(x)
    assert_equal(x @ v, v * w)
    assert_equal(xp.linalg.vector_norm(v, axis=0), np.ones(n, dtype=int))
    assert_equal(sum(w), xp.linalg.trace(x))
    assert is_complex(MP, w)
    assert is_complex(MP, v)
    assert_equal(xp.linalg.eigvals(x), w)


def test_eigenvalues_of_a_rotation() -> None:
    w = xp.linalg.eigvals(arrays(MP, np.asarray([[0.0, -2.0], [2.0, 0.0]])))
    assert sorted(map(complex, w), key=lambda z: z.imag) == [-2j, 2j]


def test_equal_eigenvalues_and_singular_values() -> None:
    x = eye(3) * 2
    for w, v in (xp.linalg.eigh(x), xp.linalg.eig(x)):
        assert_equal((v * w) @ h(v), x)
    u, s, vh = xp.linalg.svd(x)
    assert_equal((u * s) @ vh, x)


@KINDS
def test_cholesky(numbers: Numbers) -> None:
    x = numbers(4, 4)
    x = x @ h(x)
    low, up = xp.linalg.cholesky(x), xp.linalg.cholesky(x, upper=True)
    assert_equal(low @ h(low), x)
    assert_equal(up, h(low))
    assert all(low[i, j] == 0 for i, j in np.ndindex(4, 4) if i < j)
    assert all(MP.re(v) > 0 and MP.im(v) == 0 for v in np.diagonal(low))


# Determinants, inverses, powers -------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_det_and_slogdet(numbers: Numbers, n: int) -> None:
    x, y = numbers(n, n), numbers(n, n, seed=1)
    det = xp.linalg.det(x)
    assert_equal(xp.linalg.det(x @ y), det * xp.linalg.det(y))
    assert_equal(det, np.prod(xp.linalg.eigvals(x)))
    sign, log = xp.linalg.slogdet(x)
    assert_equal(sign * MP.exp(log[()]), det)
    assert isinstance(log[()], MP.mpf)


def test_slogdet_of_a_singular_matrix() -> None:
    sign, log = xp.linalg.slogdet(arrays(MP, np.ones((2, 2))))
    assert (sign[()], log[()]) == (0, -MP.inf)


@KINDS
@pytest.mark.parametrize("n", [1, 2, 4])
def test_inv_solve_and_powers(numbers: Numbers, n: int) -> None:
    x, b = numbers(n, n), numbers(n, seed=1)
    y = xp.linalg.inv(x)
    assert_equal(x @ y, eye(n))
    assert_equal(x @ xp.linalg.solve(x, b), b)
    for power, expected in [(0, eye(n)), (1, x), (3, x @ x @ x), (-2, y @ y)]:
        assert_equal(xp.linalg.matrix_power(x, power), expected)


def test_a_stack_of_vectors_is_a_matrix_to_solve_for() -> None:
    x, b = real_numbers(2, 2, 2), real_numbers(2, 2, seed=1)
    y = xp.linalg.solve(x, b)
    assert_equal(x[0] @ y[0], b)
    assert_equal(x[1] @ y[1], b)


def test_no_inverse_of_a_singular_matrix() -> None:
    with pytest.raises(ZeroDivisionError):
        xp.linalg.inv(arrays(MP, np.ones((2, 2))))


@KINDS
def test_pinv_has_penroses_properties(numbers: Numbers) -> None:
    for x in (numbers(4, 2), numbers(2, 4), deficient(numbers)):
        y = xp.linalg.pinv(x)
        assert_equal(x @ y @ x, x)
        assert_equal(y @ x @ y, y)
        assert_equal(x @ y, h(x @ y))
        assert_equal(y @ x, h(y @ x))


def test_small_singular_values_do_not_count() -> None:
    x = arrays(MP, np.diag([4.0, 1.0, 2.0**-20]))
    assert_equal(xp.linalg.pinv(x), arrays(MP, np.diag([0.25, 1.0, 2.0**20])))
    assert_equal(xp.linalg.pinv(x, rtol=1e-3), arrays(MP, np.diag([0.25, 1.0, 0.0])))
    assert_equal(xp.linalg.pinv(x, rtol=arrays(MP, np.asarray(0.5))), arrays(MP, np.diag([0.25, 0.0, 0.0])))
    assert [int(xp.linalg.matrix_rank(x, rtol=rtol)) for rtol in (None, 1e-3, 0.5)] == [3, 2, 1]


def test_rank() -> None:
    x = deficient(real_numbers)
    found = xp.linalg.matrix_rank(np.stack([x, real_numbers(4, 3)]))
    assert (found.tolist(), found.dtype.kind) == ([2, 3], "i")


# Norms, diagonals, products -----------------------------------------------------------------------


@KINDS
def test_matrix_norms(numbers: Numbers) -> None:
    x = numbers(3, 2)
    s, sizes = xp.linalg.svdvals(x), xp.abs(x)
    rows, columns = sizes.sum(axis=1), sizes.sum(axis=0)
    for ord, expected in {
        "fro": MP.sqrt(sum(s**2)), "nuc": sum(s), 2: s[0], -2: s[1],
        1: max(columns), -1: min(columns), inf: max(rows), -inf: min(rows),
    }.items():  # fmt: skip
        assert_equal(xp.linalg.matrix_norm(x, ord=ord), expected)
        assert_equal(xp.linalg.matrix_norm(x, ord=ord, keepdims=True), [[expected]])


@pytest.mark.parametrize(
    ("ord", "expected"),
    [(0, 2), (1, 7), (2, 5), (inf, 4), (-inf, 0)],
)
def test_vector_norms(ord: float, expected: Any) -> None:
    x = arrays(MP, np.asarray([[3.0, 0.0], [0.0, -4.0]]))
    assert_equal(xp.linalg.vector_norm(x, ord=ord), expected)
    assert_equal(xp.linalg.vector_norm(x, ord=ord, keepdims=True), [[expected]])


def test_vector_norms_of_other_orders() -> None:
    x = arrays(MP, np.asarray([3.0, 4j]))
    assert_equal(xp.linalg.vector_norm(x, ord=3), MP.cbrt(91))
    assert_equal(xp.linalg.vector_norm(x, ord=-1), MP.mpf(12) / 7)
    assert_equal(xp.linalg.vector_norm(x, ord=0.5), 7 + 4 * MP.sqrt(3))
    assert_equal(xp.linalg.vector_norm(x[:0]), 0)


def test_diagonals() -> None:
    x = arrays(MP, np.arange(12.0).reshape(2, 2, 3))
    assert_equal(xp.linalg.diagonal(x, offset=1), [[1, 5], [7, 11]])
    assert_equal(xp.linalg.trace(x, offset=-1), [3, 9])
    assert_equal(xp.linalg.trace(x, offset=9), [0, 0])
    assert is_complex(MP, xp.linalg.trace(complex_numbers(2, 2), offset=9))


def test_products() -> None:
    x, y = complex_numbers(2, 3), real_numbers(3, seed=1)
    z = xp.linalg.cross(x, y)
    assert_equal(z @ y, [0, 0])
    assert_equal(
        z[0], [x[0, 1] * y[2] - x[0, 2] * y[1], x[0, 2] * y[0] - x[0, 0] * y[2], x[0, 0] * y[1] - x[0, 1] * y[0]]
    )
    assert_equal(xp.linalg.outer(y, y), [[a * b for b in y] for a in y])
    assert_equal(xp.linalg.vecdot(x, y), [sum(MP.conj(a) * b for a, b in zip(row, y, strict=True)) for row in x])


# Shapes and kinds ---------------------------------------------------------------------------------


@KINDS
def test_stacks_are_taken_one_by_one(numbers: Numbers) -> None:
    x = numbers(2, 3, 2, 2)
    for name in ("det", "inv", "pinv", "svdvals", "qr", "slogdet"):
        f = getattr(xp.linalg, name)
        whole, one = f(x), f(x[1, 2])
        for a, b in zip(*([r] if not isinstance(r, tuple) else r for r in (whole, one)), strict=True):
            assert a.shape == (2, 3, *b.shape)
            assert_equal(a[1, 2], b)


@pytest.mark.parametrize(
    ("name", "shapes", "kinds"),
    [
        ("cholesky", [(2, 2)], "s"), ("det", [()], "s"), ("inv", [(2, 2)], "s"), ("pinv", [(2, 2)], "s"),
        ("eigh", [(2,), (2, 2)], "rs"), ("eig", [(2,), (2, 2)], "cc"), ("eigvals", [(2,)], "c"),
        ("eigvalsh", [(2,)], "r"), ("qr", [(2, 2), (2, 2)], "ss"), ("slogdet", [(), ()], "sr"),
        ("svd", [(2, 2), (2,), (2, 2)], "srs"), ("svdvals", [(2,)], "r"), ("matrix_rank", [()], "r"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", [COMPLEX, np.dtype(object)])
def test_empty_stacks(name: str, shapes: list[tuple[int, ...]], kinds: str, dtype: Any) -> None:
    found = getattr(xp.linalg, name)(np.zeros((0, 2, 2), dtype=dtype))
    found = found if isinstance(found, tuple) else (found,)
    assert [y.shape for y in found] == [(0, *shape) for shape in shapes]
    assert [is_complex(MP, y) for y in found] == [k == "c" or (k == "s" and dtype is COMPLEX) for k in kinds]


@pytest.mark.parametrize(("m", "n"), [(0, 0), (3, 0), (0, 3)])
def test_empty_matrices(m: int, n: int) -> None:
    x = np.zeros((m, n), dtype=COMPLEX)
    u, s, vh = xp.linalg.svd(x)
    assert_equal(u, eye(m))
    assert_equal(vh, eye(n))
    assert s.shape == xp.linalg.svdvals(x).shape == (0,)
    assert [y.shape for y in xp.linalg.svd(x, full_matrices=False)] == [(m, 0), (0,), (0, n)]
    assert [y.shape for y in xp.linalg.qr(x)] == [(m, 0), (0, n)]
    assert_equal(xp.linalg.qr(x, mode="complete")[0], eye(m))
    assert xp.linalg.pinv(x).shape == (n, m)
    assert int(xp.linalg.matrix_rank(x)) == 0


def test_matrices_without_elements() -> None:
    x = np.zeros((0, 0), dtype=COMPLEX)
    assert [y.shape for y in (*xp.linalg.eigh(x), *xp.linalg.eig(x))] == [(0,), (0, 0)] * 2
    assert xp.linalg.inv(x).shape == xp.linalg.cholesky(x).shape == xp.linalg.matrix_power(x, 2).shape == (0, 0)
    assert xp.linalg.det(x)[()] == 1
    assert is_complex(MP, xp.linalg.det(x))
    assert [y[()] for y in xp.linalg.slogdet(x)] == [1, 0]
    assert is_complex(MP, xp.linalg.trace(x))


def test_differences_find_the_derivative_of_singular_values() -> None:
    """The derivative of the k-th one is Re(u_k^H t v_k)."""
    x, t, step = complex_numbers(3, 2), complex_numbers(3, 2, seed=1), MP.mpf(10) ** -30
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    slope = (xp.linalg.svdvals(x + t * step) - xp.linalg.svdvals(x - t * step)) / (2 * step)
    assert_equal(slope, [MP.re(v) for v in np.diagonal(h(u) @ t @ h(vh))], digits=55)
