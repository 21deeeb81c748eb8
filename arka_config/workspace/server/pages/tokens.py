"""The tokens page: list, create, show once, revoke."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy.exc import IntegrityError
from starlette.responses import RedirectResponse, Response

from arka_config import timestamps
from arka_config.errors import InvalidValue
from arka_config.workspace import scopes
from arka_config.workspace.server import issuing, leaks, tokens
from arka_config.workspace.server.issuing import Bounds
from arka_config.workspace.server.pages.browser import Browser, Redirect, SignedInBrowser, SignedInFormBrowser
from arka_config.workspace.server.pages.rendering import render
from arka_config.workspace.server.tables import Token
from arka_config.workspace.server.tables import new_id as generate_id
from arka_config.workspace.server.tokens import Cursor

_PAGE_SIZE = 50
_SOON = timedelta(days=14)
DAYS = ("5m", "1h", "1d", "30", "60", "90")
_ACCESS = {"full": "", "read": scopes.READ, "issue": scopes.ISSUE, "manage": scopes.MANAGE}


router = APIRouter(include_in_schema=False)  # the app sets its path


@router.get("")
def show(
    browser: SignedInBrowser, create: str | None = None, revoke: str | None = None, note: str = "", after: str = ""
) -> Response:
    """Show the list, and over it the dialog that the query asks for, so that dialogs work without JavaScript."""
    doomed = _find_token(browser, revoke) if revoke is not None else None
    return _render_list(browser, after=after, creating=create is not None, doomed=doomed, note=note)


@router.post("")
def create(
    browser: SignedInFormBrowser,
    label: Annotated[str, Form()] = "",
    expiry: Annotated[str, Form()] = "",
    date: Annotated[str, Form()] = "",
    access: Annotated[str, Form()] = "full",
    issue_label: Annotated[str, Form()] = "",
    issue_lifetime: Annotated[str, Form()] = "",
    issue_count: Annotated[str, Form()] = "",
    new_id: Annotated[str, Form(alias="id")] = "",
) -> Response:
    """Create a token and show it once; no URL leads back to this response.

    The form contains the id of its token, so that submitting it twice (double click, reload) creates one token.
    """
    try:
        bounds = _parse_bounds(issue_label, issue_lifetime, issue_count) if access == "issue" else None
        with browser.workspace.database.write() as session:
            issued = tokens.issue(
                session,
                browser.workspace.app,
                browser.user_id,
                label.strip(),
                parse_expiry(expiry, date),
                _ACCESS.get(access, ""),
                address=browser.address,
                token_id=new_id if tokens.ID.fullmatch(new_id) else None,
                bounds=bounds,
            )
    except IntegrityError:
        raise _redirect_to_list(browser, "sent") from None
    except InvalidValue as error:
        entered = {"label": label.strip()[:200], "expiry": expiry, "date": date[:10], "access": access}
        entered |= {"issue_label": issue_label[:100], "issue_lifetime": issue_lifetime[:10]}
        entered |= {"issue_count": issue_count[:6]}
        return _render_list(browser, 422, creating=True, fault=error.message, entered=entered)
    return _render_list(browser, issued=issued)


@router.post("/revoke")
def revoke(browser: SignedInFormBrowser, token: Annotated[str, Form(alias="id")] = "") -> Response:
    """Revoke a token. It is not an error if it is already revoked."""
    with browser.workspace.database.write() as session:
        tokens.revoke(session, browser.user_id, token, address=browser.address)
    return RedirectResponse(f"{browser.workspace.tokens_page}?note=revoked", 303)


def _redirect_to_list(browser: Browser, note: str) -> Redirect:
    return Redirect(f"{browser.workspace.tokens_page}?note={note}")


def _find_token(browser: Browser, token_id: str) -> Token:
    with browser.workspace.database.read() as session:
        token = tokens.find(session, browser.user_id, token_id)
    if token is None:
        raise _redirect_to_list(browser, "gone")
    return token


def parse_expiry(expiry: str, date: str) -> datetime | None:
    """Return the expiry chosen in the form. Raises InvalidValue."""
    if expiry == "never":
        return None
    if expiry in DAYS:
        return timestamps.parse_expiry(expiry if expiry.endswith(("m", "h", "d")) else f"{expiry}d")
    try:
        if expiry == "date" and len(date) == len("2027-02-28"):
            return timestamps.parse_expiry(date)
    except ValueError:
        pass
    raise InvalidValue("choose when the token expires")


def tomorrow() -> str:
    """The first date that the form accepts."""
    return f"{timestamps.now() + timedelta(days=1):%Y-%m-%d}"


def _parse_bounds(label: str, lifetime: str, count: str) -> Bounds:
    """Return the bounds entered in the form. Raises InvalidValue."""
    try:
        return issuing.check_bounds(label.strip(), timestamps.parse_duration(lifetime), int(count))
    except ValueError:
        pass
    raise InvalidValue("a token that issues tokens needs a longest lifetime, such as 1h, and a number of tokens")


EMPTY_FORM: dict[str, object] = {
    "label": "",
    "expiry": "90",
    "date": "",
    "access": "full",
    "issue_label": "",
    "issue_lifetime": "",
    "issue_count": "",
}


def _render_list(browser: Browser, status: int = 200, *, after: str = "", **values: object) -> Response:
    with browser.workspace.database.read() as session:
        cursor = Cursor.decode(after) if len(after) <= tokens.MAX_CURSOR_LENGTH else None
        rows = tokens.list_tokens(session, browser.user_id, _PAGE_SIZE + 1, cursor)
        notices = leaks.list_notices(session, browser.user_id)
    page, more = rows[:_PAGE_SIZE], rows[_PAGE_SIZE:]
    defaults: dict[str, object] = {
        "tokens": page,
        "leaks": notices,
        "after": after if cursor is not None else "",
        "older": Cursor(page[-1].created, page[-1].id).encode() if more else "",
        "creating": False,
        "doomed": None,
        "note": "",
        "issued": None,
        "fault": "",
        "entered": EMPTY_FORM,
        "tomorrow": tomorrow(),
        "days": DAYS,
        "soon": timestamps.now() + _SOON,
        "new_id": generate_id("tok"),
    }
    return render(browser, "tokens.html", status, **{**defaults, **values})
