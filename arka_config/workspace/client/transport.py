"""Send one request and read its response, limited in time, size and attempts. Redirects are not followed.

httpx is imported when the first request is sent. Its exceptions never leave this module: they hold the request, and
with it the token.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from arka_config import debug
from arka_config.deadline import DeadlineExceeded, call_within
from arka_config.errors import WorkspaceFault, WorkspaceUnreachable
from arka_config.secret import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from typing import TypeAlias

    import httpx

    from arka_config.errors import WorkspaceError
    from arka_config.precedence.origin import Origin
    from arka_config.workspace.client.connection import Connection

    Form: TypeAlias = Mapping[str, str | Secret]

MAX_RESPONSE_SIZE = 1 << 20  # bytes
MAX_ATTEMPTS = 3
FIRST_RETRY_DELAY = 0.1  # seconds, doubled at each attempt and shortened at random
MAX_RETRY_AFTER = 10.0  # seconds; if the server asks for a longer wait, report it instead
_CONNECT_TIMEOUT = 10.0  # seconds
_TEMPORARY_STATUSES = frozenset({429, 502, 503, 504})
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})  # X509_V_ERR_…: the chain ends at no trusted certificate
_SERVER_HINT = "check the URL and its port, and that the server runs"
_PROXY_HINT = "set another one with the setting proxy, or bypass it with NO_PROXY"


class Request(NamedTuple):
    """A request. `is_idempotent` if sending it twice has the same effect as sending it once (GET, DELETE).

    `key` is sent as `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), which servers that do not know it
    ignore.
    """

    method: str
    url: str
    origin: Origin
    token: Secret | None  # None for what needs no token, such as signing in
    body: bytes | None = None
    key: str = ""
    content_type: str = "application/json"
    scheme: str = "Bearer"  # of the token: a client's own credentials are `Basic` (RFC 7617)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.origin})"  # the body and the query may hold a secret

    @property
    def is_idempotent(self) -> bool:
        return self.method in ("GET", "DELETE")


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `content_type` has no parameters. `is_repeated` if an earlier attempt may have arrived as well."""

    status: int
    body: bytes = field(repr=False)  # it may hold a new token
    content_type: str
    challenge: str
    retry_after: str
    is_repeated: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # by name in lower case

    @property
    def rejects_token(self) -> bool:
        """Whether the challenge says that the token is invalid (RFC 6750, section 3.1), with any status."""
        return "invalid_token" in self.challenge


class Failure(NamedTuple):
    """Why there is no response. `is_unsent`: nothing was sent. `is_permanent`: a retry would fail as well."""

    reason: str
    hint: str = ""
    is_unsent: bool = False
    is_permanent: bool = False
    kind: type[WorkspaceError] = WorkspaceUnreachable

    def to_error(self, origin: Origin) -> WorkspaceError:
        problem = "cannot be reached" if self.kind is WorkspaceUnreachable else "sent an invalid response"
        return self.kind(f"{origin} {problem}: {self.reason}", hint=self.hint)


def form_body(form: Form, sent: set[str]) -> bytes:
    """Encode a form. Its secrets are added to `sent`, because the server's answer may quote them."""
    secrets = {name: value.reveal() for name, value in form.items() if isinstance(value, Secret)}
    sent.update(secrets.values())
    return urlencode({**form, **secrets}).encode()


def send(request: Request, connection: Connection) -> Response:
    """Send a request and return the response. Retry after a delay if a retry may help and is safe.

    Raises WorkspaceUnreachable, WorkspaceFault, and ConfigError for a `ca_bundle` that cannot be used.
    """
    if request.origin.scheme == "https":
        connection.certificates()  # before the thread starts, so that its error is raised here
    if request.token is not None:
        request.token.reveal()
    deadline = time.monotonic() + connection.timeout
    may_have_arrived = False
    attempt = 1
    result = _send_before(deadline, request, connection)
    while attempt < MAX_ATTEMPTS:
        delay = _retry_delay(request, result, attempt)
        if delay is None or time.monotonic() + delay >= deadline:
            break
        may_have_arrived |= isinstance(result, Response) or not result.is_unsent
        time.sleep(delay)
        attempt += 1
        result = _send_before(deadline, request, connection)
    if isinstance(result, Failure):
        error = result.to_error(request.origin)
        error.may_have_arrived = may_have_arrived or not result.is_unsent
        raise error
    return replace(result, is_repeated=may_have_arrived)


def _retry_delay(request: Request, result: Response | Failure, attempt: int) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up."""
    if isinstance(result, Failure):
        retry = not result.is_permanent and (result.is_unsent or request.is_idempotent)
    else:
        retry = result.status in _TEMPORARY_STATUSES and request.is_idempotent and not result.rejects_token
        if retry and result.retry_after:
            seconds = parse_retry_after(result.retry_after)
            return seconds if seconds is not None and seconds <= MAX_RETRY_AFTER else None
    if not retry:
        return None
    return FIRST_RETRY_DELAY * (1 << attempt - 1) * random.uniform(0.5, 1)  # noqa: S311  # jitter, not a secret


def parse_retry_after(value: str) -> float | None:
    """Return the seconds in a `Retry-After`: a number, or a date (RFC 9110, section 10.2.3)."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for a time zone of many digits
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def _send_before(deadline: float, request: Request, connection: Connection) -> Response | Failure:
    """Make one attempt that ends at the deadline.

    A name lookup has no timeout, and a server that sends a byte now and then never reaches a socket's, so the attempt
    runs in a thread that is abandoned when time is up.
    """
    started = time.monotonic()
    seconds = max(deadline - started, 0.001)
    try:
        result = call_within(seconds, lambda: _send_once(request, connection, seconds))
    except DeadlineExceeded:
        result = _timeout_failure(connection)
    outcome = result.status if isinstance(result, Response) else result.reason
    debug.log(f"{request.method} {request.url.partition('?')[0]}: {outcome}, after {time.monotonic() - started:.3f} s")
    return result


def _timeout_failure(connection: Connection) -> Failure:
    return Failure(
        f"no response within {connection.timeout:g} s",
        hint="raise the limit with the setting timeout",
        is_permanent=True,
    )


def _send_once(request: Request, connection: Connection, seconds: float) -> Response | Failure:
    import ssl

    import httpx

    proxy = connection.proxy_for(request.origin)
    timeout = httpx.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))
    is_https = request.origin.scheme == "https"  # plain HTTP on loopback has no certificates to load
    context = connection.certificates() if is_https else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        # Without a context of ours, httpx makes one for an https proxy that honours SSL_CERT_FILE and SSLKEYLOGFILE.
        via = None
        if proxy:
            via = httpx.Proxy(proxy, ssl_context=connection.certificates() if proxy.startswith("https:") else None)
        client = httpx.Client(verify=context, proxy=via, trust_env=False, timeout=timeout)
    except (httpx.InvalidURL, ImportError, ValueError):  # these repeat the proxy's URL, which may hold a password
        return Failure(
            "the proxy in the environment cannot be used", hint="check HTTPS_PROXY", is_unsent=True, is_permanent=True
        )
    try:
        headers = _request_headers(request, connection)
        with client, client.stream(request.method, request.url, headers=headers, content=request.body) as response:
            return _read_response(response)
    except (httpx.ConnectTimeout, httpx.ConnectError, httpx.ProxyError) as error:
        return _connection_failure(error, proxy, connection)
    except httpx.TimeoutException:
        return _timeout_failure(connection)
    except httpx.HTTPError:
        return Failure("the connection was closed before the response was complete", hint="try again later")
    except Exception as error:  # noqa: BLE001  # its traceback would show the request
        return Failure(f"the request failed with {type(error).__name__}", is_permanent=True)


def _request_headers(request: Request, connection: Connection) -> dict[str, str]:
    content_type = {} if request.body is None else {"Content-Type": request.content_type}
    key = {"Idempotency-Key": request.key} if request.key else {}
    token = {} if request.token is None else {"Authorization": f"{request.scheme} {request.token.reveal()}"}
    return (
        content_type
        | key
        | token
        | {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a few compressed bytes could expand to gigabytes
            "User-Agent": connection.user_agent,
        }
    )


def _read_response(response: httpx.Response) -> Response | Failure:
    headers = response.headers
    if headers.get("content-encoding", "identity").lower() != "identity":
        return Failure("it is compressed, which was not requested", is_permanent=True, kind=WorkspaceFault)
    parts = []
    size = 0
    for part in response.iter_raw():
        size += len(part)
        if size > MAX_RESPONSE_SIZE:
            return Failure(f"it is larger than {MAX_RESPONSE_SIZE} bytes", is_permanent=True, kind=WorkspaceFault)
        parts.append(part)
    return Response(
        response.status_code,
        b"".join(parts),
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        challenge=headers.get("www-authenticate", ""),
        retry_after=headers.get("retry-after", ""),
        headers={name.lower(): value for name, value in headers.items()},
    )


def _connection_failure(error: BaseException, proxy: str, connection: Connection) -> Failure:
    """Say why there is no connection, from the errors that httpx's own error was caused by."""
    import socket
    import ssl

    import httpx

    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate_failure(cause, connection)
    if any(isinstance(each, ssl.SSLError) for each in causes):
        return Failure("the TLS handshake failed", hint="check the URL and its port", is_unsent=True, is_permanent=True)
    if any(isinstance(each, socket.gaierror) for each in causes):
        name = "the proxy's name" if proxy else "its name"
        return Failure(f"{name} cannot be resolved", hint="check the network", is_unsent=True, is_permanent=True)
    if isinstance(error, httpx.ProxyError):
        return Failure("the proxy rejected the request", hint=_PROXY_HINT, is_unsent=True, is_permanent=True)
    if isinstance(error, httpx.ConnectTimeout):
        return Failure("connecting took too long", hint="check the network", is_unsent=True, is_permanent=True)
    if any(isinstance(each, ConnectionRefusedError) for each in causes):
        reason = "the proxy refused the connection" if proxy else "the connection was refused"
        return Failure(reason, hint=_PROXY_HINT if proxy else _SERVER_HINT, is_unsent=True)
    if proxy:
        return Failure("the connection to the proxy failed", hint=_PROXY_HINT, is_unsent=True)
    return Failure("the connection failed", hint="check the network", is_unsent=True)


def _certificate_failure(error: ssl.SSLCertVerificationError, connection: Connection) -> Failure:
    message = (getattr(error, "verify_message", "") or "it could not be verified").lower()
    is_unknown = getattr(error, "verify_code", 0) in _UNKNOWN_ISSUER
    hint = connection.advice_on_unknown_issuer() if is_unknown else ""
    return Failure(f"its certificate is not trusted: {message}", hint=hint, is_unsent=True, is_permanent=True)


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes
