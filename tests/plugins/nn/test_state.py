"""Saving and loading: round trips, PyTorch's files, and files that are cut off, corrupt, or do not fit."""

from __future__ import annotations

import json
import math
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn as nn
from agrad_nn.errors import StateError


@pytest.fixture(params=[".npz", ".safetensors"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file that is not there yet, of each format."""
    if request.param == ".safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"state{request.param}"


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))


def lists(value: Any) -> Any:
    """A state with lists in place of arrays, to be compared."""
    if isinstance(value, dict):
        return {k: lists(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(lists(v) for v in value)
    return (str(value.dtype).rpartition(".")[2], value.tolist()) if isinstance(value, agrad.Tensor) else value


def test_a_checkpoint_survives(path: Path, space: Any) -> None:
    net = model()
    optimizer = nn.optim.Adam(net.parameters(), lr=0.1, amsgrad=True)
    schedule = nn.optim.MultiStepLR(optimizer, [1, 5])
    for _ in range(2):
        optimizer.zero_grad()
        (net(space.ones((5, 3))) ** 2).sum().backward()
        optimizer.step()
        schedule.step()
    checkpoint = {
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "epoch": 3,
        "best": 0.1 + 0.2,
        "name": "a “name”\n",
        "none": None,
        "flags": [True, False],
        "pair": (1, (2.5, "x")),
        "odd": {1: "one", 2.5: "float", None: 0, "z": 1j},
        "limits": [math.inf, -math.inf, 10**30],
        "empty": [{}, [], ()],
        "array": np.arange(6, dtype=np.int16).reshape(2, 3).T,
        "scalar": np.float32(1.5),
        "number": space.asarray(2.0),
        "logical": np.asarray([True, False]),
        "nothing": np.zeros((0, 3)),
    }
    nn.save(path, checkpoint)
    loaded = nn.load(path)
    expected = {k: lists(v) for k, v in checkpoint.items()}
    expected["array"] = ("int16", [[0, 3], [1, 4], [2, 5]])
    expected["scalar"] = ("float32", 1.5)
    expected["logical"], expected["nothing"] = ("bool", [True, False]), ("float64", [])
    assert lists(loaded) == expected
    assert loaded["nothing"].shape == (0, 3)
    assert agrad.array_namespace(loaded["array"]) is space and not loaded["model"]["0.weight"].requires_grad
    again = model()
    again.load_state_dict(loaded["model"])
    other = nn.optim.Adam(again.parameters())
    other.load_state_dict(loaded["optimizer"])
    later = nn.optim.MultiStepLR(other, [1, 5])
    later.load_state_dict(loaded["schedule"])
    for net_, optimizer_ in ((net, optimizer), (again, other)):
        optimizer_.zero_grad()
        (net_(space.ones((5, 3))) ** 2).sum().backward()
        optimizer_.step()
    assert lists(again.state_dict()) == lists(net.state_dict())


def test_a_state_that_is_a_number_or_an_array(path: Path) -> None:
    for state in (3, "text", [1.5], None):
        nn.save(path, state)
        assert nn.load(path) == state
    nn.save(path, np.asarray([1.0]))
    assert nn.load(path).tolist() == [1.0]
    nn.save(path, {"a": {"b": np.asarray(1)}, "a.b": np.asarray(2), "agrad": np.asarray(3)})
    assert lists(nn.load(path)) == {"a": {"b": ("int64", 1)}, "a.b": ("int64", 2), "agrad": ("int64", 3)}


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"a": [{1, 2}]}, r"state\['a'\]\[0\] is a set"),
        ({"a": {(1, 2): 3}}, r"state\['a'\] has a tuple as a key"),
        ({"a": print}, r"state\['a'\] is a builtin"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(state: Any, text: str, path: Path) -> None:
    nn.save(path, 1)
    with pytest.raises(StateError, match=text):
        nn.save(path, state)
    assert nn.load(path) == 1 and [p.name for p in path.parent.iterdir()] == [path.name]


def test_other_endings_and_files_that_are_not_there(path: Path) -> None:
    with pytest.raises(StateError, match=r"ends in '\.pt'; states are saved as \.npz"):
        nn.save(path.with_suffix(".pt"), {})
    with pytest.raises(StateError, match="ends in"):
        nn.load(path.with_suffix(".pt"))
    with pytest.raises(FileNotFoundError):
        nn.load(path)


def test_every_cut_and_every_changed_byte_is_an_error(path: Path) -> None:
    net = nn.Linear(2, 2)
    nn.save(path, net.state_dict())
    whole, before = path.read_bytes(), lists(net.state_dict())
    for n in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:n])
        with pytest.raises(StateError, match=r"cut off|corrupt|missing"):
            nn.load(path)
    for n in range(0, len(whole), 5):
        path.write_bytes(whole[:n] + bytes([whole[n] ^ 0x55]) + whole[n + 1 :])
        try:
            loaded = nn.load(path)
            net.load_state_dict(loaded)
        except StateError:
            pass
        assert lists(net.state_dict()) == before, f"byte {n} was changed, and that was not noticed"


def test_the_entry_that_is_corrupt_is_named(path: Path) -> None:
    values = np.full(100, 0.7)
    nn.save(path, {"first": np.arange(3.0), "second": values})
    whole = path.read_bytes()
    at = whole.index(values.tobytes()) + 50
    path.write_bytes(whole[:at] + b"!" + whole[at + 1 :])
    with pytest.raises(StateError, match="entry 'second' is corrupt"):
        nn.load(path)
    if path.suffix == ".safetensors":
        path.write_bytes(whole[:at])
        with pytest.raises(StateError, match="entry 'second' is cut off"):
            nn.load(path)


def test_an_entry_that_is_missing_or_strange_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    nn.save(path, {"w": np.ones(2), "v": np.ones(2)})
    other = tmp_path / "other.npz"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in ("agrad", "v.npy"):
            new.writestr(name, old.read(name))
    with pytest.raises(StateError, match="entry 'w' is missing"):
        nn.load(other)
    np.savez(other, good=np.ones(2), bad=np.asarray([print, None]))
    with pytest.raises(StateError, match="entry 'bad' is corrupt, or no plain array"):
        nn.load(other)
    np.savez(other, text=np.asarray(["a"]))
    with pytest.raises(StateError, match="entry 'text' has dtype <U1"):
        nn.load(other)
    with zipfile.ZipFile(other, "w") as new:
        new.writestr("agrad", "{")
    with pytest.raises(StateError, match="entry 'agrad', which says how the state was built, is corrupt"):
        nn.load(other)
    with zipfile.ZipFile(other, "w") as new:
        new.writestr("agrad", '{"set": [1]}')
    with pytest.raises(StateError, match="'agrad'"):
        nn.load(other)


def test_files_of_numpy(tmp_path: Path) -> None:
    path = tmp_path / "arrays.npz"
    np.savez_compressed(path, **{"0.weight": np.ones((2, 3), ">f4"), "half": np.asarray([0.5], np.float16)})
    loaded = nn.load(path, backend="numpy")
    assert lists(loaded) == {"0.weight": ("float32", np.ones((2, 3)).tolist()), "half": ("float32", [0.5])}


def test_pytorchs_files_load_and_ours_load_there(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    from safetensors.torch import load_file, save_file

    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
    path = tmp_path / "model.safetensors"
    save_file(theirs.state_dict(), path)
    ours = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    ours.load_state_dict(nn.load(path))
    x = torch.randn(5, 3)
    np.testing.assert_allclose(ours(x.numpy()).tolist(), theirs(x).tolist(), rtol=1e-4, atol=1e-5)
    half = {
        "b": torch.asarray([1.5, -3e38, 1e-3]).to(torch.bfloat16),
        "h": torch.asarray([1.5, 6e4, 6e-8]).to(torch.float16),
        "n": torch.tensor(7),
    }
    save_file(half, path)
    loaded = nn.load(path)
    assert lists(loaded) == {
        "b": ("float32", half["b"].tolist()),
        "h": ("float32", half["h"].tolist()),
        "n": ("int64", 7),
    }
    nn.save(path, ours.to(dtype="float32").state_dict())
    theirs.load_state_dict(load_file(path))
    np.testing.assert_allclose(ours[0].weight.tolist(), theirs[0].weight.tolist())
    save_file({"tiny": torch.ones(2).to(torch.float8_e4m3fn)}, path)
    with pytest.raises(StateError, match="entry 'tiny' has dtype F8_E4M3"):
        nn.load(path)


def test_files_of_safetensors_that_are_strange(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    path = tmp_path / "model.safetensors"
    with pytest.raises(StateError, match=r"entry 'z' has dtype complex128.*\.npz"):
        nn.save(path, {"z": np.asarray([1j])})
    for header in (b"[]", b"{}x", b'{"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}'):
        path.write_bytes(len(header).to_bytes(8, "little") + header)
        with pytest.raises(StateError, match="cut off or corrupt"):
            nn.load(path)
    header = json.dumps({"__metadata__": {"agrad_crc32": "{"}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(StateError, match="checksums, is corrupt"):
        nn.load(path)


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(StateError, match="pip install safetensors"):
        nn.save(tmp_path / "model.safetensors", {})


def test_a_dtype_that_a_backend_does_not_have(tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    if jax.config.read("jax_enable_x64"):
        pytest.skip("it has it")
    path = tmp_path / "state.npz"
    nn.save(path, {"weight": np.ones((1, 2)), "bias": np.ones(1)})
    with pytest.raises(StateError, match=r"entry 'weight' cannot be an array of 'jax'.*backend='numpy'"):
        nn.load(path, backend="jax")
    layer = nn.Linear(2, 1, backend="jax")
    layer.load_state_dict(nn.load(path, backend="numpy"))
    assert layer.weight.tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("format", ["npz", "safetensors"])
def test_a_format_may_be_named_for_another_ending(tmp_path: Path, format: str) -> None:
    path = tmp_path / "model.pth"
    if format == "safetensors":
        pytest.importorskip("safetensors")
    nn.save(path, {"a": agrad.tensor([1.0, 2.0])}, format=format)
    assert nn.load(path, format=format)["a"].tolist() == [1.0, 2.0]
    with pytest.raises(StateError, match=r"ends in '\.pth'"):
        nn.load(path)
