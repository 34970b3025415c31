"""Mutants of the interpretations: how rules are called, what is recorded, pushed forward and walked back."""

from __future__ import annotations

from sabotage.mutant import Row

__all__ = ["ROWS"]

RULES = (
    Row("restore/shape", "missing unbroadcast", "rules:restore", "if g.shape != aval.shape:", "if False:"),
    Row("restore/dtype", "float64 leak", "rules:restore", "if g.dtype != aval.dtype:", "if False:"),
    Row("restore/imaginary", "conjugate", "rules:restore", "g = xp.real(g)", "g = xp.imag(g)"),
    Row("restore/modulus", "conjugate", "rules:restore", "g = xp.real(g)", "g = xp.abs(g)"),
    Row("unbroadcast/leading", "missing unbroadcast", "rules:_unbroadcast", "tuple(range(extra)))", "0)"),
    Row(
        "unbroadcast/mean",
        "missing unbroadcast",
        "rules:_unbroadcast",
        "g = xp.sum(g, axis=axes, keepdims=True)",
        "g = xp.mean(g, axis=axes, keepdims=True)",
    ),
    Row(
        "unbroadcast/mean-leading",
        "missing unbroadcast",
        "rules:_unbroadcast",
        "return xp.sum(g, axis=tuple(range(extra)))",
        "return xp.mean(g, axis=tuple(range(extra)))",
    ),
    Row(
        "unbroadcast/ones-only",
        "missing unbroadcast",
        "rules:_unbroadcast",
        "if n == 1 and g.shape[extra + i] != 1",
        "if False",
    ),
    Row("unbroadcast/not-back", "missing unbroadcast", "rules:_unbroadcast", "xp.broadcast_to(g, shape)", "g"),
    Row("times/conjugate", "conjugate", "rules:times", "(xp.conj(d) if conjugate else d)", "d"),
    Row("times/conjugate-both", "conjugate", "rules:times", "(xp.conj(d) if conjugate else d)", "xp.conj(d)"),
    Row("times/conjugate-number", "conjugate", "rules:times", "(d.conjugate() if conjugate else d)", "d"),
    Row("times/tie", "wrong tie rule", "rules:times", "v * 0.5", "v"),
    Row("times/sign", "sign", "rules:times", "return v if partial == 1 else v * partial", "return v"),
    Row("zeros/dtype", "float64 leak", "rules:zeros", "dtype=aval.dtype, ", ""),
    Row("zeros/ones", "missing cotangent", "rules:zeros", "xp.zeros", "xp.ones"),
    Row("environment/scalar-dtype", "float64 leak", "rules:environment", "dtype=out.dtype, ", ""),
    Row("checked/never", "second order", "rules:checked", "if followed and", "if False and"),
)

RECORD = (
    Row("pull/conjugate", "conjugate", "record:_pull", "and out_avals[0].complex", "and False"),
    Row("pull/conjugate-ct", "conjugate", "record:_pull", 'names["ct"] = xp.conj(ct)', "pass"),
    Row(
        "pull/conjugate-back",
        "conjugate",
        "record:_pull",
        "gs = [None if g is None else xp.conj(g) for g in gs]",
        "pass",
    ),
    Row("pull/first-item", "dropped argument", "record:_pull", "found[i][j] for", "found[i][0] for"),
    Row(
        "pull/first-of-joint",
        "dropped argument",
        "record:_pull",
        "restore(f, xp, found[i], aval)",
        "restore(f, xp, found[0], aval)",
    ),
    Row(
        "pull/outputs-shifted",
        "missing cotangent",
        "record:_pull",
        "ct[k] if k in ct else",
        "ct[k - 1] if k - 1 in ct else",
    ),
    Row("boxed/outputs-mixed", "missing cotangent", "record:_boxed", "Branch(node, k)", "Branch(node, 0)"),
    Row("retrack/arguments", "second order", "record:_retrack", "f.space._box(env[name], aval, parent)", "env[name]"),
    Row("retrack/out", "second order", "record:_retrack", 'if "out" in env:', "if False:"),
    Row(
        "record/second-argument",
        "dropped argument",
        "record:record",
        "if op.joint or op.vjp[s[0]] is not None]",
        "if s[0] == 0]",
    ),
)

SPECIALISE = (
    Row("fast/tie", "wrong tie rule", "specialise:_term", "ct * 0.5", "ct"),
    Row("fast/sign", "sign", "specialise:_term", 'else "-ct" if', 'else "ct" if'),
    Row("fast/partial", "missing cotangent", "specialise:_term", 'return f"{call} * ct"', "return call"),
    Row("fast/cotangent", "factor", "specialise:_term", 'return f"{call} * ct"', 'return "ct"'),
    Row("fast/restore", "missing unbroadcast", "specialise:_node", "restore(f, xp, {term}, a{i})", "{term}"),
    Row(
        "fast/own-aval",
        "missing unbroadcast",
        "specialise:_node",
        "restore(f, xp, {term}, a{i})",
        "restore(f, xp, {term}, a{tracked[0]})",
    ),
    Row("fast/saved", "stale cache", "specialise:_node", 'else f"v{i}"', 'else f"v{tracked[0]}"'),
    Row(
        "fast/retrack",
        "second order",
        "specialise:_retracker",
        "space._box(values[k], space._aval_of(values[k]), origin)",
        "values[k]",
    ),
    Row("fast/retrack-out", "second order", "specialise:_retracker", "origin: Any = node", "origin: Any = None"),
    Row(
        "fast/retrack-parent",
        "second order",
        "specialise:_retracker",
        "node.parents[origins[expression]]",
        "node.parents[0]",
    ),
    Row("fast/broadcast", "missing unbroadcast", "specialise:_case", 'f"a0 is a1 or a{j} is None"', '"True"'),
    Row("fast/broadcast-both", "missing unbroadcast", "specialise:_case", '"a0 is a1", "a1.real"', '"True", "a1.real"'),
    Row("fast/levels", "levels", "specialise:_case", " and p0.trace is p1.trace", ""),
    Row(
        "fast/constant", "dropped argument", "specialise:_case", "p{i} is not None and p{j} is None", "p{i} is not None"
    ),
    Row("fast/scalar-dtype", "float64 leak", "specialise:_case", "dtype=a{i}.dtype, ", ""),
    Row("fast/off", "no_grad", "specialise:_unary", "and not OFF:", "and True:"),
    Row("fast/off-binary", "no_grad", "specialise:_binary", "if not OFF:", "if True:"),
    Row("fast/recording", "levels", "specialise:_unary", "if a0.real and trace.recording:", "if a0.real:"),
    Row("fast/complex", "conjugate", "specialise:_unary", "if a0.real and trace.recording:", "if trace.recording:"),
    Row(
        "fast/complex-scalar",
        "conjugate",
        "specialise:_with_scalar",
        "if a.real and trace.recording:",
        "if trace.recording:",
    ),
    Row(
        "fast/scalar-side",
        "dropped argument",
        "specialise:_with_scalar",
        "_record(f, env, (i,), True, 20)",
        "_record(f, env, (0,), True, 20)",
    ),
    Row(
        "fast/square",
        "factor",
        "specialise:function",
        "body = STATIC_EXPONENT",
        "body = STATIC_EXPONENT.replace('== 2', '== 3')",
    ),
)

FORWARD = (
    Row(
        "push/first-only", "dropped argument", "forward:push", "if a._node.tangent is not None and", "if s[0] == 0 and"
    ),
    Row(
        "push/affine", "one mode wrong", "forward:_push_linear", "return f.space._raw.zeros_like(raw_of(v))", "return v"
    ),
    Row("push/affine-scalar", "one mode wrong", "forward:_push_linear", "return 0.0", "return v"),
    Row(
        "push/list",
        "dropped argument",
        "forward:_push_linear",
        "direction(i, j, item) for",
        "direction(i, 0, item) for",
    ),
    Row("push/constant", "one mode wrong", "forward:_push_linear", "if f.op.vjp[i] is None", "if False"),
    Row("push/bilinear", "one mode wrong", "forward:_push_bilinear", "t if k == i else v", "t if k == i else t"),
    Row("push/partial", "one mode wrong", "forward:_push_rule", "rule: Any = op.vjp[i] if", "rule: Any = op.vjp[0] if"),
    Row("push/sum", "accumulation", "forward:_sum", "total = plus(total, p)", "total = p"),
    Row("push/sum-several", "accumulation", "forward:_sum", "tuple(plus(a, b) for", "tuple(b for"),
    Row("push/shape", "missing unbroadcast", "forward:_dual", "t.shape != aval.shape or ", ""),
    Row("push/dtype", "float64 leak", "forward:_dual", " or t.dtype != aval.dtype", ""),
    Row(
        "push/outputs",
        "missing cotangent",
        "forward:push",
        "_dual(f, trace, o, ti) for",
        "_dual(f, trace, o, t[0]) for",
    ),
)

REVERSE = (
    Row("walk/overwrite", "accumulation", "reverse:walk", "cts[node] = plus(old, ct)", "cts[node] = ct"),
    Row("walk/overwrite-third", "accumulation", "reverse:walk", "old += ct", "old = ct"),
    Row("walk/first-only", "accumulation", "reverse:walk", "cts[node] = plus(old, ct)", "pass"),
    Row("walk/in-place", "mutated input", "reverse:walk", "elif node in owned and not", "elif not"),
    Row("walk/free-nothing", "graph", "reverse:walk", "if not retain:", "if False:"),
    Row("walk/free-always", "graph", "reverse:walk", "if not retain:", "if True:"),
    Row("walk/no-error", "graph", "reverse:walk", "raise _freed(node)", "return leaves"),
    Row(
        "walk/order", "graph", "reverse:walk", "heappush(heap, (node.rank, node))", "heappush(heap, (-node.rank, node))"
    ),
    Row("walk/waiting", "graph", "reverse:walk", " or (heap and heap[0][0] < parents.rank)", ""),
    Row("walk/meeting", "graph", "reverse:walk", "parents in cts or ", ""),
    Row("walk/retrack", "second order", "reverse:walk", "node.retrack() if retrack else node.saved", "node.saved"),
    Row(
        "walk/retrack-sum",
        "second order",
        "reverse:walk",
        "if not retrack:\n                        owned",
        "if True:\n                        owned",
    ),
    Row("walk/visit", "graph", "reverse:walk", "ct = visit(node, ct)", "visit(node, ct)"),
    Row("join/overwrite", "accumulation", "reverse:_join", "plus(parts[index], ct) if index in parts else ct", "ct"),
    Row(
        "join/index",
        "missing cotangent",
        "reverse:_join",
        "{} if ct is None else {index: ct}",
        "{} if ct is None else {0: ct}",
    ),
    Row("plus/difference", "accumulation", "reverse:plus", "b + a if", "b - a if"),
    Row("plus/difference-plain", "accumulation", "reverse:plus", "else a + b", "else a - b"),
)

LEVELS = (
    Row(
        "level/one",
        "levels",
        "levels:Trace.__init__",
        "next(_levels) if level is None else level",
        "1 if level is None else level",
    ),
    Row(
        "level/downwards",
        "levels",
        "levels:Trace.__init__",
        "next(_levels) if level is None else level",
        "-next(_levels) if level is None else level",
    ),
    Row("level/immortal", "levels", "levels:Trace.__exit__", "self.alive = self.recording = False", "pass"),
    Row("level/depth", "levels", "levels:transforming", "_depth.get() > 0", "False"),
    Row("no_grad/ignored", "no_grad", "levels:no_grad._upto", "next(_levels)", "-1"),
    Row("no_grad/base-only", "no_grad", "levels:no_grad._upto", "next(_levels)", "0"),
    Row(
        "no_grad/for-ever",
        "no_grad",
        "levels:_Switch.__exit__",
        "block.active = False\n        _blocks.set(inner[:-1])",
        "pass",
    ),
    Row("no_grad/off", "no_grad", "levels:_Switch.__enter__", "OFF.append(None)", "pass"),
    Row("enable_grad/ignored", "no_grad", "levels:enable_grad._upto", "return -1", "return 10**9"),
    Row("enabled/always", "no_grad", "levels:enabled", "return trace.level > block.upto", "pass"),
    Row(
        "survey/outermost",
        "levels",
        "apply:_survey",
        "if top is None or trace.level > top.level:\n                    top = trace\n        elif",
        "if top is None or trace.level < top.level:\n                    top = trace\n        elif",
    ),
    Row(
        "survey/outermost-listed",
        "levels",
        "apply:_survey",
        "trace is not None and (top is None or trace.level > top.level)",
        "trace is not None and (top is None or trace.level < top.level)",
    ),
    Row("survey/escaped", "graph", "apply:_survey", "if not trace.alive:", "if False:"),
    Row("raw/escaped", "graph", "apply:raw_of", "if a._node is not None and not a._node.trace.alive:", "if False:"),
    Row("apply/off", "no_grad", "apply:apply", "if top is not None and OFF:", "if False:"),
    Row("unfollowed/lists", "no_grad", "apply:_unfollowed", "[_unfollowed(tensor, item) for item in a]", "a"),
    Row(
        "tracked/lists",
        "dropped argument",
        "apply:is_tracked",
        "return type(a) in (list, tuple) and any(is_tracked(tensor, item) for item in a)",
        "return False",
    ),
    Row(
        "compose/untracked",
        "dropped argument",
        "apply:compose",
        "if top is not None and any(is_tracked(f.space._tensor, a) for a in values):",
        "if False:",
    ),
    Row(
        "split/levels",
        "levels",
        "apply:split",
        "if a._node is not None and a._node.trace is trace:",
        "if a._node is not None:",
    ),
)

ROWS = (*RULES, *RECORD, *SPECIALISE, *FORWARD, *REVERSE, *LEVELS)
