"""The example whose data do not fit: its gradient is the one by hand, and worker processes stay within their memory."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import agrad_dask
from agrad.plugins import backends, register

dask = pytest.importorskip("dask", reason="pip install 'agrad[dask]'")
pytest.importorskip("distributed", reason="pip install 'agrad[dask]'")

SCRIPT = Path(__file__).parents[2] / "examples" / "out_of_core.py"


@pytest.fixture(scope="module")
def example():
    if "dask" not in backends():
        register(agrad_dask, "dask")
    spec = importlib.util.spec_from_file_location("out_of_core", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    with dask.config.set(scheduler="sync"):
        yield module
    del sys.modules[spec.name]


def test_the_data_come_again_and_stay_in_blocks(example):
    x, y = example.dataset(1000, block=300, seed=4)
    again = example.dataset(1000, block=300, seed=4)
    assert (x.chunks[0], y.chunks[0], x.dtype, y.dtype) == ((300, 300, 300, 100),) * 2 + (np.float32,) * 2
    for a, b in zip(dask.compute(x, y), dask.compute(*again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert set(np.unique(y.compute())) == {-1, 1}


def test_the_gradient_is_the_one_by_hand(example):
    x, y = example.dataset(1000, block=300)
    seen = []
    run = example.train(x, y, steps=4, on_step=lambda step, loss: seen.append(loss))
    points, labels = (a.astype(float) for a in dask.compute(x, y))
    weights = np.zeros(points.shape[1])
    for loss in run.losses:
        margins = labels * (points @ weights)
        np.testing.assert_allclose(loss, np.mean(np.logaddexp(0, -margins)), rtol=1e-5)
        weights += 4 * points.T @ (labels / (1 + np.exp(margins))) / len(labels)
    np.testing.assert_allclose(run.weights, weights, rtol=1e-3, atol=1e-4)
    assert seen == run.losses and np.all(np.diff(run.losses) < 0)
    assert run.difference < 1e-5


@pytest.mark.slow
def test_data_of_several_times_the_memory_of_a_worker():
    """1 GB of data, two worker processes of 256 MB each: distributed kills one that uses more, and the run fails."""
    command = [sys.executable, str(SCRIPT), "--gigabytes", "1", "--memory-limit", "256MB", "--steps", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "0.93 GiB, 3.9 times the 256MB that each of 2 workers may use" in done.stdout
    assert "100% Completed" in done.stdout  # the progress bar
    assert "step  1  loss 0.6931" in done.stdout  # log 2: the first weights are zeros
    assert float(re.search(r"differ by (\S+) of", done.stdout)[1]) < 1e-5


@pytest.mark.parametrize("option", ["--workers", "--steps"])
def test_nonsense_is_refused(example, option, capsys):
    with pytest.raises(SystemExit):
        example.main([option, "0"])
    assert "0 is not positive" in capsys.readouterr().err
