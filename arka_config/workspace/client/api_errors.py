"""Turn an unsuccessful response into an error: the only place that maps a status to a message and a hint."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from arka_config.errors import (
    ConfigError,
    InvalidToken,
    InvalidUrl,
    NotPermitted,
    NoWorkspaceApi,
    ProRequired,
    RequestRefused,
    TooManyRequests,
    WorkspaceFault,
)
from arka_config.precedence.origin import Origin
from arka_config.text import is_printable, visible
from arka_config.workspace.client.models import MAX_TEXT_LENGTH
from arka_config.workspace.client.transport import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.client.transport import Response

_JSON = ("application/json", "application/problem+json")
_INVALID = object()
_RATE_LIMIT = "x-ratelimit-remaining"
_UNSUPPORTED = frozenset({404, 405, 410, 501})


def parse_json(response: Response, origin: Origin, action: str) -> Any:
    """Parse a response's JSON. Raises NoWorkspaceApi if it has another type, WorkspaceFault if it is malformed."""
    if response.content_type not in _JSON:
        raise no_api(origin, action, _describe_type(response))
    document = _load(response.body)
    if document is _INVALID:
        raise invalid_response(origin, "it is labelled as JSON, and is not")
    return document


def _load(body: bytes) -> Any:
    """Parse JSON; return _INVALID for other text. The decoder's error holds the whole text, which may hold a token."""
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return _INVALID


def no_api(origin: Origin, action: str, answer: str) -> NoWorkspaceApi:
    """The error if the server has no such API: the answer is a page, a redirect, or a status such as 404."""
    return NoWorkspaceApi(f"{origin} has no API to {action}: it answers with {answer}")


def invalid_response(origin: Origin, reason: str) -> WorkspaceFault:
    """The error for a response that breaks the API's format."""
    error = WorkspaceFault(f"{origin} sent an invalid response: {reason}")
    error.may_have_arrived = True
    return error


def error_for(
    response: Response, app: AppIdentity, url: str, action: str, replacement: str = "", sent: Collection[str] = ()
) -> ConfigError:
    """The error for a status other than 2xx, with the messages and hints that the documentation lists.

    `replacement` is the command that replaces the token, if there is one, and `sent` are the secrets of the request:
    some servers quote what they reject.
    """
    origin, status = Origin.of(url), response.status
    problem = problem_details(response)
    if status == HTTPStatus.UNAUTHORIZED:
        return invalid_token(app, url, replacement)
    if status in (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN):
        return _forbidden(response, app, url, problem, sent)
    if 300 <= status < 400:
        return no_api(origin, action, "a redirect, which is not followed with a token")
    if status in _UNSUPPORTED:
        return no_api(origin, action, str(status))
    if status == HTTPStatus.TOO_MANY_REQUESTS and response.rejects_token:
        return invalid_token(app, url, replacement)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500:
        return unavailable(response, origin)
    return _rejection(app, origin, status, problem, sent)


def _forbidden(
    response: Response, app: AppIdentity, url: str, problem: Mapping[str, Any], sent: Collection[str]
) -> ConfigError:
    """The error for a 402 or 403: too many requests, a scope that is missing, something else, or the user's plan."""
    if response.status == HTTPStatus.FORBIDDEN:
        if response.retry_after or response.headers.get(_RATE_LIMIT) == "0":  # as GitHub reports that its limit is hit
            return unavailable(response, Origin.of(url))
        # "insufficient_scope" in the challenge: RFC 6750, section 3.1
        if is_problem(response, "insufficient-scope") or "insufficient_scope" in response.challenge:
            return NotPermitted(
                f"this token may not {'manage tokens' if app.has_workspace_api else 'do that'}",
                hint=f"create one that may on {app.page(app.tokens_page, url)}, or use another --profile",
            )
        if _is_other_problem(problem):
            return _not_permitted(app, url, problem, sent)
    if not app.has_plans:
        return _not_permitted(app, url, problem, sent)
    return ProRequired("Pro subscription required", hint=f"subscribe on {_billing_page(problem, app, url)}")


def unavailable(response: Response, origin: Origin) -> TooManyRequests | WorkspaceFault:
    """The error for a 429 or 5xx, or a 403 that is about the rate: the request may work later."""
    if response.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FORBIDDEN):
        seconds = parse_retry_after(response.retry_after) if response.retry_after else None
        when = "later" if seconds is None else f"in {max(1, round(seconds))} s"
        return TooManyRequests(f"{origin} received too many requests", hint=f"try again {when}")
    return WorkspaceFault(f"{origin} failed: {_describe_status(response.status)}", hint="try again later")


def _is_other_problem(problem: Mapping[str, Any]) -> bool:
    """Whether the workspace says why it refuses, and it is not the plan. An older one may give no reason."""
    kind = problem.get("type")
    return isinstance(kind, str) and "/problems/" in kind and not kind.endswith("/problems/pro-required")


def _not_permitted(app: AppIdentity, url: str, problem: Mapping[str, Any], sent: Collection[str]) -> NotPermitted:
    text = str(problem.get("detail") or problem.get("message") or problem.get("title") or "it does not say why")
    return NotPermitted(
        f"{Origin.of(url)} does not permit that: {quotable(text, app, sent)}",
        hint=f"{app.page(app.tokens_page, url)} lists what each token may do; or use another --profile",
    )


def invalid_token(app: AppIdentity, url: str, replacement: str = "", reason: str = "") -> InvalidToken:
    """The error for a rejected token. A workspace does not say why it rejects one; its format was checked before."""
    said = [f"{Origin.of(url)} says: {reason}"] if reason else []
    return InvalidToken(
        "Invalid token",
        more=[
            *said,
            "it may have expired, been revoked, or be for another workspace; check also that it was copied whole",
        ],
        hint=f"{f'{replacement}; ' if replacement else ''}your tokens are on {app.page(app.tokens_page, url)}",
    )


def quotable(text: str, app: AppIdentity, sent: Collection[str]) -> str:
    """Return a server's text as one line for the user: shortened, escaped, and without tokens and secrets.

    A token without a prefix has no shape to find it by, so the secrets that were `sent` are masked too.
    """
    for secret in sent:
        text = text.replace(secret, app.mask(secret))
    return visible(app.redact(text)[:MAX_TEXT_LENGTH])


def _rejection(
    app: AppIdentity, origin: Origin, status: int, problem: Mapping[str, Any], sent: Collection[str]
) -> RequestRefused:
    """The error for another 4xx: the workspace's own message, shortened, with tokens and control characters masked."""
    messages = [str(problem.get("detail") or problem.get("title") or _describe_status(status))]
    errors = problem.get("errors")
    details = errors[:10] if isinstance(errors, list) else []
    messages += [f"{each.get('field', '')}: {each.get('detail', '')}" for each in details if isinstance(each, dict)]
    first, *more = (quotable(line, app, sent) for line in messages)
    return RequestRefused(f"{origin} rejected the request: {first}", more=more)


def problem_details(response: Response) -> Mapping[str, Any]:
    """The JSON object of an error response (RFC 9457, RFC 6749 section 5.2), empty if it has none."""
    problem = _load(response.body) if response.content_type in _JSON else None
    return problem if isinstance(problem, dict) else {}


def is_problem(response: Response, name: str) -> bool:
    """Whether the response is the workspace's own problem with this name, such as `not-found`."""
    return str(problem_details(response).get("type", "")).endswith(f"/problems/{name}")


def _billing_page(problem: Mapping[str, Any], app: AppIdentity, url: str) -> str:
    """The page that the workspace names, if it has the workspace's own origin; else the app's."""
    billing_url = problem.get("billing_url")
    if isinstance(billing_url, str) and len(billing_url) <= MAX_TEXT_LENGTH:
        try:
            if Origin.of(billing_url) == Origin.of(url):
                return billing_url
        except InvalidUrl:
            pass
    return app.page(app.billing_page, url)


def _describe_status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _describe_type(response: Response) -> str:
    kind = response.content_type
    if kind in ("text/html", "application/xhtml+xml"):
        return "a web page"
    return f"{kind} instead of JSON" if kind and len(kind) < 80 and is_printable(kind) else "something other than JSON"
