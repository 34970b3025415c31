"""``--part 2/3``: the second third of the tests that were chosen, for who has a third of the time."""

from __future__ import annotations

import argparse

import pytest

__all__ = ["part_of"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--part", type=part_of, metavar="K/N", help="the K-th of N parts of the chosen tests: 1/3, 2/3 ..."
    )


def part_of(text: str) -> tuple[int, int]:
    """Where to begin and how far to step, for a part such as ``"2/3"``."""
    k, _, n = text.partition("/")
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise argparse.ArgumentTypeError(f"it got {text!r}; write K/N, with K from 1 to N")
    return int(k) - 1, int(n)


@pytest.hookimpl(trylast=True)  # after -m and -k
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other parts, which are spread evenly."""
    if part := config.getoption("--part"):
        begin, step = part
        kept = items[begin::step]
        config.hook.pytest_deselected(items=[item for i, item in enumerate(items) if i % step != begin])
        items[:] = kept
