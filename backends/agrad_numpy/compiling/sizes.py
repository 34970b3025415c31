"""From how many elements on which way of computing is worth its overhead."""

from __future__ import annotations

BLOCK = 8192
"""Elements that go through a pointwise run together: a few such arrays fit into a processor's nearest caches."""
WORTH = 4 * BLOCK
"""From how many elements on blocks are worth their Python."""
SMALL = 64
"""Below so many elements new memory costs less than an argument that says where to write."""
LARGE = 8192
"""From how many elements on a result is computed in one that its user has dropped: fresh memory is slow there."""
