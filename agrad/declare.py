"""How an op is declared: one call an op, its signature as the standard writes it, its rules beside it.

A rule is a pure function. It *names* what it needs and is handed exactly that; what no rule of
an op names is not kept alive for the backward pass:

====================  ===========================================================================
``xp``                the namespace to compute in, the only thing a rule computes with: the
                      standard, plus ``xp.getitem(x, key)``, ``xp.setitem(x, key, value)`` and
                      ``xp.scatter(values, key, *, shape)`` (zeros with values *added* at key)
``ct``                the cotangent of the result (a tuple of them for several results)
``given``             for several results, in a VJP: a tuple that says which of the cotangents there
                      are; the others are zeros because nothing depends on these results
``t``                 the tangent of the argument that the rule belongs to
``out``               the result of the op (a tuple for several results)
*an argument's name*  its value; in a transpose only ``.shape``, ``.dtype``, ``.ndim`` and
                      ``.size`` of the arguments that the op is linear in
*a parameter's name*  its value as the caller gave it, or its default
``kept``              what ``residual=`` has kept of the forward computation
``batched``           in a batch rule: for each data argument, whether it has a batch axis
``size``              in a batch rule: the length of the batch axis
====================  ===========================================================================

The engine undoes broadcasting, restores dtype and device, conjugates, takes the real part for real
arguments, skips arguments that need no gradient, keeps zeros symbolic and sums contributions.
Complex numbers: partials and transposes are the plain complex ones (the engine conjugates); a
general op's VJP is the adjoint itself, Re<v, J w> = Re<J* v, w>.

How the op treats axes is declared beside: ``axes=`` is a fact of `agrad.axes`; elementwise ops are pointwise without
saying so, and composites are what they are composed of. Where no fact fits there is a rule, ``batch=``. It computes
the op of a stack: an argument that is batched carries its batch axis in front, the others are the same for the whole
stack; of a list or an index, `batched` has a tuple, one entry an item. It returns the result with the batch axis in
front, or a tuple of such.

A declaration returns a record, an `Op`; it changes nothing. Every one takes, besides its rules,
what the ops of plugins need and the standard's do not (`Extras`): how to compute the op, its docstring, and the cases
that the conformance suite tries it on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict, Unpack

from agrad.axes import POINTWISE, Axes, Core, Over, Unbatchable
from agrad.cases import Case

__all__ = [
    "POINTWISE",
    "WORDS",
    "Core",
    "Extras",
    "Op",
    "Over",
    "Parameter",
    "Unbatchable",
    "bilinear",
    "composite",
    "constant",
    "creation",
    "elementwise",
    "general",
    "linear",
    "select",
]

Rule = Callable[..., Any]

WORDS = frozenset({"xp", "ct", "t", "out", "kept"})
"""What rules of every op name besides arguments and parameters."""


class select:  # noqa: N801 - reads as a word of the table
    """A partial derivative that is 1 where a condition holds, 1/2 where there is a tie, and 0 elsewhere.

    The engine applies it with ``where``, so that an infinite cotangent is never multiplied by 0.

    Examples
    --------
    >>> maximum = elementwise(
    ...     "maximum(x1, x2, /)",
    ...     select(lambda x1, x2: x1 > x2, tie=lambda x1, x2: x1 == x2),
    ...     select(lambda x1, x2: x2 > x1, tie=lambda x1, x2: x1 == x2),
    ... )
    >>> maximum.arguments
    ('x1', 'x2')
    """

    __slots__ = ("condition", "tie")

    def __init__(self, condition: Rule, tie: Rule | None = None) -> None:
        self.condition = condition
        self.tie = tie


Partial = Rule | float | select | None


class Parameter(NamedTuple):
    """One parameter of a signature: its name, how it is passed and its default's source text.

    Examples
    --------
    >>> elementwise("f(x, /, *, k=2)", 1).parameters[1]
    Parameter(name='k', kind='keyword', default='2')
    """

    name: str
    kind: str  # "positional", "either", "star" or "keyword"
    default: str | None


class Op(NamedTuple):
    """One entry of the table: a function, its data arguments and its derivative.

    Examples
    --------
    >>> op = elementwise("softsign(x, /)", lambda xp, x: 1 / xp.square(1 + xp.abs(x)))
    >>> op.name, op.kind, op.signature
    ('softsign', 'elementwise', '(x, /)')
    """

    name: str
    kind: str
    parameters: tuple[Parameter, ...]
    arity: int = 0
    """How many parameters, from the left, are data: arrays, or lists and indices that may hold some."""
    keywords: tuple[str, ...] = ()
    """Parameters further right that are data, too; they have no derivative."""
    vjp: tuple[Partial, ...] = ()
    """By kind: the partials, the transposes or the VJPs, one an argument; None: no gradient."""
    jvp: tuple[Rule | None, ...] = ()
    joint: bool = False
    """`vjp` holds one rule, which returns the cotangents of all arguments at once."""
    outputs: int = 1
    """How many results; 0: as many as the op returns, in a tuple, or what is no array."""
    decomposition: Rule | None = None
    reason: str = ""
    """Why the op has no derivative, where it has none."""
    forward: Rule | None = None
    """How to compute an op that is not in the standard: a function of ``xp`` and its parameters."""
    custom: bool = False
    """A user's own: what its rules return is checked."""
    operator: Callable[[Any, Any], Any] | None = None
    """Python's operator that computes it, as its rules do with operators alone: Python's numbers stay what they are."""
    scalar: str = ""
    """The op that takes its place where the last argument is a Python number, which is then a parameter."""
    write: Rule | None = None
    """How to write through the result where it is a view: a function of ``xp``, ``value``, the arguments and parameters
    that returns the first argument with `value` in the place of the result."""
    residual: Rule | None = None
    """The op where it is followed: returns ``(out, kept)``, the result and what rules take from its computation."""
    axes: Axes | None = None
    """How the op treats axes, where a fact says it."""
    batch: Rule | None = None
    """The op of a stack, where none does: a function of ``xp``, ``batched``, ``size``, the arguments and parameters."""
    native: Mapping[str, Callable[..., Any] | str] = MappingProxyType({})
    """A backend's own function by the backend's name; a string ``"module:function"`` is imported when first used."""
    doc: str = ""
    cases: tuple[Case, ...] = ()
    reference: Callable[..., Any] | None = None
    """The op in high precision, for the conformance suite: a function of mpmath's ``mp`` and its parameters."""

    @property
    def several(self) -> bool:
        """Whether the op returns a tuple."""
        return self.outputs != 1

    @property
    def words(self) -> frozenset[str]:
        """What its rules name besides arguments and parameters, which therefore go by other names."""
        return WORDS | {"given"} if self.several else WORDS

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of the data arguments."""
        return (*(p.name for p in self.parameters[: self.arity]), *self.keywords)

    @property
    def rules(self) -> tuple[Partial, ...]:
        """The reverse rule of each data argument, None for those that have no derivative; a joint one for each."""
        found = self.vjp * self.arity if self.joint else self.vjp
        return found + (None,) * (len(self.arguments) - len(found))

    @property
    def signature(self) -> str:
        """The signature as the standard writes it, without annotations."""
        parts: list[str] = []
        kinds = [p.kind for p in self.parameters]
        for i, p in enumerate(self.parameters):
            if p.kind == "keyword" and "keyword" not in kinds[:i] and "star" not in kinds:
                parts.append("*")
            text = "*" + p.name if p.kind == "star" else p.name
            parts.append(text if p.default is None else f"{text}={p.default}")
            if p.kind == "positional" and kinds[i + 1 : i + 2] != ["positional"]:
                parts.append("/")
        return f"({', '.join(parts)})"


class Extras(TypedDict, total=False):
    """Keywords that every declaration takes.

    ``forward(xp, ...)`` computes the op in the standard; it names ``xp`` and parameters, as rules do. ``native`` holds
    faster or more accurate functions by backend, ``"scipy.special:erf"`` for one, called as the signature says.
    ``reference(mp, ...)`` computes it with mpmath: an elementwise op on one ``mpf`` or ``mpc`` an argument, any
    other on NumPy arrays of them. ``data`` names the parameters that hold arrays, where these are not the ones that
    rules are given for or, without rules, the positional ones. ``operator``, ``scalar``, ``write``, ``residual``,
    ``axes`` and ``batch`` are described with `Op`.

    Examples
    --------
    >>> softsign = elementwise(
    ...     "softsign(x, /)",
    ...     lambda xp, x: 1 / xp.square(1 + xp.abs(x)),
    ...     forward=lambda xp, x: x / (1 + xp.abs(x)),
    ...     native={"torch": "torch.nn.functional:softsign"},
    ...     doc="x / (1 + abs(x)).",
    ...     cases=[Case(lambda draw: (draw.apart(3),))],
    ...     reference=lambda mp, x: x / (1 + abs(x)),
    ... )
    >>> softsign.doc
    'x / (1 + abs(x)).'
    """

    forward: Rule
    native: Mapping[str, Callable[..., Any] | str]
    doc: str
    cases: Sequence[Case]
    reference: Callable[..., Any]
    data: Sequence[str]
    operator: Callable[[Any, Any], Any]
    scalar: str
    write: Rule
    residual: Rule
    axes: Axes
    batch: Rule


def elementwise(signature: str, *partials: Partial, **extras: Unpack[Extras]) -> Op:
    """Declare an elementwise op by its partial derivative for each argument.

    A partial is a function (the complex derivative for complex arguments), a number, a `select`,
    or None for an argument that has no gradient. A bare name stands for ``name(x, /)``, or
    ``name(x1, x2, /)`` where there are two partials.

    Examples
    --------
    >>> elementwise("multiply", lambda x2: x2, lambda x1: x1).signature
    '(x1, x2, /)'
    """
    if "(" not in signature:
        signature += "(x, /)" if len(partials) == 1 else "(x1, x2, /)"
    name, parameters = _parse(signature)
    return _op(name, "elementwise", parameters, len(partials), partials, extras={"axes": POINTWISE, **extras})


def linear(signature: str, *transposes: Rule | None, **extras: Unpack[Extras]) -> Op:
    """Declare an op that is linear in those arguments, taken together, that have a transpose.

    Its JVP is the op itself. An argument named ``arrays`` is a list, and so is its cotangent.

    Examples
    --------
    >>> linear("flip(x, /, *, axis=None)", lambda xp, ct, axis: xp.flip(ct, axis=axis)).kind
    'linear'
    """
    name, parameters = _parse(signature)
    return _op(name, "linear", parameters, len(transposes), transposes, extras=extras)


def bilinear(signature: str, *transposes: Rule, **extras: Unpack[Extras]) -> Op:
    """Declare an op that is linear in each of two arguments, by the transpose for each.

    Examples
    --------
    >>> outer = bilinear("outer(x1, x2, /)", lambda ct, x2: ct @ x2, lambda ct, x1: x1 @ ct)
    >>> outer.arity
    2
    """
    name, parameters = _parse(signature)
    return _op(name, "bilinear", parameters, len(transposes), transposes, extras=extras)


def general(
    signature: str,
    *,
    vjp: Rule | tuple[Rule | None, ...],
    jvp: Rule | tuple[Rule | None, ...],
    outputs: int = 1,
    **extras: Unpack[Extras],
) -> Op:
    """Declare an op by its VJP and its JVP.

    A tuple holds one rule an argument, and a JVP's results are summed over the arguments. A single
    VJP beside a tuple of JVPs returns a tuple, one cotangent an argument: work can be shared. The JVP
    of an op with several outputs returns a tuple of tangents.

    Examples
    --------
    >>> general("conj(x, /)", vjp=lambda xp, ct: xp.conj(ct), jvp=lambda xp, t: xp.conj(t)).kind
    'general'
    """
    name, parameters = _parse(signature)
    jvps = jvp if isinstance(jvp, tuple) else (jvp,)
    joint = not isinstance(vjp, tuple) and len(jvps) > 1
    vjps = vjp if isinstance(vjp, tuple) else (vjp,)
    return _op(name, "general", parameters, len(jvps), vjps, jvps, joint, outputs, extras=extras)


def composite(signature: str, decomposition: Rule, **extras: Unpack[Extras]) -> Op:
    """Declare a composition of other ops: a function of ``xp`` and of the parameters it names.

    Calls without a tracked argument use the backend's own function.

    Examples
    --------
    >>> composite("double(x, /)", lambda x: x + x).kind
    'composite'
    """
    name, parameters = _parse(signature)
    return _op(name, "composite", parameters, decomposition=decomposition, extras=extras)


def constant(signature: str, reason: str, outputs: int = 1, **extras: Unpack[Extras]) -> Op:
    """Declare an op that has no derivative: its result is a constant; `reason` says why.

    Examples
    --------
    >>> constant("isnan(x, /)", "a test").reason
    'a test'
    """
    name, parameters = _parse(signature)
    return _op(name, "constant", parameters, outputs=outputs, reason=reason, extras=extras)


def creation(signature: str, **extras: Unpack[Extras]) -> Op:
    """Declare a function that makes an array of which no derivative is taken; users' calls take ``requires_grad=`` too.

    Examples
    --------
    >>> creation("zeros(shape, *, dtype=None, device=None)").kind
    'creation'
    """
    name, parameters = _parse(signature)
    return _op(name, "creation", parameters, reason="Makes a new array.", extras={"data": (), **extras})


def _op(name: str, kind: str, parameters: tuple[Parameter, ...], *rules: Any, extras: Extras, **more: Any) -> Op:
    values: dict[str, Any] = {**more, **extras}
    if "cases" in values:
        values["cases"] = tuple(values["cases"])
    names = [p.name for p in parameters]
    arity = rules[0] if rules else sum(p.kind in ("positional", "star") for p in parameters) or min(1, len(names))
    data = values.pop("data", names[:arity])
    if not rules:
        arity = next((i for i, p in enumerate(parameters) if p.name not in data or p.kind == "keyword"), len(names))
    keywords = tuple(n for n in names[arity:] if n in data)
    return Op(name, kind, parameters, arity, keywords, *rules[1:], **values)


def _parse(signature: str) -> tuple[str, tuple[Parameter, ...]]:
    """Split ``"linalg.qr(x, /, *, mode='reduced')"`` into its name and its parameters.

    Defaults are literals without commas; going through Python's own parser would take longer than importing NumPy's
    linear algebra does.
    """
    name, _, rest = signature.partition("(")
    parts = rest[:-1].split(", ")
    kind = "positional" if "/" in parts else "either"
    parameters = []
    for part in parts:
        if part == "/":
            kind = "either"
        elif part == "*":
            kind = "keyword"
        elif part.startswith("*"):
            parameters.append(Parameter(part[1:], "star", None))
            kind = "keyword"
        elif part:
            parameter, _, default = part.partition("=")
            parameters.append(Parameter(parameter, kind, default or None))
    return name, tuple(parameters)
