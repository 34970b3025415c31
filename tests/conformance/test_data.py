"""The stored references: complete, verified when read, and the same when made again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from agrad_conformance import DATA_VERSION, data, generate
from agrad_conformance.cases import standard_samples
from agrad_conformance.data import DataError, decode, encode, load, manifest, reference_of, verify
from agrad_conformance.high import CHAPTERS
from agrad_conformance.reference import compute
from agrad_conformance.sample import Sample

FEW = list(standard_samples(["utility"]))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_sample_has_its_reference(chapter: str) -> None:
    samples = list(standard_samples([chapter]))
    for s in samples:
        r = reference_of(s, chapter)
        assert (r.second is not None) == s.case.smooth
        columns = sum(x.size * (2 if x.dtype.kind == "c" else 1) for x in s.followed)
        assert r.jacobian.high.shape == (len(r.w), columns) == (len(r.w), len(r.v))
        assert all(np.isfinite(p.high).all() for p in (r.values, r.jacobian))
    assert set(load(chapter)) == {s.id for s in samples}
    assert manifest()["chapters"][chapter]["records"] == len(samples)


def test_low_parts_are_below_the_last_digit() -> None:
    for _, r in load("elementwise").values():
        for pair in (r.values, r.jacobian):
            assert np.all(np.abs(pair.low) <= np.spacing(np.abs(pair.high)) / 2)


def test_provenance() -> None:
    found = manifest()
    assert found["version"] == DATA_VERSION
    assert {"script", "method", "date", "libraries", "chapters"} < set(found)
    assert {"mpmath", "torch", "jax"} <= set(found["libraries"])
    for chapter, entry in found["chapters"].items():
        content = (data.folder() / f"{chapter}.npz").read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        for system in entry["compared with"].values():
            disagreed = sum(map(len, system["disagrees, because"].values()))
            assert system["agrees"] + disagreed == entry["records"]


def test_round_trip_and_equal_bytes() -> None:
    records = {s.id: (s.digest, compute(s)) for s in FEW[:3]}
    content = encode(records)
    assert content == encode(records)
    found = decode(content)
    assert list(found) == list(records)
    for name, (digest, r) in records.items():
        assert found[name][0] == digest
        for a, b in zip(found[name][1], r, strict=True):
            if a is None or (isinstance(a, tuple) and not isinstance(a[0], np.ndarray)):
                assert a == b
            else:
                np.testing.assert_array_equal(a, b)
    assert encode(found) == content
    assert decode(encode({})) == {}


def test_damage_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray((data.folder() / "utility.npz").read_bytes())
    content[len(content) // 2] ^= 1
    with pytest.raises(DataError, match=r"utility\.npz is damaged: its SHA-256 is"):
        verify(bytes(content), manifest()["chapters"]["utility"]["sha256"], "utility.npz")
    monkeypatch.setattr(data, "_read", lambda name: bytes(content))
    load.cache_clear()
    with pytest.raises(DataError, match="damaged"):
        load("utility")


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    s = FEW[0]
    other = Sample(s.case._replace(make=lambda g: (g.positive(3, 4),)), s.kind, s.id.removesuffix(f"-{s.kind}"))
    with pytest.raises(DataError, match=r"belongs to other inputs .* --chapter utility"):
        reference_of(other, "utility")
    with pytest.raises(DataError, match="no reference is stored for nothing-0-real"):
        reference_of(Sample(s.case, s.kind, "nothing-0"), "utility")
    with pytest.raises(DataError, match="no references are stored for a chapter 'nothing'"):
        load("nothing")
    with pytest.raises(DataError, match=r"nothing\.npz is missing"):
        data._read("nothing.npz")
    monkeypatch.setattr(data, "_read", lambda name: json.dumps({"version": 0}).encode())
    manifest.cache_clear()
    with pytest.raises(DataError, match=f"version 0, but this suite reads version {DATA_VERSION}"):
        manifest()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    load.cache_clear()
    manifest.cache_clear()


def test_a_disagreement_without_a_reason_stops_everything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "explain", lambda findings: ({}, ["f-0-real: torch disagrees"]))
    monkeypatch.setattr(generate, "_write", lambda *args: pytest.fail("written"))
    assert generate.main(["--chapter", "sets", "--processes", "1"]) == 1
    assert "sets: 1 problems; not written" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("chapter", ["utility", "searching"])
def test_made_again_they_are_the_same(chapter: str) -> None:
    stored = load(chapter)
    for s in standard_samples([chapter]):
        digest, r = stored[s.id]
        again = compute(s)
        assert digest == s.digest
        for name in ("values", "jacobian", "second"):
            a, b = getattr(r, name), getattr(again, name)
            np.testing.assert_array_equal(a.high, b.high)
            np.testing.assert_allclose(a.low, b.low, rtol=1e-12)


@pytest.mark.slow
def test_generation_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    monkeypatch.setattr(data, "folder", lambda: tmp_path)
    assert generate.main(["--chapter", "sorting", "--chapter", "data_type", "--processes", "1"]) == 0
    written = json.loads((tmp_path / "manifest.json").read_text())
    assert list(written["chapters"]) == ["data_type", "sorting"]
    for chapter, entry in written["chapters"].items():
        assert entry["records"] == manifest()["chapters"][chapter]["records"]
        found, stored = decode((tmp_path / f"{chapter}.npz").read_bytes()), load(chapter)
        for name, (digest, r) in found.items():
            assert digest == stored[name][0]
            np.testing.assert_array_equal(r.jacobian.high, stored[name][1].jacobian.high)
