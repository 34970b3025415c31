"""Records checked on arrival: what is wrong with one is said in a sentence, before it can do harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from agrad import ops
from agrad.axes import NONE, Core, Over, Unbatchable
from agrad.backend import Backend, BackendRule
from agrad.cases import Case
from agrad.declare import Op, select
from agrad.errors import PluginError
from agrad.interpret.bound import names_of
from agrad.interpret.signature import CLOSURE
from agrad.ops.standard import ALIASES, CONSTANTS, DTYPES
from agrad.plugins.hooks import COMMANDS, Command

__all__ = ["CHECKS", "check_op", "plugin_name_problem"]

NAME_OF_COMMAND = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def plugin_name_problem(name: str) -> str:
    """Why a plugin of that name cannot have ops: they are at ``xp.name``; empty where it can."""
    if not name.isidentifier() or name.startswith("_"):
        return "has ops, so that its entry point must be named by an identifier that does not start with an underscore"
    if ops.lookup(name) is not None or name in (*ops.EXTENSIONS, *ALIASES, *CONSTANTS, *DTYPES):
        return "has ops, so that its entry point must not be named as something of the standard is"
    return ""


def check_backend(record: Any) -> Backend:
    """A backend record as it must be."""
    _type(record, Backend, "agrad_backends")
    _text(record.name, "the name of a backend")
    for field in ("load", "owns", "scalars", "own", "lean", "array", "quiet", "guard", "host", "shares"):
        if not callable(getattr(record, field)):
            raise PluginError(f"the backend {record.name!r} has no callable as {field}=")
    for field in ("layout", "compile"):
        given = getattr(record, field)
        if given is not None and not callable(given):
            raise PluginError(f"the backend {record.name!r} has {field}={given!r}; it must be callable, or None")
    for field in ("defers", "mutable"):
        if not isinstance(getattr(record, field), bool):
            raise PluginError(
                f"the backend {record.name!r} has {field}={getattr(record, field)!r}; it must be True or False"
            )
    for field in ("views", "read_only"):
        _views(record, field)
    for field in ("lacks", "expected_failures"):
        given = getattr(record, field)
        _mapping(given, f"{field}= of the backend {record.name!r}")
        for key, reason in given.items():
            _text(reason, f"the reason that the backend {record.name!r} gives in {field}= for {key!r}")
    for foreign in (ForeignArray(), object(), None, True, 1, 1.0, 1j, "", (), []):
        if record.owns(foreign):
            raise PluginError(
                f"the backend {record.name!r} has an owns= that takes a {type(foreign).__name__} for its own; it must "
                "be true of instances of the library's own types only"
            )
    return record  # type: ignore[no-any-return]


def _views(record: Backend, field: str) -> None:
    given = getattr(record, field)
    if isinstance(given, str) or not isinstance(given, Collection):
        raise PluginError(
            f"the backend {record.name!r} has {field}={given!r}; it must be a collection of names, such as ('reshape',)"
        )
    for name in given:
        op = ops.lookup(name)
        if op is None or op.write is None:
            raise PluginError(
                f"the backend {record.name!r} names {name!r} in {field}=; it may name functions of the standard whose "
                "results can be views, such as 'reshape'"
            )
        if field == "read_only" and name not in record.views:
            raise PluginError(f"the backend {record.name!r} names {name!r} in read_only=, but not in views=")


class ForeignArray:
    """Nobody's array, with the attributes of one: an `owns` that goes by attributes takes it for its own."""

    shape, ndim, size, dtype, device = (), 0, 1, None, None
    T = property(lambda self: self)

    def __array_namespace__(self, *, api_version: str | None = None) -> None:
        return None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError("this is no array")

    def __dlpack__(self, **options: Any) -> Any:
        raise BufferError("this is no array")

    __dlpack_device__ = __dlpack__


def check_op(record: Any) -> Op:
    """An op record as it must be."""
    _type(record, Op, "agrad_ops")
    if not record.name.isidentifier():
        raise PluginError(
            f"an op is named {record.name!r}; it takes a plain identifier: the plugin's name is put before it"
        )
    if record.decomposition is None and record.forward is None and not record.native:
        raise PluginError(
            f"the op {record.name!r} cannot be computed: give forward= (in the standard) or native= (by backend)"
        )
    _mapping(record.native, f"native= of the op {record.name!r}")
    for backend, function in record.native.items():
        if not callable(function) and not (isinstance(function, str) and function.count(":") == 1):
            raise PluginError(
                f"the function of the op {record.name!r} for the backend {backend!r} is {function!r}; it must be "
                "callable, or a string 'module:function'"
            )
    for case in record.cases:
        _type(case, Case, f"cases= of the op {record.name!r}")
    _rules(record)
    return record  # type: ignore[no-any-return]


def check_rule(record: Any) -> BackendRule:
    """A rule for one backend, of an op that exists, with that op's signature."""
    _type(record, BackendRule, "agrad_rules")
    _type(record.op, Op, "BackendRule")
    known = ops.lookup(record.op.name)
    if known is None and "." not in record.op.name:
        raise PluginError(f"agrad_rules() gave a rule for {record.op.name!r}, which is no op of the standard")
    if known is not None and known.parameters != record.op.parameters:
        raise PluginError(
            f"agrad_rules() gave a rule for {record.op.name}{record.op.signature}; the op's signature is "
            f"{known.name}{known.signature}"
        )
    _rules(record.op)
    return record  # type: ignore[no-any-return]


def check_case(record: Any) -> Case:
    """A conformance case that says which op it is of."""
    _type(record, Case, "agrad_conformance_cases")
    _text(record.op, "the op of a conformance case")
    return record  # type: ignore[no-any-return]


def check_command(record: Any) -> Command:
    """A subcommand with a name, a line of help and something to run."""
    _type(record, Command, "agrad_commands")
    _text(record.name, "the name of a command")
    _text(record.help, f"the help of the command {record.name!r}")
    if record.name in COMMANDS or not NAME_OF_COMMAND.fullmatch(record.name):
        raise PluginError(
            f"a command is named {record.name!r}; it takes letters, digits and hyphens, and another name than those of "
            f"agrad's own: {', '.join(COMMANDS)}"
        )
    if not callable(record.run):
        raise PluginError(f"the command {record.name!r} has no callable as run=")
    return record  # type: ignore[no-any-return]


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "agrad_backends": check_backend,
    "agrad_ops": check_op,
    "agrad_rules": check_rule,
    "agrad_conformance_cases": check_case,
    "agrad_commands": check_command,
}
"""What is made of a hook's record: itself, or an error."""


def _rules(op: Op) -> None:
    """A signature that Python takes, and rules that name only what the engine hands out."""
    try:
        compile(f"def f{op.signature}: pass", op.name, "exec")
    except SyntaxError as error:
        raise PluginError(f"the op {op.name!r} has no valid signature: {op.signature}") from error
    parameters = {p.name for p in op.parameters}
    if CLOSURE in parameters:
        raise PluginError(f"the op {op.name}{op.signature} has a parameter named {CLOSURE!r}, which agrad needs itself")
    words = op.words | {*(("value", "index") if op.write else ()), *(("batched", "size") if op.batch else ())}
    taken = sorted(parameters & words)
    if taken:
        raise PluginError(
            f"the op {op.name}{op.signature} has a parameter named {taken[0]!r}, which means something else in rules, "
            "so that no rule could name it; call it something else"
        )
    if op.arity > len(op.parameters):
        raise PluginError(f"the op {op.name}{op.signature} has {op.arity} rules, more than parameters")
    kept = {"kept"} if op.residual else set()
    backward = {"xp", "ct", "out", *kept, *(("given",) if op.several else ())}
    found = [(rule, backward) for rule in op.vjp] + [(rule, {"xp", "t", "out", *kept}) for rule in op.jvp]
    found += [(op.forward, {"xp"}), (op.decomposition, {"xp"}), (op.residual, {"xp"})]
    found += [(op.write, {"xp", "value", "index"}), (op.batch, {"xp", "batched", "size"})]
    for rule, known in found:
        if not callable(rule) and not isinstance(rule, select | int | float | complex | None):
            raise PluginError(f"the op {op.name!r} has {rule!r} for a rule; it must be callable")
        if callable(rule) and not hasattr(rule, "__code__"):
            raise PluginError(f"the op {op.name!r} has a {type(rule).__name__} for a rule; it must be a plain function")
        unknown = sorted({*names_of(rule)} - known - parameters)
        if unknown:
            raise PluginError(
                f"a rule of the op {op.name}{op.signature} names {', '.join(map(repr, unknown))}; it may name "
                f"{', '.join(sorted(known | parameters))}"
            )
    _axes(op)


def _axes(op: Op) -> None:
    """A fact about axes that fits to the signature, or a rule that is a function."""
    fact = op.axes
    if op.batch is not None and not callable(op.batch):
        raise PluginError(f"the op {op.name!r} has batch={op.batch!r}; it must be a function")
    if not isinstance(fact, Core | Over | Unbatchable | None):
        raise PluginError(
            f"the op {op.name!r} has axes={fact!r}; it takes POINTWISE, Core(...), Over(...) or Unbatchable(...) of "
            "agrad.axes"
        )
    if isinstance(fact, Over):
        if fact.parameter not in {p.name for p in op.parameters[op.arity :]} - {*op.keywords}:
            raise PluginError(f"the op {op.name}{op.signature} runs over {fact.parameter!r}, which is no parameter")
        if fact.none not in ("", *NONE):
            raise PluginError(
                f"the op {op.name!r} says that None is {fact.none!r} of its axes; it may be one of {', '.join(NONE)}"
            )
    if isinstance(fact, Core):
        for what, given, count in (
            ("argument", fact.arguments, len(op.arguments)),
            ("result", fact.results, op.outputs),
        ):
            if isinstance(given, tuple) and len(given) != count:
                raise PluginError(
                    f"the op {op.name!r} has {count} {what}s, and axes= has {len(given)} numbers for them"
                )
    if isinstance(fact, Unbatchable):
        _text(fact.reason, f"the reason why the op {op.name!r} has no stacks")


def _type(record: Any, expected: type, where: str) -> None:
    if not isinstance(record, expected):
        raise PluginError(
            f"{where} got a {type(record).__name__}; it takes records of {expected.__module__}.{expected.__name__}"
        )


def _text(value: Any, what: str) -> None:
    if not isinstance(value, str) or not value:
        raise PluginError(f"{what} is {value!r}; it must be a text that is not empty")


def _mapping(value: Any, what: str) -> None:
    if not isinstance(value, Mapping):
        raise PluginError(f"{what} is a {type(value).__name__}; it must be a mapping")
