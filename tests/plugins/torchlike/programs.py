"""Random programs of views, operations and in-place changes, as lines of Python."""

from __future__ import annotations

from random import Random

VIEWS = (
    "{x}.view(-1)", "{x}.view(2, -1)", "{x}.reshape(-1)", "{x}.reshape(3, 2)", "{x}.t()", "{x}.transpose(0, -1)",
    "{x}[0]", "{x}[1:]", "{x}[::2]", "{x}[..., 0]", "{x}[:, 1:]", "{x}[None]", "{x}.unsqueeze(-1)", "{x}.squeeze()",
    "{x}.squeeze(0)", "{x}.flatten()", "{x}.permute(1, 0)", "{x}.T", "{x}.expand(2, 3)", "{x}.diagonal()",
    "{x}.detach()", "{x}.data", "{x}.narrow(0, 0, 1)", "{x}.select(0, -1)", "{x}.chunk(2)[0]", "{x}.unbind()[1]",
    "{x}.contiguous()", "{x}[1, 2]",
)  # fmt: skip
VALUES = (
    "{x} * 2", "{x} + {y}", "{x} - {y}", "{x} * {y}", "torch.tanh({x})", "{x}.clone()", "{x}.sum(0)", "{x}.mean()",
    "{x}.abs()", "{x} / 4", "3 - {x}", "{x}[[0, 1]]", "torch.cat([{x}, {x}])", "torch.stack([{x}, {y}])", "{x} @ {y}",
    "{x}.clamp(-1, 1)", "torch.where({x} > 0, {x}, {y})", "{x}.max()", "{x}[{x} > 0]", "-{x}", "{x}.cumsum(0)",
)  # fmt: skip
CHANGES = (
    "{x}.mul_(2)", "{x}.add_(1)", "{x}.add_({y})", "{x}.mul_({y})", "{x}.zero_()", "{x}.copy_({y})", "{x}[0] = 3",
    "{x}[1:] = {y}", "{x}[..., 0] = -1.5", "{x} += 1", "{x} *= {y}", "{x}.clamp_(-2, 2)", "{x}.tanh_()",
    "{x}[...] = {y}", "{x}.fill_(0.5)", "{x}[[0, 0]] = 2", "{x}.data.sub_(1)",
)  # fmt: skip


def program(seed: int) -> list[str]:
    """The lines of one program; its variables are v0, v1, ..."""
    draw = Random(seed)
    lines = [
        "v0 = torch.arange(6.0).reshape(2, 3) / 4 - 0.5",
        "v1 = torch.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], requires_grad=True)",
        f"v2 = torch.tensor([1.0, -2.0, 0.5], requires_grad={draw.random() < 0.5})",
        "v3 = v1 * 2",
    ]
    for k in range(4, 4 + draw.randint(4, 12)):
        x, y = (f"v{min(int(draw.triangular(0, k, k)), k - 1)}" for _ in range(2))
        kind = draw.choice((VIEWS, VIEWS, VALUES, CHANGES, CHANGES))
        line = draw.choice(kind).format(x=x, y=y)
        if kind is CHANGES:
            indented = draw.random() < 0.2
            lines.append(f"with torch.no_grad(): {line}" if indented else line)
            line = x
        lines.append(f"v{k} = {line}")
    return lines
