"""The page in a real browser: it does what it promises, and nothing errs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agrad_conformance.report import write_html
from agrad_conformance.result import FAILED, PASSED, UNEXPECTED, UNSUPPORTED, XFAILED, Record
from report_records import NASTY, PROPERTIES, record, some

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"there is no {', '.join(BROWSERS[:-1])} or {BROWSERS[-1]} on the path")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS.split())
        yield opened
        opened.close()


class Visit:
    """A page that is open in the browser, and what went wrong there."""

    def __init__(self, browser: Any, path: Path, records: list[Record], width: int = 1280, **options: Any) -> None:
        write_html(records, path)
        self.context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.asked: list[str] = []
        self.page.goto(path.as_uri())

    def rows(self) -> list[str]:
        names: list[str] = self.page.locator("#matrix th[scope=row]").all_inner_texts()
        return names

    def heads(self) -> list[str]:
        names: list[str] = self.page.locator("#matrix thead th").all_inner_texts()
        return names

    def cell(self, label: str) -> Any:
        return self.page.locator(f'#matrix button.cell[aria-label^="{label}"]')

    def settle(self, status: str) -> None:
        self.page.wait_for_function(
            "wanted => document.getElementById('status').textContent.includes(wanted)", arg=status
        )

    def overflow(self) -> int:
        """By how much the page is wider than the window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return wider


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    visits = []

    def begin(records: list[Record] | None = None, **options: Any) -> Visit:
        visits.append(Visit(browser, tmp_path / "report.html", some() if records is None else records, **options))
        return visits[-1]

    yield begin
    for made in visits:
        title = made.page.title()
        made.context.close()
        assert made.errors == []
        assert [url for url in made.asked if not url.startswith(("file:", "data:"))] == []
        assert "hacked" not in title


def test_the_matrix_shows_each_op_and_backend(visit: Any) -> None:
    v = visit()
    assert v.rows() == ["abs", "sin", "sum", "linalg.qr", "nested levels"]
    assert v.heads() == ["Op", "numpy", "other"]
    assert v.page.locator("#matrix .toggle").count() == 4
    assert v.cell("sin, numpy").get_attribute("aria-label") == "sin, numpy: 1 failed, 7 passed"
    assert v.cell("sin, numpy").inner_text().split() == ["✕", "1"]
    assert v.cell("abs, numpy").inner_text().split() == ["~", "1"]
    assert v.cell("sum, other").inner_text().split() == ["!", "1"]
    assert v.cell("linalg.qr, other").inner_text().split() == ["–", "8"]
    assert v.cell("abs, other").inner_text().split() == ["✓", "8"]
    assert v.page.locator('[aria-label="no checks"]').count() == 1  # the scenario was run on one backend
    v.page.locator(".toggle", has_text="elementwise").click()
    assert v.rows() == ["sum", "linalg.qr", "nested levels"]
    assert v.page.locator(".toggle", has_text="elementwise").get_attribute("aria-expanded") == "false"


def test_what_a_backend_lacks_is_not_passed(visit: Any) -> None:
    declared = Record("numpy", "linalg.qr", "linalg.qr", "", "declared", "linalg", "", PASSED, 0.0, 0.0)
    v = visit([declared, record("linalg.qr", "limit"), declared._replace(op="sin")])
    assert v.cell("linalg.qr, numpy").inner_text().split() == ["–", "1"]
    assert v.cell("sin, numpy").inner_text().split() == ["✓", "1"]
    lacking = record("linalg.qr", "value", UNSUPPORTED)
    broken = visit([declared, lacking, lacking, record("linalg.qr", outcome=FAILED)])
    assert broken.cell("linalg.qr, numpy").inner_text().split() == ["✕", "1"]
    two = visit([record("sin", outcome=XFAILED)] * 2 + [record("sin", outcome=UNEXPECTED)] * 2)
    assert two.cell("sin, numpy").get_attribute("aria-label") == (
        "sin, numpy: 2 unexpected passes, 2 expected failures"
    )


def test_the_filters_filter(visit: Any) -> None:
    v = visit()
    v.page.fill("#text", "QR")
    v.settle("in 1 row,")
    assert v.rows() == ["linalg.qr"]
    v.page.fill("#text", "known one")
    v.settle("1 check in")
    assert v.rows() == ["abs"]
    v.page.fill("#text", "no such thing")
    v.settle("No check matches")
    assert v.rows() == []
    v.page.click("text=Clear filters")
    v.settle("65 checks in 5 rows")
    v.page.click(".chip.failed")
    v.settle("1 check in")
    assert (v.rows(), v.heads()) == (["sin"], ["Op", "numpy"])
    v.page.click(".chip.unexpected-pass")
    v.settle("2 checks in")
    assert v.rows() == ["sin", "sum"]
    v.page.click("text=Clear filters")
    v.settle("65 checks in 5 rows")
    assert v.page.locator('.chip[aria-pressed="true"]').count() == 0
    for name, value, status, rows in (
        ("chapter", "statistical", "16 checks in 1 row", ["sum"]),
        ("chapter", "transforms", "1 check in 1 row", ["nested levels"]),
        ("backend", "other", "32 checks in 4 rows", ["abs", "sin", "sum", "linalg.qr"]),
        ("property", "scenario", "1 check in 1 row", ["nested levels"]),
        ("dtype", "float32", "32 checks in 4 rows", ["abs", "sin", "sum", "linalg.qr"]),
    ):
        v.page.select_option(f"#{name}", value)
        v.settle(status)
        assert v.rows() == rows
        v.page.select_option(f"#{name}", "")
        v.settle("65 checks in 5 rows")
    v.page.select_option("#columns", "property")
    v.page.wait_for_selector("#matrix thead th >> text=vjp")
    assert v.heads() == ["Op", *PROPERTIES, "scenario"]
    assert v.cell("sin, vjp").inner_text().split() == ["✕", "1"]


def test_a_cell_opens_by_mouse(visit: Any) -> None:
    v = visit()
    v.cell("sin, numpy").click()
    assert v.page.locator("dialog h2").inner_text() == "sin"
    assert v.page.locator("dialog .tally").inner_text().split() == ["✕", "1", "failed", "✓", "7", "passed"]
    card = v.page.locator("dialog .card")
    assert card.count() == 1
    assert NASTY in card.inner_text()
    for words in ("vjp", "float64", "it's", "cpu", "inf of 32", "input: float64[2] [1.0, 2.0]"):
        assert words in card.inner_text()
    assert card.locator("code").inner_text() == (
        """import agrad_conformance; agrad_conformance.check('numpy', "it's", 'float64', 'vjp')"""
    )
    assert v.page.locator("dialog .lines tbody tr").count() == 7
    assert v.page.locator("dialog .lines tbody tr").first.inner_text().split() == [
        "✓", "passed", "value", "float64", "sin-0-real", "cpu", "0.5", "of", "32",
    ]  # fmt: skip
    assert v.page.evaluate("location.hash") == "#cell/sin/numpy"
    v.page.click("dialog .close")
    assert v.page.locator("dialog[open]").count() == 0
    v.cell("linalg.qr, other").click()
    assert v.page.locator("dialog .why").first.inner_text() == "it has no qr"


def test_the_command_can_be_copied(visit: Any) -> None:
    v = visit(permissions=["clipboard-read", "clipboard-write"])
    v.cell("sin, numpy").click()
    v.page.click("dialog .copy")
    v.page.wait_for_selector("text=Copied")
    assert v.page.evaluate("navigator.clipboard.readText()") == v.page.locator("dialog code").inner_text()


def test_a_cell_opens_by_keyboard(visit: Any) -> None:
    v = visit()
    v.page.locator("#matrix .toggle").first.focus()
    v.page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert v.page.evaluate(focused).startswith("abs, numpy")
    for key, label in (
        ("ArrowRight", "abs, other"),
        ("ArrowRight", "abs, other"),
        ("ArrowDown", "sin, other"),
        ("Home", "sin, numpy"),
    ):
        v.page.keyboard.press(key)
        assert v.page.evaluate(focused).startswith(label)
    assert v.page.locator('.cell[tabindex="0"]').count() == 1
    v.page.keyboard.press("Enter")
    assert v.page.locator("dialog[open] h2").inner_text() == "sin"
    assert v.page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    v.page.keyboard.press("Escape")
    v.page.wait_for_selector("dialog", state="hidden")
    assert v.page.evaluate(focused).startswith("sin, numpy")


def test_a_cell_shows_what_the_filters_leave_and_more_on_demand(visit: Any) -> None:
    v = visit()
    v.page.click(".chip.failed")
    v.settle("1 check in")
    v.cell("sin, numpy").click()
    assert v.page.locator("dialog .lines").count() == 0
    v.page.click("dialog >> text=Show all")
    assert v.page.locator("dialog .lines tbody tr").count() == 7


def test_an_address_opens_a_cell(visit: Any, tmp_path: Path) -> None:
    v = visit()
    v.page.goto((tmp_path / "report.html").as_uri() + "#cell/linalg.qr/numpy")
    v.page.wait_for_selector("dialog[open] >> text=linalg.qr")
    v.page.reload()
    v.page.wait_for_selector("dialog[open] >> text=linalg.qr")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(visit: Any, scheme: str) -> None:
    wide = [r._replace(backend=f"backend {i}") for i in range(6) for r in some() if r.backend == "numpy"]
    wide += [record("sum")._replace(op=f"a_function_with_a_long_name_{i}") for i in range(40)]
    v = visit(wide, width=375, color_scheme=scheme)
    assert v.overflow() <= 0
    matrix = v.page.locator("#matrix")
    assert matrix.evaluate("m => m.scrollWidth > m.clientWidth")
    name = v.page.locator("#matrix th[scope=row]").first
    left = name.bounding_box()["x"]
    matrix.evaluate("m => m.scrollTo(200, 120)")
    assert name.bounding_box()["x"] == left
    assert matrix.evaluate("m => [m.scrollLeft, m.scrollTop]") == [200, 120]
    assert v.page.locator("#matrix thead").is_visible()
    top = matrix.bounding_box()["y"]
    assert abs(v.page.locator("#matrix thead th").first.bounding_box()["y"] - top) <= 2
    v.cell("sin, backend 3").click()
    assert v.overflow() <= 0
    box = v.page.locator("dialog").bounding_box()
    assert (box["x"], box["width"]) == (0, 375)
    assert v.page.locator("dialog .checks").evaluate("c => c.scrollWidth <= c.clientWidth")


def test_a_large_report_stays_fast(visit: Any) -> None:
    ops = [f"op{i}" for i in range(200)]
    many = [
        Record(f"backend{b}", op, f"{op}-{k}-real", dtype, name, f"chapter{len(op)}", "cpu", PASSED, 0.25, 32.0)
        for b in range(5)
        for op in ops
        for k in range(3)
        for dtype in ("float64", "float32")
        for name in PROPERTIES
    ]
    assert len(many) == 24_000
    v = visit(many)
    v.settle("24,000 checks in 200 rows")
    assert v.page.evaluate("(() => { const t = performance.now(); update(); return performance.now() - t })()") < 2000
    v.page.fill("#text", "op17")
    v.settle("1,320 checks in 11 rows")
    v.cell("op170, backend4").click()
    assert v.page.locator("dialog .lines tbody tr").count() == 24


def test_many_checks_of_a_cell_come_page_by_page(visit: Any) -> None:
    v = visit([record("sin", outcome=FAILED)] * 50 + [record("sin")] * 130)
    v.cell("sin, numpy").click()
    assert v.page.locator("dialog .card").count() == 20
    v.page.click("dialog >> text=Show 20 more of 50")
    v.page.click("dialog >> text=Show 10 more of 50")
    assert v.page.locator("dialog .card").count() == 50
    assert v.page.locator("dialog .lines tbody tr").count() == 100
    v.page.click("dialog >> text=Show 30 more of 130")
    assert v.page.locator("dialog .lines tbody tr").count() == 130
