"""Docstrings of linear algebra: the functions of the main namespace and of the linalg extension."""

from __future__ import annotations

from .record import INTEGER, ONE_AXIS, Doc

__all__ = ["LINALG", "LINEAR_ALGEBRA"]

_FLOAT = "real or complex floating-point"
_NUMERIC = "integer, real or complex floating-point"
_MATRICES = {"x": ("array", "A matrix, or a stack of them on the last two axes.")}
_SQUARE = {"x": ("array", "A square matrix, or a stack of them on the last two axes.")}
_HERMITIAN = {"x": ("array", "A symmetric or Hermitian matrix, or a stack of them; only one triangle may be read.")}
_SINGULAR = {"LinAlgError": "The matrix is singular (the backend's own error)."}
_GAUGE = " The derivative has no component along what the factorization leaves free ("
_EQUAL = "Only what does not depend on it has a derivative. Between vectors of equal values the derivative taken is 0. "
_MATRIX_ORD = "'fro': root of the sum of squares; 'nuc': sum of the singular values; 2 and -2: largest and smallest "
_MATRIX_ORD += "of them; 1 and -1: largest and smallest column sum of magnitudes; inf and -inf: likewise of rows."
_VECTOR_ORD = "The norm is (sum of magnitudes to the power ord) to the power 1/ord; inf and -inf: largest and smallest "
_VECTOR_ORD += "magnitude; 0: the number of elements that are not zero."

LINEAR_ALGEBRA: dict[str, Doc] = {
    "matmul": Doc(
        "Matrix product; a vector counts as a row on the left and as a column on the right.",
        "ct @ x2^T for x1 and x1^T @ ct for x2.",
        ">>> xp.matmul(xp.asarray([[1.0, 2.0], [3.0, 4.0]]), xp.asarray([1.0, 1.0])).tolist()\n[3.0, 7.0]",
        _NUMERIC,
        {
            "x1": ("array", "A vector, a matrix or a stack of matrices on the last two axes."),
            "x2": ("array", "Likewise, with as many rows as `x1` has columns; stacks broadcast."),
        },
        returns="The product; the axis that a vector lent is gone again.",
        raises={"ValueError": "The inner lengths differ, or an operand has no axes."},
    ),
    "matrix_transpose": Doc(
        "Swap the last two axes, without conjugation.",
        "The transposed cotangent.",
        ">>> xp.matrix_transpose(xp.asarray([[1, 2], [3, 4]])).tolist()\n[[1, 3], [2, 4]]",
        params=_MATRICES,
        returns="The transposed matrices.",
    ),
    "tensordot": Doc(
        "Sum of products over pairs of axes.",
        "For each operand, the cotangent contracted with the other operand over the axes that it brought in.",
        ">>> float(xp.tensordot(xp.asarray([1.0, 2.0]), xp.asarray([3.0, 4.0]), axes=1))\n11.0",
        _NUMERIC,
        {
            "x1": ("array", "The first operand."),
            "x2": ("array", "The second operand."),
            "axes": (
                "int or pair of sequences of ints",
                "The axes to sum over, as a list for each operand; N pairs the last N of `x1` with the first of `x2`.",
            ),
        },
        returns="The product: the remaining axes of `x1`, then those of `x2`.",
        raises={"ValueError": "The lengths of paired axes differ."},
    ),
    "vecdot": Doc(
        "Inner product of vectors along an axis; the first operand is conjugated.",
        "conj(ct) * x2 for x1 and ct * x1 for x2.",
        ">>> float(xp.vecdot(xp.asarray([1.0, 2.0]), xp.asarray([3.0, 4.0])))\n11.0",
        _NUMERIC,
        ONE_AXIS,
        returns="The inner products; the axis is gone.",
        raises={"ValueError": "The lengths along the axis differ."},
    ),
}

LINALG: dict[str, Doc] = {
    "linalg.cholesky": Doc(
        "Triangular factor L of a positive definite matrix: x = L @ L^H, or x = U^H @ U.",
        "A solve with the factor from both sides of the lower triangle, its diagonal halved, of L^H @ ct; the result "
        "is symmetric or Hermitian. Source: I. Murray, Differentiation of the Cholesky decomposition (2016), "
        "arXiv:1602.07527.",
        ">>> xp.linalg.cholesky(xp.asarray([[4.0, 2.0], [2.0, 5.0]])).tolist()\n[[2.0, 0.0], [1.0, 2.0]]",
        _FLOAT,
        {**_HERMITIAN, "upper": ("bool", "Whether to return the upper factor U instead of the lower one.")},
        returns="The factor, with zeros in its other triangle and a positive diagonal.",
        raises={"LinAlgError": "The matrix is not positive definite (the backend's own error)."},
    ),
    "linalg.cross": Doc(
        "Cross product of vectors in three dimensions.",
        "cross(x2, ct) for x1 and cross(ct, x1) for x2.",
        ">>> xp.linalg.cross(xp.asarray([1.0, 0.0, 0.0]), xp.asarray([0.0, 1.0, 0.0])).tolist()\n[0.0, 0.0, 1.0]",
        _NUMERIC,
        {
            "x1": ("array", "The first operand, of length 3 along the axis."),
            "x2": ("array", "The second operand; the two broadcast against each other."),
            **ONE_AXIS,
        },
        returns="The vectors at right angles to both.",
        raises={"ValueError": "The axis is not of length 3."},
    ),
    "linalg.det": Doc(
        "Determinant.",
        "The matrix of cofactors, which is det(x) * inv(x)^T where x has an inverse and is exact where it has none. "
        "Source: Jacobi's formula; M. Giles, Collected matrix derivative results (2008).",
        ">>> round(float(xp.linalg.det(xp.asarray([[1.0, 2.0], [3.0, 4.0]]))), 4)\n-2.0",
        _FLOAT,
        _SQUARE,
        returns="One determinant for each matrix.",
    ),
    "linalg.diagonal": Doc(
        "Elements on a diagonal.",
        "The cotangent on that diagonal, in a matrix of zeros.",
        ">>> xp.linalg.diagonal(xp.asarray([[1, 2], [3, 4]])).tolist()\n[1, 4]",
        params=_MATRICES,
        returns="The diagonals, on the last axis.",
    ),
    "linalg.eig": Doc(
        "Eigenvalues and right eigenvectors of any square matrix, complex.",
        "inv(V)^H @ (diag(ct_w) + (V^H @ ct_V) / conj(w_j - w_i)) @ V^H, the quotient off the diagonal and for a "
        "cotangent ct_V without its part along each vector."
        + _GAUGE
        + "length and phase of a vector). "
        + _EQUAL
        + "Source: C. Boeddeker et al., On the computation of complex-valued gradients (2017), arXiv:1701.00392.",
        ">>> w, v = xp.linalg.eig(xp.asarray([[0.0, 1.0], [-1.0, 0.0]]))\n"
        ">>> sorted(round(z.imag, 4) for z in w.tolist())\n[-1.0, 1.0]",
        _FLOAT,
        _SQUARE,
        returns={
            "eigenvalues : array": "In no particular order.",
            "eigenvectors : array": "The vectors, of length one, in the columns.",
        },
    ),
    "linalg.eigh": Doc(
        "Eigenvalues and eigenvectors of a symmetric or Hermitian matrix.",
        "V @ (diag(ct_w) + (V^H @ ct_V) / (w_j - w_i)) @ V^H, the quotient off the diagonal, made symmetric or "
        "Hermitian."
        + _GAUGE
        + "the sign or phase of a vector). "
        + _EQUAL
        + "Source: M. Giles, Collected matrix derivative results (2008).",
        ">>> w, v = xp.linalg.eigh(xp.asarray([[2.0, 1.0], [1.0, 2.0]]))\n"
        ">>> [round(e, 4) for e in w.tolist()]\n[1.0, 3.0]",
        _FLOAT,
        _HERMITIAN,
        returns={
            "eigenvalues : array": "Real, in ascending order.",
            "eigenvectors : array": "The orthonormal vectors, in the columns.",
        },
    ),
    "linalg.eigvals": Doc(
        "Eigenvalues of any square matrix, complex.",
        "inv(V)^H @ diag(ct) @ V^H with the eigenvectors V. For equal eigenvalues right only where the result treats "
        "them alike.",
        ">>> w = xp.linalg.eigvals(xp.asarray([[2.0, 0.0], [0.0, 3.0]]))\n"
        ">>> sorted(round(z.real, 4) for z in w.tolist())\n[2.0, 3.0]",
        _FLOAT,
        _SQUARE,
        returns="The eigenvalues, in no particular order.",
    ),
    "linalg.eigvalsh": Doc(
        "Eigenvalues of a symmetric or Hermitian matrix.",
        "V @ diag(ct) @ V^H with the eigenvectors V. For equal eigenvalues right only where the result treats them "
        "alike.",
        ">>> [round(e, 4) for e in xp.linalg.eigvalsh(xp.asarray([[2.0, 1.0], [1.0, 2.0]])).tolist()]\n[1.0, 3.0]",
        _FLOAT,
        _HERMITIAN,
        returns="The eigenvalues, real and in ascending order.",
    ),
    "linalg.inv": Doc(
        "Inverse of a matrix.",
        "-inv(x)^T @ ct @ inv(x)^T.",
        ">>> xp.linalg.inv(xp.asarray([[2.0, 0.0], [0.0, 4.0]])).tolist()\n[[0.5, 0.0], [0.0, 0.25]]",
        _FLOAT,
        _SQUARE,
        returns="The inverses.",
        raises=_SINGULAR,
    ),
    "linalg.matrix_norm": Doc(
        "Norm of a matrix.",
        "That of the singular values, sums and extremes that the norm consists of: 0 at the zero matrix, and split "
        "evenly where several rows, columns or singular values attain the extreme.",
        ">>> float(xp.linalg.matrix_norm(xp.asarray([[3.0, 0.0], [0.0, 4.0]])))\n5.0",
        _FLOAT,
        {
            **_MATRICES,
            "keepdims": ("bool", "Whether the last two axes stay in the result, with length one."),
            "ord": ("{'fro', 'nuc', 1, -1, 2, -2, inf, -inf}", _MATRIX_ORD),
        },
        returns="One norm for each matrix, real.",
    ),
    "linalg.matrix_power": Doc(
        "A square matrix multiplied by itself n times.",
        "The sum, over the n factors, of the cotangent carried past the others; through the inverse for negative n.",
        ">>> xp.linalg.matrix_power(xp.asarray([[1.0, 1.0], [0.0, 1.0]]), 3).tolist()\n[[1.0, 3.0], [0.0, 1.0]]",
        _FLOAT,
        {**_SQUARE, "n": ("int", "The power: 0 gives the identity, negative numbers powers of the inverse.")},
        returns="The powers.",
        raises={"LinAlgError": "The matrix is singular and `n` negative (the backend's own error)."},
    ),
    "linalg.matrix_rank": Doc(
        "Rank: the number of singular values that are not negligible.",
        INTEGER,
        ">>> int(xp.linalg.matrix_rank(xp.asarray([[1.0, 2.0], [2.0, 4.0]])))\n1",
        _FLOAT,
        _MATRICES,
        returns="One rank for each matrix.",
    ),
    "linalg.outer": Doc(
        "Outer product of two vectors.",
        "ct @ x2 for x1 and ct^T @ x1 for x2.",
        ">>> xp.linalg.outer(xp.asarray([1, 2]), xp.asarray([3, 4])).tolist()\n[[3, 4], [6, 8]]",
        _NUMERIC,
        {"x1": ("array", "A vector: the rows."), "x2": ("array", "A vector: the columns.")},
        returns="The matrix of all products, without conjugation.",
    ),
    "linalg.pinv": Doc(
        "Moore-Penrose pseudo-inverse, with negligible singular values left out.",
        "The three terms of the differential of the pseudo-inverse, which hold while the rank stays what it is. "
        "Source: G. Golub and V. Pereyra, SIAM J. Numer. Anal. 10, 413 (1973).",
        ">>> xp.linalg.pinv(xp.asarray([[2.0, 0.0], [0.0, 4.0], [0.0, 0.0]])).shape\n(2, 3)",
        _FLOAT,
        _MATRICES,
        returns="The pseudo-inverses.",
    ),
    "linalg.qr": Doc(
        "Factors of a matrix: orthonormal columns Q times upper triangle R.",
        "Defined where the leading columns are linearly independent."
        + _GAUGE
        + "phases, and in mode 'complete' any rotation of the columns that complete a basis). Only what does not "
        "depend on it has a derivative. Sources: S. Walter and L. Lehmann, Algorithmic differentiation of linear "
        "algebra functions (2010); D. and L. Roberts, QR and LQ decomposition matrix backpropagation algorithms "
        "(2020), arXiv:2009.10071.",
        ">>> x = xp.asarray([[3.0, 1.0], [4.0, 2.0]])\n>>> q, r = xp.linalg.qr(x)\n"
        ">>> bool(xp.all(xp.abs(q @ r - x) < 1e-12))\nTrue",
        _FLOAT,
        {
            **_MATRICES,
            "mode": ("{'reduced', 'complete'}", "Whether Q has min(M, N) columns or all M of them."),
        },
        returns={
            "Q : array": "The matrices with orthonormal columns.",
            "R : array": "The upper triangular matrices.",
        },
    ),
    "linalg.slogdet": Doc(
        "Sign and logarithm of the magnitude of a determinant, safe from overflow.",
        "inv(x)^H for the logarithm. The sign of a real determinant is constant; of a complex one it turns with the "
        "imaginary part of the trace of inv(x) @ dx.",
        ">>> sign, logabsdet = xp.linalg.slogdet(xp.asarray([[1.0, 2.0], [3.0, 4.0]]))\n"
        ">>> float(sign), round(float(logabsdet), 4)\n(-1.0, 0.6931)",
        _FLOAT,
        _SQUARE,
        returns={
            "sign : array": "The sign, or complex unit number; 0 for a singular matrix.",
            "logabsdet : array": "The natural logarithm of the magnitude; -inf for a singular matrix.",
        },
    ),
    "linalg.solve": Doc(
        "Solution y of the linear equations x1 @ y = x2.",
        "solve(x1^T, ct) for x2, and minus its outer product with the solution for x1.",
        ">>> xp.linalg.solve(xp.asarray([[2.0, 0.0], [0.0, 4.0]]), xp.asarray([2.0, 2.0])).tolist()\n[1.0, 0.5]",
        _FLOAT,
        {
            "x1": ("array", "The square matrix of coefficients, or a stack of them."),
            "x2": ("array", "The right-hand sides: one vector (one axis), or matrices whose columns are meant."),
        },
        returns="The solutions, of the shape of `x2` after broadcasting the stacks.",
        raises=_SINGULAR,
    ),
    "linalg.svd": Doc(
        "Singular value decomposition: x = U @ diag(S) @ Vh.",
        "U @ (diag(ct_S) + terms of ct_U and ct_V over s_j - s_i and s_j + s_i) @ Vh."
        + _GAUGE
        + "the phase of a pair of "
        "vectors, and any rotation of those that complete a basis with `full_matrices`). " + _EQUAL + "Sources: J. "
        "Townsend, Differentiating the singular value decomposition (2016); Z. Wan and S. Zhang, Automatic "
        "differentiation for complex valued SVD (2019), arXiv:1909.02659.",
        ">>> u, s, vh = xp.linalg.svd(xp.asarray([[3.0, 0.0], [0.0, 4.0]]))\n"
        ">>> [round(v, 4) for v in s.tolist()]\n[4.0, 3.0]",
        _FLOAT,
        {
            **_MATRICES,
            "full_matrices": ("bool", "Whether U and Vh are square; else they have min(M, N) columns and rows."),
        },
        returns={
            "U : array": "The left singular vectors, in the columns.",
            "S : array": "The singular values, real and in descending order.",
            "Vh : array": "The right singular vectors, conjugated, in the rows.",
        },
    ),
    "linalg.svdvals": Doc(
        "Singular values, in descending order.",
        "U @ diag(ct) @ Vh with the singular vectors; 0 for a singular value of 0, as for abs. For equal ones right "
        "only where the result treats them alike.",
        ">>> [round(v, 4) for v in xp.linalg.svdvals(xp.asarray([[3.0, 0.0], [0.0, 4.0]])).tolist()]\n[4.0, 3.0]",
        _FLOAT,
        _MATRICES,
        returns="The singular values, real, on the last axis.",
    ),
    "linalg.trace": Doc(
        "Sum of the elements on a diagonal.",
        "The cotangent everywhere on that diagonal, in a matrix of zeros.",
        ">>> float(xp.linalg.trace(xp.asarray([[1.0, 2.0], [3.0, 4.0]])))\n5.0",
        _NUMERIC,
        {
            **_MATRICES,
            "dtype": ("dtype", "Dtype of the result; by default that of `x`, or for small integers a wider one."),
        },
        returns="One trace for each matrix.",
    ),
    "linalg.vector_norm": Doc(
        "Norm of vectors along one axis or over several.",
        "x / norm(x) for order 2, in general x * abs(x)**(ord - 2) / norm(x)**(ord - 1); 0 at the zero vector. Where "
        "several elements attain the maximum (inf) or minimum (-inf) it is split evenly; order 0 has gradient 0.",
        ">>> agrad.grad(xp.linalg.vector_norm)(xp.asarray([3.0, 4.0])).tolist()\n[0.6, 0.8]",
        _FLOAT,
        {
            "axis": ("int or tuple of ints", "The axis or axes that hold a vector; by default all of them."),
            "ord": ("int or float", _VECTOR_ORD),
        },
        returns="One norm for each vector, real.",
    ),
}
