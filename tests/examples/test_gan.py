"""The GAN of the examples: it starts anywhere, and fully trained its points are on all eight dots of the ring."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

for library in ("matplotlib", "rich"):
    pytest.importorskip(library, reason="pip install 'agrad[examples]'")

SCRIPT = Path(__file__).parents[2] / "examples" / "gan.py"


@pytest.fixture(scope="module")
def gan():
    spec = importlib.util.spec_from_file_location("gan", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_pattern(gan):
    points = gan.ring(4000, np.random.default_rng(0))
    run = gan.Run(drawings={0: points})
    assert points.dtype == np.float32
    np.testing.assert_allclose(run.on_dots, 500, rtol=0.2)
    assert np.sum(run.on_dots) / 4000 == pytest.approx(1 - np.exp(-4.5), abs=0.01)  # of a normal distribution in 2-d
    run.drawings[1] = np.zeros((10, 2))
    assert np.sum(run.on_dots) == 0


def test_a_few_steps(gan):
    seen = []
    run = gan.train(steps=40, on_step=lambda step, critic, artist: seen.append((step, critic, artist)))
    assert [(step, *losses) for step, losses in enumerate(run.losses, 1)] == seen
    assert list(run.drawings) == [0, 2, 4, 8, 16, 40]
    # Before they know anything, both losses are those of a guess.
    np.testing.assert_allclose(run.losses[0], [2 * np.log(2), np.log(2)], rtol=0.1)
    assert np.linalg.norm(run.drawings[40] - run.drawings[0]) > 1
    assert gan.train(steps=40).losses == run.losses  # a seed repeats a run


def test_the_critic_learns_while_the_artist_waits(gan):
    """Without its steps the artist's points stay a heap in the middle, which is soon told from a ring."""
    gan.nn.seed(0)
    random = np.random.default_rng(0)
    critic = gan.network(2, 1, slope=0.2).to(dtype="float32")
    optimizer = gan.nn.optim.Adam(critic.parameters(), lr=0.01)
    for _ in range(60):
        points = np.concatenate([gan.ring(100, random), 0.1 * random.normal(size=(100, 2)).astype(np.float32)])
        labels = np.repeat(np.asarray([1, 0], np.float32), 100)[:, None]
        optimizer.zero_grad()
        loss = gan.nn.BCEWithLogitsLoss()(critic(gan.agrad.tensor(points)), labels)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_do_the_same(gan, backend):
    pytest.importorskip(backend)
    np.testing.assert_allclose(gan.train(backend, steps=3).losses, gan.train(steps=3).losses, rtol=1e-3)


def test_the_command(gan, tmp_path, capsys):
    picture = tmp_path / "gan.png"
    gan.main(["--steps", "20", "--out", str(picture)])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "of the artist's points are on dots" in capsys.readouterr().out
    gan.draw(gan.train(steps=1), tmp_path / "one-step.png")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_ring_is_drawn(gan, seed):
    on_dots = gan.train(seed=seed).on_dots
    assert np.sum(on_dots) > 800
    assert np.min(on_dots) > 40  # of 125: no dot is left out


@pytest.mark.parametrize("option", ["--steps", "--batch"])
def test_nonsense_is_refused(gan, option, capsys):
    with pytest.raises(SystemExit):
        gan.main([option, "0"])
    assert "0 is not positive" in capsys.readouterr().err
