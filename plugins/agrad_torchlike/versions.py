"""Version counters: how often memory was changed in place, and which operation has kept which version of it.

PyTorch goes back through a graph only where all that an operation has kept for its derivative is as it was. A record of
an operation (see `agrad_torchlike.graph`) ends in a list of what was kept: the core's node, and four items for each
tensor: its counter, the version, shape and dtype, and the edge to what made it. A counter is a list of the version, of
who made the last change, and of the derivative of what made its memory what it is now. Views share it, and so does
``detach()``; ``.data`` has its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agrad_torchlike import dtypes
from agrad_torchlike.errors import AGAIN
from agrad_torchlike.graph import edge, edges_of, record_of, short

__all__ = ["changed", "check", "counter_of", "kept", "saved", "share", "version"]

Counter = list[Any]

VIEWS = frozenset(
    """Alias AsStrided Diagonal Expand Permute Select Slice Split SplitWithSizes Squeeze T Transpose Unbind Unsqueeze
    View""".split()
)
"""Derivatives of views: once their memory was changed, PyTorch makes their records anew."""

WEIGHT = ("TBackward0",)
"""In the place of an edge: the transpose that ``linear`` takes of its weight."""

OWN = ...
"""In the place of an edge: the result of the operation itself; its name, where a view was changed."""


PLANS = {
    "r": "Exp Exp2 Expm1 LogSoftmax Reciprocal Relu Rsqrt Sigmoid Softmax Sqrt Tan Tanh",
    "0": """Abs Acos Acosh AdaptiveAvgPool2D AdaptiveMaxPool2D Asin Asinh Atan Atanh AvgPool2D Clamp_1 ClampMax ClampMin
        Cos Cosh Digamma Elu Embedding Erf Erfc Erfinv Gelu Hardtanh LeakyRelu Lgamma Log Log10 Log1P Log2 LogSigmoid
        Logit MaxPool2DWithIndices Mish NanToNum Nansum Pow Silu Sin Sinh Softplus Var VarMean""",
    "0 r": "Amax Amin Cumprod LinalgVectorNorm Logsumexp Max_1 Min_1 Median Pow_2 Prod Prod_1 Std StdMean",
    "1": "NllLoss NllLoss2D MaskedFill masked_fill masked_scatter",
    "2": "IndexFill IndexSelect ScatterAdd Scatter",
    "2 0": "Gather",
    "2 3": "IndexAdd IndexCopy",
    "0 1": """BinaryCrossEntropy BinaryCrossEntropyWithLogits Convolution HuberLoss MseLoss NativeGroupNorm PreluKernel
        SmoothL1Loss nll""",
    "1 0": "Atan2 Fmax Fmin Logaddexp MaskedSelect Maximum Minimum Take Xlogy",
    "1 0 r": "Dist Pow_1",
    "1:0 0:1": "Bmm LinalgCross Mm Mul",
    "0:1 1:0": "Dot Mv einsum",
    "0:1 1:0 ": "linear",
    "1 0:1": "Div Div_2",
    "1:1 0:1": "Remainder_1",
    "1:2 2:1": "Addcmul addmm addmv baddbmm",
    "1:2 2": "Addcdiv",
    "1:1 0:0 r": "Hypot",
    "0:0 r": "Copysign",
    "2 0 1": "NativeBatchNorm NativeLayerNorm",
    "4 0 3": "batch_norm",
}
"""By PyTorch's derivatives: which operands are kept, "r" for the result, "0:1" for the first one if the second one is
followed, and by which operations: the derivative's name, or that of a function of this layer. Operands are those of the
function, or a layer's arguments, weight and bias; they come in the order in which PyTorch looks at them."""


def _plans() -> dict[str, tuple[tuple[int, int], ...]]:
    """The same by operation: pairs of the operand, -1 for the result, and of the one that must be followed, or -1."""
    plans = {}
    for what, nodes in PLANS.items():
        pairs = [item.partition(":") for item in what.split()]
        plan = tuple([(-1 if i == "r" else int(i), int(j) if j else -1) for i, _, j in pairs])
        for node in nodes.split():
            word, _, digit = node.partition("_")
            plans[node if node[0].islower() else f"{word}Backward{digit or 0}"] = plan
    return plans


SAVES = _plans()

LINEAR = SAVES["linear"]

happened: list[bool] = []
"""Not empty once anything was changed in place."""


def counter_of(x: Any) -> Counter:
    """The counter of a tensor's memory."""
    c: Counter | None = x._counter
    if c is None:
        c = x._counter = [0, "", ""] if x._view is None else counter_of(x._view.root)
    return c


def share(y: Any, x: Any) -> None:
    """Let a view count as the tensor that it was taken from, and be one of several views if that is one."""
    if x._counter is not None:
        y._counter = x._counter
    if x._part is not None:
        y._part = (0, version(x))


def version(x: Any) -> int:
    """How often the memory of a tensor was changed."""
    c = x._counter or (None if x._view is None else x._view.root._counter)
    return c[0] if c else 0


def changed(x: Any, by: str, name: str = "") -> None:
    """Note a change of a tensor in place, and the derivative of what made it, where that is followed."""
    c = counter_of(x)
    c[0] += 1
    c[1] = by
    c[2] = name or c[2]
    if not happened:
        happened.append(True)


def saved(node: str, y: Any, args: Any) -> tuple[list[Any], ...]:
    """What an operation keeps, as the last item of its record; nothing for many."""
    plan = SAVES.get(node)
    return () if plan is None else kept(plan, y, args)


def kept(plan: Iterable[tuple[int, int]], y: Any, args: Any) -> tuple[list[Any], ...]:
    """The same by a plan."""
    found = [y._t.node]
    for place, other in plan:
        if place < 0:
            found += (counter_of(y), version(y), y._t.aval, OWN)
            continue
        x: Any = args[place] if place < len(args) else None
        if hasattr(x, "_t") and (other < 0 or (other < len(args) and _followed(args[other]))):
            c = x._counter or counter_of(x)
            found += (c, c[0], x._t.aval, WEIGHT if place == 1 and plan is LINEAR else maker_of(x))
    return (found,) if len(found) > 1 else ()


def maker_of(x: Any) -> Any:
    """What has made an operand: the edge to it, nothing for one that is apart from the graph."""
    found = edge(x)
    return "" if found is None and x._view is not None and x._view.detached else found


def _followed(x: Any) -> bool:
    return hasattr(x, "_t") and x._t.node is not None


def rewritten(x: Any, node: str, before: list[Any], old: Any) -> list[Any]:
    """The end of the record of an operation that has changed `x`, made by `old`, which it has copied if it needs it."""
    if not before or type(before[-1]) is not list:
        return before
    *edges, found = before
    c, made, copied = counter_of(x), [x._t.node], False
    for k in range(1, len(found), 4):
        counter, at, aval, made_by = found[k : k + 4]
        if made_by is OWN:
            made += (c, c[0], aval, node)
        elif counter is c and made_by is old and not copied:
            copied = True
        else:
            made += (counter, at, aval, made_by)
    return [*edges, made] if len(made) > 1 else edges


# Going back -------------------------------------------------------------------------------------------


def check(tensors: Iterable[Any], wanted: Iterable[Any] | None = None) -> None:
    """Raise where the way back, to all leaves or to the wanted tensors, needs what was changed, as PyTorch does."""
    if not happened:
        return
    roots = [r for r in map(record_of, tensors) if r is not None]
    records = _reached(roots) if wanted is None else _leading(roots, {id(edge(x)) for x in wanted})
    newest: tuple[int, Any, int] | None = None
    for record in records:
        found = record[-1]
        if type(found) is not list or (newest is not None and found[0].rank > newest[0]):
            continue
        if found[0].parents is None:
            newest = found[0].rank, record, 0
            continue
        for k in range(1, len(found), 4):
            if found[k][0] != found[k + 1]:
                newest = found[0].rank, record, k
                break
    if newest is not None:
        raise RuntimeError(_message(newest[1], newest[2]) if newest[2] else AGAIN)


def _reached(roots: list[Any]) -> Iterable[Any]:
    seen, waiting = set(), roots
    while waiting:
        record = waiting.pop()
        if id(record) not in seen:
            seen.add(id(record))
            yield record
            waiting += [part for part in edges_of(record) if type(part) is tuple]


def _leading(roots: list[Any], wanted: set[int]) -> list[Any]:
    """The records on a way from a root to what is wanted, that itself apart."""
    leads: dict[int, bool] = {}
    found, waiting = [], [(record, False) for record in roots]
    while waiting:
        record, done = waiting.pop()
        parts = edges_of(record)
        if done:
            leads[id(record)] = any(id(part) in wanted or leads.get(id(part), False) for part in parts)
            if leads[id(record)]:
                found.append(record)
        elif id(record) not in leads:
            leads[id(record)] = False
            waiting.append((record, True))
            waiting += [(part, False) for part in parts if type(part) is tuple]
    return found


def _message(record: Any, k: int) -> str:
    counter, at, aval, made_by = record[-1][k : k + 4]
    own = record[0]
    name = own if made_by is OWN else made_by if type(made_by) is str else made_by[0] if type(made_by) is tuple else ""
    shape = list(aval.shape)
    if made_by is WEIGHT:
        shape.reverse()
    if made_by is not OWN and type(made_by) is not str:  # what has made it what it is now
        name = "AsStridedBackward0" if name.partition("Backward")[0] in VIEWS else counter[2] or name
    which = f", which is output 0 of {short(name)}," if name else ""
    word = dtypes.from_backend(aval.dtype).word
    kind = "CPUBoolType" if word == "Bool" else f"torch.{word}Tensor"
    from agrad_torchlike.autograd.anomaly_mode import is_anomaly_enabled

    hint = (
        "the backtrace further above shows the operation that failed to compute its gradient. The variable in question "
        "was changed in there or anywhere later. Good luck!"
        if is_anomaly_enabled()
        else "enable anomaly detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[{kind} {shape}]{which} is at version {counter[0]}; "
        f"expected version {at} instead. Hint: {hint} ({own} has kept it, and {counter[1]} has changed it since.)"
    )
