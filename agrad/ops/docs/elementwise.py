"""Docstrings of the elementwise functions."""

from __future__ import annotations

from .record import BOOLEAN, INTEGER, STEP, Doc

__all__ = ["ELEMENTWISE"]

_FLOAT = "real or complex floating-point"
_REAL_FLOAT = "real floating-point"
_REAL = "integer or real floating-point"
_NUMERIC = "integer, real or complex floating-point"
_BITS = "integer or boolean"
_TRUTH = "True where the relation holds, of the shape that the arguments broadcast to."

ELEMENTWISE: dict[str, Doc] = {
    "abs": Doc(
        "Absolute value, or modulus of a complex number.",
        "sign(x); for complex x the unit number x / abs(x), the direction in which the modulus grows. 0 at 0.",
        ">>> xp.abs(xp.asarray([-1.5, 0.0, 2.0])).tolist()\n[1.5, 0.0, 2.0]",
        _NUMERIC,
        returns="The magnitude of every element, which is real.",
    ),
    "acos": Doc(
        "Inverse cosine, in radians from 0 to pi.",
        "-1 / sqrt(1 - x**2), infinite at -1 and 1.",
        ">>> [round(v, 4) for v in xp.acos(xp.asarray([1.0, 0.0, -1.0])).tolist()]\n[0.0, 1.5708, 3.1416]",
        _FLOAT,
    ),
    "acosh": Doc(
        "Inverse hyperbolic cosine.",
        "1 / (sqrt(x - 1) * sqrt(x + 1)), infinite at 1.",
        ">>> [round(v, 4) for v in xp.acosh(xp.asarray([1.0, 2.0])).tolist()]\n[0.0, 1.317]",
        _FLOAT,
    ),
    "add": Doc(
        "Sum of two arrays, element by element.",
        "1 for each operand.",
        ">>> xp.add(xp.asarray([1, 2]), xp.asarray([10, 20])).tolist()\n[11, 22]",
        _NUMERIC,
    ),
    "asin": Doc(
        "Inverse sine, in radians from -pi/2 to pi/2.",
        "1 / sqrt(1 - x**2), infinite at -1 and 1.",
        ">>> [round(v, 4) for v in xp.asin(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 1.5708]",
        _FLOAT,
    ),
    "asinh": Doc(
        "Inverse hyperbolic sine.",
        "1 / sqrt(x**2 + 1).",
        ">>> [round(v, 4) for v in xp.asinh(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 0.8814]",
        _FLOAT,
    ),
    "atan": Doc(
        "Inverse tangent, in radians from -pi/2 to pi/2.",
        "1 / (1 + x**2).",
        ">>> [round(v, 4) for v in xp.atan(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 0.7854]",
        _FLOAT,
    ),
    "atan2": Doc(
        "Angle of the point (x2, x1) from the positive x2 axis, in radians from -pi to pi.",
        "x2 / (x1**2 + x2**2) for x1 and -x1 / (x1**2 + x2**2) for x2; 0 for both at the origin.",
        ">>> [round(v, 4) for v in xp.atan2(xp.asarray([1.0, 0.0]), xp.asarray([1.0, -1.0])).tolist()]\n"
        "[0.7854, 3.1416]",
        _REAL_FLOAT,
        {"x1": ("array or scalar", "The ordinates."), "x2": ("array or scalar", "The abscissas.")},
    ),
    "atanh": Doc(
        "Inverse hyperbolic tangent.",
        "1 / (1 - x**2), infinite at -1 and 1.",
        ">>> [round(v, 4) for v in xp.atanh(xp.asarray([0.0, 0.5])).tolist()]\n[0.0, 0.5493]",
        _FLOAT,
    ),
    "bitwise_and": Doc(
        "Bitwise and of two arrays.",
        INTEGER,
        ">>> xp.bitwise_and(xp.asarray([6, 5]), 3).tolist()\n[2, 1]",
        _BITS,
    ),
    "bitwise_left_shift": Doc(
        "Bits of x1 moved to the left by x2 places, with zeros moving in.",
        INTEGER,
        ">>> xp.bitwise_left_shift(xp.asarray([1, 3]), 2).tolist()\n[4, 12]",
        "integer",
    ),
    "bitwise_invert": Doc(
        "Every bit flipped; for booleans, logical not.",
        INTEGER,
        ">>> xp.bitwise_invert(xp.asarray([0, 5])).tolist()\n[-1, -6]",
        _BITS,
    ),
    "bitwise_or": Doc(
        "Bitwise or of two arrays.",
        INTEGER,
        ">>> xp.bitwise_or(xp.asarray([6, 4]), 1).tolist()\n[7, 5]",
        _BITS,
    ),
    "bitwise_right_shift": Doc(
        "Bits of x1 moved to the right by x2 places, keeping the sign.",
        INTEGER,
        ">>> xp.bitwise_right_shift(xp.asarray([12, -4]), 2).tolist()\n[3, -1]",
        "integer",
    ),
    "bitwise_xor": Doc(
        "Bitwise exclusive or of two arrays.",
        INTEGER,
        ">>> xp.bitwise_xor(xp.asarray([6, 5]), 3).tolist()\n[5, 6]",
        _BITS,
    ),
    "ceil": Doc(
        "Smallest whole number that is not below each element.",
        STEP,
        ">>> xp.ceil(xp.asarray([-1.5, 0.2])).tolist()\n[-1.0, 1.0]",
        _REAL,
    ),
    "clip": Doc(
        "Every element moved into the closed interval from min to max.",
        "1 for x inside the closed interval, its ends included, and 0 outside; an array bound takes the remainder: "
        "1 where it replaces x.",
        ">>> xp.clip(xp.asarray([-2.0, 0.5, 3.0]), 0.0, 1.0).tolist()\n[0.0, 0.5, 1.0]",
        _REAL,
        {
            "min": ("array or scalar", "Lower end of the interval; none by default."),
            "max": ("array or scalar", "Upper end of the interval; none by default."),
        },
    ),
    "conj": Doc(
        "Complex conjugate.",
        "The conjugate of the cotangent: conjugation is linear over the reals and not holomorphic.",
        ">>> xp.conj(xp.asarray([1 + 2j])).tolist()\n[(1-2j)]",
        _NUMERIC,
    ),
    "copysign": Doc(
        "Magnitude of x1 with the sign of x2, the sign of zero included.",
        "1 for x1 where the signs agree and -1 where they differ; 0 for x1 at 0, and for x2.",
        ">>> xp.copysign(xp.asarray([1.0, -2.0]), xp.asarray([-0.0, 3.0])).tolist()\n[-1.0, 2.0]",
        _REAL_FLOAT,
    ),
    "cos": Doc(
        "Cosine of an angle in radians.",
        "-sin(x).",
        ">>> [round(v, 4) for v in xp.cos(xp.asarray([0.0, xp.pi])).tolist()]\n[1.0, -1.0]",
        _FLOAT,
    ),
    "cosh": Doc(
        "Hyperbolic cosine.",
        "sinh(x).",
        ">>> [round(v, 4) for v in xp.cosh(xp.asarray([0.0, 1.0])).tolist()]\n[1.0, 1.5431]",
        _FLOAT,
    ),
    "divide": Doc(
        "Quotient x1 / x2; a division by zero follows IEEE 754.",
        "1 / x2 for x1 and -x1 / x2**2 for x2.",
        ">>> xp.divide(xp.asarray([1.0, 9.0]), 4.0).tolist()\n[0.25, 2.25]",
        _FLOAT,
    ),
    "equal": Doc(
        "Whether the operands are equal; nan equals nothing.",
        BOOLEAN,
        ">>> xp.equal(xp.asarray([1, 2]), xp.asarray([1, 3])).tolist()\n[True, False]",
        "any",
        returns=_TRUTH,
    ),
    "exp": Doc(
        "Exponential function, e to the power x.",
        "exp(x).",
        ">>> [round(v, 4) for v in xp.exp(xp.asarray([0.0, 1.0])).tolist()]\n[1.0, 2.7183]",
        _FLOAT,
    ),
    "expm1": Doc(
        "exp(x) - 1, without loss of digits near zero.",
        "exp(x).",
        ">>> float(xp.expm1(xp.asarray(1e-20))) == 1e-20\nTrue",
        _FLOAT,
    ),
    "floor": Doc(
        "Largest whole number that is not above each element.",
        STEP,
        ">>> xp.floor(xp.asarray([-1.5, 2.7])).tolist()\n[-2.0, 2.0]",
        _REAL,
    ),
    "floor_divide": Doc(
        "Quotient x1 / x2 rounded down to a whole number.",
        STEP,
        ">>> xp.floor_divide(xp.asarray([7, -7]), 2).tolist()\n[3, -4]",
        _REAL,
    ),
    "greater": Doc(
        "Whether x1 is greater than x2.",
        BOOLEAN,
        ">>> xp.greater(xp.asarray([1.0, 3.0]), 2.0).tolist()\n[False, True]",
        _REAL,
        returns=_TRUTH,
    ),
    "greater_equal": Doc(
        "Whether x1 is greater than or equal to x2.",
        BOOLEAN,
        ">>> xp.greater_equal(xp.asarray([1.0, 2.0]), 2.0).tolist()\n[False, True]",
        _REAL,
        returns=_TRUTH,
    ),
    "hypot": Doc(
        "Length of the vector (x1, x2), safe from overflow and underflow on the way.",
        "x1 / hypot(x1, x2) for x1 and x2 / hypot(x1, x2) for x2; 0 for both at the origin.",
        ">>> xp.hypot(xp.asarray([3.0, 1e200]), xp.asarray([4.0, 0.0])).tolist()\n[5.0, 1e+200]",
        _REAL_FLOAT,
    ),
    "imag": Doc(
        "Imaginary part.",
        "The cotangent times i: the map is linear over the reals and not holomorphic.",
        ">>> xp.imag(xp.asarray([1 + 2j])).tolist()\n[2.0]",
        "complex floating-point",
        returns="The imaginary part of every element, which is real.",
    ),
    "isfinite": Doc(
        "Whether an element is neither infinite nor nan.",
        BOOLEAN,
        ">>> xp.isfinite(xp.asarray([1.0, xp.inf, xp.nan])).tolist()\n[True, False, False]",
        _NUMERIC,
        returns=_TRUTH,
    ),
    "isinf": Doc(
        "Whether an element is infinite.",
        BOOLEAN,
        ">>> xp.isinf(xp.asarray([1.0, -xp.inf, xp.nan])).tolist()\n[False, True, False]",
        _NUMERIC,
        returns=_TRUTH,
    ),
    "isnan": Doc(
        "Whether an element is nan.",
        BOOLEAN,
        ">>> xp.isnan(xp.asarray([1.0, xp.inf, xp.nan])).tolist()\n[False, False, True]",
        _NUMERIC,
        returns=_TRUTH,
    ),
    "less": Doc(
        "Whether x1 is less than x2.",
        BOOLEAN,
        ">>> xp.less(xp.asarray([1.0, 3.0]), 2.0).tolist()\n[True, False]",
        _REAL,
        returns=_TRUTH,
    ),
    "less_equal": Doc(
        "Whether x1 is less than or equal to x2.",
        BOOLEAN,
        ">>> xp.less_equal(xp.asarray([2.0, 3.0]), 2.0).tolist()\n[True, False]",
        _REAL,
        returns=_TRUTH,
    ),
    "log": Doc(
        "Natural logarithm; its branch cut for complex numbers is the negative real axis.",
        "1 / x.",
        ">>> [round(v, 4) for v in xp.log(xp.asarray([1.0, 10.0])).tolist()]\n[0.0, 2.3026]",
        _FLOAT,
    ),
    "log1p": Doc(
        "Natural logarithm of 1 + x, without loss of digits near zero.",
        "1 / (1 + x).",
        ">>> float(xp.log1p(xp.asarray(1e-20))) == 1e-20\nTrue",
        _FLOAT,
    ),
    "log2": Doc(
        "Logarithm to base 2.",
        "1 / (x * log(2)).",
        ">>> xp.log2(xp.asarray([1.0, 8.0])).tolist()\n[0.0, 3.0]",
        _FLOAT,
    ),
    "log10": Doc(
        "Logarithm to base 10.",
        "1 / (x * log(10)).",
        ">>> [round(v, 4) for v in xp.log10(xp.asarray([1.0, 1000.0])).tolist()]\n[0.0, 3.0]",
        _FLOAT,
    ),
    "logaddexp": Doc(
        "log(exp(x1) + exp(x2)), safe from overflow.",
        "The shares of the two terms, exp(x1 - out) for x1 and exp(x2 - out) for x2; they add up to 1. Equal "
        "infinities share evenly.",
        ">>> xp.logaddexp(xp.asarray([1000.0]), xp.asarray([0.0])).tolist()\n[1000.0]",
        _REAL_FLOAT,
    ),
    "logical_and": Doc(
        "Whether both operands are true.",
        BOOLEAN,
        ">>> xp.logical_and(xp.asarray([True, True]), xp.asarray([True, False])).tolist()\n[True, False]",
        "boolean",
    ),
    "logical_not": Doc(
        "Whether an element is false.",
        BOOLEAN,
        ">>> xp.logical_not(xp.asarray([True, False])).tolist()\n[False, True]",
        "boolean",
    ),
    "logical_or": Doc(
        "Whether at least one operand is true.",
        BOOLEAN,
        ">>> xp.logical_or(xp.asarray([False, True]), xp.asarray([False, False])).tolist()\n[False, True]",
        "boolean",
    ),
    "logical_xor": Doc(
        "Whether exactly one operand is true.",
        BOOLEAN,
        ">>> xp.logical_xor(xp.asarray([True, True]), xp.asarray([True, False])).tolist()\n[False, True]",
        "boolean",
    ),
    "maximum": Doc(
        "The larger of two values; nan where either is nan.",
        "1 for the larger operand and 0 for the other; 1/2 for each where they are equal.",
        ">>> xp.maximum(xp.asarray([1.0, 5.0]), xp.asarray([4.0, 2.0])).tolist()\n[4.0, 5.0]\n"
        ">>> float(agrad.grad(lambda x: xp.maximum(x, 0.0))(0.0))\n0.5",
        _REAL,
    ),
    "minimum": Doc(
        "The smaller of two values; nan where either is nan.",
        "1 for the smaller operand and 0 for the other; 1/2 for each where they are equal.",
        ">>> xp.minimum(xp.asarray([1.0, 5.0]), xp.asarray([4.0, 2.0])).tolist()\n[1.0, 2.0]",
        _REAL,
    ),
    "multiply": Doc(
        "Product of two arrays, element by element.",
        "x2 for x1 and x1 for x2.",
        ">>> xp.multiply(xp.asarray([1.5, 2.0]), 4.0).tolist()\n[6.0, 8.0]",
        _NUMERIC,
    ),
    "negative": Doc(
        "Every element with its sign changed.",
        "-1.",
        ">>> xp.negative(xp.asarray([1.0, -2.0])).tolist()\n[-1.0, 2.0]",
        _NUMERIC,
    ),
    "nextafter": Doc(
        "The next floating-point number from x1 towards x2.",
        "None, as the function steps between neighbouring floating-point numbers.",
        ">>> eps = float(xp.finfo(xp.float64).eps)\n"
        ">>> float(xp.nextafter(xp.asarray(1.0), xp.asarray(2.0))) == 1.0 + eps\nTrue",
        _REAL_FLOAT,
    ),
    "not_equal": Doc(
        "Whether the operands differ; nan differs from everything.",
        BOOLEAN,
        ">>> xp.not_equal(xp.asarray([1, 2]), xp.asarray([1, 3])).tolist()\n[False, True]",
        "any",
        returns=_TRUTH,
    ),
    "positive": Doc(
        "Every element with its sign unchanged.",
        "1.",
        ">>> xp.positive(xp.asarray([1.0, -2.0])).tolist()\n[1.0, -2.0]",
        _NUMERIC,
    ),
    "pow": Doc(
        "x1 to the power x2.",
        "x2 * x1**(x2 - 1) for the base and x1**x2 * log(x1) for the exponent. At base 0 the first is 0 for the "
        "exponent 0, and the second is 0 for exponents that are not negative; at a negative real base, around which "
        "real powers have no derivative for their exponent, the second is nan.",
        ">>> xp.pow(xp.asarray([2.0, 3.0]), xp.asarray([3.0, 2.0])).tolist()\n[8.0, 9.0]",
        _NUMERIC,
        {"x1": ("array or scalar", "The base."), "x2": ("array or scalar", "The exponent.")},
    ),
    "real": Doc(
        "Real part.",
        "The cotangent, as a complex number: the map is linear over the reals and not holomorphic.",
        ">>> xp.real(xp.asarray([1 + 2j])).tolist()\n[1.0]",
        _NUMERIC,
        returns="The real part of every element, which is real.",
    ),
    "reciprocal": Doc(
        "1 / x.",
        "-1 / x**2.",
        ">>> xp.reciprocal(xp.asarray([2.0, 4.0])).tolist()\n[0.5, 0.25]",
        _FLOAT,
    ),
    "remainder": Doc(
        "Remainder of x1 / x2, with the sign of x2.",
        "1 for x1 and -floor_divide(x1, x2) for x2, at the jumps as well.",
        ">>> xp.remainder(xp.asarray([7.0, -7.0]), 4.0).tolist()\n[3.0, 1.0]",
        _REAL,
        {"x1": ("array or scalar", "The dividend."), "x2": ("array or scalar", "The divisor.")},
    ),
    "round": Doc(
        "Nearest whole number; halves go to the even neighbour.",
        STEP,
        ">>> xp.round(xp.asarray([0.5, 1.5, 2.4])).tolist()\n[0.0, 2.0, 2.0]",
        _NUMERIC,
    ),
    "sign": Doc(
        "-1, 0 or 1 by the sign of a real number; x / abs(x) for a complex one, and 0 for 0.",
        "0 for real x. For complex x the part of the cotangent across the direction of x, divided by abs(x); 0 at 0.",
        ">>> xp.sign(xp.asarray([-3.0, 0.0, 2.0])).tolist()\n[-1.0, 0.0, 1.0]",
        _NUMERIC,
    ),
    "signbit": Doc(
        "Whether the sign bit is set, as it is for -0.0.",
        BOOLEAN,
        ">>> xp.signbit(xp.asarray([-0.0, 0.0])).tolist()\n[True, False]",
        _REAL_FLOAT,
        returns=_TRUTH,
    ),
    "sin": Doc(
        "Sine of an angle in radians.",
        "cos(x).",
        ">>> [round(v, 4) for v in xp.sin(xp.asarray([0.0, xp.pi / 2])).tolist()]\n[0.0, 1.0]\n"
        ">>> float(agrad.grad(xp.sin)(0.0))\n1.0",
        _FLOAT,
    ),
    "sinh": Doc(
        "Hyperbolic sine.",
        "cosh(x).",
        ">>> [round(v, 4) for v in xp.sinh(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 1.1752]",
        _FLOAT,
    ),
    "square": Doc(
        "Every element times itself.",
        "2 * x.",
        ">>> xp.square(xp.asarray([-2.0, 3.0])).tolist()\n[4.0, 9.0]",
        _NUMERIC,
    ),
    "sqrt": Doc(
        "Square root; of complex numbers, the root whose real part is not negative.",
        "1 / (2 * sqrt(x)), infinite at 0 (and nan there for a cotangent that is zero but not known to be).",
        ">>> xp.sqrt(xp.asarray([0.0, 4.0])).tolist()\n[0.0, 2.0]",
        _FLOAT,
    ),
    "subtract": Doc(
        "Difference x1 - x2.",
        "1 for x1 and -1 for x2.",
        ">>> xp.subtract(xp.asarray([5, 7]), 3).tolist()\n[2, 4]",
        _NUMERIC,
    ),
    "tan": Doc(
        "Tangent of an angle in radians.",
        "1 + tan(x)**2.",
        ">>> [round(v, 4) for v in xp.tan(xp.asarray([0.0, xp.pi / 4])).tolist()]\n[0.0, 1.0]",
        _FLOAT,
    ),
    "tanh": Doc(
        "Hyperbolic tangent.",
        "1 - tanh(x)**2.",
        ">>> [round(v, 4) for v in xp.tanh(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 0.7616]",
        _FLOAT,
    ),
    "trunc": Doc(
        "Every element without its fraction: the nearest whole number towards zero.",
        STEP,
        ">>> xp.trunc(xp.asarray([-1.7, 1.7])).tolist()\n[-1.0, 1.0]",
        _REAL,
    ),
}
