"""Which address a request comes from: the peer's, or the one that a trusted proxy reports in X-Forwarded-For."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from arka_config.errors import UsageError
from arka_config.text import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAX_PROXIES = 16  # in one header; more cost time and occur only in forged ones


def parse_networks(texts: Iterable[str], source: str) -> tuple[Network, ...]:
    """Parse the networks or addresses of trusted proxies. Raises UsageError, naming the source of the values."""
    return tuple(_parse_network(text, source) for text in texts)


def _parse_network(text: str, source: str) -> Network:
    hint = "write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32"
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        hint = f"did you mean {ipaddress.ip_network(text, strict=False)}?"  # an address with the length of its network
    except ValueError:
        pass
    raise UsageError(f"{source}: '{shorten(text)}' is not a network", hint=hint)


def find_client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the client's address, or an empty text if the peer has none.

    `forwarded` are the values of X-Forwarded-For. Each proxy appends the address of its own peer, so that only the part
    that trusted proxies appended is reliable: the client is the right-most address that is not a trusted proxy. If what
    a proxy reports is not an address, the client is that proxy.
    """
    client = _parse_address(peer)
    if not forwarded or client is None or not _is_in(client, trusted):
        return str(client or "")
    for hop in reversed(",".join(forwarded).rsplit(",", _MAX_PROXIES)):
        address = _parse_address(hop.strip(" \t"))
        if address is None:
            break
        client = address
        if not _is_in(address, trusted):
            break
    return str(client)


@lru_cache(maxsize=1024)
def _parse_address(text: str) -> Address | None:
    """Parse an address, without a zone: that of `fe80::1%…` may be any text. IPv4 in IPv6 becomes IPv4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
