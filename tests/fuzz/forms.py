"""The grammar: each form writes one statement about the variables of a scene, and has the name of a feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scene import NothingFitsError, Scene
from statements import Block, Line, Statement

__all__ = ["FORMS", "Form"]


@dataclass(frozen=True)
class Form:
    """A way to write a statement; `weight` says how often, `simple` whether it may stand in a loop or a branch."""

    name: str
    write: Callable[[Scene], str | Statement]
    weight: float
    simple: bool

    def statement(self, scene: Scene) -> Statement:
        """Write one; raises NothingFitsError where the scene has nothing for it."""
        made = self.write(scene)
        return Line(made, frozenset([self.name])) if isinstance(made, str) else made


FORMS: dict[str, Form] = {}


def form(name: str, weight: float = 1.0, simple: bool = False) -> Callable[[Callable[[Scene], str | Statement]], None]:
    """Enter a form into the grammar."""

    def enter(write: Callable[[Scene], str | Statement]) -> None:
        FORMS[name] = Form(name, write, weight, simple)

    return enter


def template(name: str, source: str, *ndims: int, weight: float = 1.0, least: int = 1) -> None:
    """A form that fills in {x}, an array with one of these numbers of axes, {t}, a name to bind, and {c}, a number."""
    FORMS[name] = Form(
        name,
        lambda scene: source.format(x=scene.array(*ndims, least=least), t=scene.target(), c=scene.number()),
        weight,
        False,
    )


# New values -------------------------------------------------------------------------------------------


@form("unary", 4)
def _(s: Scene) -> str:
    call = s.one(("sin", "cos", "tanh", "atan", "square", "negative", "asinh", "expm1"))
    x = s.array()
    if call == "expm1" and abs(s.values(x)).max(initial=0) > 1.5:
        call = "sin"
    return f"{s.target()} = xp.{call}({x})"


@form("binary", 6)
def _(s: Scene) -> str:
    x = s.array()
    other = s.operand(s.shape(x))
    return f"{s.target()} = " + s.one((f"{x} * {other}", f"{x} + {other}", f"{x} - {other}", f"{x} / ({other}) * 0.5"))


@form("reflected-scalar", 2)
def _(s: Scene) -> str:
    x, c = s.array(), s.number()
    return f"{s.target()} = " + s.one(
        (f"{c} * {x}", f"{c} - {x}", f"{c} + {x}", f"{c} / ({x} * {x} + 1.0)", f"1.5 ** {x}")
    )


@form("power", 1)
def _(s: Scene) -> str:
    return f"{s.target()} = {s.array()} ** {s.one((2, 3, 1))}"


@form("power-of-arrays", 0.5)
def _(s: Scene) -> str:
    x = s.array()
    return f"{s.target()} = ({x} * {x} + 0.5) ** {s.one(s.peers(s.shape(x)))}"


@form("reduction", 3)
def _(s: Scene) -> str:
    x = s.array()
    call = s.one(("sum", "mean", "sum", "mean", "prod", "max", "min", "var", "std"))
    if call in ("max", "min", "std"):
        s.apart(x)
    axis = s.one([i for i in range(-len(s.shape(x)), len(s.shape(x)))]) if s.shape(x) and s.chance(0.5) else None
    keepdims = ", keepdims=True" if s.chance(0.2) else ""
    return f"{s.target()} = xp.{call}({x}, axis={axis}{keepdims})"


@form("matmul", 1.5)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    y = s.array(1, 2, fits=lambda v: v.shape[max(v.ndim - 2, 0)] == s.shape(x)[-1])
    return f"{s.target()} = {x} @ {y}"


@form("outer", 0.3)
def _(s: Scene) -> str:
    x, y = s.array(1), s.array(1)
    return f"{s.target()} = xp.linalg.outer({x}, {y})"


@form("concat", 1)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    y = s.array(fits=lambda v: tuple(v.shape) == s.shape(x))
    if len(s.shape(x)) == 1 and s.shape(x)[0] > 4:
        raise NothingFitsError
    return f"{s.target()} = xp.{s.one(('concat', 'stack'))}([{x}, {y}])"


template("tile", "{t} = xp.tile({x}, (2,))", 1, weight=0.3)
template("repeat", "{t} = xp.repeat({x}, 2, axis=0)", 1, weight=0.3)
template("roll", "{t} = xp.roll({x}, 1, axis=0)", 1, 2, weight=0.5)
template("tril", "{t} = xp.tril({x})", 2, weight=0.3)
template("cumulative-sum", "{t} = xp.cumulative_sum({x}, axis=-1)", 1, 2, weight=0.7)
template("take", "{t} = xp.take({x}, xp.asarray([1, 0, 1]), axis=0)", 1, 2, least=2)
template("rational", "{t} = {x} / (1.0 + {x} * {x})", weight=2)
template("new-axis-product", "{t} = {x}[:, None] * {x}[None, :]", 1, weight=0.5)
template("copy", "{t} = xp.asarray({x}, copy=True)", weight=0.7)
template("element-times", "{t} = own({x}[0]) * {c}", 1)


@form("sort", 0.7)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    s.apart(x)
    return f"{s.target()} = " + s.one((f"xp.sort({x}, axis=-1)", f"xp.take({x}, xp.argsort({x}, axis=0), axis=0)"))


@form("clip", 0.7)
def _(s: Scene) -> str:
    x = s.array()
    return f"{s.target()} = xp.clip({x}, {s.threshold(x)}, 7.5)"


@form("maximum", 0.7)
def _(s: Scene) -> str:
    x = s.array()
    y = s.array(fits=lambda v: tuple(v.shape) == s.shape(x))
    if x == y or abs(s.values(x) - s.values(y)).min(initial=1) < 0.02:
        raise NothingFitsError
    return f"{s.target()} = xp.{s.one(('maximum', 'minimum', 'hypot', 'logaddexp'))}({x}, {y})"


@form("abs", 0.5)
def _(s: Scene) -> str:
    x = s.array()
    if abs(s.values(x)).min(initial=1) < 0.02:
        raise NothingFitsError
    return f"{s.target()} = abs({x})"


@form("where", 1)
def _(s: Scene) -> str:
    x = s.array()
    return f"{s.target()} = xp.where({x} > {s.threshold(x)}, {x} * {s.number()}, {s.one(s.peers(s.shape(x)))})"


@form("cast", 1)
def _(s: Scene) -> str:
    return f"{s.target()} = xp.astype({s.array()}, xp.{s.one(('float32', 'float64', 'float64'))})"


@form("creation", 1)
def _(s: Scene) -> str:
    x, c = s.array(), s.constant()
    row = ", ".join(s.constant() for _ in range(3))
    return f"{s.target()} = " + s.one(
        (
            f"xp.zeros_like({x})",
            f"xp.full_like({x}, {c})",
            "xp.ones((3,), dtype=xp.float64)",
            "xp.zeros((2, 3), dtype=xp.float64)",
            f"xp.asarray([{row}], dtype=xp.float64)",
            f"xp.asarray({c}, dtype=xp.float64)",
        )
    )


@form("plain-operand", 1)
def _(s: Scene) -> str:
    c = s.one(s.constants)
    x = s.array(fits=lambda v: tuple(v.shape) in ((), s.shape(c)))
    t = s.target()
    right = [f"{t} = {x} * {c}", f"{t} = xp.maximum({x}, {c} - 9.0)", f"{t} = xp.where({x} > 5.0, {c}, {x})"]
    left = [f"{t} = {c} * {x}", f"{t} = {c} - {x}"]
    refuses = s.backend == "array-api-strict"  # its arrays give no reflected operator a turn
    return str(s.one(right if refuses else right + left))


@form("python-number", 0.7)
def _(s: Scene) -> str:
    t, x = s.fresh(), s.array()
    return f"{t} = {s.number()}\n{t} *= 0.5\n{x} = {x} * {t}"


@form("stop-gradient", 1)
def _(s: Scene) -> str:
    x = s.array()
    y = s.one(s.peers(s.shape(x)))
    return f"{s.target()} = {x} * agrad.stop_gradient({y})"


@form("inner-grad", 0.7)
def _(s: Scene) -> str:
    x = s.array()
    y = s.one(s.peers(s.shape(x)))
    if s.backend == "jax":
        return f"{s.target()} = agrad.grad(lambda u, v: (u * u * v).sum())({x}, {y}) * 0.5"
    return f"{s.target()} = agrad.grad(lambda u: (u * u * {y}).sum())({x}) * 0.5"


# Names and containers ---------------------------------------------------------------------------------


@form("alias", 2)
def _(s: Scene) -> str:
    return f"{s.fresh()} = {s.array()}"


@form("swap-names", 0.5)
def _(s: Scene) -> str:
    x, y = s.array(), s.array()
    return f"{x}, {y} = {y}, {x}"


@form("tuple-state", 0.7)
def _(s: Scene) -> str:
    t, p, q = s.fresh(), s.fresh(), s.fresh()
    return f"{t} = ({s.array()}, {s.changeable()})\n{p}, {q} = {t}\n{q} *= {s.number()}"


@form("dict-state", 0.7)
def _(s: Scene) -> str:
    t, x, y = s.fresh(), s.changeable(), s.array(1, 2)
    change = s.one((f'{t}["p"] += {s.operand(s.shape(x))}', f'{t}["q"][0] = {t}["q"][0] * 0.5', f'{t}["p"] = {y}'))
    return f'{t} = {{"p": {x}, "q": [{y}, {x}]}}\n{change}\n{s.target()} = {t}["p"] * 0.5'


@form("helper", 0.7)
def _(s: Scene) -> Statement:
    x, t = s.changeable(), s.fresh()
    body = (Line(f"u += v * {s.number()}", frozenset(["augmented"])), Line("return u"))
    y = s.one(s.peers(s.shape(x)))
    return Block(f"def step_{t}(u, v):", body, frozenset(["helper"]), f"{t} = step_{t}({x}, {y})")


# Elements ---------------------------------------------------------------------------------------------


@form("element", 2)
def _(s: Scene) -> str:
    x = s.array(1, 2, 3)
    return f"{s.fresh()} = own({x}[{', '.join(str(s.index(n)) for n in s.shape(x))}])"


@form("element-augmented", 1.5)
def _(s: Scene) -> str:
    x, t = s.array(1), s.fresh()
    n = s.shape(x)[0]
    return f"{t} = own({x}[{s.index(n)}])\n{t} {s.one(('+=', '-=', '*='))} {s.operand(())}"


@form("element-kept", 1)
def _(s: Scene) -> str:
    x, t = s.array(1, least=2), s.fresh()
    i = s.index(s.shape(x)[0])
    return f"{t} = own({x}[{i}])\n{x}[{i}] = {t} * {s.number()} + {s.number()}\n{x}[{s.index(2)}] += {t}"


@form("swap-elements", 1.5)
def _(s: Scene) -> str:
    x = s.array(1, least=2)
    i, j = s.index(s.shape(x)[0]), s.index(s.shape(x)[0])
    return f"{x}[{i}], {x}[{j}] = own({x}[{j}]), own({x}[{i}])"


@form("swap-rows", 0.5)
def _(s: Scene) -> str:
    x = s.array(2, least=2)
    i, j = ("0, ...", "1, ...") if s.backend == "array-api-strict" else ("0", "1")
    return f"{x}[{i}], {x}[{j}] = {x}[{j}], {x}[{i}]"


@form("unpack", 1)
def _(s: Scene) -> str:
    x = s.array(1, least=2)
    names = [s.fresh() for _ in range(s.shape(x)[0])]
    change = f"\n{names[0]} += {names[-1]} * {s.number()}" if s.chance(0.5) else ""
    return f"{', '.join(names)} = each({x}){change}"


@form("loop-over-elements", 1)
def _(s: Scene) -> Statement:
    x, t = s.array(1), s.fresh()
    body = [Line(f"{t} = {t} + e * {s.number()}")]
    if s.chance(0.4):
        body.insert(0, Line(f"e += {s.operand(())}"))
    return Block(f"{t} = 0.25\nfor e in each({x}):", tuple(body), frozenset(["loop-over-elements"]))


@form("iterator", 0.7)
def _(s: Scene) -> str:
    x, i, t = s.array(1, least=2), s.fresh(), s.fresh()
    change = f"\n{x} *= {s.number()}" if s.chance(0.4) else ""
    return f"{i} = iter(each({x}))\n{t} = next({i}){change}\n{t} += next({i}) * {s.number()}"


@form("comprehension", 0.7)
def _(s: Scene) -> str:
    x = s.array(1)
    return f"{s.target()} = xp.stack([e * {s.number()} + own({x}[0]) for e in each({x})])"


@form("best-so-far", 0.7)
def _(s: Scene) -> Statement:
    x, t = s.array(1, least=2), s.fresh()
    s.apart(x)
    body = (Block(f"if own({x}[k]) > {t}:", (Line(f"{t} = own({x}[k])"), Line(f"{x}[k] = {x}[k] * 0.5"))),)
    return Block(f"{t} = own({x}[0])\nfor k in range({s.shape(x)[0]}):", body, frozenset(["best-so-far"]))


@form("bubble-sort", 0.5)
def _(s: Scene) -> Statement:
    x = s.array(1, least=2)
    s.apart(x)
    swap = Line(f"{x}[k], {x}[k + 1] = own({x}[k + 1]), own({x}[k])")
    body = (Block(f"if own({x}[k]) > own({x}[k + 1]):", (swap,)),)
    return Block(f"for k in range({s.shape(x)[0] - 1}):", body, frozenset(["bubble-sort"]))


# Views ------------------------------------------------------------------------------------------------


@form("slice", 4)
def _(s: Scene) -> str:
    x = s.array(1, 2, 3)
    return f"{s.fresh()} = {x}[{s.block(s.shape(x))}]"


@form("new-axis", 0.5)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    return f"{s.fresh()} = {x}[{s.one(('None, ...', '..., None'))}]"


@form("reshape", 1.5)
def _(s: Scene) -> str:
    x = s.array()
    size = s.env[x].size if s.backend != "torch" else s.env[x].numel()
    shapes = ["(-1,)", f"(1, {size})", f"({size}, 1)"] + ([f"(2, {size // 2})"] if size % 2 == 0 else [])
    return f"{s.fresh()} = xp.reshape({x}, {s.one(shapes + (['()'] if size == 1 else []))})"


def view(name: str, source: str, *ndims: int, weight: float = 0.8) -> None:
    """A form for a function that returns a view in some library, always bound to a new name."""
    FORMS[name] = Form(name, lambda s: source.format(x=s.array(*ndims), t=s.fresh()), weight, False)


view("permute-dims", "{t} = xp.permute_dims({x}, (1, 0))", 2)
view("T", "{t} = {x}.T", 2)
view("mT", "{t} = {x}.mT", 2)
view("matrix-transpose", "{t} = xp.matrix_transpose({x})", 2, weight=0.3)
view("moveaxis", "{t} = xp.moveaxis({x}, 0, -1)", 2)
view("expand-dims", "{t} = xp.expand_dims({x}, axis=0)", 0, 1, 2)
view("flip", "{t} = xp.flip({x}, axis=0)", 1, 2)
view("real", "{t} = xp.real({x})", weight=0.4)
view("positive", "{t} = +{x}", weight=0.3)
view("conj", "{t} = xp.conj({x})", weight=0.3)
view("asarray", "{t} = xp.asarray({x})")
view("astype-same", "{t} = xp.astype({x}, {x}.dtype, copy=False)")
view("diagonal", "{t} = xp.linalg.diagonal({x})", 2)
view("broadcast-to", "{t} = xp.broadcast_to({x}, (2, *{x}.shape))", 0, 1)


@form("squeeze", 0.8)
def _(s: Scene) -> str:
    x = s.array(1, 2, 3, fits=lambda v: v.shape[0] == 1)
    return f"{s.fresh()} = xp.squeeze({x}, axis=0)"


@form("unstack", 0.5)
def _(s: Scene) -> str:
    x = s.array(2, least=2)
    names = [s.fresh() for _ in range(s.shape(x)[0])]
    return f"{', '.join(names)}, = xp.unstack({x})"


# Changes in place -------------------------------------------------------------------------------------


@form("augmented", 4, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, 2, 3)
    y = s.operand(s.shape(x))
    if s.backend == "torch":  # which reads what it has just written, where the two share memory
        y = f"({y} + 0.0)"
    return f"{x} {s.one(('+=', '-=', '*='))} {y}"


@form("augmented-division", 0.7, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, 2, 3)
    y = s.one(s.peers(s.shape(x)))
    return f"{x} /= {s.one((f'({y} * {y} + 1.0)', s.number()))}"


@form("augmented-power", 0.7, simple=True)
def _(s: Scene) -> str:
    return f"{s.array(1, 2, 3)} **= {s.one((2, 2, 3))}"


@form("augmented-0d", 1.5, simple=True)
def _(s: Scene) -> str:
    return f"{s.array(0)} {s.one(('+=', '-=', '*='))} {s.operand(())}"


@form("augmented-self", 0.5, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    choices = [f"{x} *= {x}", f"{x} += {x}"]
    if s.backend != "torch":
        choices += [f"{x} += {x}[::-1]" if len(s.shape(x)) == 1 else f"{x} *= {x}[::-1, ...]"]
    return str(s.one(choices))


@form("augmented-block", 2, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    return f"{x}[{s.block(s.shape(x))}] {s.one(('+=', '-=', '*='))} {s.operand(())}"


@form("augmented-element", 1.5, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    key = ", ".join(str(s.index(n)) for n in s.shape(x))
    return f"{x}[{key}] {s.one(('+=', '-=', '*='))} {s.operand(())}"


@form("set-block", 3, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    y = s.array(0, 1) if s.chance(0.8) else None
    return f"{x}[{s.block(s.shape(x))}] = {s.number() if y is None else f'{y} * {s.number()}'}"


@form("set-overlapping", 0.7, simple=True)
def _(s: Scene) -> str:
    if s.backend == "torch":  # what it does there is undefined
        raise NothingFitsError
    x = s.array(1, least=2)
    return f"{x}[1:] {s.one(('=', '+=', '*='))} {x}[:-1]"


@form("set-element", 2, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    return f"{x}[{', '.join(str(s.index(n)) for n in s.shape(x))}] = {s.operand(())}"


@form("set-integers", 1, simple=True)
def _(s: Scene) -> str:
    x = s.array(1, least=2)
    return f"{x}[xp.asarray([{s.one(('1, 0', '0', '-1, 0'))}])] {s.one(('=', '+=', '*='))} {s.operand(())}"


@form("set-mask", 1.5)
def _(s: Scene) -> str:
    x = s.array(1, 2)
    return f"{x}[{x} > {s.threshold(x)}] {s.one(('=', '*=', '+='))} {s.one((s.number(), s.operand(())))}"


# Masks and indices that live on -----------------------------------------------------------------------


@form("mask", 1)
def _(s: Scene) -> str:
    x, m = s.array(1), s.fresh()
    use = s.one((f"xp.where({m}, {x} * {s.number()}, {s.number()})", f"xp.sum({x}[{m}] ** 2)"))
    return f"{m} = {x} > {s.threshold(x)}\n{s.target()} = {use}"


@form("mask-changed", 1)
def _(s: Scene) -> str:
    m = s.one(s.names(lambda v: v.ndim == 1, "bool"))
    return str(s.one((f"{m}[0] = {s.one(('True', 'False'))}", f"{m}[...] = False", f"{m} ^= True", f"{m}[1:] = True")))


@form("index-array", 1)
def _(s: Scene) -> str:
    x, i = s.array(1, least=2), s.fresh()
    use = s.one((f"{x}[{i}] * {s.number()}", f"xp.take({x}, {i})", f"{x}[{i}] * {x}[{i}]"))
    return f"{i} = xp.asarray([{s.one(('0, 1', '1, 0, 1', '1, 1'))}])\n{s.target()} = {use}"


@form("index-changed", 1)
def _(s: Scene) -> str:
    i = s.one(s.names(lambda v: v.ndim == 1, "int"))
    return str(s.one((f"{i} *= 0", f"{i}[0] = 1", f"{i}[...] = 0")))


@form("list-index-changed", 0.5)
def _(s: Scene) -> str:
    if s.backend == "jax":  # which takes no lists
        raise NothingFitsError
    x, i = s.array(1, least=2), s.fresh()
    return f"{i} = [0, 1]\n{s.target()} = {x}[{i}] * {x}[{i}]\n{i}[0] = 1"


# Blocks -----------------------------------------------------------------------------------------------


def changes(s: Scene, most: int) -> tuple[Statement, ...]:
    """A few statements that change what is there."""
    simple = [f for f in FORMS.values() if f.simple and s.on(f.name)]
    chosen = s.rng.choices(simple, [f.weight for f in simple], k=s.rng.randint(1, most))
    return tuple(f.statement(s) for f in chosen)


@form("branch", 1.5)
def _(s: Scene) -> Statement:
    x = s.array()
    total = float(s.values(x).sum())
    limit = total + s.one((-0.2, 0.2, 0.4))
    test = s.one((f"xp.sum({x}) > {limit:.3f}", f"{limit:.3f} < xp.sum({x})", f"not xp.sum({x}) <= {limit:.3f}"))
    y = s.array()
    return Block(f"if {test}:", changes(s, 2), frozenset(["branch"]), f"else:\n    {y} = {y} * {s.number()}")


@form("for-loop", 1.5)
def _(s: Scene) -> Statement:
    return Block(f"for k in range({s.one((2, 3))}):", changes(s, 3), frozenset(["for-loop"]))


@form("while-loop", 0.5)
def _(s: Scene) -> Statement:
    x = s.array(1, 2)
    limit = max(float((s.values(x) ** 2).sum()) * s.one((0.15, 0.4)), 0.05)  # at 0, others near it would never end
    return Block(
        f"while xp.sum({x} * {x}) > {limit:.4f}:", (Line(f"{x} *= 0.7"),), frozenset(["while-loop", "augmented"])
    )


@form("fill-loop", 0.7)
def _(s: Scene) -> Statement:
    x, t = s.array(1, least=2), s.fresh()
    body = (Line(f"{t}[k] = {x}[k] * {t}[k - 1] + {s.number()}"),)
    return Block(f"{t} = xp.zeros_like({x})\nfor k in range({s.shape(x)[0]}):", body, frozenset(["fill-loop"]))


@form("no-grad-value", 0.7)
def _(s: Scene) -> Statement:
    x, t = s.array(), s.fresh()
    body = (Line(f"{t} = xp.sin({x}) * {s.number()}"),)
    return Block("with agrad.no_grad():", body, frozenset(["no-grad-value"]))


@form("no-grad-change", 1)
def _(s: Scene) -> Statement:
    return Block("with agrad.no_grad():", changes(s, 2), frozenset(["no-grad-change"]))
