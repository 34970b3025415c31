"""The reports: nothing is lost on the way, nothing of a record is taken for markup, and everything can be read."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from agrad_conformance.report import combined, compatibility, read_json, write_html, write_json, write_markdown
from agrad_conformance.report.columns import columns
from agrad_conformance.report.metadata import metadata
from agrad_conformance.report.page import page
from agrad_conformance.result import OUTCOMES, UNSUPPORTED
from report_records import NASTY, record, some


def test_json_gives_back_what_it_was_given(tmp_path: Path) -> None:
    records = [*some(), record("sin", error=-math.inf, tolerance=1e300)]
    write_json(records, tmp_path / "report.json")
    meta, found = read_json(tmp_path / "report.json")
    assert found == records
    assert meta == metadata(records) | {"date": meta["date"]}
    assert meta["backends"]["numpy"]["version"]
    assert meta["backends"]["other"] == {"name": "other", "library": "", "version": "", "dtypes": [], "lacks": {}}

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    text = (tmp_path / "report.json").read_text()
    plain = json.loads(text, parse_constant=refuse)
    assert {r["error"] for r in plain["records"]} >= {"inf", "-inf", None, 0.5}
    assert sum(line.startswith('{"backend"') for line in text.splitlines()) == len(records)


def test_json_keeps_nan_and_any_detail(tmp_path: Path) -> None:
    write_json([record("sin", error=math.nan, detail={"expected": 1.5, "found": math.nan})], tmp_path / "report.json")
    [found] = read_json(tmp_path / "report.json")[1]
    assert found.error is not None and math.isnan(found.error)
    assert found.detail == {"expected": "1.5", "found": "nan"}


@pytest.mark.parametrize(
    ("text", "words"),
    [("[]", "indices"), ("{}", "schema"), ('{"schema": 99}', "version 99"), ('{"schema": 1, "records": []}', "say")],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"other\.json is not a report .*{words}"):
        read_json(path)


def decoded(column: dict[str, Any]) -> list[Any]:
    runs = column.get("runs", [])
    each = column.get("each") or [i for i, n in zip(runs[::2], runs[1::2], strict=True) for _ in range(n)]
    return [column["values"][i] for i in each]


def test_columns_hold_the_records() -> None:
    records = some()
    found = columns(records)
    for name in ("backend", "op", "case", "dtype", "property", "chapter", "device", "reason", "outcome"):
        assert decoded(found[name]) == [getattr(r, name) for r in records]
    assert found["outcome"]["values"] == list(OUTCOMES)
    assert "runs" in found["op"] and "each" in found["property"]
    assert found["error"][0] == 0.5 and "inf" in found["error"] and None in found["error"]
    assert columns([record("sin", error=1e-80), record("sin", error=2.25123e15)])["error"] == [
        0.001,
        2250000000000000.0,
    ]


def test_a_large_report_is_small() -> None:
    many = [r for _ in range(200) for r in some()]
    assert len(page(many).encode()) < 60_000 + 20 * len(many)


def test_the_page_holds_no_markup_of_the_records() -> None:
    text = page(some() + [record("sin", reason="<!-- & -->", backend="<b>")])
    assert text.count("<script") == text.count("</script>") == 2
    assert "<img" not in text and "<!-- &" not in text and "<b>" not in text
    embedded = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert embedded is not None
    assert NASTY in json.loads(embedded[1])["records"]["reason"]["values"]


def test_the_page_asks_nothing_of_a_network() -> None:
    text = page(some())
    assert not re.findall(r"(?:src|href)=\"(?!#|data:,)", text)
    assert not re.findall(r"url\(|@import|https?:", text)
    assert "default-src 'none'" in text


def test_a_page_of_nothing_says_so(tmp_path: Path) -> None:
    write_html([], tmp_path / "empty.html")
    assert "No check was run." in (tmp_path / "empty.html").read_text()


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_read(dark: bool) -> None:
    style = re.search(r"<style>(.*?)</style>", page([]), re.DOTALL)
    assert style is not None
    themes = [
        dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", style[1], re.DOTALL)
    ]
    colours = themes[0] | (themes[1] if dark else {})
    on_paper = [(name, back) for name in ("ink", "soft", "accent", "against") for back in ("paper", "card", "band")]
    on_cells = [(name, name.removesuffix("-ink")) for name in colours if name.endswith("-ink")]
    assert len(on_cells) == len(OUTCOMES)
    for front, back in [*on_paper, *on_cells, ("unsupported-ink", "hatch")]:
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)
    assert contrast(colours["edge"], colours["card"]) >= 3


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2."""
    lights = []
    for colour in (a, b):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


def test_the_table_counts_and_gives_reasons(tmp_path: Path) -> None:
    records = some()
    write_markdown(records, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text()
    assert "| chapter | numpy | other |" in text
    assert "| statistical | ✓ 8 | ! 1, ✓ 7 |" in text
    assert "| linalg | ✓ 8 | – 8 |" in text
    assert "| transforms | ✓ 1 |" in text
    assert "| all | ✕ 1, \\~ 1, ✓ 31 | ! 1, ✓ 23, – 8 |" in text
    assert "- `linalg.qr` (8 checks; value, vjp, jvp, second; float64, float32): it has no qr" in text
    assert "- `abs` (1 check; second; float64): a known one" in text
    assert "<script" not in text and "&lt;script&gt;" in text and "\\| \\`\\*\\_\\[a\\](b)" in text


def test_what_a_backend_lacks_is_given_once(tmp_path: Path) -> None:
    meta = metadata([record("sin")])
    meta["backends"]["numpy"]["lacks"] = {"linalg.qr": "it has no qr", "linalg.svd": "it has no svd"}
    unsupported = record("linalg.qr", "value", UNSUPPORTED, reason="it has no qr")
    write_markdown([record("linalg.qr", "limit"), unsupported], tmp_path / "page.md", meta)
    text = (tmp_path / "page.md").read_text()
    assert text.count("it has no qr") == 1 and "- `linalg.svd`: it has no svd" in text
    assert "| linalg | – 2 |" in text  # a limit that holds is nothing that is supported


def test_reports_of_one_backend_get_labels(tmp_path: Path) -> None:
    paths = []
    for i, dtypes in enumerate([["float32", "float64"], ["float32"], ["float32"]]):
        meta = metadata([record("sin")]) | {"date": f"2026-01-0{i + 1}T00:00:00+00:00", "python": f"3.1{i}.0"}
        meta["backends"]["numpy"] |= {"dtypes": dtypes, "version": "2.0"}
        paths.append(tmp_path / f"{i}.json")
        write_json([record("sin", error=float(i))], paths[-1], meta)
    meta, records = combined(paths)
    labels = ["numpy", "numpy (no float64)", "numpy 2.0"]
    assert [r.backend for r in records] == list(meta["backends"]) == labels
    assert [entry["name"] for entry in meta["backends"].values()] == ["numpy"] * 3
    assert meta["date"].startswith("2026-01-03")
    text = compatibility(paths)
    assert "| chapter | numpy | numpy (no float64) | numpy 2.0 |" in text
    assert "| numpy (no float64) | numpy 2.0 | float32 | 2026-01-02, Python 3.11.0," in text
    assert "2026-01-01, Python 3.10.0" in page(records, meta)
    with pytest.raises(ValueError, match="no reports"):
        compatibility([])
