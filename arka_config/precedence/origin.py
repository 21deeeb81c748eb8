"""The origin that a token is for: scheme, host and port.

If two parsers read a URL differently, a token may be sent to the wrong host. So only URLs that all parsers read alike
are accepted: no user name, backslash, percent sign in the host, or number that is an address in disguise. Whole origins
are compared (RFC 6454), never suffixes (CVE-2024-53858, CVE-2026-48501). Standard library only.
"""

from __future__ import annotations

from arka_config.errors import InvalidUrl
from arka_config.text import is_printable, shorten

_PORTS = {"https": 443, "http": 80}
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")
_ADDRESS_6 = frozenset("0123456789abcdef:")
_PATH_REFUSED = frozenset("\\?#<>\"'`{}|^ ")


class Origin:
    """Scheme, host and port of a URL. `str()` omits the scheme's default port."""

    __slots__ = ("host", "port", "scheme")

    def __init__(self, scheme: str, host: str, port: int) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port

    @classmethod
    def of(cls, url: str, source: str = "") -> Origin:
        """Return the origin of a URL. Raises InvalidUrl, which names `source`, if the URL is not a plain one.

        `http` is accepted for loopback only: everyone on the network can read a token sent in clear text.
        """
        scheme, separator, rest = url.partition("://")
        scheme = scheme.lower()
        if not separator or scheme not in _PORTS or not is_printable(url) or not rest.isascii():
            hint = "" if separator else _with_scheme(url)
            raise _invalid(url, source, "it must be https://HOST[:PORT][/PATH], in ASCII", hint=hint)
        authority, _, path = rest.partition("/")
        if "@" in authority:
            raise InvalidUrl(
                f"{_prefix(source)}the URL contains a user name or a password", hint="remove what is before @"
            )
        if not _PATH_REFUSED.isdisjoint(rest) or any(part in (".", "..") for part in path.split("/")):
            raise _invalid(url, source, "it may have a path, but no query, fragment, space or '..'")
        host, port = _host_and_port(authority.lower(), scheme)
        if not _is_host(host):
            raise _invalid(url, source, "its host is not a name or an address")
        if not 0 < port < 65536:
            raise _invalid(url, source, "its port is not a number from 1 to 65535")
        if scheme == "http" and not is_loopback(host):
            raise InvalidUrl(
                f"{_prefix(source)}{shorten(url)} would send the token in clear text",
                hint=f"use https://{shorten(rest)}",
            )
        return cls(scheme, host, port)

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def __repr__(self) -> str:
        return f"Origin({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def is_loopback(host: str) -> bool:
    """Whether an Origin's host is this machine: `localhost`, an address in `127.0.0.0/8`, or `[::1]`."""
    return host in ("localhost", "[::1]") or (host.startswith("127.") and _is_address_4(host))


def _host_and_port(authority: str, scheme: str) -> tuple[str, int]:
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        host += bracket
        separator, port = rest[:1], rest[1:]
        if separator not in ("", ":"):
            return "", 0
    else:
        host, separator, port = authority.partition(":")
    if not separator:
        return host, _PORTS[scheme]
    return host, int(port) if port.isdigit() and len(port) <= 5 else 0


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return host.endswith("]") and _is_address_6(host[1:-1])
    labels = host.split(".")
    if not _HOST.issuperset(host) or len(host) > 253:
        return False
    if not all(0 < len(label) < 64 and label[0] != "-" and label[-1] != "-" for label in labels):
        return False
    # If the last label is a number (or 0x…), the host is an address, and only the four-part form is unambiguous.
    return _is_address_4(host) or not (labels[-1].isdigit() or labels[-1].startswith("0x"))


def _is_address_6(text: str) -> bool:
    import ipaddress  # rarely needed

    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    # Only in canonical form (RFC 5952), so that equal addresses are equal strings; IPv4 addresses have their own form.
    return _ADDRESS_6.issuperset(text) and address.compressed == text and address.ipv4_mapped is None


def _is_address_4(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and str(int(part)) == part and int(part) < 256 for part in parts)


def _with_scheme(url: str) -> str:
    """Return the hint for a URL that lacks its scheme; empty if adding one would not make it a URL."""
    scheme = "http" if is_loopback(_host_and_port(url.partition("/")[0].lower(), "http")[0]) else "https"
    try:
        Origin.of(f"{scheme}://{url}")
    except InvalidUrl:
        return ""
    return f"use {scheme}://{shorten(url)}"


def _invalid(url: str, source: str, reason: str, *, hint: str = "") -> InvalidUrl:
    message = f"{_prefix(source)}'{shorten(url)}' is not a URL that a token may be sent to: {reason}"
    return InvalidUrl(message, hint=hint)


def _prefix(source: str) -> str:
    return f"{source}: " if source else ""
