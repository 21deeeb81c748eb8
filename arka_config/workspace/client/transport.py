"""One request and its answer: within a time, a size and a few tries, and without a redirect.

httpx is imported when the first request is sent. Nothing that it raises leaves this module, since its errors hold the
request, and that holds the token: what went wrong is said in words of ours.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from typing import TYPE_CHECKING

from arka_config import debug
from arka_config.errors import WorkspaceFault, WorkspaceUnreachable

if TYPE_CHECKING:
    import ssl

    import httpx

    from arka_config.errors import WorkspaceError
    from arka_config.precedence.origin import Origin
    from arka_config.secret import Secret
    from arka_config.workspace.client.connection import Connection

LARGEST_ANSWER = 1 << 20  # bytes
TRIES = 3
FIRST_PAUSE = 0.1  # seconds; the next is twice as long, each a little shortened at random
LONGEST_RETRY_AFTER = 10.0  # seconds; who is told to wait longer is told so
_CONNECT_TIME = 10.0  # seconds; who has not connected by then is on a network that leads nowhere
_PASSING = frozenset({429, 502, 503, 504})  # statuses that the same request may not meet again
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})  # X509_V_ERR_…: no way from the certificate to one that is trusted


class Request:
    """What is asked. `is_safe`: asked twice, it does no more than asked once (GET, and DELETE)."""

    __slots__ = ("body", "method", "origin", "token", "url")

    def __init__(self, method: str, url: str, origin: Origin, token: Secret, body: bytes | None = None) -> None:
        self.method = method
        self.url = url
        self.origin = origin
        self.token = token
        self.body = body

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url})"

    @property
    def is_safe(self) -> bool:
        return self.method in ("GET", "DELETE")


class Answer:
    """What came back. `content_type` is without its parameters; `is_repeated` says that an earlier try of the same
    request may have arrived too."""

    __slots__ = ("body", "challenge", "content_type", "is_repeated", "retry_after", "status")

    def __init__(
        self, status: int, body: bytes = b"", *, content_type: str = "", challenge: str = "", retry_after: str = ""
    ) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type.partition(";")[0].strip().lower()
        self.challenge = challenge
        self.retry_after = retry_after
        self.is_repeated = False

    def __repr__(self) -> str:
        return f"Answer({self.status})"  # the body may hold a new token


class Failure:
    """Why nothing came back. `is_unsent`: nothing of the request was sent; `is_lasting`: no repetition will help."""

    __slots__ = ("hint", "is_lasting", "is_unsent", "kind", "reason")

    def __init__(
        self,
        reason: str,
        *,
        hint: str = "",
        is_unsent: bool = False,
        is_lasting: bool = False,
        kind: type[WorkspaceError] = WorkspaceUnreachable,
    ) -> None:
        self.reason = reason
        self.hint = hint
        self.is_unsent = is_unsent
        self.is_lasting = is_lasting
        self.kind = kind

    def error(self, origin: Origin) -> WorkspaceError:
        said = "cannot be reached" if self.kind is WorkspaceUnreachable else "cannot be understood"
        return self.kind(f"{origin} {said}: {self.reason}", hint=self.hint)


def answer(request: Request, connection: Connection) -> Answer:
    """The answer to a request, asked again after a pause where that may help and can do no harm.

    Raises WorkspaceUnreachable, WorkspaceFault, and ConfigError for a `ca_bundle` that cannot be used.
    """
    if request.origin.scheme == "https":
        connection.certificates()  # here, so that it raises in the thread that asks
    request.token.reveal()
    deadline = time.monotonic() + connection.timeout
    may_have_arrived = False
    tries = 1
    found = _within(request, connection, deadline)
    while tries < TRIES:
        pause = _pause(request, found, tries)
        if pause is None or time.monotonic() + pause >= deadline:
            break
        may_have_arrived |= isinstance(found, Answer) or not found.is_unsent
        time.sleep(pause)
        tries += 1
        found = _within(request, connection, deadline)
    if isinstance(found, Failure):
        raise found.error(request.origin)
    found.is_repeated = may_have_arrived
    return found


def _pause(request: Request, found: Answer | Failure, tries: int) -> float | None:
    """How long to wait before the next try, in seconds; None where there is to be none."""
    if isinstance(found, Failure):
        again = not found.is_lasting and (found.is_unsent or request.is_safe)
    else:
        again = found.status in _PASSING and request.is_safe
        if again and found.retry_after:
            wanted = seconds_of(found.retry_after)
            return wanted if wanted is not None and wanted <= LONGEST_RETRY_AFTER else None
    return FIRST_PAUSE * 2 ** (tries - 1) * random.uniform(0.5, 1) if again else None  # noqa: S311  # spreads, hides nothing


def seconds_of(retry_after: str) -> float | None:
    """The seconds that a `Retry-After` means: a number, or a date (RFC 9110, section 10.2.3)."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _within(request: Request, connection: Connection, deadline: float) -> Answer | Failure:
    """One try that ends in time, whatever happens: looking up a name has no time limit of its own, and a server that
    sends a byte now and then never meets that of a socket. So it runs in a thread that may be left behind."""
    came: queue.SimpleQueue[Answer | Failure | BaseException] = queue.SimpleQueue()
    began = time.monotonic()
    left = max(deadline - began, 0.001)

    def tell() -> None:
        try:
            came.put(_sent(request, connection, left))
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            came.put(error)

    threading.Thread(target=tell, daemon=True).start()
    try:
        found = came.get(timeout=left)
    except queue.Empty:
        found = _too_late(connection)
    if isinstance(found, BaseException):
        raise found
    said = found.status if isinstance(found, Answer) else found.reason
    debug.log(f"{request.method} {request.url.partition('?')[0]}: {said}, after {time.monotonic() - began:.3f} s")
    return found


def _too_late(connection: Connection) -> Failure:
    return Failure(
        f"no answer came within {connection.timeout:g} s", hint="the setting timeout gives it more", is_lasting=True
    )


def _sent(request: Request, connection: Connection, left: float) -> Answer | Failure:
    import httpx

    proxy = connection.proxy_for(request.origin)
    times = httpx.Timeout(left, connect=min(left, _CONNECT_TIME))
    try:
        client = httpx.Client(verify=_trusted(request, connection), proxy=proxy or None, trust_env=False, timeout=times)
    except (httpx.InvalidURL, ImportError, ValueError):  # these repeat the proxy's URL, which may hold a password
        return Failure("the proxy in the environment cannot be used", hint="look at HTTPS_PROXY", is_lasting=True)
    try:
        headers = _headers(request)
        with client, client.stream(request.method, request.url, headers=headers, content=request.body) as response:
            return _read(response)
    except (httpx.ConnectTimeout, httpx.ConnectError, httpx.ProxyError) as error:
        return _unconnected(error, proxy)
    except httpx.TimeoutException:
        return _too_late(connection)
    except httpx.HTTPError:
        return Failure("the connection ended before its answer was whole")
    except Exception as error:  # noqa: BLE001  # who waits for this thread must hear of it, and may not see the request
        return Failure(f"the request failed with {type(error).__name__}", is_lasting=True)


def _trusted(request: Request, connection: Connection) -> ssl.SSLContext:
    import ssl

    if request.origin.scheme == "https":
        return connection.certificates()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # this machine itself, without TLS: nothing to trust


def _headers(request: Request) -> dict[str, str]:
    from importlib.metadata import version

    headers = {
        "Authorization": f"Bearer {request.token.reveal()}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # nothing that a few bytes could unpack to gigabytes
        "User-Agent": f"arka-config/{version('arka-config')}",
    }
    return headers | ({} if request.body is None else {"Content-Type": "application/json"})


def _read(response: httpx.Response) -> Answer | Failure:
    headers = response.headers
    if headers.get("content-encoding", "identity").lower() != "identity":
        return Failure("its answer is compressed, and was asked not to be", is_lasting=True, kind=WorkspaceFault)
    parts = []
    size = 0
    for part in response.iter_raw():
        size += len(part)
        if size > LARGEST_ANSWER:
            return Failure(f"its answer is larger than {LARGEST_ANSWER} bytes", is_lasting=True, kind=WorkspaceFault)
        parts.append(part)
    return Answer(
        response.status_code,
        b"".join(parts),
        content_type=headers.get("content-type", ""),
        challenge=headers.get("www-authenticate", ""),
        retry_after=headers.get("retry-after", ""),
    )


def _unconnected(error: BaseException, proxy: str) -> Failure:
    """Why there is no connection: TLS, a name, a refusal, told apart by what lies below httpx's own error."""
    import socket
    import ssl

    import httpx

    chain = list(_below(error))
    certificate = next((each for each in chain if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return _untrusted(certificate)
    what = "the proxy" if proxy else "the connection"
    if any(isinstance(each, ssl.SSLError) for each in chain):
        return Failure("it does not speak TLS as it should", hint="look at the URL and its port", is_lasting=True)
    if any(isinstance(each, socket.gaierror) for each in chain):
        said = f"the name of {what}" if proxy else "its name"
        return Failure(f"{said} is not known here", hint="is there a network?", is_unsent=True, is_lasting=True)
    if isinstance(error, httpx.ProxyError):
        return Failure("the proxy does not let the request through", hint=_PROXY_HINT, is_unsent=True, is_lasting=True)
    if isinstance(error, httpx.ConnectTimeout):
        return Failure("no connection came about in time", hint="is there a network?", is_unsent=True, is_lasting=True)
    if any(isinstance(each, ConnectionRefusedError) for each in chain):
        said = "the proxy refuses the connection" if proxy else "the connection was refused"
        return Failure(said, hint=_PROXY_HINT if proxy else "", is_unsent=True)
    return Failure(f"{what} failed" if proxy else "there is no way to it from here", is_unsent=True)


_PROXY_HINT = "the setting proxy names another one; NO_PROXY names what is asked without"


def _untrusted(error: object) -> Failure:
    code = getattr(error, "verify_code", 0)
    said = str(getattr(error, "verify_message", "") or "it could not be verified").lower()
    unknown = code in _UNKNOWN_ISSUER
    hint = "if that authority is yours, the setting ca_bundle names the file of its certificate" if unknown else ""
    return Failure(f"its certificate is not trusted: {said}", hint=hint, is_unsent=True, is_lasting=True)


def _below(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
