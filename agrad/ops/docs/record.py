"""What a docstring is made of: the record of one function and the parameters that many share."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["BOOLEAN", "INTEGER", "LIKE", "NEW", "ONE_AXIS", "SHARED", "STEP", "Doc", "Parameters"]

Parameters = Mapping[str, tuple[str, str]]
"""Parameters by name: their type and what they mean. Defaults are read off the signature."""


class Doc:
    """One function: its docstring is built from this record and its signature.

    A class by hand: defining a named tuple or a dataclass would double the time that importing the records takes.

    Parameters
    ----------
    summary : str
        The first line.
    gradient : str
        What the derivative is, its value at non-smooth points, and its source where it is no school matter.
    example : str
        Doctest lines, in which ``xp`` is agrad's namespace on NumPy.
    dtypes : str
        Which dtypes the array arguments may have.
    params : mapping
        Parameters that mean something special here; the others are looked up in `SHARED`.
    returns : str or mapping
        What comes back: the text for one array, or a mapping from each result's name and type to its text.
    raises : mapping
        Errors worth knowing, by class.
    """

    __slots__ = ("dtypes", "example", "gradient", "params", "raises", "returns", "summary")

    def __init__(
        self,
        summary: str,
        gradient: str,
        example: str,
        dtypes: str = "",
        params: Parameters | None = None,
        returns: str | Mapping[str, str] = "The value at every element, of the shape that the arguments broadcast to.",
        raises: Mapping[str, str] | None = None,
    ) -> None:
        self.summary = summary
        self.gradient = gradient
        self.example = example
        self.dtypes = dtypes
        self.params = params or {}
        self.returns = returns
        self.raises = raises or {}


BOOLEAN = "None, as the result is boolean."
INTEGER = "None, as the result consists of integers."
NEW = "None, as the result is a new constant; with ``requires_grad=True`` it is a leaf that collects gradients."
STEP = "Zero, as the function is constant between its jumps; at the jumps zero is taken as well."

SHARED: Parameters = {
    # data
    "x": ("array", "The input."),
    "x1": ("array or scalar", "The first operand."),
    "x2": ("array or scalar", "The second operand; the two broadcast against each other."),
    "*arrays": ("array", "The inputs."),
    "arrays": ("list or tuple of arrays", "The arrays to join."),
    # creation
    "shape": ("int or tuple of ints", "Shape of the result; an int stands for a single axis."),
    "dtype": ("dtype", "Dtype of the result; by default the backend's default dtype for such values."),
    "device": ("device", "Device to put the result on; by default the backend's default device."),
    "copy": ("bool", "True copies always, False never (and raises where a copy is needed), None only where needed."),
    "requires_grad": ("bool", "Whether the result is a leaf: what is computed from it is recorded for ``backward``."),
    "k": ("int", "Which diagonal: 0 is the main one, positive numbers lie above it, negative ones below."),
    # reductions
    "axis": ("int or tuple of ints", "The axis or axes to reduce; by default all of them."),
    "keepdims": ("bool", "Whether reduced axes stay in the result, with length one."),
    "correction": ("int or float", "Degrees of freedom taken off the divisor: 0 for a population, 1 for a sample."),
    # sorting
    "descending": ("bool", "Whether to sort from the largest to the smallest."),
    "stable": ("bool", "Whether equal elements keep their order."),
    # linear algebra
    "offset": ("int", "Which diagonal: 0 is the main one, positive numbers lie above it, negative ones below."),
    "rtol": (
        "float or array",
        "Singular values up to ``rtol`` times the largest one count as zero; by default ``max(M, N) * eps``.",
    ),
    # Fourier transforms
    "n": ("int", "Length of the transformed axis: the input is cut, or padded with zeros at its end, to fit."),
    "s": ("sequence of ints", "Length of each transformed axis: the input is cut or padded with zeros to fit."),
    "axes": ("sequence of ints", "The axes to transform; by default the last ``len(s)``, or all without ``s``."),
    "norm": (
        "{'backward', 'ortho', 'forward'}",
        "Where the factor 1/n goes: to the inverse transform, as 1/sqrt(n) to both, or to the forward transform.",
    ),
}

ONE_AXIS: Parameters = {"axis": ("int", "The axis to work along; negative numbers count from the last.")}
LIKE: Parameters = {
    "x": ("array", "The array whose shape, dtype and device the result takes."),
    "dtype": ("dtype", "Dtype of the result; by default that of `x`."),
    "device": ("device", "Device to put the result on; by default that of `x`."),
}
