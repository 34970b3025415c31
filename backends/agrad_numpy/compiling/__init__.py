"""Graphs as straight-line Python on NumPy arrays: memory is used again, pointwise runs go through in blocks.

This package alone generates source. No name in it is an op's, a parameter's or the user's: values, constants and memory
are a letter and a number each.
"""

from __future__ import annotations

from typing import Any

from agrad.graph.graph import Graph
from agrad_numpy.compiling.calls import Source
from agrad_numpy.compiling.floats import in_floats
from agrad_numpy.compiling.program import Program, Replay
from agrad_numpy.compiling.rewriting import rewritten

__all__ = ["compiled"]


def compiled(graph: Graph, space: Any, threads: int = 1, budget: Any = None) -> Replay:
    """A function of the values of inputs and captured leaves that returns those of the outputs.

    It returns None where a guard does not hold.

    Parameters
    ----------
    graph : Graph
    space : Namespace
    threads : int
        How many work at a run at once.
    budget : object, optional
        Says whether there is room for what is kept between calls: ``take(bytes)`` and ``give(bytes)``.
    """

    def program() -> Replay:
        return Program(rewritten(graph, Source(space)), space, threads, budget or _Unlimited()).function()

    return in_floats(graph, space, program) or program()


class _Unlimited:
    """Room for everything."""

    def take(self, n: int) -> bool:
        """Yes."""
        return True

    def give(self, n: int) -> None:
        """Nothing is counted."""
