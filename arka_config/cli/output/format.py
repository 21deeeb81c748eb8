"""What is known of a profile's token, in the words of tables and in the keys of JSON: one place for both."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.errors import TokenUnavailable
from arka_config.secret import Secret, masked
from arka_config.store.references import described
from arka_config.store.tokens import PLAIN

if TYPE_CHECKING:
    from typing import Any

    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue
    from arka_config.settings.leaves import Leaf
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential

LAYER_STYLES = {
    "flag": "magenta",
    "env": "yellow",
    "profile": "green",
    "pin": "cyan",
    "active": "green",
    "default": "dim",
}


def token_cell(session: Session, profile: Profile, credential: Credential | None) -> Cell:
    """The token of a profile as a table shows it: masked, or the place that a reference names, or a dash."""
    if profile.reference is not None:
        return described(*profile.reference)
    if credential is not None:
        return masked_token(session, credential) or (credential.storage, "dim")
    return "—", "dim"


def masked_token(session: Session, credential: Credential) -> str | None:
    """A stored token, masked; None where it is sealed and its vault would have to be unlocked, or in a keyring."""
    return masked(credential.token.reveal(), session.app.token_prefix) if is_quick(session, credential) else None


def is_quick(session: Session, credential: Credential) -> bool:
    """Whether a stored token is had quickly, and without asking anybody: a listing waits for no keyring, and asks for
    no passphrase."""
    if credential.token.is_at_hand:
        return True
    return credential.storage == "sealed" and bool(session.store.vault.opens_at_once())


def is_locked(session: Session, credential: Credential) -> bool:
    """Whether a person would have to be asked for a passphrase to have a stored token."""
    return credential.storage == "sealed" and not is_quick(session, credential)


def expiry_cell(session: Session, credential: Credential | None, *, date: bool = True) -> Cell:
    """When a token ends: `in 90 days (2027-02-22)`, yellow when that is soon and red when it is past."""
    if credential is None or not credential.expires:
        return "—", "dim"
    ends = timestamps.read(credential.expires)
    text = timestamps.in_words(ends) + (f" ({ends:%Y-%m-%d})" if date else "")
    if ends <= timestamps.now():
        return f"expired {text}", "red"
    soon = ends <= timestamps.now() + timedelta(days=session.store.preferences.expiry_warning)
    return text, "yellow" if soon else ""


def token_document(session: Session, profile: Profile, credential: Credential | None) -> dict[str, object] | None:
    """The token of a profile as JSON shows it, or None where it has none."""
    if profile.reference is not None:
        kind, target = profile.reference
        return {"reference": {kind: target}}
    if credential is None:
        return None
    return {"value": masked_token(session, credential), **credential_document(credential)}


def credential_document(credential: Credential) -> dict[str, object]:
    """What is known of a stored token, beside the token itself."""
    return {
        "storage": credential.storage,
        "origin": str(credential.origin),
        "label": credential.label or None,
        "created": credential.created or None,
        "expires": credential.expires or None,
        "user": credential.user or None,
    }


def value_document(
    session: Session, finding: ResolvedValue | None, *, show_token: bool = False, leaf: Leaf | None = None
) -> dict[str, object] | None:
    """A finding as JSON shows it: its value (a secret's masked), its layer, and its source and key.

    With the leaf of its setting, a number is a number whichever layer it comes from.
    """
    if finding is None:
        return None
    value = finding.value
    if isinstance(value, str | Secret) or not isinstance(value, bool | int | float | list | dict | None):
        value = value_text(session, finding, show_token=show_token)
    else:
        value = hide_passwords(value)
    if isinstance(finding.value, str) and leaf is not None:
        from arka_config.settings.assignments import native

        value = native(leaf, finding.value)
        value = hide_passwords(value)
    return {
        "value": value,
        "layer": finding.layer,
        "source": finding.source or None,
        "key": finding.key or None,
    }


def value_row(
    session: Session, name: str, finding: ResolvedValue | None, *, show_token: bool = False, style: str = ""
) -> tuple[Cell, ...]:
    """A finding as a row of a table: name, value, layer and place."""
    if finding is None:
        return (name, ("—", "dim"), "", "")
    value = ("—", "dim") if finding.value is None else (value_text(session, finding, show_token=show_token), style)
    place = (session.short_path(finding.place), "" if finding.source else "dim")
    return (name, value, (finding.layer, LAYER_STYLES.get(finding.layer, "blue")), place)


def value_text(session: Session, finding: ResolvedValue, *, show_token: bool = False) -> str:
    """A finding's value as text: a secret masked, unless it is asked for."""
    value = finding.value
    if not isinstance(value, Secret):
        return value_literal(hide_passwords(value))
    if show_token:
        return value.reveal()
    if needs_helper(finding):
        return "(not fetched)"
    stored = protected_credential(session, finding)
    if stored is not None:
        return masked_token(session, stored) or f"({stored.storage})"
    prefix = session.app.token_prefix if finding.field is session.app.token_field else ""
    try:
        return masked(value.reveal(), prefix)
    except TokenUnavailable:
        return "(missing)"


def protected_credential(session: Session, finding: ResolvedValue) -> Credential | None:
    """The stored credential of a finding, where its token is not in the file itself: sealed, or in a keyring."""
    stored = session.resolution.profile.stored if isinstance(finding.value, Secret) else None
    return stored if stored is not None and stored.token is finding.value and stored.storage != PLAIN else None


def needs_helper(finding: ResolvedValue) -> bool:
    """Whether a program would have to be run to have the value, which may ask its user something."""
    return isinstance(finding.value, Secret) and not finding.value.is_at_hand and finding.key == "token.helper"


def value_literal(value: object) -> str:
    """A setting's value as a person would type it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, bool | int | list | dict):
        import json

        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def hide_passwords(value: Any) -> Any:
    """A value of a file or a variable with the passwords of its URLs hidden, in the texts of lists and tables too."""
    if isinstance(value, str):
        return _without_password(value)
    if isinstance(value, list):
        return [hide_passwords(item) for item in value]
    if isinstance(value, dict):
        return {key: hide_passwords(item) for key, item in value.items()}
    return value


def _without_password(text: str) -> str:
    """A URL with what stands before its `@` hidden; any other text as it is."""
    scheme, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator or "@" not in authority:
        return text
    return f"{scheme}{separator}…@{authority.rpartition('@')[2]}{slash}{path}"
