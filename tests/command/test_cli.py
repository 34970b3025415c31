"""The command line: tables, JSON, exit statuses, and what it says of a broken plugin."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import agrad
from agrad import plugins
from agrad.backend import Backend
from agrad.command import cli
from agrad.plugins import Command
from agrad.plugins.hooks import COMMANDS
from test_plugins import entry, fresh, provider  # noqa: F401 - `fresh` is a fixture


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "agrad", "backends"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0].split() == ["backend", "library", "status", "devices"]


def test_no_command_shows_what_there_is(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([])
    assert stop.value.code == 0
    assert "new-plugin" in capsys.readouterr().out


def test_its_version(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"agrad {agrad.__version__}\n"


def test_whoever_reads_the_first_line_alone_sees_no_traceback():
    command = [sys.executable, "-m", "agrad", "ops", "--backend", "numpy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listing:
        assert listing.stdout.readline().split() == ["op", "numpy", "vmap"]
        listing.stdout.close()
        assert listing.stderr.read() == ""
    assert listing.returncode == 0


def test_backends_fit_a_terminal(capsys):
    assert cli.main(["backends"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


def test_plugins_in_a_table_and_in_json(capsys):
    cli.main(["plugins"])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["plugin", "from", "status", "brings"]
    assert any(row.split()[0] == "numpy" and "backend numpy" in row for row in rows)
    cli.main(["plugins", "--json"])
    [numpy] = [p for p in json.loads(capsys.readouterr().out) if p["name"] == "numpy"]
    assert numpy["status"] == "active" and numpy["backends"] == ["numpy"] and numpy["error"] == ""


def test_a_broken_plugin_is_shown_with_its_traceback(fresh, capsys):  # noqa: F811
    def broken():
        raise RuntimeError("half a file")

    fresh(entry("bad", broken))
    with pytest.warns(UserWarning, match="half a file"):
        assert cli.main(["plugins"]) == 1
    out = capsys.readouterr().out
    assert "bad of somebody 1.2 is broken:\nTraceback" in out and 'raise RuntimeError("half a file")' in out


def test_agrads_own_commands_are_those_that_plugins_may_not_replace(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out.partition("commands:")[2].partition("commands that plugins bring:")[0]
    named = [line.split()[0] for line in shown.splitlines() if line.startswith("    ") and line[4] != " "]
    assert tuple(named) == COMMANDS


def test_a_name_that_is_too_long_is_one_line_on_stderr(tmp_path, capsys):
    assert cli.main(["new-plugin", "x" * 300, "--kind", "op", "--folder", str(tmp_path)]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("agrad: a plugin cannot be named xxx") and shown.count("\n") == 1


def test_a_conflict_is_one_line_on_stderr(fresh, capsys):  # noqa: F811
    fresh(entry("a", lambda: None), other=[entry("a", lambda: None)])
    assert cli.main(["plugins"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("agrad: two plugins are named 'a'") and shown.err.count("\n") == 1


def test_backends_say_what_is_ready_and_how_to_install_the_rest(fresh, capsys):  # noqa: F811
    def missing():
        raise ImportError("no rare")

    def failing():
        raise RuntimeError("no\n device")

    records = [
        Backend("rare", load=missing, owns=lambda x: False, library="no-such-distribution", lacks={"fft": "too rare"}),
        Backend("sick", load=failing, owns=lambda x: False, library="numpy"),
    ]
    fresh(entry("a", lambda: provider(agrad_backends=records)))
    assert cli.main(["backends"]) == 0
    out = capsys.readouterr().out
    assert "not installed: pip install no-such-distribution" in out
    assert "not working: RuntimeError: no device" in out
    assert "rare lacks fft: too rare" in out
    assert cli.main(["backends", "--json"]) == 0
    rare, sick = json.loads(capsys.readouterr().out)
    assert rare["library"] == "no-such-distribution"
    assert sick["library"].startswith("numpy 2")


def test_ops_are_a_matrix(capsys):
    assert cli.main(["ops", "--backend", "numpy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["op", "numpy", "vmap"]
    assert ["linalg.qr", "native", "at", "once"] in [line.split() for line in lines]
    assert "vmap: nonzero is no: how many positions there are depends on the data" in lines
    assert cli.main(["ops", "--backend", "numpy", "--op", "sin", "--op", "var", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"sin": {"numpy": "native"}, "var": {"numpy": "native"}}


def test_an_unknown_op_or_backend_is_named(capsys):
    assert cli.main(["ops", "--backend", "numpy", "--op", "sine"]) == 1
    assert "an op named sine" in capsys.readouterr().err
    assert cli.main(["ops", "--backend", "nowhere"]) == 1
    assert "no backend named 'nowhere'" in capsys.readouterr().err


def test_plugins_bring_commands(capsys):
    def run(arguments):
        print("ran", *arguments)
        return 3

    plugins.register(provider(agrad_commands=[Command("go", "Goes somewhere.", run)]), "goer")
    try:
        assert cli.main(["go", "--far"]) == 3
        assert capsys.readouterr().out == "ran --far\n"
        with pytest.raises(SystemExit):
            cli.main(["--help"])
        assert "Goes somewhere." in capsys.readouterr().out
    finally:
        plugins.block("goer")
