"""Read an identity from an API's response, whatever it calls its values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.errors import InvalidValue
from arka_config.store.tokens import NEVER
from arka_config.workspace.client import api_errors
from arka_config.workspace.client.models import Identity, TokenDetails, read_scopes, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from arka_config.workspace.client.verifier import ApiOrigin

_HEADER = "header:"


def read_identity(
    origin: ApiOrigin, document: Mapping[str, Any], headers: Mapping[str, str], names: Mapping[str, str]
) -> Identity:
    """Read the values that `names` names. Raises WorkspaceFault, naming the key, for one that is not as it should be.

    If `user` names nothing, the token is valid, and its user is not known.
    """
    try:
        texts = {key: _read(document, headers, names.get(key, "")) for key in ("user", "id", "label", "plan")}
        if names["user"] and not texts["user"]:
            raise InvalidValue(f"{names['user']} is missing")
        expires = _read_time(document, headers, names.get("expires", ""))
        details = TokenDetails(
            label=texts["label"],
            scopes=_read_scopes(document, headers, names.get("scopes", "")),
            expires="" if expires in (None, NEVER) else str(expires),
            includes_expires=expires is not None,
        )
        return Identity(texts["user"], texts["id"] or texts["user"], texts["plan"], details)
    except InvalidValue as error:
        reason = error.message
    raise api_errors.invalid_response(origin.client.origin, reason)


def _find(document: Mapping[str, Any], headers: Mapping[str, str], name: str) -> object:
    """The value that a name leads to: in the JSON, or in a header. None if there is none."""
    if name.startswith(_HEADER):
        return headers.get(name.removeprefix(_HEADER).strip().lower())
    value: object = document
    for key in name.split(".") if name else ():
        value = value.get(key) if isinstance(value, dict) else None
    return value if name else None


def _read(document: Mapping[str, Any], headers: Mapping[str, str], name: str) -> str:
    value = _find(document, headers, name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return read_text({name: value}, name, "")


def _read_scopes(document: Mapping[str, Any], headers: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Read a list, or a text with spaces (RFC 6749, section 3.3) or commas between the scopes."""
    value = _find(document, headers, name)
    return read_scopes(value.replace(",", " ").split() if isinstance(value, str) else value or [], name)


def _read_time(document: Mapping[str, Any], headers: Mapping[str, str], name: str) -> str | None:
    """Read a time in stored form: seconds since 1970, or a text. NEVER if it is null, None if it is missing."""
    value = _find(document, headers, name)
    if value is None:
        return NEVER if name and name in document else None
    try:
        if isinstance(value, str):
            return _time_of(read_text({name: value}, name, ""))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return timestamps.to_text(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidValue(f"{name} is not a time")


def _time_of(text: str) -> str | None:
    """The time that a text gives, as in RFC 3339 or in GitHub's headers (`2027-01-31 10:00:00 +0100`, or `… UTC`)."""
    start, space, offset = text.removesuffix(" UTC").rpartition(" ")
    written = start + offset if space and offset[:1] in ("+", "-") else text.removesuffix(" UTC")
    return timestamps.to_text(timestamps.parse(written)) if written else None
