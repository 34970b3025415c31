"""Cases of the manipulation functions."""

from __future__ import annotations

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import COMPLEX, row

__all__ = ["CASES"]

CASES: list[Case] = [
    row("broadcast_arrays", lambda g: (g(3, 1), g(4), g())),
    row("broadcast_arrays", lambda g: (g(3),)),
    row("broadcast_arrays", lambda g: (g(1, 3), g(0, 1))),
    row("broadcast_to", lambda g: (g(3, 1), (2, 3, 2))),
    row("broadcast_to", lambda g: (g(), (2, 0))),
    row("broadcast_to", lambda g: (g(2, 3), (2, 3))),
    row("concat", lambda g: ([g(2, 3), g(0, 3), g(1, 3)],)),
    row("concat", lambda g: ([g(2, 3), g(2, 1)],), axis=-1),
    row("concat", lambda g: ([g(2, 3), g(), g(2)],), axis=None),
    row("concat", lambda g: ([g(2, 3)],), axis=1),
    row("concat", lambda g: ([g(2), g.real(3)],), COMPLEX),
    row("expand_dims", lambda g: (g(3, 4),), axis=0),
    row("expand_dims", lambda g: (g(2, 3),), axis=(0, -1)),
    row("expand_dims", lambda g: (g(),), axis=-1),
    row("flip", lambda g: (g(3, 4),)),
    row("flip", lambda g: (g(3, 4),), axis=-1),
    row("flip", lambda g: (g(2, 3, 2),), axis=(0, -1)),
    row("flip", lambda g: (g(0, 4),), axis=1),
    row("moveaxis", lambda g: (g(2, 1, 3, 2), (0, -1), (2, 0))),
    row("moveaxis", lambda g: (g(3, 4), 0, -1)),
    row("moveaxis", lambda g: (g(2, 0, 3), 1, 2)),
    row("permute_dims", lambda g: (g(2, 3, 2), (2, 0, 1))),
    row("permute_dims", lambda g: (g(2, 3, 2), (-1, 0, 1))),
    row("permute_dims", lambda g: (g(), ())),
    row("repeat", lambda g: (g(2, 3), 2)),
    row("repeat", lambda g: (g(2, 3), 3), axis=-1),
    row("repeat", lambda g: (g(2, 3), 0), axis=0),
    row("repeat", lambda g: (g(0, 3), 2), axis=0),
    row("repeat", lambda g: (g(3, 4), np.asarray([2, 0, 3])), axis=0, static=False),
    row("repeat", lambda g: (g(4), np.asarray([0, 2, 0, 1])), static=False),
    row("repeat", lambda g: (g(3, 2), np.asarray([2])), axis=1, static=False),
    row("reshape", lambda g: (g(3, 4), (2, -1))),
    row("reshape", lambda g: (g(0, 3), (3, 0)), copy=True),
    row("reshape", lambda g: (g(), (1, 1))),
    row("reshape", lambda g: (g(1, 1), ())),
    row("roll", lambda g: (g(3, 4), 5)),
    row("roll", lambda g: (g(3, 4), -1), axis=-1),
    row("roll", lambda g: (g(3, 4), (1, -2)), axis=(0, -1)),
    row("roll", lambda g: (g(0), 1)),
    row("squeeze", lambda g: (g(1, 3, 1), (0, -1))),
    row("squeeze", lambda g: (g(1), 0)),
    row("squeeze", lambda g: (g(2, 1, 0), 1)),
    row("stack", lambda g: ([g(2, 3), g(2, 3)],), axis=-1),
    row("stack", lambda g: ([g(2, 2), g(2, 2), g(2, 2)],), axis=1),
    row("stack", lambda g: ([g(), g()],)),
    row("stack", lambda g: ([g(0, 2)],), axis=-3),
    row("stack", lambda g: ([g(2), g.real(2)],), COMPLEX),
    row("tile", lambda g: (g(2, 3), (2,))),
    row("tile", lambda g: (g(2, 2), (2, 1, 2))),
    row("tile", lambda g: (g(), (2, 2))),
    row("tile", lambda g: (g(2, 3), (0, 2))),
    row("tile", lambda g: (g(2, 3), ())),
    row("unstack", lambda g: (g(3, 4),)),
    row("unstack", lambda g: (g(3, 4),), axis=-1),
    row("unstack", lambda g: (g(2, 0),)),
    row("unstack", lambda g: (g(1),)),
]
