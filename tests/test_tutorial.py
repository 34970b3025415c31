"""The notebook docs/tutorial.ipynb runs from top to bottom, and prints what is stored in it."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"
TEXT = NOTEBOOK.read_text(encoding="utf-8")
CELLS = json.loads(TEXT)["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]
NUMBER = re.compile(r"-?\d+\.\d+|\d+(?=%)")


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def stored(cell: dict[str, Any]) -> tuple[str, str, int]:
    """What a cell printed, the text of its value, and how many pictures it drew."""
    outputs = cell["outputs"]
    printed = "".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")
    value = "".join("".join(o["data"]["text/plain"]) for o in outputs if o["output_type"] == "execute_result")
    return printed, value, sum("image/png" in o.get("data", ()) for o in outputs)


def run(cell: dict[str, Any], names: dict[str, Any], shown: list[Any]) -> tuple[str, str, int]:
    """Run a cell as a notebook does: the value of an expression at its end is what it returns."""
    tree = ast.parse(source(cell))
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    shown.clear()
    with contextlib.redirect_stdout(out):
        exec(compile(tree, NOTEBOOK.name, "exec"), names)
        value = None if last is None else eval(compile(last, NOTEBOOK.name, "eval"), names)
    return out.getvalue(), "" if value is None else repr(value), len(shown)


def same(want: str, got: str) -> bool:
    """Whether two texts are the same but for white space, and for the last digit of rounded numbers."""

    def near(a: str, b: str) -> bool:
        places = len(a.partition(".")[2])
        return len(b.partition(".")[2]) == places and abs(float(a) - float(b)) < 1.5 * 10.0**-places

    want, got = ("".join(text.split()) for text in (want, got))
    wanted, found = NUMBER.findall(want), NUMBER.findall(got)
    return NUMBER.sub("0", want) == NUMBER.sub("0", got) and all(map(near, wanted, found))


@pytest.mark.parametrize("backend", ["numpy", "array-api-strict"])
def test_the_cells_do_what_they_say(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib", reason="the notebook draws with matplotlib")
    pytest.importorskip("sklearn", reason="the notebook's digits are scikit-learn's")
    import matplotlib.pyplot as plt

    import agrad_torchlike.backends

    shown: list[Any] = []

    def show() -> None:
        shown.append(plt.gcf())
        shown[-1].canvas.draw()
        plt.close()

    plt.switch_backend("agg")
    monkeypatch.setattr(plt, "show", show)
    monkeypatch.setenv("AGRAD_BACKEND", backend)
    monkeypatch.setattr(agrad_torchlike.backends, "_chosen", None)
    names: dict[str, Any] = {"__name__": "__main__"}
    with plt.rc_context():
        for number, cell in enumerate(CODE, 1):
            (printed, value, drawn), want = run(cell, names, shown), stored(cell)
            assert same(want[0], printed) and same(want[1], value) and drawn == want[2], (
                f"cell {number}:\n{source(cell)}\nhas stored {want}\nand now gives {(printed, value, drawn)}"
            )
    assert names["xp"] is names["agrad"].namespace(backend)


@pytest.mark.parametrize(
    ("got", "right"),
    [("loss 0.379 at 3", True), ("loss 0.380 at 3", False), ("loss 0.378 at 4", False), ("loss 0.4 at 3", False)],
)
def test_what_counts_as_the_same(got: str, right: bool) -> None:
    assert same("loss  0.378 at 3\n", got) is right


def test_it_is_stored_as_it_ran() -> None:
    assert [cell["execution_count"] for cell in CODE] == [*range(1, len(CODE) + 1)]
    outputs = [o for cell in CODE for o in cell["outputs"]]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    kinds = {frozenset(o["data"]) for o in outputs if "data" in o}
    assert kinds == {frozenset({"text/plain"}), frozenset({"text/plain", "image/png"})}, "tensors are shown as text"
    assert sum("image/png" in o.get("data", ()) for o in outputs) >= 5
    assert len(TEXT) < 150_000 and not re.search(r"[\s\"'(](/[a-z]+/|~/|[A-Z]:\\\\)", TEXT), "no path of a machine"


def test_links_lead_somewhere() -> None:
    prose = "".join(source(cell) for cell in CELLS if cell["cell_type"] == "markdown")
    targets = [t for t in re.findall(r"\]\(([^)#\s]+)\)", prose) if "://" not in t]
    assert targets and not [t for t in targets if not (NOTEBOOK.parent / t).exists()]
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        assert "tutorial.ipynb)" in page.read_text(encoding="utf-8")


def tensors() -> dict[str, Any]:
    import agrad
    import agrad_nn
    import agrad_torchlike as torch

    made = torch.ones(2, requires_grad=True)
    return {
        "torchlike": made,
        "a result": made * 2,
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "agrad": agrad.tensor([1.0, 2.0]),
        "module": torch.nn.Linear(2, 3),
        "agrad_nn": agrad_nn.Linear(2, 3),
    }


@pytest.mark.parametrize("kind", ["torchlike", "a result", "parameter", "agrad", "module", "agrad_nn"])
def test_a_notebook_shows_plain_text(kind: str) -> None:
    thing = tensors()[kind]
    rich = "html markdown svg png jpeg latex json javascript pdf mimebundle pretty".split()
    assert [word for word in rich if hasattr(thing, f"_repr_{word}_")] == []
    assert not hasattr(thing, "_ipython_display_")


@pytest.mark.parametrize("kind", ["torchlike", "a result", "parameter", "agrad", "module", "agrad_nn"])
def test_what_jupyter_makes_of_it(kind: str) -> None:
    pytest.importorskip("IPython", reason="IPython is not installed")
    from IPython.core.formatters import DisplayFormatter

    thing = tensors()[kind]
    data, _ = DisplayFormatter().format(thing)
    assert data == {"text/plain": repr(thing)}
