"""The ledger against the standard's own list of items."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agrad import plugins
from agrad.ops import INTERNAL, table
from agrad.ops.ledger import ledger, markdown

ROOT = Path(__file__).parents[2]
STANDARD = json.loads((ROOT / "tests/data/array-api-2025.12.json").read_text())["functions"]


def test_every_item_of_the_standard_is_in_the_ledger_and_nothing_else_is():
    assert [e.name for e in ledger() if e.name not in {i["name"] for i in STANDARD}] == []
    assert sorted(e.name for e in ledger()) == sorted(i["name"] for i in STANDARD)


def test_nothing_is_missing():
    assert [e.name for e in ledger() if e.status == "missing"] == []


def test_every_op_says_how_it_treats_axes():
    ops = [
        *table.values(),
        *plugins.ops("special").values(),
        *plugins.ops("einsum").values(),
        *plugins.ops("nn").values(),
    ]
    silent = [op.name for op in ops if op.arguments and op.kind != "composite" and op.axes is None and op.batch is None]
    assert silent == []
    assert [e.name for e in ledger() if e.axes == "missing"] == []


@pytest.mark.parametrize("item", [i for i in STANDARD if i["differentiable"]], ids=lambda i: i["name"])
def test_what_is_differentiable_has_a_derivative(item):
    (entry,) = (e for e in ledger() if e.name == item["name"])
    assert entry.status in ("rule", "composite")


def test_the_table_holds_the_standard_and_the_declared_internal_ops_only():
    names = {e.name for e in ledger()}
    assert sorted(set(table) - names - INTERNAL) == []


def test_the_page_is_up_to_date():
    page = (ROOT / "docs/ledger.md").read_text()
    assert page == markdown(), "run: python -m agrad.ops.ledger > docs/ledger.md"
