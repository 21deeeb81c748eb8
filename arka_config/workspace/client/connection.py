"""How a workspace is reached: the time there is, the proxy, and the certificates to trust."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError
from arka_config.precedence.origin import is_loopback
from arka_config.text import is_printable, visible

if TYPE_CHECKING:
    import ssl

    from arka_config.precedence.origin import Origin
    from arka_config.precedence.values import ResolvedValue
    from arka_config.store.resolution import Resolution

TIMEOUT = 30.0  # seconds, as the settings class of `arka` has it
_LONGEST_TIMEOUT = 24 * 60 * 60.0  # seconds; the system's own calls take no number without end
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Connection:
    """The settings `timeout` (seconds, for a call and its repetitions together), `proxy` and `ca_bundle`.

    Without a `proxy`, those of the environment are used (`HTTPS_PROXY`, `ALL_PROXY`); `NO_PROXY` counts for both. This
    machine itself is never asked through a proxy, since the token would go there in clear text.
    """

    def __init__(self, *, timeout: float = TIMEOUT, proxy: str = "", ca_bundle: str = "", place: str = "") -> None:
        self.timeout = timeout
        self.proxy = proxy
        self.ca_bundle = ca_bundle
        self.place = place  # where `ca_bundle` was said, for errors
        self._context: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"Connection({self.timeout:g} s)"  # a proxy's URL may hold a password

    @classmethod
    def of(cls, resolution: Resolution) -> Connection:
        """What the layers say. Raises ConfigError for a value that cannot be used, naming its place."""
        timeout, proxy, bundle = (
            resolution.resolve(resolution.app.field((name,))) for name in ("timeout", "proxy", "ca_bundle")
        )
        return cls(
            timeout=TIMEOUT if timeout is None else _seconds(timeout),
            proxy="" if proxy is None else _proxy(proxy),
            ca_bundle="" if bundle is None else _path(bundle),
            place="" if bundle is None else bundle.place,
        )

    def proxy_for(self, origin: Origin) -> str:
        """The proxy for an origin, or an empty string where it is asked directly."""
        from urllib.request import getproxies, proxy_bypass

        host = origin.host.strip("[]")
        if is_loopback(origin.host) or proxy_bypass(f"{host}:{origin.port}") or proxy_bypass(host):
            return ""
        proxies = getproxies()
        found = self.proxy or proxies.get(origin.scheme) or proxies.get("all") or ""
        return found if not found or "://" in found else f"http://{found}"

    def certificates(self) -> ssl.SSLContext:
        """What TLS trusts: the `ca_bundle`, else the system's certificates. Loaded once.

        Raises ConfigError where the bundle cannot be used.
        """
        if self._context is None:
            self._context = self._loaded() if self.ca_bundle else _of_the_system()
        return self._context

    def _loaded(self) -> ssl.SSLContext:
        import ssl

        try:
            return ssl.create_default_context(cafile=self.ca_bundle)
        except ssl.SSLError:
            why = "holds no certificate that can be read"
        except OSError as error:
            why = f"cannot be read: {(error.strerror or type(error).__name__).lower()}"
        raise ConfigError(
            f"{self.place}: ca_bundle {visible(self.ca_bundle)} {why}",
            hint="name a file of certificates in PEM form, or leave the setting out",
        )


def _of_the_system() -> ssl.SSLContext:
    """The system's certificates (`SSL_CERT_FILE` names others), or, where there are none, those that httpx brings."""
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


def _seconds(finding: ResolvedValue) -> float:
    value = finding.value
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]  # what is none raises
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ConfigError(f"{finding.place}: timeout is not a number of seconds above 0", hint="write it as 30 or 2.5")
    return min(seconds, _LONGEST_TIMEOUT)


def _proxy(finding: ResolvedValue) -> str:
    """The proxy's URL. No error repeats it: it may hold a password."""
    from urllib.parse import urlsplit

    value = finding.value
    try:
        parts = urlsplit(value) if isinstance(value, str) and is_printable(value) else None
        if parts is not None and parts.scheme in _DEFAULT_PORTS and parts.hostname and parts.port != 0:
            return str(value)
    except ValueError:
        pass
    # Outside of the handler: that error repeats a part of the URL.
    raise ConfigError(f"{finding.place}: proxy is not a URL of a proxy", hint="write it as http://HOST:PORT")


def _path(finding: ResolvedValue) -> str:
    if not isinstance(finding.value, str) or not finding.value or not is_printable(finding.value):
        raise ConfigError(f"{finding.place}: ca_bundle is not the path of a file", hint="write it in full, from /")
    return os.path.abspath(os.path.expanduser(finding.value))
