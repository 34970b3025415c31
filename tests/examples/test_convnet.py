"""The example of a convolutional network learns: briefly most digits, fully trained at least 98 % of those held out."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

for library in ("matplotlib", "rich", "sklearn"):
    pytest.importorskip(library, reason="pip install 'agrad[examples]'")

SCRIPT = Path(__file__).parents[2] / "examples" / "convnet.py"


@pytest.fixture(scope="module")
def convnet():
    spec = importlib.util.spec_from_file_location("convnet", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_held_out_digits_are_not_trained_on(convnet):
    training, test = convnet.load(0)
    assert (training.images.shape, test.images.shape) == ((1348, 1, 8, 8), (449, 1, 8, 8))
    assert {image.tobytes() for image in training.images}.isdisjoint(image.tobytes() for image in test.images)


def test_an_epoch(convnet):
    seen = []
    run = convnet.train(epochs=1, on_epoch=lambda epoch, loss: seen.append((epoch, loss)))
    assert len(run.losses) == run.steps_per_epoch == 22
    assert seen == [(0, pytest.approx(run.epoch_losses[0]))]
    assert np.mean(run.losses[-5:]) < 0.4 * run.losses[0]
    assert run.accuracy > 0.8
    again = convnet.train(epochs=1)
    assert again.losses == run.losses  # a seed repeats a run


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_do_the_same(convnet, backend):
    pytest.importorskip(backend)
    batch = convnet.load(0)[0]
    found = []
    for name in ("numpy", backend):
        convnet.nn.seed(3)
        xp = convnet.agrad.namespace(name)
        model = convnet.network().to(backend=name, dtype="float32")
        model[7].eval()  # no dropout, which each backend draws for itself
        logits = model(xp.asarray(batch.images[:20]))
        convnet.nn.CrossEntropyLoss()(logits, xp.asarray(batch.labels[:20])).backward()
        found.append([np.asarray(each.tolist()) for each in (logits, *(p.grad for p in model.parameters()))])
    for expected, value in zip(*found, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-5)


def test_gradients_are_those_of_pytorch(convnet):
    torch = pytest.importorskip("torch")
    convnet.nn.seed(3)
    model = convnet.network().to(dtype="float32")
    model[7].eval()  # no dropout
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 16, 3, padding="same", bias=False),
        torch.nn.BatchNorm2d(16),
        torch.nn.ReLU(),
        torch.nn.Conv2d(16, 32, 3, padding="same", bias=False),
        torch.nn.BatchNorm2d(32),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Identity(),
        torch.nn.Flatten(),
        torch.nn.Linear(512, 10),
    )
    theirs.load_state_dict({name: torch.tensor(value.tolist()) for name, value in model.state_dict().items()})
    batch = convnet.load(0)[0]
    images, labels = batch.images[:50], batch.labels[:50]
    convnet.nn.CrossEntropyLoss()(model(images), labels).backward()
    torch.nn.functional.cross_entropy(theirs(torch.tensor(images)), torch.tensor(labels).long()).backward()
    for p, q in zip(model.parameters(), theirs.parameters(), strict=True):
        assert p.grad.dtype == np.float32
        np.testing.assert_allclose(p.grad.array, q.grad.numpy(), rtol=1e-3, atol=1e-5)


def test_the_command(convnet, tmp_path, capsys):
    picture = tmp_path / "convnet.png"
    run = convnet.main(["--epochs", "1", "--out", str(picture)])
    assert run.filters.shape == (16, 3, 3)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"test accuracy {run.accuracy:.2%}" in capsys.readouterr().out
    run.predictions = run.test.labels
    convnet.draw(run, tmp_path / "none-misread.png")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_98_of_100_digits_are_read(convnet, seed):
    assert convnet.train(seed=seed).accuracy >= 0.98


@pytest.mark.parametrize("option", ["--epochs", "--batch"])
def test_nonsense_is_refused(convnet, option, capsys):
    with pytest.raises(SystemExit):
        convnet.main([option, "0"])
    assert "0 is not positive" in capsys.readouterr().err
