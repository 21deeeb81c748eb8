"""How to reach a workspace: the timeout, the proxy, and the certificates to trust."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError
from arka_config.precedence.origin import is_loopback
from arka_config.text import is_printable, visible

if TYPE_CHECKING:
    import ssl

    from arka_config.precedence.origin import Origin
    from arka_config.precedence.values import ResolvedValue
    from arka_config.store.resolution import Resolution

TIMEOUT = 30.0  # seconds; the default of arka's settings class as well
_MAX_TIMEOUT = 24 * 60 * 60.0  # seconds; system calls reject larger numbers


@dataclass(eq=False, kw_only=True, slots=True)
class Connection:
    """The settings `timeout` (seconds, for a call and its retries together), `proxy` and `ca_bundle`.

    Without a `proxy`, those of the environment are used (`HTTPS_PROXY`, `ALL_PROXY`). `NO_PROXY` applies to both. No
    proxy is used for loopback, since the token would go to the proxy in clear text.
    """

    timeout: float = TIMEOUT
    proxy: str = field(default="", repr=False)  # it may hold a password
    ca_bundle: str = ""
    place: str = ""  # the source of `ca_bundle`, for errors
    _context: ssl.SSLContext | None = field(default=None, init=False, repr=False)

    @classmethod
    def from_settings(cls, resolution: Resolution) -> Connection:
        """Read the settings from all layers. Raises ConfigError for an invalid value, naming its place."""
        timeout, proxy, bundle = (
            resolution.resolve(resolution.app.field((name,))) for name in ("timeout", "proxy", "ca_bundle")
        )
        return cls(
            timeout=TIMEOUT if timeout is None else _parse_timeout(timeout),
            proxy="" if proxy is None else _parse_proxy(proxy),
            ca_bundle="" if bundle is None else _parse_path(bundle),
            place="" if bundle is None else bundle.place,
        )

    def proxy_for(self, origin: Origin) -> str:
        """The URL of the proxy for an origin, or an empty string to connect directly."""
        from urllib.request import getproxies, proxy_bypass

        host = origin.host.strip("[]")
        if is_loopback(origin.host) or proxy_bypass(f"{host}:{origin.port}") or proxy_bypass(host):
            return ""
        proxies = getproxies()
        proxy = self.proxy or proxies.get(origin.scheme) or proxies.get("all") or ""
        return proxy if not proxy or "://" in proxy else f"http://{proxy}"

    def certificates(self) -> ssl.SSLContext:
        """Load what TLS trusts, once: the `ca_bundle`, else the system's certificates.

        Raises ConfigError if the bundle cannot be used.
        """
        if self._context is None:
            self._context = self._load_bundle() if self.ca_bundle else _load_system_certificates()
        return self._context

    def _load_bundle(self) -> ssl.SSLContext:
        import ssl

        try:
            return ssl.create_default_context(cafile=self.ca_bundle)
        except ssl.SSLError:
            reason = "has no readable certificate"
        except OSError as error:
            reason = f"cannot be read: {(error.strerror or type(error).__name__).lower()}"
        raise ConfigError(
            f"{self.place}: ca_bundle {visible(self.ca_bundle)} {reason}",
            hint="set it to a file of certificates in PEM form, or remove the setting",
        )


def check_proxy(value: object) -> str:
    """Return the URL of an HTTP proxy. Raises ValueError, which does not repeat it: it may hold a password."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value) if isinstance(value, str) and is_printable(value) else None
        is_valid = parts is not None and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_valid = False
    # Outside of the handler: that error repeats a part of the URL.
    if not is_valid:
        raise ValueError("not the URL of a proxy")
    return str(value)


def _load_system_certificates() -> ssl.SSLContext:
    """Load the system's certificates (`SSL_CERT_FILE` overrides them), or certifi's if the system has none."""
    import ssl

    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not context.cert_store_stats()["x509_ca"] and not (paths.capath and _has_files(paths.capath)):
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    return context


def _has_files(folder: str) -> bool:
    try:
        return bool(os.listdir(folder))
    except OSError:
        return False


def _parse_timeout(resolved: ResolvedValue) -> float:
    value = resolved.value
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]  # other types raise
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ConfigError(f"{resolved.place}: timeout is not a number of seconds above 0", hint="write it as 30 or 2.5")
    return min(seconds, _MAX_TIMEOUT)


def _parse_proxy(resolved: ResolvedValue) -> str:
    try:
        return check_proxy(resolved.value)
    except ValueError as error:
        message = f"{resolved.place}: proxy is {error}"
    raise ConfigError(message, hint="write it as http://HOST:PORT")


def _parse_path(resolved: ResolvedValue) -> str:
    path = resolved.value
    if not isinstance(path, str) or not path or not is_printable(path):
        raise ConfigError(f"{resolved.place}: ca_bundle is not a file path", hint="write the full path")
    return os.path.abspath(os.path.expanduser(path))
