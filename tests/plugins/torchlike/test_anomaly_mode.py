"""``torch.autograd.detect_anomaly`` beside PyTorch's: which programs fail, and with which words."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

PROGRAMS = """
torch.where(x>0,x.sqrt(),torch.tensor(0.)); torch.where(x>0,x**0.5,torch.tensor(0.)); x/x; torch.log(x); torch.log(-x)
x*float('nan'); torch.tensor(float('nan'))*x; (x*0).norm(); (x*0).std(); torch.tensor([2.,1.])/(x*0); x.sqrt()*0; x*2
torch.where(x>0,torch.atan2(x*0,x*0),x); (x*0).sqrt().exp(); x.sum()*float('inf')-x.sum()*float('inf'); x.prod().sqrt()
""".replace("\n", ";")


def outcome(torch: Any, program: str, check_nan: bool = True) -> Any:
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        try:
            with torch.autograd.detect_anomaly(check_nan):
                y = eval(program, {"torch": torch, "x": x}).sum()
                found: Any = torch.autograd.grad(y, x)[0].isnan().tolist()
        except RuntimeError as error:
            found = str(error)
    first = [str(w.message).partition("\n")[0] for w in shown if w.category is UserWarning]
    return found, first


@pytest.mark.parametrize("program", [p.strip() for p in PROGRAMS.split(";") if p.strip()])
def test_as_pytorch(torch: Any, theirs: Any, program: str) -> None:
    assert outcome(torch, program) == outcome(theirs, program)


def test_without_the_check(torch: Any, theirs: Any) -> None:
    assert outcome(torch, "x/x", False) == outcome(theirs, "x/x", False)


def test_the_line_is_shown(torch: Any) -> None:
    x = torch.zeros(1, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True), warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        y = x.sqrt() * 0
        with pytest.raises(RuntimeError, match="SqrtBackward0"):
            y.backward()
    texts = [str(w.message) for w in shown]
    assert any(
        "Traceback of forward call" in t and "test_anomaly_mode.py" in t and "(y = x.sqrt() * 0)" in t for t in texts
    )


def test_recorded_before(torch: Any, theirs: Any) -> None:
    found = []
    for layer in (torch, theirs):
        x = layer.zeros(1, requires_grad=True)
        y = x.sqrt() * 0
        with warnings.catch_warnings(record=True) as shown, layer.autograd.set_detect_anomaly(True):
            warnings.simplefilter("always")
            with pytest.raises(RuntimeError) as caught:
                y.backward()
        texts = [str(w.message).partition(" (Trig")[0] for w in shown if w.category is UserWarning]
        found.append((str(caught.value), texts))
    assert found[0] == found[1]


def test_switches(torch: Any, theirs: Any) -> None:
    for layer in (torch, theirs):
        seen = [layer.is_anomaly_enabled()]
        layer.autograd.set_detect_anomaly(True)
        seen.append(layer.is_anomaly_enabled())
        with layer.autograd.set_detect_anomaly(False):
            seen.append(layer.is_anomaly_enabled())
        seen += [layer.is_anomaly_enabled(), layer.is_anomaly_check_nan_enabled()]
        layer.set_anomaly_enabled(True, False)
        seen.append(layer.is_anomaly_check_nan_enabled())
        layer.set_anomaly_enabled(False)
        assert seen == [False, True, False, True, True, False]
        assert not layer.is_anomaly_enabled()
