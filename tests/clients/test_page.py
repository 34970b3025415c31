"""The code of docs/your-code.md runs, with the setting that SciPy reads when it is imported."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "your-code.md"
BLOCK = re.compile(r"^```(?:python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run() -> int:
    """Run the page in this process; the number of failures."""
    source = "\n".join(m[1] for m in BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    test = doctest.DocTestParser().get_doctest(source, {"__name__": "page"}, PAGE.name, str(PAGE), 0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    return doctest.DocTestRunner(verbose=False, optionflags=flags).run(test).failed


def test_the_page_runs() -> None:
    for library in ("scipy", "sklearn"):
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    environment = dict(os.environ, SCIPY_ARRAY_API="1")
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(run())
