"""The conformance suite of agrad: a verdict on any backend or op plugin, against high-precision reference gradients.

Cases (`agrad_conformance.cases`) say how ops are called, `agrad_conformance.sample` gives them numbers, and
`agrad_conformance.data` holds the values and derivatives there, which `agrad_conformance.generate` computed with mpmath
and compared with two other systems. `agrad_conformance.conventions` pins what mathematics leaves open.
"""

from __future__ import annotations

__all__ = ["DATA_VERSION"]

DATA_VERSION = 1
"""Version of the stored references: another one means that cases, seeds or their layout have changed."""
