"""Version counters beside PyTorch's: which operation keeps what, and what is said when it was changed in place."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

OPERATIONS = """
x+y; x-y; x*y; x*2; 2*x; x/y; x/2; 2/x; x**2; x**y; 2**x; x%2; -x; x.exp(); x.log(); x.log2(); x.log10(); x.log1p()
x.expm1(); x.sqrt(); x.rsqrt(); x.square(); x.reciprocal(); x.sin(); x.cos(); x.tan(); x.sinh(); x.cosh(); x.tanh()
(x/9).asin(); (x/9).acos(); x.atan(); x.asinh(); (x+1).acosh(); (x/9).atanh(); x.sigmoid(); x.relu(); x.erf(); x.exp2()
(x/9).erfinv(); x.lgamma(); x.abs(); x.floor(); x.sign(); x.frac(); x.clamp(0,2); x.clamp(min=1); x.atan2(y); x.hypot(y)
x.logaddexp(y); torch.maximum(x,y); torch.minimum(x,y); torch.max(x,y); x.sum(); x.sum(0); x.mean(); x.mean(0); x.prod()
x.prod(0); x.std(); x.var(); x.var(1); x.max(); x.min(); x.max(0)[0]; x.amax(0); x.amin(); x.norm(); x.norm(dim=0)
x.logsumexp(0); x.cumsum(0); x.cumprod(0); x.median(); x.dist(y); x.softmax(0); torch.log_softmax(x,0); x@y; x.mm(y)
x.matmul(y); torch.bmm(x[None],y[None]); x[0].dot(y[0]); x.mv(y[0]); torch.outer(x[0],y[0]); torch.addmm(x,x,y)
torch.addmm(x,y,c); torch.addmm(c,x,y); torch.addmv(x[0],x,y[0]); torch.baddbmm(x[None],x[None],y[None]); x.addcmul(x,y)
torch.addcmul(c,x,y); torch.addcdiv(c,x,y); x.lerp(y,0.5); torch.where(x>2,x,y); x.masked_fill(m,0.); x[m]; x[i]; x[0]
x.gather(0,j); x.index_select(0,i); x.scatter(0,j,y); x.scatter_add(0,j,y); x.index_add(0,i,y); x.index_fill(0,i,1.)
x.masked_select(m); x.sort(0)[0]; x.topk(1)[0]; x.t(); x.view(-1); x.reshape(4); x.permute(1,0); x.expand(3,2,2)
x.unsqueeze(0); x.clone(); x.flip(0); x.roll(1,0); x.tril(); x.diagonal(); x.trace(); x.repeat(2,1); torch.cat([x,y])
torch.stack([x,y]); x.chunk(2)[0]; x.double(); x.nan_to_num(); x*c; c*x; c/x; x/c; c@x; x@c; x-c; c**x; x**c
x.add(y,alpha=2)
F.relu(x); F.gelu(x); F.silu(x); F.elu(x); F.leaky_relu(x); F.softplus(x); F.softmax(x,1); F.log_softmax(x,1); F.tanh(x)
F.sigmoid(x); F.logsigmoid(x); F.mse_loss(x,y); F.mse_loss(x,c); F.smooth_l1_loss(x,y); F.huber_loss(x,y)
F.l1_loss(x,y)
F.binary_cross_entropy(x/9,c/9); F.binary_cross_entropy_with_logits(x,c); F.cross_entropy(x,i); F.nll_loss(x,i)
F.linear(x,y); F.linear(x,y,y[0]); F.layer_norm(x,(2,)); F.layer_norm(x,(2,),y[0],y[1]); F.hardtanh(x); F.mish(x)
F.conv2d(x[None,None],y[None,None]); F.avg_pool2d(x[None],2); F.max_pool2d(x[None],2); F.embedding(i,x)
x.exp()*y; (x*y).sum(); x.exp().log(); ((x-y)**2).mean(); x.t()*y; x[0]*y; x.view(4).exp(); x.relu()+x; x.sigmoid()*x
torch.einsum('ij,jk->ik',x,y)
"""
CHANGES = ("x", "y", "c", "i", "m", "out", "x.detach()", "x.data", "x[0]", "x.view(-1)", "out.detach()")

WORDED = {"torch.einsum('ij,jk->ik',x,y)"}
"""Operations that PyTorch makes of others, whose operands it names."""


def operations() -> list[str]:
    return [part.strip() for line in OPERATIONS.strip().splitlines() for part in line.split(";")]


def outcome(torch: Any, operation: str, change: str) -> Any:
    """The error of going back after a change, as far as PyTorch words it; None where there is none."""
    first = torch.tensor([[1.5, 2.0], [3.0, 4.25]], requires_grad=True)
    second = torch.tensor([[1.0, 2.5], [0.5, 5.0]], requires_grad=True)
    names = {
        "torch": torch,
        "F": torch.nn.functional,
        "x": first * 1,
        "y": second + 0,
        "c": torch.tensor([[0.5, 1.0], [2.0, 0.25]]),
        "i": torch.tensor([0, 1]),
        "j": torch.tensor([[0, 1], [1, 0]]),
        "m": torch.tensor([[True, False], [True, True]]),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names["out"] = eval(operation, names)
        try:
            with torch.no_grad():
                eval(change, names).copy_(eval(change, names).clone())
        except RuntimeError as error:
            return {}, str(error)
        versions = {n: names[n]._version for n in ("x", "y", "c", "out")}
        try:
            names["out"].sum().backward()
        except RuntimeError as error:
            return versions, str(error).partition(" (")[0]
    return versions, None


@pytest.mark.parametrize("operation", operations())
def test_what_is_kept(theirs: Any, operation: str) -> None:
    import agrad_torchlike

    agrad_torchlike.set_default_backend("numpy")
    wrong = []
    for change in CHANGES:
        found, expected = (outcome(layer, operation, change) for layer in (agrad_torchlike, theirs))
        if operation in WORDED:
            found, expected = ((versions, message is not None) for versions, message in (found, expected))
        if found != expected:
            wrong.append(f"{change}\n  layer   {found}\n  PyTorch {expected}")
    assert not wrong, "\n".join(wrong)


PROGRAMS = """
b = a*2; c = Square.apply(b); b.add_(1); c.sum().backward()
b = a*2; c = Exp.apply(b); c.add_(1); c.sum().backward()
b = a*2; c = Exp.apply(b); d = c*1; c.detach().add_(1); d.sum().backward()
y = h(l(x)).sum(); y.backward(retain_graph=True); sgd.step(); y.backward()
y = h(l(x)).sum(); y.backward(retain_graph=True); adam.step(); y.backward()
y = h(l(x)).sum(); y.backward(); adam.step(); y.backward()
y = conv(torch.ones(1,1,3,3)).relu().sum(); same(conv.weight); y.backward()
y = norm(x).pow(2).sum(); nn.init.ones_(norm.weight); y.backward()
y = l(x).relu().sum(); l.load_state_dict(l.state_dict()); y.backward()
p = nn.Parameter(torch.ones(2)); q = p**2; p.data = torch.ones(2); q.sum().backward(); seen = p._version
q = a**2; same(a); torch.autograd.grad(q.sum(), a)
s = a*2; u = s*s; w = a*3; s.add_(1); seen = torch.autograd.grad((u+w).sum(), w)[0]
y = nn.ReLU(inplace=True)(l(x)); y.add_(1); y.sum().backward()
y = torch.sigmoid(l(x)); y *= 2; y.sum().backward()
b = a*2; b.mul_(b); b.sum().backward()
b = a*2; c = b.exp(); b.add_(1); c.sum().backward(); seen = a.grad
b = a*2; c = b.sin(); c.add_(1); c.sum().backward(); seen = a.grad
b = a*2; b.sigmoid_(); c = b*1; b.zero_(); c.sum().backward()
b = a*2; b[0].tanh_(); c = b*1; b[1] = 0; c.sum().backward()
v = torch.ones(3); v.add_(1); v[0] = 3; seen = [v._version, v[1:]._version, v.detach()._version, v.clone()._version]
v = torch.ones(3); v.data.add_(1); w = v.data; w.add_(1); seen = [v._version, w._version, w[1:]._version]
a.add_(1)
a[0] = 1
a.view(-1).mul_(2)
a.data.add_(1); seen = a._version
"""


def program(torch: Any, text: str) -> Any:
    """What `seen` is at the end of a program, and its error."""
    nn = torch.nn

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2 * ctx.saved_tensors[0]

    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0]

    def same(x: Any) -> None:
        with torch.no_grad():
            x.mul_(1)

    torch.manual_seed(0)
    layer, head = nn.Linear(3, 2), nn.Linear(2, 1)
    names = {
        "torch": torch, "nn": nn, "Square": Square, "Exp": Exp, "same": same, "l": layer, "h": head,
        "sgd": torch.optim.SGD(layer.parameters(), lr=0.1), "adam": torch.optim.Adam(head.parameters()),
        "conv": nn.Conv2d(1, 2, 2), "norm": nn.LayerNorm(3),
        "a": torch.ones(2, requires_grad=True), "x": torch.ones(4, 3), "seen": None,
    }  # fmt: skip
    try:
        exec(text, names)
    except RuntimeError as error:
        return str(error).partition(" (")[0]
    seen = names["seen"]
    return seen.tolist() if isinstance(seen, torch.Tensor) else str(seen)


@pytest.mark.parametrize("text", PROGRAMS.strip().splitlines())
def test_programs(torch: Any, theirs: Any, text: str) -> None:
    found, expected = (program(layer, text) for layer in (torch, theirs))
    if isinstance(expected, list):
        assert found == pytest.approx(expected, rel=1e-6)
    else:
        assert found == expected


def test_both_operations_are_named(torch: Any) -> None:
    b = torch.ones(2, requires_grad=True) * 2
    c = b.sin()
    b.mul_(2)
    with pytest.raises(RuntimeError, match=r"\(SinBackward0 has kept it, and mul_ has changed it since\.\)$"):
        c.sum().backward()


def test_what_is_not_kept_is_not_kept_alive() -> None:
    import gc
    import weakref

    import agrad_torchlike as torch

    torch.set_default_backend("numpy")
    x = torch.ones(2, requires_grad=True)
    gc.disable()
    try:
        for f in (lambda t: t + 1, lambda t: t.exp(), lambda t: t.sin(), lambda t: t * t):
            middle = x * 2
            gone = weakref.ref(middle)
            y = f(middle)
            del middle
            assert gone() is None, "a record holds the tensor, or is in a circle with it"
            last = weakref.ref(y)
            del y
            assert last() is None
    finally:
        gc.enable()
