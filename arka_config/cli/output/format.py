"""Format profiles, tokens and resolved values for tables and for JSON."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.errors import ConfigError, InvalidToken, InvalidValue, TokenUnavailable
from arka_config.references.registry import KINDS, describe, kind_of
from arka_config.secret import Secret
from arka_config.store.preferences import EXPIRY_WARNING
from arka_config.store.tokens import NEVER, PLAIN, SEALED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from arka_config.cli.output.documents.values import (
        BoundsDocument,
        ErrorDocument,
        ExpiryDocument,
        ProfileTokenDocument,
        ResolvedValueDocument,
        StoredTokenDocument,
        TokenDetailsDocument,
        TokenReferenceDocument,
    )
    from arka_config.cli.output.tables import Cell
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue
    from arka_config.settings.fields import Leaf
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential
    from arka_config.workspace.client.models import Bounds, TokenDetails

# What is known of a token's expiry if it is not a time: the workspace says so, nothing says so, and nothing was asked.
UNKNOWN = "unknown"
HIDDEN = "…"  # a secret other than a token; none of it is shown
NOT_CHECKED = "not checked"

LAYER_STYLES = {
    "flag": "magenta",
    "env": "yellow",
    "profile": "green",
    "pin": "cyan",
    "active": "green",
    "default": "dim",
}


def token_cell(session: Session, profile: Profile, credential: Credential | None) -> Cell:
    """A profile's token for a table: masked, or its reference, or a dash."""
    if profile.reference is not None:
        return describe(*profile.reference)
    if credential is not None:
        return mask_token(session, credential) or (credential.storage, "dim")
    return "—", "dim"


def mask_token(session: Session, credential: Credential) -> str | None:
    """A stored token, masked; None if reading it would unlock the vault or a keyring."""
    return session.app.mask(credential.token.reveal()) if is_quick(session, credential) else None


def is_quick(session: Session, credential: Credential) -> bool:
    """Whether a stored token can be read quickly and without a prompt: a list does not wait for a keyring."""
    if credential.token.is_at_hand:
        return True
    return credential.storage == SEALED and bool(session.store.vault.opens_at_once())


def is_locked(session: Session, credential: Credential) -> bool:
    """Whether a stored token is sealed and reading it would prompt for a passphrase."""
    return credential.storage == SEALED and session.store.vault.why_locked() is not None


def expiry_cell(session: Session, credential: Credential, *, date: bool = True, unknown: str = UNKNOWN) -> Cell:
    """When a token expires: `in 90 days (2027-02-22)`, yellow if that is soon and red if it is past; else a word."""
    try:
        ends = credential.expiry
    except InvalidValue:
        return "not a time", "red"
    if ends is None:
        return credential.expires or unknown, "dim"
    text = timestamps.describe(ends) + (f" ({ends:%Y-%m-%d})" if date else "")
    if ends <= timestamps.now():
        return f"expired {text}", "red"
    return text, "yellow" if ends <= timestamps.now() + expiry_warning(session) else ""


def expiry_warning(session: Session) -> timedelta:
    """How long before its expiry a token is reported; the default if config.toml cannot be read."""
    try:
        return timedelta(days=session.store.preferences.expiry_warning)
    except ConfigError:  # its problem is not a reason to show no table
        return timedelta(days=EXPIRY_WARNING)


def token_document(
    session: Session, profile: Profile, credential: Credential | None
) -> ProfileTokenDocument | TokenReferenceDocument | None:
    """A profile's token for JSON; None if it has none."""
    if profile.reference is not None:
        kind, target = profile.reference
        return {"reference": {kind: target}, **expiry_document("", unknown=NOT_CHECKED)}
    if credential is None:
        return None
    document: ProfileTokenDocument = {"value": mask_token(session, credential), **credential_document(credential)}
    return document


def credential_document(credential: Credential) -> StoredTokenDocument:
    """The metadata of a stored token for JSON."""
    return {
        "storage": credential.storage,
        "origin": str(credential.origin),
        "label": credential.label or None,
        "created": credential.created or None,
        **expiry_document(credential.expires),
        "user": credential.user or None,
    }


def expiry_document(expires: str, *, unknown: str = UNKNOWN) -> ExpiryDocument:
    """A credential's expiry for JSON: the time, or null and the reason."""
    word = "date" if expires not in ("", NEVER) else expires or unknown.replace(" ", "_")
    return {"expires": expires if word == "date" else None, "expiry": word}


def token_details_document(details: TokenDetails) -> TokenDetailsDocument:
    """What the workspace knows of a token, as JSON shows it."""
    return {
        "id": details.id,
        "label": details.label,
        "last_four": details.last_four or None,
        "scopes": list(details.scopes),
        "created": details.created or None,
        **expiry_document(details.stored_expires),
        "last_used": details.last_used or None,
        "last_used_address": details.last_used_address or None,
        "last_used_client": details.last_used_client or None,
        "issue": bounds_document(details.issue),
    }


def bounds_document(bounds: Bounds | None) -> BoundsDocument | None:
    """What a token may create, as JSON shows it."""
    if bounds is None:
        return None
    return {"label": bounds.label, "max_lifetime": bounds.max_lifetime, "max_tokens": bounds.max_tokens}


def error_document(session: Session, error: ConfigError | None) -> ErrorDocument | None:
    """The error that ends a command, for the JSON of one that prints what it knows all the same."""
    if error is None:
        return None
    hint = session.app.redact(error.hint) or None
    lines = [session.app.redact(line) for line in error.lines]
    return {"message": session.app.redact(error.message), "lines": lines, "hint": hint, "exit_code": error.exit_code}


def value_document(
    session: Session, resolved: ResolvedValue | None, *, show_token: bool = False, leaf: Leaf | None = None
) -> ResolvedValueDocument | None:
    """A resolved value for JSON: the value (masked if secret), its layer, source and key.

    Given the setting's leaf, a number is a JSON number whichever layer it comes from.
    """
    if resolved is None:
        return None
    value = _plain(resolved.value)
    is_exact = isinstance(value, bool | int | float | list | dict | None) and not _is_hidden(session, resolved)
    value = hide_passwords(value) if is_exact else _readable_text(session, resolved, show_token=show_token)
    if isinstance(resolved.value, str) and leaf is not None and not _is_hidden(session, resolved):
        from arka_config.settings.assignments import to_native

        value = hide_passwords(to_native(leaf, resolved.value))
    return {
        "value": value,
        "layer": resolved.layer,
        "source": resolved.source or None,
        "key": resolved.key or None,
    }


def visible_settings(session: Session, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a profile's file, with each secret masked, whatever the file has in its place."""
    app = session.app
    if app.secret_settings is not None:  # saves importing the class, which is slow
        secrets = {app.token_field.path, *(tuple(name.split(".")) for name in app.secret_settings)}
    else:
        secrets = app.settings_class().secret_paths() if settings and app.settings is not None else set()
    return {key: _mask_settings(value, (key,), secrets) for key, value in hide_passwords(settings).items()}


def secret_texts(session: Session, settings: object) -> list[str]:
    """The texts and numbers of the secrets in the settings of a profile's file, the longest first."""
    secrets = () if session.app.settings is None else session.app.settings_class().secret_paths()
    found: set[str] = set()

    def search(value: object, path: tuple[str, ...], within: bool) -> None:
        within = within or path in secrets
        within = within or (not isinstance(value, dict) and any(secret[: len(path)] == path for secret in secrets))
        if isinstance(value, dict):
            for key, inner in value.items():
                search(inner, (*path, key), within)
        elif isinstance(value, list):
            for inner in value:
                search(inner, path, within)
        elif within and str(value):
            found.add(str(value))

    search(settings, (), within=False)
    return sorted(found, key=len, reverse=True)


def _mask_settings(value: Any, path: tuple[str, ...], secrets: Collection[tuple[str, ...]]) -> Any:
    if path in secrets:
        return HIDDEN
    if not isinstance(value, dict) and any(secret[: len(path)] == path for secret in secrets):
        return HIDDEN  # in place of the table with the secret
    if isinstance(value, dict):
        return {key: _mask_settings(inner, (*path, key), secrets) for key, inner in value.items()}
    return value


def value_row(
    session: Session, name: str, resolved: ResolvedValue | None, *, show_token: bool = False, style: str = ""
) -> tuple[Cell, ...]:
    """A resolved value as a row of a table: name, value, layer and place."""
    if resolved is None:
        return (name, ("—", "dim"), "", "")
    text = _readable_text(session, resolved, show_token=show_token)
    value = ("—", "dim") if resolved.value is None else (text, style)
    place = (session.short_path(resolved.place), "" if resolved.source else "dim")
    return (name, value, (resolved.layer, LAYER_STYLES.get(resolved.layer, "blue")), place)


def _readable_text(session: Session, resolved: ResolvedValue, *, show_token: bool) -> str:
    """A resolved value as text for a table or a document, which is shown even if the value cannot be read."""
    try:
        return value_text(session, resolved, show_token=show_token)
    except ConfigError:
        return "(unreadable)"


def value_text(session: Session, resolved: ResolvedValue, *, show_token: bool = False) -> str:
    """A resolved value as text; a secret is masked unless `show_token`."""
    value = resolved.value
    if _is_hidden(session, resolved):
        return HIDDEN  # also with `show_token`, which shows no other secret
    if not isinstance(value, Secret):
        return value_literal(hide_passwords(_plain(value)))
    if not show_token and needs_helper(resolved):
        return "(not fetched)"
    stored = find_protected_credential(session, resolved)
    if stored is not None and not show_token:
        return mask_token(session, stored) or f"({stored.storage})"
    try:
        return value.reveal() if show_token else session.app.mask(value.reveal())
    except InvalidToken:  # nothing of it is shown, whatever it is
        return "(not a token)"
    except TokenUnavailable:
        return "(missing)"


def _is_hidden(session: Session, resolved: ResolvedValue) -> bool:
    """Whether the value is that of a secret other than the token. A default need not be a Secret: it may be a text."""
    return resolved.field.secret and resolved.field != session.app.token_field and resolved.value is not None


def find_protected_credential(session: Session, resolved: ResolvedValue) -> Credential | None:
    """The stored credential that a resolved token comes from, if it is sealed or in a keyring; else None."""
    try:
        stored = session.resolution.profile.stored if isinstance(resolved.value, Secret) else None
    except ConfigError:  # the value is not the profile's
        return None
    return stored if stored is not None and stored.token is resolved.value and stored.storage != PLAIN else None


def needs_helper(resolved: ResolvedValue) -> bool:
    """Whether reading the value would run a program, which may prompt the user."""
    table, _, kind = resolved.key.partition(".")
    if not isinstance(resolved.value, Secret) or resolved.value.is_at_hand:
        return False
    return table == "token" and kind in KINDS and kind_of(kind).runs_program


def _plain(value: object) -> Any:
    """A value without models and dataclasses, which only a settings class has."""
    if "pydantic_settings" not in sys.modules:
        return value
    from arka_config.settings.plain_values import plain_value

    return plain_value(value)


def value_literal(value: object) -> str:
    """A setting's value as the user would type it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, bool | int | list | dict):
        import json

        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def hide_passwords(value: Any) -> Any:
    """Return a value with the passwords in its URLs hidden, also within lists and tables."""
    if isinstance(value, str):
        return _hide_password(value)
    if isinstance(value, list):
        return [hide_passwords(item) for item in value]
    if isinstance(value, dict):
        return {key: hide_passwords(item) for key, item in value.items()}
    return value


def _hide_password(text: str) -> str:
    """Hide the part of a URL before its `@`; return any other text unchanged."""
    scheme, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    if not separator or "@" not in authority:
        return text
    return f"{scheme}{separator}…@{authority.rpartition('@')[2]}{slash}{path}"
