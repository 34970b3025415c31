"""Writes the project that a plugin starts from: a small one that is complete and passes its own tests."""

from __future__ import annotations

import keyword
import re
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from agrad import plugins
from agrad.errors import PluginError
from agrad.origin import requirement
from agrad.plugins.validate import plugin_name_problem

__all__ = ["KINDS", "new_plugin"]

KINDS = ("op", "backend")
NAME = re.compile(r"[A-Za-z](\w*[A-Za-z0-9])?", re.ASCII)
LONGEST = 40
"""So long a plugin's name may be: the lines that it stands in have a place for it."""
SUFFIX = ".template"
"""Ends the name of every template, so that no tool takes one for a module or a test of agrad's."""
DIRECT = """\
# agrad was installed from the place that `dependencies` and `test` name, not from a package index. Before you publish,
# write "agrad" and "agrad[conformance]" there, and remove this section.
[tool.hatch.metadata]
allow-direct-references = true

"""
"""Goes into the project's `pyproject.toml` where agrad came from no index."""


def new_plugin(name: str, kind: str, folder: str | Path = ".") -> list[Path]:
    """Write a plugin project: a package with an example that works, its tests, and what an installer needs.

    Parameters
    ----------
    name : str
        The plugin's name, an identifier: its ops are at ``xp.name``, or its backend is ``agrad.namespace("name")``.
        The distribution is called ``agrad-name``, and the package ``agrad_name``.
    kind : {"op", "backend"}
        What the plugin brings.
    folder : str or Path
        Where the project's folder, ``agrad-name``, goes.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    PluginError
        The name cannot be a plugin's or is taken, or the project's folder exists; nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> from agrad.command.scaffold import new_plugin
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in new_plugin("waves", "op", folder) if path.suffix == ".py"]
    ['__init__.py', 'ops.py', 'test_conformance.py', 'test_ops.py']
    """
    _check(name, kind)
    parent = Path(folder)
    target = parent / f"agrad-{name}"
    try:
        if target.exists():
            raise PluginError(f"{target} exists already; choose another name or folder, or remove it first")
        with tempfile.TemporaryDirectory(prefix=".agrad-", dir=parent) as temporary:  # on the same disk
            draft = Path(temporary) / target.name
            written = _write(resources.files("agrad") / "templates" / kind, draft, _values(name))
            draft.rename(target)  # all at once
    except OSError as error:
        raise PluginError(f"the project could not be written to {target}: {error}") from error
    return [target / path.relative_to(draft) for path in written]


def _check(name: str, kind: str) -> None:
    if kind not in KINDS:
        raise PluginError(f"a plugin cannot be of the kind {kind!r}; it is {' or '.join(map(repr, KINDS))}")
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise PluginError(
            f"a plugin cannot be named {name!r}; its name takes ASCII letters, digits and underscores, starts with a "
            "letter, ends with a letter or digit, and is no keyword of Python"
        )
    if len(name) > LONGEST:
        raise PluginError(
            f"a plugin cannot be named {name[:20]}..., of {len(name)} characters; it takes {LONGEST} at most"
        )
    if plugin_name_problem(name):
        raise PluginError(f"a plugin cannot be named {name!r}, as something of the array API standard is")
    for plugin in plugins.plugins():
        if plugin.name == name:
            raise PluginError(f"a plugin cannot be named {name!r}: one of that name is there, of {plugin.source}")


def _values(name: str) -> dict[str, str]:
    """What the templates leave open: the plugin's name, and how the project gets agrad."""
    agrad = requirement()
    direct = DIRECT if "@" in agrad else ""
    return {"name": name, "agrad": agrad, "agrad_conformance": requirement("conformance"), "direct": direct}


def _write(template: Traversable, to: Path, values: dict[str, str]) -> list[Path]:
    """Write the files of a folder, then those of its folders, in the order of their names."""
    to.mkdir()
    written = []
    for item in sorted(template.iterdir(), key=lambda item: (item.is_dir(), item.name)):
        path = to / item.name.replace("NAME", values["name"]).removesuffix(SUFFIX)
        if item.is_dir():
            written += _write(item, path, values)
        else:
            text = Template(item.read_text(encoding="utf-8")).substitute(values)
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written
