"""Optimizers, schedules and clipping: ten steps of each against PyTorch's numbers, on every backend."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn as nn
from agrad.errors import DtypeError, GraphError
from agrad_nn.errors import StateError
from nn_training import OPTIMIZERS, SCHEDULES, STORED, by_pytorch, loss, rates, start, trained

stored = json.loads(STORED.read_text())


def test_the_stored_numbers_are_pytorchs() -> None:
    pytest.importorskip("torch")
    found = by_pytorch()
    for kind, rtol in (("optimizers", 1e-6), ("schedules", 1e-12)):
        assert found[kind].keys() == stored[kind].keys()
        for case, numbers in found[kind].items():
            for a, b in zip(numbers, stored[kind][case], strict=True):
                np.testing.assert_allclose(a, b, rtol=rtol, err_msg=case)


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_ten_steps_are_pytorchs(case: str, space: Any) -> None:
    w, b = (nn.Parameter(x, backend=space._backend.name) for x in start())
    trained(nn.optim, case, w, b, space.asarray)
    rtol = 1e-7 if case.startswith("lbfgs") else 1e-12  # the line search makes more of rounding
    for p, expected in zip((w, b), stored["optimizers"][case], strict=True):
        np.testing.assert_allclose(p.tolist(), expected, rtol=rtol)
        assert p.is_leaf and p.requires_grad


@pytest.mark.parametrize("case", ["sgd-nesterov", "adam-amsgrad", "adamw", "rmsprop-centered", "adagrad"])
def test_single_precision_stays_single(case: str) -> None:
    w, b = (nn.Parameter(x.astype(np.float32)) for x in start())
    optimizer = trained(nn.optim, case, w, b, lambda a: agrad.tensor(a.astype(np.float32)))
    assert {str(t.dtype) for t in (w, b)} == {"float32"}
    arrays = [v for held in optimizer.state.values() for v in held.values() if hasattr(v, "dtype")]
    assert {str(a.dtype) for a in arrays} == {"float32"}
    for p, expected in zip((w, b), stored["optimizers"][case], strict=True):
        np.testing.assert_allclose(p.tolist(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", [c for c in OPTIMIZERS if "lbfgs" not in c])
def test_complex_parameters_and_scalars_as_pytorchs(case: str) -> None:
    torch = pytest.importorskip("torch")
    name, settings = OPTIMIZERS[case]
    settings = {**settings, "lr": settings["lr"] / 20}
    z0, s0 = np.asarray([1 + 2j, -0.5j, 0.3]), 0.7
    z, s = nn.Parameter(z0), nn.Parameter(s0)
    tz, ts = torch.tensor(z0, requires_grad=True), torch.tensor(s0, dtype=torch.float64, requires_grad=True)
    ours, theirs = getattr(nn.optim, name)([z, s], **settings), getattr(torch.optim, name)([tz, ts], **settings)
    for _ in range(10):
        for optimizer, a, b in ((ours, z, s), (theirs, tz, ts)):
            optimizer.zero_grad()
            (abs(a * a * b - 1) ** 2).sum().backward()
            optimizer.step()
    np.testing.assert_allclose(z.tolist(), tz.tolist(), rtol=1e-9)
    assert s.item() == pytest.approx(ts.item(), rel=1e-9)


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_a_state_goes_on_where_it_was(case: str, space: Any) -> None:
    name, settings = OPTIMIZERS[case]
    w, b = (nn.Parameter(x, backend=space._backend.name) for x in start())
    first = trained(nn.optim, case, w, b, space.asarray)
    state, values = first.state_dict(), [w.tolist(), b.tolist()]
    kept = copy.deepcopy(repr(state))
    other = [nn.Parameter(x, backend=space._backend.name) for x in values]
    second = getattr(nn.optim, name)(other, **{**settings, "lr": 77.0})
    second.load_state_dict(state)
    for optimizer, (p, q) in ((first, (w, b)), (second, other)):

        def closure(optimizer: Any = optimizer, p: Any = p, q: Any = q) -> Any:
            optimizer.zero_grad()
            value = loss(p, q, space.asarray)
            value.backward()
            return value

        for _ in range(3):
            optimizer.step(closure)
    assert [t.tolist() for t in other] == [w.tolist(), b.tolist()] != values
    assert repr(state) == kept, "a state is a snapshot"


def test_states_that_do_not_fit_change_nothing() -> None:
    def made(shape: tuple[int, ...] = (2,), kind: str = "Adam", count: int = 1, **settings: Any) -> Any:
        ps = [nn.Parameter(np.ones(shape)) for _ in range(count)]
        optimizer = getattr(nn.optim, kind)(ps, lr=0.1, **settings)
        for p in ps:
            p.grad = np.ones(shape)
        optimizer.step()
        return optimizer

    target = made()
    before = repr(target.state_dict())
    for state, text in [
        (made(count=2).state_dict(), r"groups of \[2\] parameters; this optimizer has \[1\]"),
        (made(shape=(3,)).state_dict(), r"state\[0\]\['exp_avg'\] has shape \(3,\)"),
        (made(kind="SGD").state_dict(), "differ in amsgrad, betas"),
        ({"state": {}}, "lacks 'param_groups'"),
        ({**target.state_dict(), "state": {9: {}}}, "unknown parameter 9"),
    ]:
        with pytest.raises(StateError, match=text):
            target.load_state_dict(state)
        assert repr(target.state_dict()) == before


def test_pytorchs_state_loads() -> None:
    torch = pytest.importorskip("torch")
    tp, p = torch.ones(3, dtype=torch.float64, requires_grad=True), nn.Parameter(np.ones(3))
    theirs, ours = torch.optim.Adam([tp], lr=0.1), nn.optim.Adam([p], lr=0.5)
    for _ in range(2):
        tp.grad = torch.asarray([1.0, -2.0, 3.0], dtype=torch.float64)
        theirs.step()
    state = theirs.state_dict()
    state["state"][0] = {k: np.asarray(v) for k, v in state["state"][0].items()}
    ours.load_state_dict(state)
    nn.init.fill(p, tp.detach().numpy())
    tp.grad, p.grad = tp.grad * 2, 2 * np.asarray([1.0, -2.0, 3.0])
    theirs.step()
    ours.step()
    np.testing.assert_allclose(p.tolist(), tp.tolist(), rtol=1e-12)


def test_a_step_changes_no_graph(space: Any) -> None:
    w = nn.Parameter(np.ones(3), backend=space._backend.name)
    optimizer = nn.optim.SGD([w], lr=0.5, momentum=0.9)
    y = (w * w * w).sum()
    y.backward(retain_graph=True)
    first = w.grad.tolist()
    optimizer.step()
    w.grad = None
    y.backward()
    assert w.grad.tolist() == first, "the graph keeps the values that it was recorded with"


def test_groups_and_what_has_no_gradient() -> None:
    a, b, c = (nn.Parameter([1.0]) for _ in range(3))
    optimizer = nn.optim.SGD([{"params": [a]}, {"params": [("b", b)], "lr": 1.0}], lr=0.1)
    optimizer.add_param_group({"params": c, "lr": 10.0})
    (2 * a + 2 * b).sum().backward()
    assert optimizer.step(lambda: 5) == 5
    assert [p.item() for p in (a, b, c)] == [0.8, -1.0, 1.0]
    optimizer.zero_grad()
    assert a.grad is None
    assert "lr: 10.0" in repr(optimizer)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: nn.optim.SGD([]), ValueError, "no parameters"),
        (lambda: nn.optim.SGD(nn.Parameter(1.0)), TypeError, "one Tensor"),
        (lambda: nn.optim.SGD([1.0]), TypeError, "a float among the parameters"),
        (lambda: nn.optim.SGD([nn.Parameter(1.0) * 2]), GraphError, "leaves"),
        (lambda: nn.optim.SGD([nn.Parameter(1.0)] * 2), ValueError, "twice"),
        (lambda: nn.optim.SGD([nn.Parameter(1.0)], lr=-1.0), ValueError, "lr=-1.0"),
        (lambda: nn.optim.SGD([nn.Parameter(1.0)], nesterov=True), ValueError, "momentum"),
        (lambda: nn.optim.SGD([{"params": nn.Parameter(1.0), "beta": 1}]), TypeError, "no setting 'beta'"),
        (lambda: nn.optim.Adam([nn.Parameter(1.0)], betas=(0.9, 1.0)), ValueError, "betas"),
        (lambda: nn.optim.RMSprop([nn.Parameter(1.0)], alpha=2.0), ValueError, "alpha"),
        (lambda: nn.optim.LBFGS([nn.Parameter(1.0)], line_search_fn="armijo"), ValueError, "strong_wolfe"),
        (lambda: nn.optim.LBFGS([nn.Parameter(1j)]), DtypeError, "real"),
        (lambda: nn.optim.LBFGS([nn.Parameter(1.0)]).step(), TypeError, "closure"),
        (lambda: nn.optim.LBFGS([{"params": [nn.Parameter(1.0)]}] * 2), ValueError, "one group"),
    ],
)
def test_what_is_refused(make: Any, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        make()


# Schedules ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SCHEDULES)
def test_schedules_are_pytorchs(case: str) -> None:
    parameters = [nn.Parameter([1.0]) for _ in range(2)]
    found = rates(nn.optim, nn.optim, case, parameters)
    np.testing.assert_allclose(found, stored["schedules"][case], rtol=1e-12)


def test_schedules_act_together_and_go_on() -> None:
    def made() -> Any:
        optimizer = nn.optim.SGD([nn.Parameter([1.0])], lr=1.0)
        return optimizer, nn.optim.ExponentialLR(optimizer, 0.5), nn.optim.MultiStepLR(optimizer, [2], 0.1)

    optimizer, fast, slow = made()
    for _ in range(2):
        fast.step()
        slow.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.025)
    again, fast2, slow2 = made()
    again.load_state_dict(optimizer.state_dict())
    fast2.load_state_dict(json.loads(json.dumps(fast.state_dict())))
    slow2.load_state_dict(slow.state_dict())
    for schedule in (fast, slow, fast2, slow2):
        schedule.step()
    assert fast2.last_epoch == 3 and again.param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]
    with pytest.raises(ValueError, match="another kind of schedule"):
        fast.load_state_dict(slow.state_dict())


def test_schedules_that_are_refused() -> None:
    optimizer = nn.optim.Adagrad([nn.Parameter([1.0])])
    for make, text in [
        (lambda: nn.optim.OneCycleLR(optimizer, 1.0, 10), "no momentum"),
        (lambda: nn.optim.OneCycleLR(optimizer, 1.0, 0), "total_steps=0"),
        (lambda: nn.optim.OneCycleLR(optimizer, [1.0, 2.0], 5, cycle_momentum=False), "2 rates"),
        (lambda: nn.optim.OneCycleLR(optimizer, 1.0, 5, anneal_strategy="sine"), "'cos' or 'linear'"),
        (lambda: nn.optim.LambdaLR(optimizer, [abs, abs]), "2 functions"),
        (lambda: nn.optim.LinearLR(optimizer, start_factor=0.0), "start_factor=0.0"),
        (lambda: nn.optim.ReduceLROnPlateau(optimizer, mode="low"), "mode='low'"),
        (lambda: nn.optim.ReduceLROnPlateau(optimizer, factor=1.0), "below 1"),
        (lambda: nn.optim.ReduceLROnPlateau(optimizer, min_lr=[1.0, 2.0]), "2 rates"),
    ]:
        with pytest.raises(ValueError, match=text):
            make()
    cycle = nn.optim.OneCycleLR(optimizer, 1.0, 1, cycle_momentum=False)
    cycle.step()
    with pytest.raises(ValueError, match="total_steps=1"):
        cycle.step()


# Clipping -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1.0, 2.0, float("inf")])
@pytest.mark.parametrize("limit", [0.5, 100.0])
def test_clipping_by_norm(order: float, limit: float, space: Any) -> None:
    values = [np.asarray([[3.0, -4.0]]), np.asarray(2.0), None]
    ps = [nn.Parameter(np.ones(np.shape(v)), backend=space._backend.name) for v in values]
    for p, v in zip(ps, values, strict=True):
        p.grad = None if v is None else space.asarray(v)
    norm = np.linalg.norm([3.0, -4.0, 2.0], order)
    total = nn.clip_grad_norm(iter(ps), limit, order)
    assert total.item() == pytest.approx(norm)
    factor = min(1.0, limit / (norm + 1e-6))
    np.testing.assert_allclose(ps[0].grad.tolist(), factor * values[0], rtol=1e-12)
    assert ps[1].grad.item() == pytest.approx(2 * factor) and ps[2].grad is None


def test_clipping_by_value_and_errors(space: Any) -> None:
    p = nn.Parameter([1.0, 1.0], backend=space._backend.name)
    assert nn.clip_grad_norm(p, 1.0).item() == 0.0
    p.grad = space.asarray([3.0, -0.5])
    nn.clip_grad_value(p, 1)
    assert p.grad.tolist() == [1.0, -0.5]
    with pytest.raises(ValueError, match="at least 0"):
        nn.clip_grad_value(p, -1.0)
    p.grad = space.asarray([float("nan"), 1.0])
    with pytest.raises(ValueError, match="is nan"):
        nn.clip_grad_norm(p, 1.0, error_if_nonfinite=True)
