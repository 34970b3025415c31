"""Where agrad came from: advice and new projects name that place, for each kind of note that installers write."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agrad.command.scaffold import KINDS, new_plugin
from agrad.origin import how_to_install, install_command, origin, requirement

COMMIT = "0123456789abcdef0123456789abcdef01234567"

# What the installer noted; what a project then writes for agrad[x]; and the command that installs agrad[x].
NOTES: dict[str, tuple[Mapping[str, Any] | None, str, str]] = {
    "index": (None, "agrad[x]", "pip install 'agrad[x]'"),
    "clone": (
        {"url": "file:///home/me/agrad", "dir_info": {"editable": True}},
        "agrad[x] @ file:///home/me/agrad",
        "pip install -e '/home/me/agrad[x]'",
    ),
    "folder": (
        {"url": "file:///home/me/the%20clone", "dir_info": {}},
        "agrad[x] @ file:///home/me/the%20clone",
        "pip install '/home/me/the clone[x]'",
    ),
    "wheel": (
        {"url": "file:///tmp/agrad-0.1.0-py3-none-any.whl", "archive_info": {"hash": "sha256=00"}},
        "agrad[x] @ file:///tmp/agrad-0.1.0-py3-none-any.whl",
        "pip install '/tmp/agrad-0.1.0-py3-none-any.whl[x]'",
    ),
    "repository": (
        {"url": "https://example.org/agrad.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
        f"agrad[x] @ git+https://example.org/agrad.git@{COMMIT}",
        f"pip install 'agrad[x] @ git+https://example.org/agrad.git@{COMMIT}'",
    ),
    "folder of a repository": (
        {
            "url": "https://example.org/all.git",
            "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": COMMIT},
            "subdirectory": "python",
        },
        f"agrad[x] @ git+https://example.org/all.git@{COMMIT}#subdirectory=python",
        f"pip install 'agrad[x] @ git+https://example.org/all.git@{COMMIT}#subdirectory=python'",
    ),
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Let agrad be installed with that text as the installer's note, or without one."""

    def install(note: str | None) -> None:
        folder = tmp_path / "site" / "agrad-0.1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: agrad\nVersion: 0.1.0\nProvides-Extra: rare\n")
        if note is not None:
            (folder / "direct_url.json").write_text(note)
        monkeypatch.syspath_prepend(str(folder.parent))

    return install


@pytest.mark.parametrize("kind", NOTES)
def test_advice_names_a_place_that_agrad_can_be_installed_from(installed, kind):
    note, expected, command = NOTES[kind]
    installed(note and json.dumps(note))
    assert requirement("x") == expected
    assert requirement() == expected.replace("[x]", "")
    assert install_command("x") == command


@pytest.mark.parametrize("plugin", KINDS)
@pytest.mark.parametrize("kind", NOTES)
def test_a_new_project_depends_on_that_place(installed, tmp_path, kind, plugin):
    note, expected, _ = NOTES[kind]
    installed(note and json.dumps(note))
    [path] = [path for path in new_plugin("waves", plugin, tmp_path) if path.name == "pyproject.toml"]
    written = path.read_text()
    project = tomllib.loads(written)
    assert project["project"]["dependencies"] == [expected.replace("[x]", "")]
    assert project["project"]["optional-dependencies"]["test"][0] == expected.replace("x", "conformance", 1)
    allowed = project["tool"]["hatch"].get("metadata", {}).get("allow-direct-references", False)
    assert allowed == ("Before you publish" in written) == (note is not None)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"dir_info": {}}'])
def test_a_note_that_says_nothing_counts_as_none(installed, note):
    installed(note)
    assert origin() == {}
    assert requirement() == "agrad"


def test_a_backends_library_comes_with_an_extra_of_agrad_or_by_its_own_name(installed):
    installed(json.dumps(NOTES["clone"][0]))
    assert how_to_install("rare", "rare-core") == "pip install -e '/home/me/agrad[rare]'"
    assert how_to_install("other", "other-core") == "pip install other-core"
    assert how_to_install("other", "") == "pip install other"
