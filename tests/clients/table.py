"""Which functions of SciPy, scikit-learn and array-api-extra differentiate as they stand: a verdict on each.

``python tests/clients/table.py --backend numpy``: right, loud (it raises, and says why) or wrong, with the settings by
which these libraries accept other arrays, SCIPY_ARRAY_API and scikit-learn's array_api_dispatch, and without them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from importlib.metadata import distributions
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETTINGS = ("on", "off")
STORED = HERE / "verdicts.txt"
LIBRARIES = ("array-api-extra", "numpy", "scikit-learn", "scipy")


def versions() -> str:
    """What is installed: verdicts are those of these releases."""
    found = {d.metadata["Name"].lower(): d.version for d in distributions()}
    return ", ".join(f"{name} {found.get(name, 'missing')}" for name in LIBRARIES)


def stored() -> tuple[str, dict[str, dict[str, str]]]:
    """The versions and the verdicts that are in the file, by setting and name."""
    head, *lines = STORED.read_text().splitlines()
    rows = [line.split() for line in lines]
    return head, {setting: {row[0]: row[k] for row in rows} for k, setting in enumerate(SETTINGS, 1)}


def verdicts(backend: str, setting: str, only: str = "") -> list[list[str]]:
    """Name, verdict and reason of every call, from a process of its own: SciPy reads its setting when imported."""
    environment = dict(os.environ, JAX_ENABLE_X64="1")
    environment.pop("SCIPY_ARRAY_API", None)
    if setting == "on":
        environment["SCIPY_ARRAY_API"] = "1"
    command = [sys.executable, str(HERE / "table.py"), "--one", setting, "--backend", backend, "--only", only]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: list[list[str]] = json.loads(done.stdout)
    return found


def _judged(backend: str, setting: str, only: str) -> list[list[str]]:
    sys.path.insert(0, str(HERE))
    import client_extra
    import client_learn
    import client_scipy
    import client_special
    import client_stats
    from client_verdict import judge

    if setting == "on":
        try:
            import sklearn
        except ImportError:
            pass
        else:
            sklearn.set_config(array_api_dispatch=True)
    parts = (client_special, client_stats, client_scipy, client_learn, client_extra)
    calls = [call for part in parts for call in part.CALLS if any(o in call.name for o in only.split(","))]
    return [list(judge(call, backend)) for call in calls]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="numpy")
    parser.add_argument("--only", default="", help="parts of the names to keep to, with commas between")
    parser.add_argument("--write", action="store_true", help="store the verdicts")
    parser.add_argument("--one", choices=SETTINGS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(_judged(options.backend, options.one, options.only)))
        return
    found = {setting: verdicts(options.backend, setting, options.only) for setting in SETTINGS}
    lines = [f"{on[0]:<72} {on[1]:<7} {off[1]}" for on, off in zip(found["on"], found["off"], strict=True)]
    if options.write:
        STORED.write_text("\n".join([versions(), *lines]) + "\n")
    for line, on, off in zip(lines, found["on"], found["off"], strict=True):
        print(f"{line:<88} {on[2] or off[2]}")
    for setting in SETTINGS:
        counts = Counter(verdict for _, verdict, _ in found[setting])
        print(f"settings {setting}: of {counts.total()} " + ", ".join(f"{n} {v}" for v, n in counts.most_common()))


if __name__ == "__main__":
    main()
