"""Random programs: a transform changes no value, and derivatives are right. And the fuzzer finds what is planted."""

import subprocess
import sys
from pathlib import Path

import pytest

import agrad
import libraries
from features import FEATURES_OFF
from forms import FORMS
from judging import CHECKS, judge
from program import WHOLE, Argument, generate, listing, written
from run import examine, main
from running import BACKENDS

X = Argument("x", [1.0, 2.0, 3.0])
M = Argument("m", [[0.5, -1.25, 2.0], [1.5, 0.75, -0.5], [0.25, 1.75, -2.0]])
S = Argument("s", 0.75)


def run(backend, seeds, second=0.25):
    for seed in seeds:
        found = examine(backend, seed, FEATURES_OFF, second)
        assert found is None, f"seed {seed}: {found.failure.kind}\n{found.failure.detail}\n{listing(found.program)}"


def need(backend):
    pytest.importorskip(libraries.LIBRARIES[backend])


def test_some_programs():
    run("numpy", range(60))


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("part", range(10))
def test_many_programs(backend, part):
    need(backend)
    size = 200 if backend == "numpy" else 15
    run(backend, range(1000 + part * size, 1000 + (part + 1) * size))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if known.backend == "jax" else [])
        for name, known in FEATURES_OFF.items()
    ],
)
def test_what_is_off_fails(name, request):
    known = FEATURES_OFF[name]
    need(known.backend)
    request.applymarker(pytest.mark.xfail(strict=True, raises=AssertionError, reason=known.why))
    assert judge(written(known.backend, known.program, X, M, S)) is None


def test_what_is_off_has_a_name():
    checks = {"second-order"} | {name for table in CHECKS for name in table}
    for name in FEATURES_OFF:
        feature = name.rpartition(":")[2]
        assert (
            feature in (*FORMS, *WHOLE)
            or feature in checks
            or any(feature == f"{form}-{check}" for form in (*FORMS, *WHOLE) for check in checks)
        )


# The fuzzer itself ------------------------------------------------------------------------------------


def test_a_seed_is_a_program():
    one, same, other = (generate("numpy", seed).source() for seed in (5, 5, 6))
    assert one == same != other


def test_every_form_is_used():
    used = frozenset().union(*(generate("numpy", seed).features for seed in range(80)))
    assert set(FORMS) - used == set()


def test_a_listing_runs(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(listing(generate("numpy", 0, FEATURES_OFF)))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    traced, plain = done.stdout.split("\n(")
    assert traced.startswith("((")
    assert plain


def found_by(*programs):
    return {failure.kind for p in programs if (failure := judge(p)) is not None}


def test_a_right_program_passes():
    source = "y = x[1:]\ny += 0.5\nz = xp.where(x > 1.2, x, 0.1)\nwith agrad.no_grad():\n    w = xp.sin(x)\nz = z * w"
    assert found_by(written("numpy", source, X)) == set()


@pytest.mark.parametrize(
    ("power", "kind"),
    [(1, "gradient (forward)"), (2, "second order differs from differences"), (0, "value (reverse)")],
)
def test_a_wrong_rule_is_found(power, kind, monkeypatch):
    space = agrad.namespace("numpy")
    right = space.tanh
    program = written("numpy", "y = xp.tanh(x)", X)
    assert found_by(program) == set()
    monkeypatch.setattr(space, "tanh", lambda x: right(x) + 0.1 * (x - agrad.stop_gradient(x)) ** power)
    assert found_by(program) == {kind}


def test_modes_that_differ_are_found(monkeypatch):
    right = agrad.jvp

    def wrong(*args):
        result, (slope, tangents) = right(*args)
        return result, (slope * 1.01, tangents)

    monkeypatch.setattr(agrad, "jvp", wrong)
    assert found_by(written("numpy", "y = xp.tanh(x)", X)) == {"forward mode differs from reverse mode"}


def test_a_crash_is_found(monkeypatch):
    monkeypatch.setattr(agrad.namespace("numpy"), "tanh", lambda x: x / None)
    assert found_by(written("numpy", "y = xp.tanh(x)", X)) == {"crash in reverse: TypeError"}


def test_a_wrong_dtype_is_found(monkeypatch):
    space = agrad.namespace("numpy")
    right = space.tanh
    monkeypatch.setattr(space, "tanh", lambda x: space.astype(right(x), space.float32))
    assert found_by(written("numpy", "y = xp.tanh(x)", X)) == {"dtype (reverse)"}


def test_a_wrong_view_is_found(monkeypatch):
    tensor = type(agrad.tensor([1.0]))
    get = tensor.__getitem__
    program = written("numpy", "y = x[1:]\ny += 0.5", X)
    assert found_by(program) == set()
    monkeypatch.setattr(tensor, "__getitem__", lambda self, key: get(self, key) * 1)
    assert found_by(program) == {"value (reverse)"}


def test_a_failure_is_shrunk(monkeypatch):
    tensor = type(agrad.tensor([1.0]))
    monkeypatch.setattr(tensor, "__imul__", lambda self, other: self * other)
    found = next(f for seed in range(20) if (f := examine("numpy", seed, FEATURES_OFF, second=0)))
    assert found.failure.kind == "value (reverse)"
    assert len(found.program.statements) <= 6 < len(generate("numpy", found.seed, FEATURES_OFF).statements)


def test_the_command_reports_and_exits_with_1(monkeypatch, capsys):
    arguments = ["--programs", "3", "--second-order", "0"]
    assert main(arguments) == 0
    assert "no failures" in capsys.readouterr().out
    tensor = type(agrad.tensor([1.0]))
    monkeypatch.setattr(tensor, "__mul__", lambda self, other: other)
    assert main(arguments) == 1
    said = capsys.readouterr().out
    assert "def f(xp, agrad, x" in said
    assert "3 failures" in said


def test_the_command_shows_a_seed(capsys):
    assert main(["--show", "2"]) == 0
    assert capsys.readouterr().out.startswith("import agrad")


def test_the_command_runs_from_anywhere(tmp_path):
    script = Path(__file__).with_name("run.py")
    arguments = [sys.executable, script, "--programs", "2", "-n", "2"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
