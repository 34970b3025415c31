"""The digits example learns: briefly trained it reads most digits, fully trained at least 95 % of them."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

for library in ("matplotlib", "rich", "sklearn"):
    pytest.importorskip(library, reason="pip install 'agrad[examples]'")

SCRIPT = Path(__file__).parents[2] / "examples" / "digits.py"


@pytest.fixture(scope="module")
def digits():
    spec = importlib.util.spec_from_file_location("digits", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_held_out_digits_are_not_trained_on(digits):
    training, test = digits.load(np.random.default_rng(0))
    assert (len(training.labels), len(test.labels)) == (1348, 449)
    assert {row.tobytes() for row in training.images}.isdisjoint(row.tobytes() for row in test.images)


def test_a_few_epochs(digits):
    seen = []
    run = digits.train(epochs=3, seed=1, on_epoch=lambda epoch, loss: seen.append((epoch, loss)))
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    np.testing.assert_allclose([loss for _, loss in seen], run.epoch_losses)
    assert np.all(np.diff(run.epoch_losses) < 0)
    assert run.accuracy > 0.85


def test_a_compiled_step_learns_the_same(digits):
    eager, compiled = digits.train(epochs=2, seed=1), digits.train(epochs=2, seed=1, compiled=True)
    np.testing.assert_allclose(compiled.losses, eager.losses, rtol=1e-3)
    assert abs(compiled.accuracy - eager.accuracy) < 0.01


def test_gradients_are_those_by_hand(digits):
    xp = digits.agrad.namespace("numpy")
    random = np.random.default_rng(2)
    batch = digits.load(random)[0]
    images, labels = batch.images[:50], batch.labels[:50]
    parameters = [xp.asarray(p, requires_grad=True) for p in digits.network(random)]
    digits.cross_entropy(xp, digits.scores(xp, parameters, images), xp.asarray(labels)).backward()

    w1, b1, w2, b2 = (p.array for p in parameters)
    hidden = np.tanh(images @ w1 + b1)
    logits = np.exp(hidden @ w2 + b2)
    error = (logits / logits.sum(axis=1, keepdims=True) - np.eye(10, dtype=np.float32)[labels]) / len(labels)
    back = error @ w2.T * (1 - hidden**2)
    for p, expected in zip(parameters, (images.T @ back, back.sum(0), hidden.T @ error, error.sum(0)), strict=True):
        assert p.grad.dtype == np.float32
        np.testing.assert_allclose(p.grad.array, expected, rtol=1e-4, atol=1e-6)


def test_the_command(digits, tmp_path, capsys):
    picture = tmp_path / "digits.png"
    run = digits.main(["--backend", "numpy", "--out", str(picture)])
    assert run.accuracy >= 0.95
    assert run.epoch_losses[-1] < 0.1 * run.epoch_losses[0]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"test accuracy {run.accuracy:.2%}" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--epochs", "--batch"])
def test_nonsense_is_refused(digits, option, capsys):
    with pytest.raises(SystemExit):
        digits.main([option, "0"])
    assert "0 is not positive" in capsys.readouterr().err


def test_without_misread_digits_and_in_one_batch(digits, tmp_path):
    run = digits.train(epochs=1, batch=5000)
    run.predictions = run.test.labels
    digits.draw(run, tmp_path / "all-correct.png")
    assert len(run.losses) == 1
