"""SciPy, scikit-learn and array-api-extra, differentiated as they stand: none of their functions silently wrong."""

from __future__ import annotations

import importlib.util

import pytest

from table import SETTINGS, stored, verdicts, versions

PARTS = {
    "scipy": "scipy.stats.t,scipy.integrate,scipy.special.e",
    "sklearn": "sklearn.preprocessing,sklearn.metrics.mean",
    "array_api_extra": "array_api_extra",
}
"""Parts of names that are tried each time; the whole table takes a minute."""


def check(setting: str, library: str, only: str) -> None:
    """No verdict is wrong; with the releases that the stored table was made with, none has changed."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    head, expected = stored()
    found = {name: (verdict, why) for name, verdict, why in verdicts("numpy", setting, only)}
    assert found
    assert not [name for name, (verdict, _) in found.items() if verdict == "wrong"]
    if head == versions():
        changed = {name: found[name] for name in found if found[name][0] != expected[setting].get(name)}
        assert not changed, "if these are for the better, store them: python tests/clients/table.py --write"


@pytest.mark.parametrize("library", PARTS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_verdicts(setting: str, library: str) -> None:
    check(setting, library, PARTS[library])


@pytest.mark.slow
@pytest.mark.parametrize("library", PARTS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_whole_table(setting: str, library: str) -> None:
    check(setting, library, library + ".")
