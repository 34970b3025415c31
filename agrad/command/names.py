"""The page `docs/names.md`: what other libraries call things, and what agrad writes for it."""

from __future__ import annotations

from agrad.elsewhere import FUNCTIONS, METHODS, TRANSFORMS

__all__ = ["markdown"]


def markdown() -> str:
    """The page `docs/names.md`.

    Examples
    --------
    >>> markdown().splitlines()[0]
    '# Names from elsewhere'
    """
    lines = [
        "# Names from elsewhere",
        "",
        "What NumPy, HIPS autograd, JAX, PyTorch and CuPy call things, and what agrad writes for it. The error of an",
        "unknown name says the same: `xp.concatenate` is answered with `xp.concat([x, y], axis=0)`. Python adds the",
        "nearest of agrad's own names. Tensors of the NumPy backend have more of NumPy's methods. This page is made by",
        "`python -m agrad.command.names > docs/names.md`.",
    ]
    for title, words in (
        ("On a namespace, `xp = agrad.namespace(...)`", FUNCTIONS),
        ("On `agrad`", TRANSFORMS),
        ("On a Tensor `t`, with `xp = agrad.array_namespace(t)`", METHODS),
    ):
        lines += ["", f"## {title}", "", "| elsewhere | here |", "|---|---|"]
        lines += [f"| `{name}` | `{text}` |" for name, text in sorted(words.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
