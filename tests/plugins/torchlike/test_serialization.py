"""torch.save and torch.load: safe files under any name, checkpoints, and clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import agrad_torchlike as torch


@pytest.mark.parametrize("name", ["model.pth", "model.pt", "model.npz", "model.safetensors", "model"])
def test_states_survive(tmp_path: Path, backend: str, name: str) -> None:
    if name.endswith("safetensors"):
        pytest.importorskip("safetensors")
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    torch.save(model.state_dict(), tmp_path / name)
    other = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    assert repr(other.load_state_dict(torch.load(tmp_path / name))) == "<All keys matched successfully>"
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert p.tolist() == q.tolist() and p.dtype == q.dtype


def test_checkpoints_survive(tmp_path: Path) -> None:
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    path = str(tmp_path / "checkpoint.tar")
    state = {"epoch": 3, "loss": 0.5, "name": "first", "model": model.state_dict(), "opt": optimizer.state_dict()}
    torch.save(state, path)
    found = torch.load(path, map_location="cpu", weights_only=True)
    assert (found["epoch"], found["loss"], found["name"]) == (3, 0.5, "first")
    other = torch.optim.Adam(model.parameters(), lr=1.0)
    other.load_state_dict(found["opt"])
    assert other.param_groups[0]["lr"] == 0.1 and other.state[model.weight]["step"] == 1
    assert isinstance(found["model"]["weight"], torch.Tensor)


def test_pytorchs_safetensors_load(tmp_path: Path, theirs: Any) -> None:
    files = pytest.importorskip("safetensors.torch")
    twin = theirs.nn.Linear(2, 3)
    files.save_file(twin.state_dict(), tmp_path / "model.safetensors")
    model = torch.nn.Linear(2, 3)
    model.load_state_dict(torch.load(tmp_path / "model.safetensors"))
    assert model.weight.tolist() == twin.weight.tolist()


def test_pickles_are_refused(tmp_path: Path, theirs: Any) -> None:
    theirs.save({"a": theirs.ones(2)}, tmp_path / "new.pt")
    theirs.save({"a": theirs.ones(2)}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in ("new.pt", "old.pt"):
        with pytest.raises(RuntimeError, match=r"is a pickle, .* safetensors"):
            torch.load(tmp_path / name)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"save its state_dict\(\)"):
        torch.save(torch.nn.Linear(1, 1), tmp_path / "model.pt")
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "none.pt")
    with pytest.raises(TypeError, match="takes the path of a file"):
        torch.load(3)
    (tmp_path / "cut.pt").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(RuntimeError, match="cut off, corrupt"):
        torch.load(tmp_path / "cut.pt")


def test_what_does_not_fit_changes_nothing() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    before = {name: value.tolist() for name, value in model.state_dict().items()}
    state = {name: value * 0 for name, value in model.state_dict().items()}
    state["1.weight"] = torch.zeros(2, 2)
    del state["1.bias"]
    state["extra"] = torch.zeros(1)
    with pytest.raises(RuntimeError) as error:
        model.load_state_dict(state)
    assert str(error.value) == (
        'Error(s) in loading state_dict for Sequential:\n\tMissing key(s) in state_dict: "1.bias". \n\t'
        'Unexpected key(s) in state_dict: "extra". \n\tsize mismatch for 1.weight: copying a param with shape '
        "torch.Size([2, 2]) from checkpoint, the shape in current model is torch.Size([1, 3])."
    )
    assert {name: value.tolist() for name, value in model.state_dict().items()} == before
    state["1.weight"] = torch.ones(1, 3)
    found = model.load_state_dict(state, strict=False)
    assert repr(found) == "_IncompatibleKeys(missing_keys=['1.bias'], unexpected_keys=['extra'])"
    assert np.asarray(model[1].weight.detach()).tolist() == [[1.0, 1.0, 1.0]]
