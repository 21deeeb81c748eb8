"""Help topic: the exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import errors
from arka_config.cli.reference.document import Block, Definitions, Paragraph

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity

MEANINGS = {
    0: "success",
    errors.EXIT_ERROR: "an error: a profile does not exist, a file cannot be parsed, a token and a URL conflict",
    errors.EXIT_USAGE: (
        "a usage error: an unknown option or key, an invalid profile name, an answer needed under `--no-input`"
    ),
    errors.EXIT_PENDING: (
        "changes are pending (`plan`), or the token expires soon or at an unknown time (`status --expiring`)"
    ),
    errors.EXIT_AUTH: "no token, or an invalid or expired token",
    126: "`exec` only: the command cannot be run",
    127: "`exec` only: the command was not found",
    errors.EXIT_INTERRUPTED: "interrupted, with Ctrl-C",
}


def blocks(app: AppIdentity) -> list[Block]:
    """Make the document."""
    plans = {errors.EXIT_AUTH: "no token, an invalid or expired token, or a subscription is required"}
    meanings = MEANINGS | plans if app.has_plans else MEANINGS
    return [
        Definitions(tuple((str(code), meaning) for code, meaning in meanings.items()), ("code", "meaning")),
        Paragraph(
            f"Otherwise, `{app.name} exec` exits with the code of the command that it runs. An error is one line on "
            "stderr that starts with `error:`, and a `hint:` with what to do. With `--json`, it is an object on stdout "
            "too."
        ),
    ]
