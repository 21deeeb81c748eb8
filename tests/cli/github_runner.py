"""What the GitHub Actions runner does with a step's output and its GITHUB_ENV file."""

from __future__ import annotations


def masked_values(output: str) -> list[str]:
    """Return the values that the runner masks: it reads commands as `ActionCommand.cs` in its source does."""
    masked = []
    for line in output.splitlines():
        if line.strip().startswith("::add-mask::"):
            data = line.strip().removeprefix("::add-mask::")
            masked.append(data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%"))
    return masked


def parse_github_env(text: str) -> dict[str, str]:
    """Parse a GITHUB_ENV file as the runner does: `NAME=VALUE`, or `NAME<<BORDER`, the value's lines, and BORDER."""
    variables = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, heredoc, border = line.partition("<<")
        if heredoc and "=" not in name:
            variables[name] = "\n".join(iter(lambda: next(lines), border))
        else:
            name, _, variables[name] = line.partition("=")
    return variables
