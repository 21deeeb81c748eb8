"""What an answer means that is no success: the one place where a status becomes an error, its words and its hint."""

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
from arka_config.workspace.client.models import LONGEST_TEXT
from arka_config.workspace.client.transport import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from arka_config.app import App
    from arka_config.workspace.client.transport import Answer

_JSON = ("application/json", "application/problem+json")
_NO_SUCH_CALL = frozenset({404, 405, 410, 501})


def document_of(answer: Answer, origin: Origin, what: str) -> Any:
    """The JSON of an answer. Raises NoWorkspaceApi where it is something else, WorkspaceFault where it is broken."""
    if answer.content_type not in _JSON:
        raise no_api(origin, what, _kind(answer))
    try:
        return json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        pass
    # Outside of the handler: the decoder's error holds the whole text, which may hold a token.
    raise not_understood(origin, "it is not JSON, and says that it is")


def no_api(origin: Origin, what: str, answered: str) -> NoWorkspaceApi:
    """There is no API that can do that: what came was a page, a redirect, or a status that says so."""
    return NoWorkspaceApi(f"{origin} has no API to {what}: it answers with {answered}")


def not_understood(origin: Origin, why: str) -> WorkspaceFault:
    """The answer makes no sense."""
    return WorkspaceFault(f"the answer of {origin} cannot be understood: {why}")


def refused(answer: Answer, app: App, url: str, what: str) -> ConfigError:
    """The error for a status that is no success, with the words and the hint that people are promised."""
    origin, status = Origin.of(url), answer.status
    problem = _problem(answer)
    if status == HTTPStatus.UNAUTHORIZED:
        return invalid_token(app, url)
    if status in (HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN):
        if status == HTTPStatus.FORBIDDEN and _lacks_scope(answer, problem):
            return NotPermitted(
                "this token may not manage tokens",
                hint=f"make one that may on {app.page(app.tokens_page, url)}, or use another --profile",
            )
        return ProRequired("Pro subscription required", hint=f"subscribe on {_billing_page(problem, app, url)}")
    if 300 <= status < 400:
        return no_api(origin, what, "a redirect, which no token follows")
    if status in _NO_SUCH_CALL:
        return no_api(origin, what, str(status))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many(answer, origin)
    if status >= 500:
        return WorkspaceFault(f"{origin} failed: {_status(status)}", hint="try again later")
    return _request_refused(app, origin, status, problem)


def invalid_token(app: App, url: str) -> InvalidToken:
    """The workspace does not accept the token, and does not say why."""
    begins = f"it starts with {app.token_prefix}, " if app.token_prefix else ""
    return InvalidToken(
        "Invalid token",
        more=[f"check that {begins}it was copied whole, it has not expired, and it has not been revoked"],
        hint=f"your tokens are on {app.page(app.tokens_page, url)}",
    )


def _too_many(answer: Answer, origin: Origin) -> TooManyRequests:
    seconds = seconds_of(answer.retry_after) if answer.retry_after else None
    when = "later" if seconds is None else f"in {max(1, round(seconds))} s"
    return TooManyRequests(f"{origin} asks for fewer requests", hint=f"try again {when}")


def _request_refused(app: App, origin: Origin, status: int, problem: Mapping[str, Any]) -> RequestRefused:
    """What the workspace says of a request that it does not take, in its own words as far as they are fit."""
    said = [str(problem.get("detail") or problem.get("title") or _status(status))]
    errors = problem.get("errors")
    listed = errors[:10] if isinstance(errors, list) else []
    said += [f"{each.get('field', '')}: {each.get('detail', '')}" for each in listed if isinstance(each, dict)]
    first, *more = (visible(app.redacted(line[:LONGEST_TEXT])) for line in said)
    return RequestRefused(f"{origin} refuses that: {first}", more=more)


def _problem(answer: Answer) -> Mapping[str, Any]:
    """The problem details of an answer (RFC 9457), or nothing where it has none."""
    if answer.content_type not in _JSON:
        return {}
    try:
        problem = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def is_problem(answer: Answer, name: str) -> bool:
    """Whether the answer is the workspace's own problem of that name, as `not-found`."""
    return str(_problem(answer).get("type", "")).endswith(f"/problems/{name}")


def _lacks_scope(answer: Answer, problem: Mapping[str, Any]) -> bool:
    says = str(problem.get("type", "")).endswith("/problems/insufficient-scope")
    return says or "insufficient_scope" in answer.challenge  # RFC 6750, section 3.1


def _billing_page(problem: Mapping[str, Any], app: App, url: str) -> str:
    """The page that the workspace names, where it is on its own origin: a hint must not lead elsewhere."""
    named = problem.get("billing_url")
    if isinstance(named, str) and len(named) <= LONGEST_TEXT:
        try:
            if Origin.of(named) == Origin.of(url):
                return named
        except InvalidUrl:
            pass
    return app.page(app.billing_page, url)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _kind(answer: Answer) -> str:
    if answer.content_type in ("text/html", "application/xhtml+xml"):
        return "a web page"
    kind = answer.content_type
    return f"{kind} in place of JSON" if kind and len(kind) < 80 and is_printable(kind) else "something that is no JSON"
