"""Assignments as four shells read them, and nothing but assignments: whatever stands in a value stays a value."""

from __future__ import annotations

from arka_config.text import check_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("bash", "zsh", "fish", "powershell")
# PowerShell takes the typographic single quotes for the plain one.
_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"


def assignments(variables: Mapping[str, str], shell: str) -> str:
    """A line for each variable that sets and exports it in that shell. Raises InvalidValue for a control character."""
    return "\n".join(_assignment(name, check_printable(value, name), shell) for name, value in variables.items())


def _assignment(name: str, value: str, shell: str) -> str:
    if shell == "fish":
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {name} '{escaped}'"
    if shell == "powershell":
        escaped = "".join(2 * character if character in _POWERSHELL_QUOTES else character for character in value)
        return f"$env:{name} = '{escaped}'"
    escaped = value.replace("'", "'\\''")
    return f"export {name}='{escaped}'"
