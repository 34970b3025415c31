"""The project that `new_plugin` writes: it installs, passes its own tests, and is what its README says."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import agrad
from agrad.command import scaffold
from agrad.command.scaffold import KINDS, LONGEST, new_plugin

NAME = "waves"


def run(*command: object, cwd: Path) -> str:
    """Run a command, without network and without this process's settings for Python; its output."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "AGRAD", "PIP"))}
    environment |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=KINDS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """The kind, the folder of a new project, and a Python in which it is installed.

    The environment is fresh, and sees what is installed here.
    """
    pytest.importorskip("hatchling")
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp(request.param)
    path = new_plugin(NAME, request.param, folder)[0].parent
    run(sys.executable, "-m", "venv", "--without-pip", "--symlinks", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    lines = [f"import site; site.addsitedir({place!r})\n" for place in sorted(here)]
    Path(packages, "installed.pth").write_text("".join(lines))
    install = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", ".")
    run(python, *install, cwd=path)
    return request.param, path, python


def test_it_is_installed_in_its_own_environment(project):
    _, path, python = project
    where = run(python, "-c", f"import agrad_{NAME}; print(agrad_{NAME}.__file__)", cwd=path)
    assert Path(where.strip()) == path / "src" / f"agrad_{NAME}" / "__init__.py"


PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error::DeprecationWarning")


def test_its_own_tests_pass(project):
    kind, path, python = project
    # of the conformance suite on a whole backend, some ops; the others when there is more time
    some = ("-k", "not test_conformance or -sin- or [sin or [matmul or [linalg.solve") if kind == "backend" else ()
    report = run(python, *PYTEST, *some, cwd=path)
    assert " passed" in report
    assert "failed" not in report


@pytest.mark.slow
def test_it_passes_the_scenarios_of_the_suite(project):
    kind, path, python = project
    if kind == "op":
        pytest.skip("scenarios are about backends")
    report = run(python, *PYTEST, "-k", "scenario", cwd=path)
    assert " passed" in report and "failed" not in report


@pytest.mark.slow
def test_it_passes_the_whole_conformance_suite(project):
    _, path, python = project
    report = run(python, *PYTEST, "-k", "test_conformance", cwd=path)
    assert " passed" in report
    assert "failed" not in report


OP = """
import importlib.util
import agrad, numpy
for backend in ("numpy", "jax"):
    if importlib.util.find_spec(backend):
        xp = agrad.namespace(backend)
        x = xp.asarray(numpy.asarray([0.0, 0.0], dtype="float32")).array
        f = xp.waves.softplus
        g = agrad.grad(lambda x: xp.sum(f(x)))(x)
        t = agrad.jvp(f, (x,), (x + 2,))[1]
        h = agrad.hessian(lambda x: xp.sum(f(x)))(x)
        assert type(g) is type(t) is type(h) is type(x), backend
        print(backend, *(numpy.asarray(found).tolist() for found in (g, t, h)))
assert "Compute log(1 + exp(x))" in xp.waves.softplus.__doc__
"""

BACKEND = """
import agrad
xp = agrad.namespace("waves")
x = xp.asarray([1.0, 2.0], requires_grad=True)
xp.sum(x ** 3).backward()
print(x.grad.array)
"""


def test_what_it_brings_is_found(project):
    kind, path, python = project
    found = run(python, "-c", OP if kind == "op" else BACKEND, cwd=path)
    if kind == "backend":
        assert found == "Array([3.0, 12.0], dtype=float64)\n"
        return
    lines = found.splitlines()
    assert lines[0].startswith("numpy")
    assert all(line.endswith("[0.5, 0.5] [1.0, 1.0] [[0.25, 0.0], [0.0, 0.25]]") for line in lines)


@pytest.mark.slow  # without a cache, mypy reads all of NumPy
def test_it_is_typed(project):
    pytest.importorskip("mypy")
    _, path, python = project
    run(python, "-m", "mypy", "--cache-dir", path.parent / "mypy", cwd=path)


@pytest.mark.parametrize("name", ["q", NAME, "waves_of_the_northern_atlantic_ocean".ljust(LONGEST, "s")])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_in_good_style(tmp_path, name, kind):
    pytest.importorskip("ruff")
    path = new_plugin(name, kind, tmp_path)[0].parent
    run(sys.executable, "-m", "ruff", "check", "--no-cache", cwd=path)
    run(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", cwd=path)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_template_is_left(tmp_path, kind):
    written = new_plugin(NAME, kind, tmp_path)
    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for path in written:
        assert not any(
            mark in str(path.relative_to(tmp_path)) + path.read_text() for mark in ("$", "NAME", ".template")
        )
    assert [path.name for path in tmp_path.iterdir()] == [f"agrad-{NAME}"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("two words", "starts with a letter"),
        ("1st", "starts with a letter"),
        ("_private", "starts with a letter"),
        ("waves_", "ends with a letter or digit"),
        ("wäves", "ASCII"),
        ("", "ASCII"),
        ("waves\n", "ASCII"),
        ("class", "no keyword"),
        ("x" * (LONGEST + 1), "of 41 characters; it takes 40 at most"),
        ("x" * 300, "of 300 characters; it takes 40 at most"),
        ("sin", "as something of the array API standard is"),
        ("linalg", "as something of the array API standard is"),
        ("float32", "as something of the array API standard is"),
        ("numpy", "one of that name is there, of agrad "),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_names_that_cannot_be_are_refused(tmp_path, name, kind, message):
    with pytest.raises(agrad.PluginError, match=message):
        new_plugin(name, kind, tmp_path)
    assert not list(tmp_path.iterdir())


def test_another_kind_is_refused(tmp_path):
    with pytest.raises(agrad.PluginError, match="'rule'; it is 'op' or 'backend'"):
        new_plugin(NAME, "rule", tmp_path)


def test_what_exists_is_left_alone(tmp_path):
    (tmp_path / f"agrad-{NAME}").mkdir()
    with pytest.raises(agrad.PluginError, match=f"agrad-{NAME} exists already"):
        new_plugin(NAME, "op", tmp_path)
    assert not list((tmp_path / f"agrad-{NAME}").iterdir())


@pytest.mark.parametrize(("folder", "why"), [("missing", "No such file"), ("x" * 300, "File name too long")])
def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path, folder, why):
    with pytest.raises(agrad.PluginError, match=rf"could not be written to .*{why}"):
        new_plugin(NAME, "op", tmp_path / folder)


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    count = 0

    def failing(self, *args, **kwargs):
        nonlocal count
        count += 1
        if count == 3:
            raise OSError("disk full")
        return original(self, *args, **kwargs)

    original = Path.write_text
    monkeypatch.setattr(scaffold.Path, "write_text", failing)
    with pytest.raises(agrad.PluginError, match="disk full"):
        new_plugin(NAME, "op", tmp_path)
    assert not list(tmp_path.iterdir())
