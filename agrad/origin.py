"""Where agrad was installed from, so that advice and new projects name a place from which it can be installed again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

__all__ = ["how_to_install", "install_command", "origin", "requirement"]

DISTRIBUTION = "agrad"


def origin() -> Mapping[str, Any]:
    """What the installer noted of where agrad came from: ``direct_url.json``, empty where that was a package index.

    Returns
    -------
    mapping
        As in the specification of `direct_url.json`: ``url``, and ``dir_info``, ``archive_info`` or ``vcs_info``.

    Examples
    --------
    >>> from agrad.origin import origin
    >>> {*origin()} <= {"url", "dir_info", "archive_info", "vcs_info", "subdirectory"}
    True
    """
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        noted = json.loads(text) if text else {}
    except (metadata.PackageNotFoundError, ValueError):  # not installed, or a note that nobody can read
        return {}
    return noted if isinstance(noted, dict) and isinstance(noted.get("url"), str) else {}


def requirement(*extras: str) -> str:
    """What a project that needs agrad writes among its dependencies, here.

    Parameters
    ----------
    *extras : str
        Extras of agrad's, such as ``"conformance"``.

    Returns
    -------
    str
        ``"agrad[conformance]"`` where agrad came from a package index, else with the place that it came from:
        ``"agrad[conformance] @ file:///home/me/agrad"``.

    Examples
    --------
    >>> from agrad.origin import requirement
    >>> requirement("conformance").partition(" @ ")[0]
    'agrad[conformance]'
    """
    url = _url(origin())
    return _with_extras(DISTRIBUTION, extras) + (url and f" @ {url}")


def install_command(*extras: str) -> str:
    """The command that installs agrad's extras, here: from the place that agrad itself was installed from.

    Parameters
    ----------
    *extras : str
        Extras of agrad's, such as ``"jax"``.

    Returns
    -------
    str
        For example ``pip install -e '/home/me/agrad[jax]'``.

    Examples
    --------
    >>> from agrad.origin import install_command
    >>> command = install_command("jax")
    >>> command.startswith("pip install "), "[jax]" in command
    (True, True)
    """
    noted = origin()
    place = urlsplit(_url(noted))
    if place.scheme != "file":
        return f"pip install {shlex.quote(requirement(*extras))}"
    option = "-e " if noted.get("dir_info", {}).get("editable") else ""
    return f"pip install {option}{shlex.quote(_with_extras(url2pathname(place.path), extras))}"


def how_to_install(name: str, library: str) -> str:
    """The command that installs the library of a backend which names none itself.

    Parameters
    ----------
    name : str
        The backend's name; agrad's own backends are extras of agrad's.
    library : str
        The distribution that the library comes in; empty where the backend does not say.

    Returns
    -------
    str

    Examples
    --------
    >>> from agrad.origin import how_to_install
    >>> how_to_install("mylib", "mylib-core")
    'pip install mylib-core'
    """
    try:
        extras = metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        extras = []
    return install_command(name) if name in extras else f"pip install {shlex.quote(library or name)}"


def _with_extras(what: str, extras: tuple[str, ...]) -> str:
    return what + (f"[{','.join(extras)}]" if extras else "")


def _url(noted: Mapping[str, Any]) -> str:
    """The URL that an installer takes, of a repository with its kind and revision; empty for a package index."""
    url: str = noted.get("url", "")
    repository = noted.get("vcs_info", {})
    if repository:
        url = f"{repository['vcs']}+{url}@{repository['commit_id']}"
    folder = noted.get("subdirectory")
    return f"{url}#subdirectory={folder}" if folder else url
