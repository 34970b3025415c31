"""The code in README.md and docs/*.md runs, page by page, from top to bottom; links and commands are right."""

import doctest
import math
import re
import subprocess
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]?\d+)?")


class Checker(doctest.OutputChecker):
    """Numbers may differ in their last digits, as they do from one processor to another."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        wanted, found = ([float(n) for n in NUMBER.findall(text)] for text in (want, got))
        if len(wanted) == len(found) and all(map(partial(math.isclose, rel_tol=1e-7), wanted, found)):
            want, got = NUMBER.sub("0.0", want), NUMBER.sub("0.0", got)
        return super().check_output(want, got, optionflags)


each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """Fenced blocks of a page: the line that the code starts in, and the code."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, m.start(2)) + 1, m[2]) for m in FENCE.finditer(text) if m[1] == language]


def run(page: Path, line: int, source: str, names: dict) -> None:
    """Run one block: what follows ``>>>`` is compared with what is printed below it."""
    if not source.lstrip().startswith(">>>"):
        code = compile("\n" * (line - 1) + source, str(page), "exec")  # tracebacks show the page's lines
        exec(code, names)
        return
    test = doctest.DocTestParser().get_doctest(source, names, page.name, str(page), line - 1)
    test.globs = names  # not a copy: later blocks see what this one defines
    runner = doctest.DebugRunner(Checker(), optionflags=FLAGS, verbose=False)
    try:
        runner.run(test, clear_globs=False)
    except doctest.DocTestFailure as failure:
        where = f"{page.name}, line {line + failure.example.lineno}"
        pytest.fail(
            f"{where}:\n{failure.example.source}expected {failure.example.want}got {failure.got}", pytrace=False
        )
    except doctest.UnexpectedException as failure:
        raise failure.exc_info[1] from None


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_code_runs_from_top_to_bottom(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": page.stem}
    for line, source in blocks(page, "python"):
        run(page, line, source, names)


@pytest.mark.parametrize("value", ["2", "[1.5, 2.000001]", "[1.5]", "1.5, 2.0"])
def test_a_wrong_output_is_noticed(value):
    with pytest.raises(pytest.fail.Exception, match=rf"(?s)page\.md, line 8:.*got {re.escape(value[0])}"):
        run(Path("page.md"), 7, f">>> x = {value!r}\n>>> print(x)\n[1.5, 2.0]\n", {})


def test_last_digits_may_differ():
    run(Path("page.md"), 7, ">>> 0.1 + 0.2, -1e-9 / 3\n(0.3, -3.3333333e-10)\n", {})


def test_how_it_works_is_small():
    page = ROOT / "docs" / "how-it-works.md"
    code = [source for _, source in blocks(page, "python") if not source.startswith(">>>")]
    lines = [line for source in code for line in source.splitlines() if line.strip()]
    assert len(lines) < 200, "the page promises it"
    assert not blocks(page, ""), "a block without a language is not run"


@each_page
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [p.name for p in (ROOT / "docs").glob("*.md") if p.name != "index.md" and f"]({p.name})" not in index] == []


def test_the_commands_in_the_readme():
    setup, tests, *_ = (source for _, source in blocks(ROOT / "README.md", "sh"))
    assert "examples/digits.py --backend numpy" in setup
    assert "-m pytest" in tests
    for command in (setup, tests):
        subprocess.run(["bash", "-n", "-c", command], check=True)
