"""Expressions that PyTorch and the torchlike layer both evaluate, and what is looked at: run it to store PyTorch's."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

STORED = Path(__file__).with_name("stored.json")

OPERATIONS = """
x+1; x-1; 1-x; x*2; x/2; 1/x; 2/x; x**2; 2**x; x**y; x//2; x%2; -x; +x; abs(-x); x+y; x-y; x*y; x/y; x*v; v+x; x@y
x@v; v@v; v@x; x.mean(); x.mean(0); x.mean(0,keepdim=True); x.mean(dim=(0,1)); x.sum(); x.sum(0); x.sum(axis=1)
x.sum(-1,keepdim=True); x.sum((0,1)); x.max(); x.max(0)[0]; x.max(1,keepdim=True)[0]; x.min(); x.min(dim=1)[0]
x.max(0)[1]; x.amax(0); x.amin((0,1)); x.aminmax()[0]; x.std(); x.var(); x.std(0); x.var(0,unbiased=False)
x.var(dim=1,correction=0); x.prod(); x.prod(0); x.norm(); x.norm(dim=0); x.norm(1); x.norm(p=3,dim=1); x.median()
x.median(0)[0]; x.logsumexp(0); torch.logsumexp(x,(0,1)); x.argmax(); x.argmax(1); x.argmin(dim=0); x.all(); x.any(1)
x.count_nonzero(); x.cumsum(0); x.cumprod(1); x.sort()[0]; x.sort(0,descending=True)[1]; x.argsort(0); x.topk(1)[0]
x.topk(1,dim=0,largest=False)[1]; x.kthvalue(1)[0]; torch.std_mean(x)[0]; torch.var_mean(x,0)[1]; x.abs(); x.exp()
x.log(); x.log2(); x.log10(); x.log1p(); x.expm1(); x.sqrt(); x.rsqrt(); x.square(); x.reciprocal(); x.sin(); x.cos()
x.tan(); x.sinh(); x.cosh(); x.tanh(); (x/9).asin(); (x/9).acos(); x.atan(); x.asinh(); (x+1).acosh(); (x/9).atanh()
x.sigmoid(); x.relu(); torch.relu(x-2); x.erf(); (x/9).erfinv(); x.lgamma(); x.round(); x.floor(); x.ceil(); x.trunc()
x.frac(); x.sign(); x.neg(); x.exp2(); x.atan2(y); x.hypot(y); x.logaddexp(y); torch.maximum(x,y); torch.minimum(x,y)
torch.max(x,y); torch.min(x,y); x.fmod(2); x.remainder(3); x.div(2,rounding_mode='floor')
x.div(2,rounding_mode='trunc'); x.pow(2); torch.pow(x,y); x.add(y,alpha=3); torch.sub(x,y,alpha=2); x.lerp(y,0.5)
x.addcmul(x,y,value=2); x.addcdiv(x,y); x.clamp(min=2); x.clamp(2,3); x.clamp(max=3); x.clip(0,2); x.clamp_min(2)
x.softmax(0); torch.softmax(x,dim=1); torch.log_softmax(x,0); x.nan_to_num(); x.round(decimals=1); x.t(); x.T; x.mT
x.transpose(0,1); x.swapaxes(0,1); x.permute(1,0); x.movedim(0,1); x.view(-1); x.view(4,1); x.view((1,4))
x.reshape(-1); x.reshape(1,-1); x.t().reshape(-1); x.flatten(); x.ravel(); x.unsqueeze(0); x.unsqueeze(-1)
x.squeeze(); x.unsqueeze(1).squeeze(1); x.squeeze(0); x.expand(3,2,2); x.expand(-1,2); v.expand(3,2); v.expand(3,-1)
x.expand_as(y); x.view_as(y); x.repeat(2,1); x.repeat(2,1,1); x.tile(2); v.repeat_interleave(2); x.diagonal()
x.diagonal(1); x.trace(); x.flip(0); x.flip(0,1); x.roll(1,0); x.rot90(); torch.tril(x); x.triu(1); torch.diag(v)
torch.diag(x); x.unflatten(0,(1,2)); x.contiguous(); x.t().contiguous(); x.clone(); x.detach(); x.double()
x.to(torch.float64); x.float(); x.long(); x.bool(); x.type(torch.float64); x.to(dtype=torch.int32)
x.type_as(x.double()); x.int(); x[0]; x[-1]; x[0,1]; x[0:1]; x[:,0]; x[...,0]; x[None]; x[:,None]; x[0:1,1]; x[::2]
x[1:]; x[i]; x[i,i]; x[m]; x[x>2]; x[[0,1]]; x[:,[1,0]]; x[i,0]; x[0][1]; x[torch.tensor(1)]; x[:]; x[1:1]; x[None,0]
x[..., None]; x[x>9]; torch.cat([x,y]); torch.cat((x,y),1); torch.cat([x,y],dim=-1); torch.stack([x,y])
torch.stack([x,y],1); torch.hstack([v,v]); torch.vstack([v,v]); torch.hstack((x,y)); x.split(1)[0]
x.split([1,1],1)[1]; x.chunk(2)[1]; x.unbind()[0]; x.unbind(1)[1]; x.narrow(0,0,1); x.select(0,1)
torch.tensor_split(x,2)[1]; torch.atleast_2d(v); torch.column_stack([v,v]); torch.meshgrid(v,v,indexing='ij')[0]
torch.broadcast_tensors(x,v)[1]; torch.where(x>2,x,y); torch.where(x>2,x,0.0); x.where(x>2,y); torch.where(x>2)[0]
x.masked_fill(x>2,0); x.masked_select(x>2); x.gather(0,torch.tensor([[0,1]])); x.gather(1,torch.tensor([[0,0],[1,0]]))
x.index_select(0,i); x.index_select(1,i[:1]); x.scatter(0,torch.tensor([[1,0]]),y)
x.scatter_add(0,torch.tensor([[0,0]]),y); x.index_add(0,i,y); x.index_fill(0,i[:1],7); x.index_copy(0,i,y); x.take(i)
x.take_along_dim(torch.tensor([[0,1]]),0); x.nonzero(); x.unique(); x.isnan(); x.isfinite()
torch.unique(torch.tensor([3,1,3]),return_counts=True)[1]; torch.bincount(torch.tensor([0,2,2])); x.diff()
torch.unique(torch.tensor([3,1,3]),return_inverse=True)[1]; torch.searchsorted(v,x); torch.isin(x,v); torch.mm(x,y)
torch.mv(x,v); torch.dot(v,v); torch.matmul(x,y); torch.bmm(x[None],y[None]); x[None]@y; torch.outer(v,v)
torch.addmm(x,x,y); torch.addmm(v,x,y,beta=2,alpha=3); torch.baddbmm(x[None],x[None],y[None])
torch.einsum('ij,jk->ik',x,y); torch.einsum('i,i',v,v); torch.tensordot(x,y,1); torch.kron(x,y); torch.linalg.norm(x)
x.inverse(); x.det(); torch.linalg.det(x); torch.linalg.solve(x,y); torch.linalg.vector_norm(x,dim=0)
x.matrix_power(2); x.dist(y); torch.logit(x/9); x==y; x!=1; x<y; x<=2; x>y; x>=y; torch.eq(x,y); x.gt(2); x.equal(y)
torch.allclose(x,x+1e-9); (x>1)&(y>1); (x>1)|(y>9); ~(x>1); (x>1).sum(); (x>1).float().mean(); x.logical_not()
torch.logical_and(x,y); x.isclose(y); 2 in x; len(x); x.shape; x.size(); x.size(0); x.size(-1); x.numel(); x.dim()
x.ndim; x.stride(); x.t().stride(); x[:,1].stride(); x[1].storage_offset(); x.t().is_contiguous(); x.is_contiguous()
x[:,None].stride(); x.expand(3,2,2).stride(); x[:, 1:].is_contiguous(); x.requires_grad; x.is_leaf; x.dtype
x.element_size(); x.is_floating_point(); torch.is_tensor(x); x.type(); x.tolist(); x[0,1].item(); float(x[0,0])
int(x[1,1]); bool(x[0,0]>0); x.nelement(); (x*2).is_leaf; x.unsqueeze(0).stride(); x.diagonal().stride()
x.unsqueeze(2).stride(); n+1; n+1.5; n*2; n/2; n//2; n%2; n**2; n+x[0]; n*True; n.sum(); n.float().mean(); n>1
n.max(); n.exp(); n.sqrt(); n.abs(); -n; n+torch.tensor(1.5); x+torch.tensor(1.5,dtype=torch.float64); n.prod()
n.cumsum(0); n&1; n|4; n^1; ~n; n.sigmoid(); n; n.clamp(1,2); torch.true_divide(n,2); n.to(torch.int8)+n; n.bool()
torch.tensor([True,False])+1; n.div(2,rounding_mode='floor'); torch.zeros(2,3); torch.ones(2); torch.ones((2,3))
torch.full((2,),7); torch.full((2,),7.5); torch.eye(2); torch.eye(2,3); torch.arange(3); torch.arange(1,4)
torch.arange(0,1,0.25); torch.arange(1.0,4); torch.arange(5,0,-2); torch.range(1,3); torch.linspace(0,1,5)
torch.linspace(-3,3,7); torch.logspace(0,2,3); torch.zeros_like(x); torch.ones_like(n); torch.full_like(x,3)
torch.tensor(3); torch.tensor(3.5); torch.tensor([1,2]); torch.tensor([1,2.5]); torch.tensor([[1],[2]])
torch.tensor(True); torch.tensor([]); torch.tensor([1,2],dtype=torch.float64); torch.IntTensor([2.7])
torch.FloatTensor([1,2]); torch.Tensor([1,2]); torch.Tensor(2,3).shape; torch.LongTensor([1,2])
torch.DoubleTensor([1]); torch.BoolTensor([1,0]); torch.tensor([2.7],dtype=torch.int32); torch.as_tensor([1,2])
x.new_zeros(2); x.new_tensor([1,2]); x.new_ones((2,2)); torch.triu_indices(2,2); torch.finfo(torch.float32).eps
torch.empty(2,3).shape; torch.tensor([1.5],dtype=torch.bool); torch.tensor(1j); torch.result_type(n,1.5)
torch.scalar_tensor(2); torch.tensor([[1.,2.],[3.,4.]]).sum(0,keepdim=True).shape
torch.promote_types(torch.int64,torch.float32); torch.cartesian_prod(i,i); x.detach().add_(1); x.clone().mul_(2)
x.clone().zero_(); x.clone().fill_(3); x.clone().clamp_(2,3); x.clone().exp_(); x.clone().copy_(v)
x.clone().t().add_(1); x.clone().index_add_(0,i,y); x.clone().scatter_(0,torch.tensor([[1,0]]),y)
x.clone().masked_fill_(x>2,0); x.clone().sub_(y); x.clone().div_(2); x.clone().neg_(); x.clone().relu_()
x.clone().sigmoid_(); x.clone().pow_(2); x.clone().sqrt_(); torch.add(x,y); torch.mul(x,2); torch.div(x,y)
torch.neg(x); torch.multiply(x,y); torch.rsub(x,1); x.true_divide(y); torch.special.expit(x)
torch.square(x).sum().sqrt(); ((x-1)*(x-2)).sum(); (x.exp()/x.exp().sum(1,keepdim=True)); (x@y).relu().mean()
x.mul(y).add(1)
"""

ERRORS = """
x.sum(0).backward(); torch.ones(2).backward(); torch.ones(2).sum().backward(); x.add_(1); x.view(-1)[0].zero_()
torch.mm(torch.ones(2,3),torch.ones(2,3)); torch.ones(2,3)@torch.ones(2,3); torch.ones(3)+torch.ones(4)
torch.ones(2,3)+torch.ones(2,4); torch.ones(2,3)>torch.ones(2,4); torch.abs(2.0); torch.abs(); torch.exp(2.0)
torch.tensor([1,2],requires_grad=True); torch.tensor([1,2]).mean(); x.numpy(); bool(torch.ones(2))
bool(torch.ones(0)); torch.tensor([1,2,3]).requires_grad_(); x.backward(torch.ones(3)); (x*2).backward(torch.ones(3))
torch.ones(2,3).view(5); torch.ones(2,3).t().view(6); torch.ones(2,3).reshape(4); torch.ones(2)[5]
torch.ones(2,2)[0,0,0]; torch.ones(2,2).item(); len(torch.tensor(1.)); torch.cat([torch.ones(2,2),torch.ones(3)])
torch.cat([torch.ones(2,2),torch.ones(3,3)]); torch.stack([torch.ones(2),torch.ones(3)])
torch.ones(2).dot(torch.ones(3)); torch.dot(torch.ones(2,2),torch.ones(2,2)); torch.tensor([1,2]).add_(1.5)
torch.ones(2).add_(torch.ones(3,2)); torch.ones(3).expand(3,2); torch.ones(1).expand(3).add_(1)
torch.autograd.grad(torch.ones(1),x); torch.autograd.grad((y*2).sum(),x); x.detach().sum().backward()
torch.zeros(2).sum(5); torch.ones(2,2,2).t(); torch.ones(2,3).mv(torch.ones(2))
torch.bmm(torch.ones(2,2),torch.ones(2,2)); torch.ones(2).squeeze(3); torch.ones(2).retain_grad()
torch.ones(2).register_hook(print); (x*2).requires_grad_(False); torch.tensor('a'); torch.tensor([[1],[1,2]])
torch.ones(2)[1.5]; list(torch.tensor(1.)); int(torch.ones(2)); torch.ones(2,3)@torch.ones(2)
torch.ones(3)@torch.ones(2); torch.masked_select(1,2); torch.ones(2)[torch.tensor([5])]
torch.ones(2)[torch.tensor([True])]; torch.ones(2,2).transpose(0,3); torch.ones(2).permute(0,1)
torch.max(torch.ones(0)); torch.ones(2,2).max(2); torch.ones(3).__setitem__(slice(None),torch.ones(2)); x.unsqueeze(5)
float(torch.ones(2)); torch.einsum('ij,jk->ik',torch.ones(2,3),torch.ones(2,3))
torch.ones(2).sum().backward(torch.ones(1)); x.sum().backward(torch.ones(2))
torch.gather(torch.ones(2,2),0,torch.ones(2,2)); torch.tensor(1.)[0]; torch.ones(4).split(0); x.sum(3)
x.fill_(torch.ones(2)); x.zero_(); x[0].add_(1); torch.ones(2)-'a'; torch.ones(2).log_softmax(4)
torch.ones(2,2).narrow(0,1,4); torch.tensor([True])-torch.tensor([True]); torch.ones(2)@torch.tensor(1.)
torch.arange(3,0,1); torch.ones(2).data.backward(); x.data.sum().backward(); torch.cat([]); torch.ones(2)+None
(x>1).backward(); x.item()
"""


def calls(text: str) -> list[str]:
    """The expressions in one of the lists."""
    return [part.strip() for line in text.strip().splitlines() for part in line.split(";") if part.strip()]


def outcome(torch: Any, call: str) -> Any:
    """What an expression gives: values, dtype, the name of the derivative, gradients; or the error."""
    x = torch.tensor([[1.5, 2.0], [3.0, 4.25]], requires_grad=True)
    y = torch.tensor([[1.0, 2.5], [0.5, 5.0]], requires_grad=True)
    v = torch.tensor([0.75, 1.25], requires_grad=True)
    n = torch.tensor([1, 2])
    names = {
        "torch": torch,
        "x": x,
        "y": y,
        "v": v,
        "n": n,
        "i": torch.tensor([0, 1]),
        "m": torch.tensor([True, False]),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            out = eval(call, names)
        except Exception as error:
            return {"error": [type(error).__name__, str(error)]}
    if not isinstance(out, torch.Tensor):
        return {"value": _plain(out)}
    found: dict[str, Any] = {"value": _plain(out.tolist()), "shape": list(out.shape), "dtype": str(out.dtype)}
    if out.grad_fn is not None:
        found["node"] = out.grad_fn.name()
        found["next"] = [None if f is None else f.name() for f, _ in out.grad_fn.next_functions]
    if out.requires_grad and not out.is_leaf and out.dtype.is_floating_point and out.numel():
        weights = (torch.arange(out.numel(), dtype=out.dtype) + 1).reshape(out.shape)
        try:
            (out * weights).sum().backward()
        except RuntimeError:  # PyTorch has no derivative of it
            return found
        found["grads"] = [_plain(None if t.grad is None else t.grad.tolist()) for t in (x, y, v)]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return "nan" if math.isnan(value) else "inf" if value == math.inf else "-inf" if value == -math.inf else value
    return value if isinstance(value, int | str | None) else str(value)


def close(a: Any, b: Any) -> bool:
    """Whether stored values agree, to float32's rounding."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(close(p, q) for p, q in zip(a, b, strict=True))
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        return math.isclose(a, b, rel_tol=2e-5, abs_tol=2e-6)
    return bool(a == b)


if __name__ == "__main__":
    import torch

    STORED.write_text(json.dumps({c: outcome(torch, c) for c in calls(OPERATIONS) + calls(ERRORS)}, indent=0) + "\n")
