"""agrad_torchlike's random numbers are PyTorch's, to the last bit: against PyTorch, and stored numbers."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest

import agrad_torchlike.random as r
from torchlike_samples import intel

SEEDS = (0, 3, 42, 2**40 + 7)
FLOATS = ("float32", "float64")


def fresh(seed: int) -> r.Generator:
    return r.Generator().manual_seed(seed)


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def same(ours: Any, theirs: Any) -> None:
    theirs = theirs.numpy()
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    assert (ours == theirs).all()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (16,), (17,), (40, 3), (5, 0), (10007,)])
def test_uniform_and_normal(torch: Any, seed: int, dtype: str, shape: tuple[int, ...]) -> None:
    g = fresh(seed)
    torch.manual_seed(seed)
    wanted = getattr(torch, dtype)
    for _ in range(2):  # a normal number may wait in between
        same(r.uniform(shape, dtype=dtype, generator=g), torch.rand(shape, dtype=wanted))
        same(r.normal(shape, dtype=dtype, generator=g), torch.randn(shape, dtype=wanted))
        same(r.uniform(shape, -0.3, 2.4, dtype, g), torch.empty(shape, dtype=wanted).uniform_(-0.3, 2.4))
        same(r.normal(shape, 0.3, 2.5, dtype, g), torch.empty(shape, dtype=wanted).normal_(0.3, 2.5))


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "float16"])
def test_other_dtypes(torch: Any, dtype: str) -> None:
    wanted = getattr(torch, dtype)
    for shape in ((3,), (16, 5), (77,)):
        torch.manual_seed(3)
        g = fresh(3)
        same(r.uniform(shape, dtype=dtype, generator=g), torch.rand(shape, dtype=wanted))
        same(r.normal(shape, dtype=dtype, generator=g), torch.randn(shape, dtype=wanted))


def test_memory_with_gaps_is_filled_one_by_one(torch: Any) -> None:
    torch.manual_seed(3)
    same(r.normal((20, 3), generator=fresh(3), contiguous=False), torch.empty(20, 6)[:, ::2].normal_())


@pytest.mark.parametrize(
    "low, high", [(0, 10), (-5, 7), (0, 2**28 - 1), (0, 2**28), (-5, 2**40), (-(2**63), 2**63 - 1)]
)
def test_integers(torch: Any, low: int, high: int) -> None:
    torch.manual_seed(3)
    same(r.integers(low, high, (4, 50), generator=fresh(3)), torch.randint(low, high, (4, 50)))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int32", "int64", "float32", "float64"])
def test_whole_numbers(torch: Any, dtype: str) -> None:
    torch.manual_seed(3)
    same(r.whole((50,), dtype, fresh(3)), torch.empty(50, dtype=getattr(torch, dtype)).random_())


@pytest.mark.parametrize("n", [0, 1, 2, 10, 5000])
def test_permutations(torch: Any, n: int) -> None:
    torch.manual_seed(42)
    g = fresh(42)
    same(r.permutation(n, generator=g), torch.randperm(n))
    same(r.uniform((3,), generator=g), torch.rand(3))


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_with_an_array(torch: Any, dtype: str) -> None:
    p = np.linspace(0, 1, 1000).astype(dtype).reshape(4, 250)
    torch.manual_seed(3)
    same(r.bernoulli(p, fresh(3)), torch.bernoulli(torch.from_numpy(p)))


@pytest.mark.skipif(intel(), reason="PyTorch takes these from MKL on Intel's processors")
@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_exponential_and_draws_without_replacement(torch: Any, dtype: str) -> None:
    g, wanted = fresh(3), getattr(torch, dtype)
    torch.manual_seed(3)
    same(r.bernoulli_share((40, 5), 0.3, dtype, g), torch.empty(40, 5, dtype=wanted).bernoulli_(0.3))
    same(r.exponential((1000,), 2.0, dtype, g), torch.empty(1000, dtype=wanted).exponential_(2.0))
    w = r.uniform((4, 10), dtype=dtype, generator=fresh(1))
    for n in (1, 5, 10):
        same(r.multinomial(w, n, generator=g), torch.multinomial(torch.from_numpy(w), n))
        same(r.multinomial(w[0], n, generator=g), torch.multinomial(torch.from_numpy(w[0]), n))


@pytest.mark.parametrize("dtype", FLOATS)
def test_draws_with_replacement(torch: Any, dtype: str) -> None:
    w = r.uniform((4, 10), dtype=dtype, generator=fresh(1))
    torch.manual_seed(3)
    g = fresh(3)
    same(r.multinomial(w, 60, True, g), torch.multinomial(torch.from_numpy(w), 60, True))
    same(r.multinomial(w[1], 60, True, g), torch.multinomial(torch.from_numpy(w[1]), 60, True))


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625, 1500])
def test_states_are_pytorchs(torch: Any, drawn: int) -> None:
    torch.manual_seed(3)
    g = fresh(3)
    torch.rand(drawn), torch.randn(3)
    r.uniform((drawn,), generator=g), r.normal((3,), generator=g)
    theirs = torch.get_rng_state().numpy()
    assert (np.asarray(g.get_state()) == theirs).all()
    other = r.Generator().set_state(theirs)
    same(r.normal((900,), generator=other), torch.randn(900))
    torch.set_rng_state(torch.from_numpy(other.state_bytes()))
    same(r.normal((3,), generator=other), torch.randn(3))


def test_seeds(torch: Any) -> None:
    for seed in (-1, 0, 2**64 - 1):
        assert fresh(seed).initial_seed() == torch.manual_seed(seed).initial_seed()
        same(r.uniform((3,), generator=fresh(seed)), torch.rand(3))
    g = torch.Generator()
    assert r.Generator().initial_seed() == g.initial_seed()
    same(r.uniform((3,), generator=r.Generator()), torch.rand(3, generator=g))


# Without PyTorch ---------------------------------------------------------------------------------


def test_stored_numbers() -> None:
    """What PyTorch gave after ``manual_seed(42)``."""
    r.manual_seed(42)
    assert r.uniform((3,)).tolist() == [0.8822692632675171, 0.9150039553642273, 0.38286375999450684]
    r.manual_seed(42)
    assert r.normal((3,)).tolist() == [0.33669036626815796, 0.12880940735340118, 0.23446236550807953]
    assert r.normal((1,)).tolist() == [0.23033303022384644]  # the one that waited
    r.manual_seed(42)
    assert r.normal((16,))[[0, 7, 8, 15]].tolist() == [
        1.9269152879714966, -1.6046669483184814, -0.7521352767944336, 0.7624453902244568
    ]  # fmt: skip
    r.manual_seed(42)
    assert r.normal((17,), dtype="float64")[[0, 1, 16]].tolist() == [
        0.2995562877502637,
        1.504572275678796,
        0.2494118796915765,
    ]
    r.manual_seed(42)
    assert r.integers(0, 10, (6,)).tolist() == [2, 7, 6, 4, 6, 5]
    assert r.permutation(8).tolist() == [4, 6, 1, 2, 3, 0, 5, 7]


def test_a_generator_is_one_of_its_own_and_repeats() -> None:
    r.manual_seed(1)
    first = r.uniform((4,))
    r.manual_seed(1)
    g = r.Generator().manual_seed(9)
    r.uniform((100,), generator=g)
    assert (r.uniform((4,)) == first).all()
    twin = g.clone_state()
    assert (r.normal((5,), generator=g) == r.normal((5,), generator=twin)).all()
    assert r.initial_seed() == 1 and g.seed() == g.initial_seed() != g.seed()
    assert r.seed() == r.initial_seed()


def test_distributions() -> None:
    n = 200_000
    g = fresh(5)
    for x, mean, std in (
        (r.normal((n,), 1.0, 2.0, generator=g), 1.0, 2.0),
        (r.uniform((n,), -1.0, 2.0, generator=g), 0.5, 3 / 12**0.5),
        (r.exponential((n,), 0.5, generator=g), 2.0, 2.0),
        (r.bernoulli_share((n,), 0.3, generator=g), 0.3, (0.3 * 0.7) ** 0.5),
    ):
        assert abs(x.mean() - mean) < 5 * std / n**0.5
        assert abs(x.std() / std - 1) < 0.02


def test_uniform_never_returns_its_end() -> None:
    x = r.uniform((100_000,), 1.0, 1.0 + 2.0**-22, generator=fresh(1))
    assert x.max() < np.float32(1.0 + 2.0**-22) and x.min() == 1


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: r.uniform((2,), 2.0, 1.0), RuntimeError, "found from=2 > to=1"),
        (lambda: r.uniform((2,), dtype="int64"), NotImplementedError, "check_uniform_bounds"),
        (lambda: r.normal((2,), 0.0, -1.0), RuntimeError, "normal expects std >= 0.0, but found std -1"),
        (lambda: r.normal((2,), dtype="int32"), NotImplementedError, "not implemented for int32"),
        (lambda: r.integers(5, 5, (2,)), RuntimeError, "from=5 >= to=5"),
        (lambda: r.permutation(-1), RuntimeError, "negative dimension -1"),
        (lambda: r.bernoulli([2.0]), RuntimeError, "Expected p_in"),
        (lambda: r.bernoulli_share((2,), 2.0), RuntimeError, "got p=2"),
        (lambda: r.exponential((2,), -1.0), RuntimeError, "lambda=-1"),
        (lambda: r.multinomial([1, 1], 1), RuntimeError, "only supports floating-point"),
        (lambda: r.multinomial([1.0, 1.0], 3), RuntimeError, "without replacement"),
        (lambda: r.multinomial([1.0, 1.0], 0), RuntimeError, "n_sample <= 0"),
        (lambda: r.multinomial([-1.0, 1.0], 1), RuntimeError, "element < 0"),
        (lambda: r.multinomial([0.0, 0.0], 1), RuntimeError, "sum of probabilities <= 0"),
        (lambda: r.multinomial(np.ones((1, 1, 1)), 1), RuntimeError, "1 or 2 dim"),
        (lambda: r.manual_seed(2**64), RuntimeError, "fits 64 bits"),
        (lambda: r.Generator("cuda"), RuntimeError, "on the CPU"),
        (lambda: r.Generator().set_state(np.zeros(7, np.uint8)), RuntimeError, "wrong size"),
    ],
)
def test_errors(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("(", r"\(")):
        call()


def test_shapes() -> None:
    for shape in ((), (0,), (2, 0), (2, 3)):
        assert r.uniform(shape).shape == shape == r.normal(shape).shape == r.integers(0, 3, shape).shape
        assert r.bernoulli_share(shape, 0.5).size == prod(shape)
