"""`__array_function__`: NumPy's functions on Tensors have NumPy's results, and derivatives of every mode and order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
from agrad_numpy.interop.functions import REFUSED, rows
from following import XP, compare, follows, tensors

RNG = np.random.default_rng(11)
V = RNG.normal(size=7)
W = RNG.normal(size=4)
P = np.asarray([0.3, 1.7, 0.9, 2.2, 1.1, 0.6, 2.9])
M = RNG.normal(size=(3, 4))
N = RNG.normal(size=(3, 4))
T = RNG.normal(size=(2, 3, 4))
S = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
C = RNG.normal(size=5) + 1j * RNG.normal(size=5)
MASK = np.asarray([[True, False, True, True], [False, True, True, False], [True, True, False, True]])
HOLES = np.where(MASK, M, np.nan)

DIFFERENTIABLE: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "append": (lambda a, b: np.append(a, b), [V, W]),
    "append axis": (lambda a, b: np.append(a, b, axis=1), [M, N]),
    "array_split": (lambda a: np.array_split(a, 3), [V]),
    "array_split at": (lambda a: np.array_split(a, [1, 5, 9], axis=0), [V]),
    "atleast_1d": (lambda a, b: np.atleast_1d(a, b), [np.asarray(2.0), V]),
    "atleast_2d": (lambda a: np.atleast_2d(a), [V]),
    "atleast_3d": (lambda a: np.atleast_3d(a), [M]),
    "block": (lambda a, b: np.block([[a, b], [b, 2 * a]]), [M, N]),
    "block of vectors": (lambda a, b: np.block([a, b, 3.0]), [V, W]),
    "column_stack": (lambda a, b: np.column_stack([a, b]), [W, M.T]),
    "concatenate": (lambda a, b: np.concatenate([a, b]), [M, N]),
    "concatenate flat": (lambda a, b: np.concatenate([a, b], axis=None), [M, V]),
    "delete": (lambda a: np.delete(a, [1, 3]), [V]),
    "delete axis": (lambda a: np.delete(a, 1, axis=1), [M]),
    "dsplit": (lambda a: np.dsplit(a, 2), [T]),
    "dstack": (lambda a, b: np.dstack([a, b]), [M, N]),
    "hsplit": (lambda a: np.hsplit(a, 2), [M]),
    "hstack": (lambda a, b: np.hstack([a, b]), [M, N]),
    "hstack vectors": (lambda a, b: np.hstack((a, b)), [V, W]),
    "insert": (lambda a, b: np.insert(a, 2, b), [V, W]),
    "insert several": (lambda a, b: np.insert(a, [1, 3, 3, 0], b, axis=0), [V, W]),
    "insert row": (lambda a, b: np.insert(a, 1, b, axis=0), [M, W]),
    "split": (lambda a: np.split(a, 2, axis=1), [M]),
    "stack": (lambda a, b: np.stack([a, b], axis=1), [M, N]),
    "vsplit": (lambda a: np.vsplit(a, 3), [M]),
    "vstack": (lambda a, b: np.vstack([a, b]), [M, W]),
    "reshape": (lambda a: np.reshape(a, (2, -1)), [M]),
    "reshape F": (lambda a: np.reshape(a, (2, 6), order="F"), [M]),
    "ravel": (lambda a: np.ravel(a), [M]),
    "ravel F": (lambda a: np.ravel(a, "F"), [M]),
    "transpose": (lambda a: np.transpose(a), [T]),
    "transpose axes": (lambda a: np.transpose(a, (1, 0, -1)), [T]),
    "swapaxes": (lambda a: np.swapaxes(a, 0, -1), [T]),
    "moveaxis": (lambda a: np.moveaxis(a, [0, 1], [-1, 0]), [T]),
    "rollaxis": (lambda a: np.rollaxis(a, 2), [T]),
    "rollaxis start": (lambda a: np.rollaxis(a, 0, 2), [T]),
    "squeeze": (lambda a: np.squeeze(a[None, :, None]), [V]),
    "expand_dims": (lambda a: np.expand_dims(a, [0, 2]), [V]),
    "flip": (lambda a: np.flip(a, 0) + np.flip(a) + np.fliplr(a) + np.flipud(a), [M]),
    "rot90": (lambda a: [np.rot90(a, k) for k in range(4)], [M]),
    "rot90 axes": (lambda a: np.rot90(a, 1, axes=(0, 2)), [T]),
    "roll": (lambda a: np.roll(a, 2) + np.roll(a, (1, -1), axis=(0, 1)) + np.roll(a, 1, axis=(0, 1)), [M]),
    "tile": (lambda a: np.tile(a, 2), [M]),
    "tile more": (lambda a: np.tile(a, (2, 1, 2)), [M]),
    "repeat": (lambda a: np.repeat(a, 2), [M]),
    "repeat counts": (lambda a: np.repeat(a, [1, 0, 2], axis=0), [M]),
    "resize": (lambda a: np.resize(a, (3, 5)), [V]),
    "broadcast_to": (lambda a: np.broadcast_to(a, (2, 7)), [V]),
    "broadcast_arrays": (lambda a, b: np.broadcast_arrays(a, b), [M, W]),
    "diag": (lambda a: np.diag(a), [W]),
    "diag k": (lambda a: np.diag(a, -2), [W]),
    "diag of matrix": (lambda a: np.diag(a, 1), [M]),
    "diagflat": (lambda a: np.diagflat(a, 1), [M]),
    "diagonal": (lambda a: np.diagonal(a, 1, 2, 1), [T]),
    "trace": (lambda a: np.trace(a), [S]),
    "trace axes": (lambda a: np.trace(a, 1, 2, 0), [T]),
    "tril": (lambda a: np.tril(a, 1), [M]),
    "triu": (lambda a: np.triu(a), [M]),
    "meshgrid": (lambda a, b: np.meshgrid(a, b), [V, W]),
    "meshgrid sparse": (lambda a, b: np.meshgrid(a, b, sparse=True, indexing="ij"), [V, W]),
    "copy": (lambda a: np.copy(a), [M]),
    "astype": (lambda a: np.astype(a, np.complex128), [M]),
    "full_like": (lambda a: np.full_like(a, a[0], shape=(2, 2)), [V]),
    "sum": (lambda a: np.sum(a), [M]),
    "sum options": (lambda a: np.sum(a, 1, keepdims=True, initial=2.0, where=MASK), [M]),
    "sum axes": (lambda a: np.sum(a, axis=(0, -1)), [T]),
    "prod": (lambda a: np.prod(a, axis=1, where=MASK, initial=3.0), [M]),
    "max": (lambda a: np.max(a, axis=0, keepdims=True), [M]),
    "amax": (lambda a: np.amax(a, initial=0.3), [M]),
    "min where": (lambda a: np.min(a, axis=1, where=MASK, initial=5.0), [M]),
    "mean": (lambda a: np.mean(a, axis=(0, 1)), [T]),
    "mean where": (lambda a: np.mean(a, axis=1, where=MASK), [M]),
    "var": (lambda a: np.var(a, axis=1, ddof=1), [M]),
    "var where": (lambda a: np.var(a, 1, where=MASK, keepdims=True), [M]),
    "var mean": (lambda a: np.var(a, axis=1, mean=np.mean(a, axis=1, keepdims=True)), [M]),
    "var complex": (lambda a: np.var(a), [C]),
    "std": (lambda a: np.std(a, correction=1), [M]),
    "std where": (lambda a: np.std(a, axis=1, where=MASK), [M]),
    "ptp": (lambda a: np.ptp(a, axis=1), [M]),
    "cumsum": (lambda a: np.cumsum(a), [M]),
    "cumprod": (lambda a: np.cumprod(a, axis=0), [M]),
    "cumulative_sum": (lambda a: np.cumulative_sum(a, axis=1, include_initial=True), [M]),
    "cumulative_prod": (lambda a: np.cumulative_prod(a, axis=0), [M]),
    "median": (lambda a: np.median(a), [V]),
    "median even": (lambda a: np.median(a, axis=1), [M]),
    "median axes": (lambda a: np.median(a, axis=(0, 2), keepdims=True), [T]),
    "quantile": (lambda a: np.quantile(a, 0.3), [V]),
    "quantile several": (lambda a: np.quantile(a, [0.1, 0.52, 0.9], axis=1), [M]),
    "quantile keepdims": (lambda a: np.quantile(a, [[0.1, 0.6]], axis=(0, 2), keepdims=True), [T]),
    "quantile of q": (lambda a, q: np.quantile(a, q, axis=0), [M, np.asarray([0.21, 0.7])]),
    "percentile": (lambda a: np.percentile(a, 40.0, axis=0, method="hazen"), [M]),
    "nansum": (lambda a: np.nansum(np.where(MASK, a, np.nan), axis=1), [M]),
    "nanprod": (lambda a: np.nanprod(np.where(MASK, a, np.nan), axis=1), [M]),
    "nanmean": (lambda a: np.nanmean(np.where(MASK, a, np.nan), axis=1, keepdims=True), [M]),
    "nanvar": (lambda a: np.nanvar(np.where(MASK, a, np.nan), axis=1, ddof=1), [M]),
    "nanstd": (lambda a: np.nanstd(np.where(MASK, a, np.nan)), [M]),
    "nanmax": (lambda a: np.nanmax(np.where(MASK, a, np.nan), axis=0), [M]),
    "nanmin": (lambda a: np.nanmin(np.where(MASK, a, np.nan), axis=0), [M]),
    "nancumsum": (lambda a: np.nancumsum(np.where(MASK, a, np.nan), axis=0), [M]),
    "nancumprod": (lambda a: np.nancumprod(np.where(MASK, a, np.nan)), [M]),
    "nanmedian": (lambda a: np.nanmedian(np.where(MASK, a, np.nan), axis=1), [M]),
    "nanquantile": (lambda a: np.nanquantile(np.where(MASK, a, np.nan), [0.3, 0.8], axis=1), [M]),
    "nanpercentile": (lambda a: np.nanpercentile(np.where(MASK, a, np.nan), 35, axis=0), [M]),
    "average": (lambda a, w: np.average(a, weights=w), [V, P]),
    "average axis": (lambda a, w: np.average(a, axis=1, weights=w, keepdims=True), [M, P[:4]]),
    "average returned": (lambda a: np.average(a, axis=0, returned=True), [M]),
    "cov": (lambda a: np.cov(a), [M]),
    "cov of two": (lambda a, b: np.cov(a, b, ddof=0), [V, P]),
    "cov weights": (lambda a, w: np.cov(a, aweights=w, rowvar=False), [M, P[:3]]),
    "cov frequencies": (lambda a: np.cov(a, fweights=[1, 2, 3, 1], bias=True), [M]),
    "corrcoef": (lambda a: np.corrcoef(a), [M]),
    "take": (lambda a: np.take(a, [[0, 5], [3, 3]]), [M]),
    "take axis": (lambda a: np.take(a, [0, 5, -1], axis=1, mode="wrap"), [M]),
    "take clip": (lambda a: np.take(a, [0, 9], axis=1, mode="clip"), [M]),
    "take_along_axis": (lambda a: np.take_along_axis(a, np.argsort(N, axis=1), axis=1), [M]),
    "take_along_axis flat": (lambda a: np.take_along_axis(a, np.asarray([3, 1]), axis=None), [M]),
    "where": (lambda a, b: np.where(MASK, a, b), [M, N]),
    "where number": (lambda a: np.where(a > 0, a, 0.0), [M]),
    "select": (lambda a, b: np.select([a > 0.5, a < -0.5], [a**2, b], default=2 * a), [M, N]),
    "piecewise": (lambda a: np.piecewise(a, [a < 0, a > 0.5], [lambda v: v**2, np.exp, 4.0]), [V]),
    "choose": (lambda a, b: np.choose([0, 1, 1, 0], [a, b]), [W, P[:4]]),
    "compress": (lambda a: np.compress([True, False, True], a, axis=0), [M]),
    "extract": (lambda a: np.extract(MASK, a), [M]),
    "trim_zeros": (lambda a: np.trim_zeros(np.concatenate([[0.0], a, [0.0, 0.0]])), [V]),
    "sort": (lambda a: np.sort(a, axis=0), [M]),
    "sort flat": (lambda a: np.sort(a, axis=None), [M]),
    "partition": (lambda a: np.partition(a, 3), [V]),
    "unique": (lambda a: np.unique(np.concatenate([a, a[:2]])), [V]),
    "unique more": (lambda a: np.unique(a, return_counts=True, return_inverse=True)[0], [M]),
    "union1d": (lambda a, b: np.union1d(a, b), [V, W]),
    "intersect1d": (lambda a: np.intersect1d(a, a[[0, 2]]), [V]),
    "setdiff1d": (lambda a: np.setdiff1d(a, W), [V]),
    "setxor1d": (lambda a, b: np.setxor1d(a, b), [V, W]),
    "bincount": (lambda w: np.bincount([0, 2, 2, 5], weights=w, minlength=7), [W]),
    "histogram weights": (lambda w: np.histogram(P, bins=4, weights=w)[0], [V]),
    "histogram density": (lambda w: np.histogram(P, bins=4, weights=w, density=True)[0], [P]),
    "histogram edges": (lambda a: np.histogram(a, bins=4)[1], [V]),
    "clip": (lambda a: np.clip(a, -0.5, 0.5), [M]),
    "clip bounds": (lambda a, b: np.clip(a, b, None) + np.clip(a, a_min=None, a_max=b), [M, W]),
    "clip min max": (lambda a: np.clip(a, min=-0.3, max=0.8), [M]),
    "nan_to_num": (lambda a: np.nan_to_num(np.where(MASK, a, np.nan), nan=2.0), [M]),
    "nan_to_num complex": (lambda a: np.nan_to_num(a), [C]),
    "angle": (lambda a: np.angle(a, deg=True), [C]),
    "real imag": (lambda a: [np.real(a), np.imag(a)], [C]),
    "real of real": (lambda a: [np.real(a), np.imag(a)], [V]),
    "real_if_close": (lambda a: np.real_if_close(a), [C]),
    "sinc": (lambda a: np.sinc(np.append(a, 0.0)), [V]),
    "i0": (lambda a: np.i0(a), [V]),
    "unwrap": (lambda a: np.unwrap(3 * a), [np.cumsum(P)]),
    "unwrap period": (lambda a: np.unwrap(a, period=1.0, axis=0), [M]),
    "diff": (lambda a: np.diff(a, 2, axis=0), [M]),
    "diff ends": (lambda a: np.diff(a, prepend=0.0, append=a[:, :2]), [M]),
    "ediff1d": (lambda a: np.ediff1d(a, to_begin=a[0], to_end=[1.0, 2.0]), [V]),
    "gradient": (lambda a: np.gradient(a), [M]),
    "gradient spacing": (lambda a, x: np.gradient(a, x), [V, np.cumsum(P)]),
    "gradient second order": (lambda a, x: np.gradient(a, x, edge_order=2), [V, np.cumsum(P)]),
    "gradient two spacings": (lambda a, h: np.gradient(a, h, 0.5, edge_order=2), [M, np.asarray(0.7)]),
    "gradient axis": (lambda a: np.gradient(a, 2.0, axis=-1), [M]),
    "trapezoid": (lambda a, x: np.trapezoid(a, x), [V, np.cumsum(P)]),
    "trapezoid dx": (lambda a: np.trapezoid(a, dx=0.3, axis=0), [M]),
    "interp": (lambda x, p, v: np.interp(x, p, v), [np.asarray([0.1, 1.0, 3.3, 6.05, 20.0]), np.cumsum(P), V]),
    "interp ends": (lambda x, v: np.interp(x, np.cumsum(P), v, left=-1.0, right=2.0), [np.asarray([0.1, 30.0]), V]),
    "interp period": (lambda x, v: np.interp(x, P, v, period=2.8), [np.asarray([-3.3, 0.2, 5.1]), V]),
    "convolve": (lambda a, b: [np.convolve(a, b, m) for m in ("full", "same", "valid")], [V, W]),
    "convolve swapped": (lambda a, b: [np.convolve(b, a, m) for m in ("full", "same", "valid")], [V, W]),
    "convolve complex": (lambda a, b: np.convolve(a, b), [C, C[:2]]),
    "correlate": (lambda a, b: [np.correlate(a, b, m) for m in ("full", "same", "valid")], [V, W]),
    "correlate swapped": (lambda a, b: [np.correlate(b, a, m) for m in ("full", "same", "valid")], [V, W]),
    "correlate odd": (lambda a, b: [np.correlate(b[:3], a, m) for m in ("full", "same", "valid")], [V, W]),
    "correlate complex": (lambda a, b: np.correlate(a, b, "full"), [C, C[:2]]),
    "pad": (lambda a: np.pad(a, 2), [M]),
    "pad values": (lambda a: np.pad(a, ((1, 2), (0, 3)), constant_values=((1.0, 2.0), (3.0, 4.0))), [M]),
    "pad index": (lambda a: [np.pad(a, (1, 2), m) for m in ("edge", "reflect", "symmetric", "wrap")], [M]),
    "pad ramp": (lambda a: np.pad(a, (2, 3), "linear_ramp", end_values=(1.0, -1.0)), [M]),
    "pad parts": (lambda a: [np.pad(a, 2, m, stat_length=2) for m in ("maximum", "minimum", "mean", "median")], [M]),
    "apply_along_axis": (lambda a: np.apply_along_axis(lambda r: r[:2] * r.sum(), 1, a), [T]),
    "apply_along_axis number": (lambda a: np.apply_along_axis(lambda r: (r * r).sum(), 0, a), [M]),
    "apply_over_axes": (lambda a: np.apply_over_axes(np.sum, a, [0, 2]), [T]),
    "linspace": (lambda a, b: np.linspace(a, b, 5), [V, P]),
    "linspace axis": (lambda a: np.linspace(a, 2.0, 4, endpoint=False, axis=1), [V]),
    "logspace": (lambda a: np.logspace(a, 1.0, 4), [np.asarray(0.3)]),
    "geomspace": (lambda a: np.geomspace(a, 10.0, 4), [np.asarray(0.3)]),
    "dot": (lambda a, b: np.dot(a, b), [M, W]),
    "dot stacks": (lambda a, b: np.dot(a, b), [T, RNG.normal(size=(2, 4, 2))]),
    "dot number": (lambda a: np.dot(a, 3.0), [M]),
    "inner": (lambda a, b: np.inner(a, b), [M, T]),
    "outer": (lambda a, b: np.outer(a, b), [M, W]),
    "vdot": (lambda a, b: np.vdot(a, b), [C, C[::-1].copy()]),
    "tensordot": (lambda a, b: np.tensordot(a, b, axes=([1, 0], [2, 1])), [M, T]),
    "einsum": (lambda a, b: np.einsum("ij,kij->k", a, b), [M, T]),
    "einsum three": (lambda a, b, c: np.einsum("ij,jk,k", a, b, c, optimize=True), [S, M, W]),
    "kron": (lambda a, b: np.kron(a, b), [M, S]),
    "kron ndims": (lambda a, b: np.kron(a, b), [W, S]),
    "cross": (lambda a, b: np.cross(a, b), [S, S.T.copy()]),
    "cross axes": (lambda a, b: np.cross(a, b, axisa=0, axisc=0), [M, N.T.copy()]),
    "linalg.cholesky": (lambda a: np.linalg.cholesky(a @ a.T), [S]),
    "linalg.cond": (lambda a: [np.linalg.cond(a), np.linalg.cond(a, -2), np.linalg.cond(a, "fro")], [S]),
    "linalg.det": (lambda a: np.linalg.det(a), [S]),
    "linalg.eigh": (lambda a: np.linalg.eigh(a + a.T)[0], [S]),
    "linalg.eigvalsh": (lambda a: np.linalg.eigvalsh(a + a.T, "U"), [S]),
    "linalg.eigvals": (lambda a: np.sort(np.real(np.linalg.eigvals(a + a.T))), [S]),
    "linalg.inv": (lambda a: np.linalg.inv(a), [S]),
    "linalg.lstsq": (lambda a, b: np.linalg.lstsq(a, b)[:2], [N.T.copy(), W]),
    "linalg.matrix_power": (lambda a: np.linalg.matrix_power(a, 3), [S]),
    "linalg.multi_dot": (lambda a, b, c: np.linalg.multi_dot([c, a, b]), [M, W, S]),
    "linalg.norm": (lambda a: [np.linalg.norm(a), np.linalg.norm(a, "nuc"), np.linalg.norm(a, 1, axis=1)], [M]),
    "linalg.norm axes": (lambda a: np.linalg.norm(a, np.inf, axis=(0, 2), keepdims=True), [T]),
    "linalg.norm all": (lambda a: np.linalg.norm(a, keepdims=True), [T]),
    "linalg.pinv": (lambda a: np.linalg.pinv(a), [M]),
    "linalg.qr": (lambda a: abs(np.linalg.qr(a, mode="r")), [S]),
    "linalg.slogdet": (lambda a: np.linalg.slogdet(a)[1], [S]),
    "linalg.solve": (lambda a, b: np.linalg.solve(a, b), [S, M]),
    "linalg.svd": (lambda a: np.linalg.svd(a, compute_uv=False), [M]),
    "linalg.svd parts": (lambda a: np.linalg.svd(a, full_matrices=False)[1], [M]),
    "linalg.tensorinv": (lambda a: np.linalg.tensorinv(a.reshape(3, 3), ind=1), [S]),
    "linalg others": (
        lambda a: [
            np.linalg.cross(a, a.T), np.linalg.diagonal(a), np.linalg.matmul(a, a), np.linalg.matrix_norm(a),
            np.linalg.matrix_transpose(a), np.linalg.outer(a[0], a[1]), np.linalg.svdvals(a),
            np.linalg.tensordot(a, a), np.linalg.trace(a), np.linalg.vecdot(a, a), np.linalg.vector_norm(a, axis=0),
        ],
        [S],
    ),
    "fft": (lambda a: [np.fft.fft(a), np.fft.ifft(a, 5), np.fft.rfft(a, axis=0), np.fft.ihfft(a)], [M]),
    "fft back": (lambda a: [np.fft.irfft(a), np.fft.hfft(a, 6, norm="ortho")], [C]),
    "fft planes": (lambda a: [np.fft.fft2(a), np.fft.ifft2(a, (2, 2)), np.fft.rfft2(a)], [T]),
    "fft axes": (lambda a: [np.fft.fftn(a, axes=[0, 2]), np.fft.rfftn(a), np.fft.fftshift(a, axes=1)], [T]),
    "fft back axes": (lambda a: [np.fft.irfftn(a), np.fft.irfft2(a), np.fft.ifftn(a), np.fft.ifftshift(a)], [T]),
    "poly": (lambda a: np.poly(a), [W]),
    "polyadd": (lambda a, b: [np.polyadd(a, b), np.polysub(a, b), np.polymul(a, b)], [V, W]),
    "polyder": (lambda a: [np.polyder(a), np.polyder(a, 2), np.polyint(a), np.polyint(a, 2, [1.0, 2.0])], [V]),
    "polyval": (lambda p, x: np.polyval(p, x), [W, M]),
    "polyfit": (lambda x, y: np.polyfit(x, y, 2), [np.cumsum(P), V]),
    "polyfit weights": (lambda y, w: np.polyfit(np.cumsum(P), y, 1, w=w), [V, P]),
    "roots": (lambda p: np.sort(abs(np.roots(p))), [np.asarray([1.0, 2.5, -0.7])]),
    "vander": (lambda a: [np.vander(a, 3), np.vander(a, 4, increasing=True)], [W]),
}  # fmt: skip

UNBATCHED = {
    "piecewise", "trim_zeros", "unique", "unique more", "union1d", "setdiff1d", "setxor1d", "intersect1d", "partition",
    "histogram edges", "linalg.lstsq", "polyfit", "polyfit weights", "roots", "real_if_close", "poly",
}  # fmt: skip
"""Where positions depend on the values, or a branch does: inside vmap these raise."""


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_values_and_derivatives(name: str) -> None:
    f, args = DIFFERENTIABLE[name]
    follows(f, *args, batched=name not in UNBATCHED)


def test_every_function_of_numpys_has_a_row_or_a_reason() -> None:
    of_files_and_dates = {
        "array2string", "array_repr", "array_str", "busday_count", "busday_offset", "datetime_as_string", "is_busday",
        "save", "savetxt", "savez", "savez_compressed", "sort_complex",
    }  # fmt: skip
    missing = set()
    for module in (np, np.linalg, np.fft):
        for name in dir(module):
            f = getattr(module, name)
            if not name.startswith("_") and hasattr(f, "_implementation"):
                full = f"{f.__module__}.{f.__name__}"
                if full not in rows() and full not in REFUSED:
                    missing.add(full.removeprefix("numpy."))
    assert missing <= of_files_and_dates


PLAIN: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "all": (lambda a: np.all(a > -9, axis=0), [M]),
    "any": (lambda a: np.any(a > 1, where=MASK, keepdims=True), [M]),
    "truth of numbers": (lambda a: [np.all(a), np.any(a, axis=1)], [M]),
    "allclose": (lambda a: np.allclose(a, a + 1e-9), [M]),
    "argmax": (lambda a: [np.argmax(a), np.argmin(a, axis=1, keepdims=True)], [M]),
    "argpartition": (lambda a: np.argpartition(a, 2), [V]),
    "argsort": (lambda a: [np.argsort(a), np.argsort(a, axis=None)], [M]),
    "argwhere": (lambda a: np.argwhere(a > 0), [M]),
    "array_equal": (lambda a: [np.array_equal(a, a), np.array_equal(a, a[:1]), np.array_equiv(a, a[:1])], [M]),
    "array_equal nan": (lambda a: [np.array_equal(a, a), np.array_equal(a, a, equal_nan=True)], [HOLES]),
    "count_nonzero": (lambda a: np.count_nonzero(a > 0, axis=1), [M]),
    "digitize": (lambda a: [np.digitize(a, [-1.0, 0.0, 1.0]), np.digitize(a, [1.0, 0.0, -1.0], right=True)], [M]),
    "digitize at bins": (
        lambda a: [np.digitize(a, b, r) for r in (False, True) for b in ([0.0, 1.0], [1.0, 0.0])],
        [np.asarray([0.0, 0.5, 1.0, 2.0, -1.0])],
    ),
    "fix": (lambda a: [np.fix(3 * a), np.round(a, 1), np.round(10 * a, -1), np.around(a)], [M]),
    "flatnonzero": (lambda a: np.flatnonzero(a > 0), [M]),
    "histogram": (lambda a: np.histogram(a, bins=4, range=(-1.0, 1.0)), [M]),
    "histogram at edges": (lambda a: np.histogram(a, bins=[-1.0, 0.0, 0.5], density=True), [M]),
    "isclose": (lambda a: np.isclose(a, M + 1e-9, equal_nan=True), [HOLES]),
    "iscomplex": (lambda a: [np.iscomplex(a), np.isreal(a), np.iscomplexobj(a), np.isrealobj(a)], [C]),
    "isin": (lambda a: np.isin(a, V[:3]), [V]),
    "isinf": (lambda a: [np.isposinf(1 / (0 * a)), np.isneginf(a)], [np.asarray([1.0, 2.0])]),
    "lexsort": (lambda a: np.lexsort((a, [0, 1, 0, 1, 0, 1, 0])), [V]),
    "nanargmax": (lambda a: [np.nanargmax(a, axis=1), np.nanargmin(a)], [HOLES]),
    "ndim": (lambda a: [np.ndim(a), np.shape(a), np.size(a), np.size(a, 1)], [M]),
    "nonzero": (lambda a: np.nonzero(a > 0), [M]),
    "where of one": (lambda a: np.where(a > 0), [M]),
    "result_type": (lambda a: [np.result_type(a, np.float32), np.common_type(a), np.can_cast(a, "float64")], [M]),
    "searchsorted": (lambda a: np.searchsorted(np.asarray([-1.0, 0.0, 1.0]), a, "right"), [M]),
    "unique more": (lambda a: np.unique(a > 0, return_index=True, return_inverse=True, return_counts=True), [M]),
    "unique axis": (lambda a: np.unique(np.vstack([a, a[:1]]), axis=0), [M]),
    "zeros_like": (lambda a: [np.zeros_like(a), np.ones_like(a, dtype=int), np.full_like(a, 2, shape=3)], [M]),
    "indices": (lambda a: [np.ix_([0], [1, 2]), np.tril_indices_from(a), np.diag_indices_from(a)], [S]),
    "matrix_rank": (lambda a: np.linalg.matrix_rank(a), [S]),
    "nan of reductions": (lambda a: [np.nanmax(a), np.nanvar(a, axis=1), np.median(a), np.quantile(a, 0.2)], [HOLES]),
    "shares_memory": (lambda a: [np.shares_memory(a, a[1:]), np.may_share_memory(a, a + 1)], [V]),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_values(name: str) -> None:
    f, args = PLAIN[name]
    with np.errstate(all="ignore"):
        compare(f(*tensors(args)), f(*args))

        def inside(x: Any) -> Any:
            compare(f(x), f(*args))
            return XP.sum(abs(x))

        agrad.grad(inside)(*args)


IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "copyto": lambda y, v: np.copyto(y, v[0]),
    "copyto where": lambda y, v: np.copyto(y, 2 * y, where=MASK),
    "fill_diagonal": lambda y, v: np.fill_diagonal(y, v[1]),
    "fill_diagonal wrap": lambda y, v: np.fill_diagonal(y.T, [1.0, 2.0], wrap=True),
    "put": lambda y, v: np.put(y, [1, -1, 5, 1], v),
    "put clip": lambda y, v: np.put(y, [1, 99], v[0], mode="clip"),
    "put_along_axis": lambda y, v: np.put_along_axis(y, np.asarray([[0], [2], [1]]), v[:3, None], axis=1),
    "put_along_axis flat": lambda y, v: np.put_along_axis(y, np.asarray([3, 1]), v[:2], axis=None),
    "putmask": lambda y, v: np.putmask(y, MASK, v),
    "place": lambda y, v: np.place(y, MASK, v),
    "out": lambda y, v: [np.sum(y, axis=0, out=y[1]), np.cumsum(v, None, None, y[2])],
    "clip out": lambda y, v: np.clip(y, -0.5, 0.5, out=y),
    "nan_to_num": lambda y, v: np.nan_to_num(y, copy=False),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name: str) -> None:
    def f(x: Any, v: Any) -> Any:
        y = x * 1.5
        IN_PLACE[name](y, v)
        return y

    follows(f, M, W, batched=False)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.sum(t, out=np.zeros(())), lambda t: np.copyto(np.zeros(4), t),
        lambda t: np.put(np.zeros(4), [0], t[:1]), lambda t: np.concatenate([t, t], out=np.zeros(8)),
        lambda t: np.place(np.zeros(4), [True] * 4, t),
    ],
)  # fmt: skip
def test_arrays_are_not_written_to(call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="cannot follow the gradients of a Tensor"):
        call(XP.asarray(W, requires_grad=True))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda t: np.savetxt("nowhere", t), r"numpy\.savetxt got a Tensor.*agrad\.stop_gradient\(t\)"),
        (lambda t: np.histogram2d(t, t), r"numpy\.histogram2d got a Tensor.*smooth kernel"),
        (lambda t: np.quantile(t, 0.5, method="inverted_cdf"), r"method='inverted_cdf'.*linear"),
        (lambda t: np.quantile(t, 0.5, weights=W, method="inverted_cdf"), "leave the weights out"),
        (lambda t: np.histogram(t, bins="auto"), "give a number or edges"),
        (lambda t: np.pad(t, 1, "reflect", reflect_type="odd"), r"numpy\.concatenate"),
        (lambda t: np.polyfit(t, t, 1, full=True), "leave them out"),
        (lambda t: np.linalg.qr(t[:, None], mode="raw"), "mode='reduced'"),
        (lambda t: np.cross(t[:2], t[:2]), "append a zero"),
        (lambda t: np.reshape(t[:, None], (4,), order="A"), "order='C'"),
        (lambda t: np.linspace(t, 1.0, 5, True, True), r"by name"),
        (lambda t: np.einsum("i->", t, dtype="float32"), "astype"),
        (lambda t: np.linalg.tensorsolve(t, t), r"numpy\.linalg\.solve"),
    ],
)
def test_what_is_refused_names_the_remedy(call: Callable[..., Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        call(XP.asarray(W, requires_grad=True))


def test_constants_may_leave(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", XP.asarray(W))
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), W)
    assert "0." in np.array_repr(XP.asarray(np.asarray([0.5])))


def test_positions_inside_vmap_are_refused() -> None:
    with pytest.raises(agrad.ConcretizationError, match="vmap"):
        agrad.vmap(np.unique)(M)


def test_other_types_get_their_turn() -> None:
    class Foreign:
        def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> str:
            return "foreign"

    assert np.stack([XP.asarray(W), Foreign()]) == "foreign"  # type: ignore[list-item]


OF_ANY = {
    "angle": lambda a: np.angle(a),
    "average": lambda a: np.average(a, weights=[1, 2, 3]),
    "concatenate": lambda a: np.concatenate([a, [1.5]]),
    "convolve": lambda a: np.convolve(a, [1, 0, 2]),
    "cov": lambda a: np.cov(a),
    "cumsum": lambda a: np.cumsum(a),
    "interp": lambda a: np.interp([0.5], [0, 1], a[:2]),
    "kron": lambda a: np.kron(a, [1, 2]),
    "mean": lambda a: np.mean(a),
    "norm": lambda a: np.linalg.norm(a),
    "pad": lambda a: np.pad(a, 1),
    "select": lambda a: np.select([a > 0], [a], 0.5),
    "sum": lambda a: np.sum(a),
    "trapezoid": lambda a: np.trapezoid(a),
    "var": lambda a: np.var(a, axis=0),
    "where": lambda a: np.where(a, a, 0),
}
OF_NUMBERS = {"diff": lambda a: np.diff(a), "gradient": lambda a: np.gradient(a)}
OF_REAL = {
    "clip": lambda a: np.clip(a, 0.5, 2),
    "linspace": lambda a: np.linspace(a, 2, 3),
    "median": lambda a: np.median(a),
    "quantile": lambda a: np.quantile(a, 0.3),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "complex64"])
@pytest.mark.parametrize("name", {**OF_ANY, **OF_NUMBERS, **OF_REAL})
def test_dtypes_are_numpys(name: str, dtype: str) -> None:
    if (name in OF_REAL and dtype in ("complex64", "bool")) or (name in OF_NUMBERS and dtype == "bool"):
        return
    call = {**OF_ANY, **OF_NUMBERS, **OF_REAL}[name]
    array = np.asarray([1, 0, 3]).astype(dtype)
    compare(call(XP.asarray(array)), call(array), rtol=1e-5)
