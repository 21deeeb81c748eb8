"""Problem details for failed requests (RFC 9457). They never repeat what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem. `name` is the last part of its type; `advice` says what to do about it."""

    name: str
    status: int
    title: str
    advice: str

    @property
    def path(self) -> str:
        """The type, which is also the path of the page that explains it."""
        return f"/problems/{self.name}"


UNKNOWN_HOST = Kind("unknown-host", 400, "Unknown host", "Use the address that the workspace prints when it starts.")
INVALID_TOKEN = Kind(
    "invalid-token",
    401,
    "Invalid token",
    "Check that the token was copied whole, has not expired and has not been revoked; else create another one.",
)
PRO_REQUIRED = Kind("pro-required", 403, "Pro subscription required", "The billing page says how to upgrade.")
INSUFFICIENT_SCOPE = Kind(
    "insufficient-scope",
    403,
    "The token may not do that",
    "Create a token that may manage tokens, and use that one.",
)
OUT_OF_BOUNDS = Kind(
    "outside-bounds",
    403,
    "Outside of the bounds",
    "A token that may issue tokens has bounds: their labels, how long they last, and how many work at one time.",
)
FORGED = Kind(
    "forged-request",
    403,
    "The form came from another site",
    "Open the page again, with cookies allowed, and submit the form from there.",
)
BAD_SIGNATURE = Kind(
    "invalid-signature",
    403,
    "Invalid signature",
    "Sign the body with a key of a secret-scanning partner that the administrator of the workspace trusts.",
)
PLANS_ARE_SET = Kind(
    "plans-are-set", 403, "The administrator sets plans", "Ask the administrator of the workspace for another plan."
)
NOT_FOUND = Kind("not-found", 404, "Not found", "Check the address, or the id.")
NOT_ALLOWED = Kind("method-not-allowed", 405, "Method not allowed", "The Allow header lists the allowed methods.")
ALREADY_ISSUED = Kind(
    "already-issued", 409, "This request has already issued a token", "Send a new request, with another key."
)
TOO_LARGE = Kind(
    "content-too-large",
    413,
    "Content too large",
    "A report of leaked tokens has 1 MiB at most, any other request 64 KiB.",
)
NOT_JSON = Kind("unsupported-media-type", 415, "Unsupported media type", "Send JSON, as application/json.")
INVALID_REQUEST = Kind("invalid-request", 422, "Invalid request", "The errors say which fields are invalid, and why.")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests", "Wait for the time in the Retry-After header.")
UNAVAILABLE = Kind("unavailable", 503, "Not available now", "Try again in a moment.")
BROKEN = Kind(
    "internal-error", 500, "Internal error", "Try again. If it keeps failing, tell the workspace's administrator."
)

KINDS = (
    *(UNKNOWN_HOST, INVALID_TOKEN, PRO_REQUIRED, INSUFFICIENT_SCOPE, OUT_OF_BOUNDS, FORGED, PLANS_ARE_SET, NOT_FOUND),
    *(NOT_ALLOWED, ALREADY_ISSUED, TOO_LARGE, NOT_JSON, INVALID_REQUEST, TOO_MANY, UNAVAILABLE, BROKEN),
    BAD_SIGNATURE,
)
_BY_STATUS = {404: NOT_FOUND, 405: NOT_ALLOWED, 413: TOO_LARGE, 415: NOT_JSON, 422: INVALID_REQUEST, 503: UNAVAILABLE}


class Problem(Exception):
    """A failed request. `members` are a kind's own fields, in addition to the four of every problem."""

    def __init__(self, kind: Kind, detail: str, *, headers: Mapping[str, str] | None = None, **members: object) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def response(self) -> Response:
        """The problem as an HTTP response."""
        kind = self.kind
        document = {"type": kind.path, "title": kind.title, "status": kind.status, "detail": self.detail}
        return JSONResponse(document | self.members, kind.status, headers=self.headers, media_type=MEDIA_TYPE)


def from_status(status: int, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for a plain status of the framework."""
    kind = _BY_STATUS.get(status, BROKEN if status >= 500 else INVALID_REQUEST)
    if kind is INVALID_REQUEST:  # an unreadable body: not UTF-8, or nested too deeply
        return invalid_request(("body", "it cannot be read"), headers=headers)
    return Problem(kind, kind.advice, headers=headers)


def invalid_request(*fields: tuple[str, str], headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for invalid fields, each with a reason."""
    errors = [{"field": field, "detail": detail} for field, detail in fields]
    return Problem(INVALID_REQUEST, INVALID_REQUEST.advice, headers=headers, errors=errors)
