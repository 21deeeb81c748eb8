"""How to reach a workspace: the timeout, the proxy, and the certificates to trust."""

from __future__ import annotations

import math
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError
from arka_config.precedence.origin import is_loopback
from arka_config.precedence.values import DEFAULT, FLAG, PROFILE
from arka_config.store.folders import leads_through_process
from arka_config.store.system import SYSTEM
from arka_config.text import is_printable, visible

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.origin import Origin
    from arka_config.precedence.values import ResolvedValue
    from arka_config.store.resolution import Resolution

TIMEOUT = 30.0  # seconds; the default of arka's settings class as well
_MAX_TIMEOUT = 24 * 60 * 60.0  # seconds; system calls reject larger numbers

_LAYERS_OF_CERTIFICATES = (FLAG, PROFILE, DEFAULT)  # the user's own: not the environment, nor an app's own layer
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(eq=False, kw_only=True, slots=True)
class Connection:
    """The settings `timeout` (seconds, for a call and its retries together), `proxy` and `ca_bundle`.

    Without a `proxy`, those of the environment are used (`HTTPS_PROXY`, `ALL_PROXY`). `NO_PROXY` applies to both. No
    proxy is used for loopback, since the token would go to the proxy in clear text.

    A proxy with a trusted certificate sees the tokens, and the environment names the proxy. So it does not also say
    which certificates TLS trusts: `SSL_CERT_FILE`, `SSL_CERT_DIR` and `SSLKEYLOGFILE` are ignored unless
    `trusts_environment`.
    """

    timeout: float = TIMEOUT
    proxy: str = field(default="", repr=False)  # it may hold a password
    ca_bundle: str = ""
    place: str = ""  # the source of `ca_bundle`, for errors
    trusts_environment: bool = False
    program: str = "arka"  # for hints
    user_agent: str = "cli"  # the app's name and version (RFC 9110, section 10.1.5)
    _context: ssl.SSLContext | None = field(default=None, init=False, repr=False)

    @classmethod
    def from_settings(cls, resolution: Resolution) -> Connection:
        """Read the settings from all layers. Raises ConfigError for an invalid value, naming its place."""
        app, preferences = resolution.app, resolution.store.preferences
        fields = resolution.fields("timeout", "proxy", "ca_bundle")
        timeout, proxy, bundle = map(resolution.resolve, fields)
        if bundle is not None and bundle.layer not in _LAYERS_OF_CERTIFICATES and not preferences.trust_env_ca:
            raise ConfigError(
                f"{bundle.place}: a file of certificates to trust is only accepted from your own configuration",
                hint=f"{app.name} config set ca_bundle=PATH, or {app.name} config set trust_env_ca=true",
            )
        return cls(
            timeout=TIMEOUT if timeout is None else _parse_timeout(timeout),
            proxy="" if proxy is None else _check(check_proxy, proxy, "http://HOST:PORT"),
            ca_bundle="" if bundle is None else _check(check_bundle, bundle, "/etc/ssl/our-ca.pem"),
            place="" if bundle is None else bundle.place,
            trusts_environment=preferences.trust_env_ca,
            program=app.name,
            user_agent=_user_agent(app),
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
            if self.ca_bundle:
                self._context = self._load_bundle()
            else:
                self._context = _load_system_certificates(trusts_environment=self.trusts_environment)
        return self._context

    def advice_on_unknown_issuer(self) -> str:
        """What to do if no trusted authority has signed a certificate."""
        advice = "if the authority is yours, set ca_bundle to the file with its certificate: "
        advice += f"{self.program} config set ca_bundle=PATH"
        ignored = [] if self.trusts_environment else [name for name in _VARIABLES if os.environ.get(name)]
        if not ignored:
            return advice
        verb = "is" if len(ignored) == 1 else "are"
        return f"{advice}; {' and '.join(ignored)} {verb} ignored without {self.program} config set trust_env_ca=true"

    def _load_bundle(self) -> ssl.SSLContext:
        import ssl

        context = _new_context()
        try:
            context.load_verify_locations(cafile=self.ca_bundle)
            return context
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


def check_bundle(value: object) -> str:
    """Return the full path of a file of certificates. Raises ValueError for a relative one.

    A relative path would let the working directory say which server is trusted.
    """
    path = os.path.expanduser(value) if isinstance(value, str) and is_printable(value) else ""
    if not os.path.isabs(path) or leads_through_process(path):
        raise ValueError("not the full path of a file")
    return os.path.normpath(path)


def _new_context() -> ssl.SSLContext:
    """A context of `ssl.create_default_context`'s settings, which trusts nothing yet and ignores `SSLKEYLOGFILE`."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return context


def _load_system_certificates(*, trusts_environment: bool) -> ssl.SSLContext:
    """Load the system's certificates, or certifi's if the system has none.

    `SSLContext.load_default_certs` would let OpenSSL read `SSL_CERT_FILE` and `SSL_CERT_DIR`, so the paths that OpenSSL
    was compiled with are loaded by name.
    """
    import ssl

    paths = ssl.get_default_verify_paths()
    if trusts_environment:
        context, folder = ssl.create_default_context(), paths.capath
    else:
        context, folder = _new_context(), paths.openssl_capath
        _load_certificates_of_system(context)
        for options in ({"cafile": paths.openssl_cafile}, {"capath": folder}):
            with suppress(OSError):  # it is missing, or has no certificate
                context.load_verify_locations(**options)
    if not context.cert_store_stats()["x509_ca"] and not (folder and _has_files(folder)):
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    return context


def _load_certificates_of_system(context: ssl.SSLContext) -> None:
    import ssl

    for certificate in SYSTEM.certificates():
        with suppress(ssl.SSLError):  # a damaged one
            context.load_verify_locations(cadata=certificate)


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


def _check(check: Callable[[object], str], resolved: ResolvedValue, example: str) -> str:
    """Return the checked value. Raises ConfigError naming its place, with an example in the hint."""
    try:
        return check(resolved.value)
    except ValueError as error:
        message = f"{resolved.place}: {resolved.field.name} is {error}"
    raise ConfigError(message, hint=f"write it as {example}")


def _user_agent(app: AppIdentity) -> str:
    """Return `octo/1.2.0`, or `octo` if the program is not installed from a distribution."""
    from arka_config.versions import app_version

    version = app_version(app)
    return f"{app.folder}/{version}" if version else app.folder
