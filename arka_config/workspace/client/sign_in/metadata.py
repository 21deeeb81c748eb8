"""What an authorization server says about itself: its endpoints and what it supports (RFC 8414).

The document decides which page is opened and which server gets the codes. So its issuer must be the one that was
asked, and all of its endpoints must be on that issuer's origin.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import InvalidUrl, InvalidValue, NoWorkspaceApi, WorkspaceUnreachable
from arka_config.precedence.origin import Origin
from arka_config.workspace.client import api_errors, transport
from arka_config.workspace.client.models import read_object, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.workspace.client.connection import Connection

WELL_KNOWN = "/.well-known/oauth-authorization-server"
TIMEOUT = 3.0  # seconds; `login` waits for it before it asks for a token
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
ACTION = "sign in through the browser"


class Metadata(NamedTuple):
    """The endpoints of an authorization server. An empty one is for something that it does not support."""

    issuer: str
    token_endpoint: str
    authorization_endpoint: str = ""
    device_authorization_endpoint: str = ""
    revocation_endpoint: str = ""
    sends_issuer: bool = False  # with its responses (RFC 9207)

    @classmethod
    def parse(cls, document: object, issuer: str) -> Metadata:
        """Read the metadata of an issuer. Raises InvalidValue, naming the key."""
        table = read_object(document, "the metadata")
        if read_text(table, "issuer") != issuer:  # RFC 8414, section 3.3
            raise InvalidValue(f"its issuer is not {issuer}")
        origin = Origin.of(issuer)
        grants = _read_list(table, "grant_types_supported", ["authorization_code"])
        has_pkce = "S256" in _read_list(table, "code_challenge_methods_supported", [])
        has_code = "authorization_code" in grants and has_pkce
        return cls(
            issuer,
            read_endpoint(table, "token_endpoint", origin),
            read_endpoint(table, "authorization_endpoint", origin) if has_code else "",
            read_endpoint(table, "device_authorization_endpoint", origin, "") if DEVICE_CODE in grants else "",
            read_endpoint(table, "revocation_endpoint", origin, ""),
            table.get("authorization_response_iss_parameter_supported") is True,
        )

    @property
    def is_usable(self) -> bool:
        """Whether it has a grant that this program uses."""
        return bool(self.authorization_endpoint or self.device_authorization_endpoint)

    def to_document(self) -> dict[str, Any]:
        """The metadata as `parse` reads it."""
        endpoints = {name: text for name, text in self._asdict().items() if name.endswith("_endpoint") and text}
        grants = ["authorization_code"] if self.authorization_endpoint else []
        return {
            "issuer": self.issuer,
            **endpoints,
            "grant_types_supported": grants + [DEVICE_CODE] * bool(self.device_authorization_endpoint),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.sends_issuer,
        }


def fetch(issuer: str, connection: Connection) -> Metadata | None:
    """Ask a server for its metadata. None if it has none, or supports nothing that this program uses.

    Raises WorkspaceUnreachable, also for a server that fails, WorkspaceFault for metadata that cannot be trusted, and
    ConfigError for a connection setting that cannot be used.
    """
    origin = Origin.of(issuer)
    path = issuer[len(str(origin)) :].rstrip("/")
    quick = replace(connection, timeout=min(connection.timeout, TIMEOUT))
    # A redirect is not followed: its target would be another server's word for this one.
    response = transport.send(transport.Request("GET", f"{origin}{WELL_KNOWN}{path}", origin, None), quick)
    if response.status >= 500 or response.status == 429:
        raise WorkspaceUnreachable(api_errors.unavailable(response, origin).message)
    if response.status != 200:
        return None
    try:
        metadata = Metadata.parse(api_errors.parse_json(response, origin, ACTION), issuer)
    except NoWorkspaceApi:  # a web page, as some servers send for every address
        return None
    except InvalidValue as error:
        reason = error.message
    else:
        return metadata if metadata.is_usable else None
    fault = api_errors.invalid_response(origin, f"{WELL_KNOWN}{path}: {reason}")
    fault.hint = "--paste asks for a token instead"
    raise fault


def parse_cached(document: object, issuer: str) -> Metadata | None:
    """Read metadata from the cache, with the same checks, or return None."""
    try:
        metadata = Metadata.parse(document, issuer)
    except InvalidValue:
        return None
    return metadata if metadata.is_usable else None


def read_endpoint(table: Mapping[str, Any], key: str, origin: Origin, default: str | None = None) -> str:
    """Read a URL of this origin, which may have a query. Raises InvalidValue, naming the key."""
    url = read_text(table, key, default)
    if not url:
        return ""
    try:
        if Origin.of(url.partition("?")[0]) == origin and "#" not in url:
            return url
    except InvalidUrl:
        pass
    raise InvalidValue(f"{key} is not on {origin}")


def _read_list(table: Mapping[str, Any], key: str, default: list[str]) -> list[str]:
    value = table.get(key, default)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidValue(f"{key} is not a list of strings")
    return value
