"""The tokens page: list, create, show once, revoke."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy.exc import IntegrityError
from starlette.responses import RedirectResponse, Response

from arka_config import timestamps
from arka_config.errors import InvalidValue
from arka_config.workspace.server import tokens
from arka_config.workspace.server.api import cursors
from arka_config.workspace.server.digests import new_id as drawn_id
from arka_config.workspace.server.pages.browser import Browser, Elsewhere, SentByUser, SignedIn
from arka_config.workspace.server.pages.rendering import page
from arka_config.workspace.server.tables import Token
from arka_config.workspace.server.tokens import Place

_AT_ONCE = 50
_SOON = timedelta(days=14)
DAYS = ("30", "60", "90")


def router(path: str) -> APIRouter:
    """The page at its path: each app has its own."""
    made = APIRouter(include_in_schema=False)
    made.add_api_route(path, show, methods=["GET"])
    made.add_api_route(path, create, methods=["POST"])
    made.add_api_route(f"{path}/revoke", revoke, methods=["POST"])
    return made


def show(
    browser: SignedIn, create: str | None = None, revoke: str | None = None, note: str = "", after: str = ""
) -> Response:
    """The list; with a dialog over it where the address asks for one, which is how it works without a script."""
    doomed = _token(browser, revoke) if revoke is not None else None
    return _list(browser, after=after, creating=create is not None, doomed=doomed, note=note)


def create(
    browser: SentByUser,
    label: Annotated[str, Form()] = "",
    expiry: Annotated[str, Form()] = "",
    date: Annotated[str, Form()] = "",
    manage: Annotated[str, Form()] = "",
    new_id: Annotated[str, Form(alias="id")] = "",
) -> Response:
    """Makes a token and shows it; no address leads back to this answer.

    The form brings the id that its token will have. One that is sent twice, by a double click or a reload, makes one.
    """
    scopes = tokens.MANAGE if manage else ""
    try:
        with browser.workspace.database.writing() as session:
            issued = tokens.issue(
                session,
                browser.workspace.app,
                browser.user_id,
                label.strip(),
                _end(expiry, date),
                scopes,
                address=browser.address,
                token_id=new_id if tokens.ID.fullmatch(new_id) else None,
            )
    except IntegrityError:
        raise _elsewhere(browser, "sent") from None
    except InvalidValue as error:
        entered = {"label": label.strip()[:200], "expiry": expiry, "date": date[:10], "manage": bool(manage)}
        return _list(browser, 422, creating=True, fault=error.message, entered=entered)
    return _list(browser, issued=issued)


def revoke(browser: SentByUser, token: Annotated[str, Form(alias="id")] = "") -> Response:
    """Revokes a token. That it is gone already is as good."""
    with browser.workspace.database.writing() as session:
        tokens.revoke(session, browser.user_id, token, address=browser.address)
    return RedirectResponse(f"{browser.workspace.tokens_page}?note=revoked", 303)


def _elsewhere(browser: Browser, note: str) -> Elsewhere:
    """The list, with a note on it."""
    return Elsewhere(f"{browser.workspace.tokens_page}?note={note}")


def _token(browser: Browser, token_id: str) -> Token:
    with browser.workspace.database.reading() as session:
        found = tokens.find(session, browser.user_id, token_id)
    if found is None:
        raise _elsewhere(browser, "gone")
    return found


def _end(expiry: str, date: str) -> datetime | None:
    """When a token ends that is made with this form. Raises InvalidValue."""
    if expiry == "never":
        return None
    if expiry in DAYS:
        return timestamps.now() + timedelta(days=int(expiry))
    try:
        if expiry == "date" and len(date) == len("2027-02-28"):
            return timestamps.end(date)
    except ValueError:
        pass
    raise InvalidValue("choose when the token expires")


_NOTHING = {"label": "", "expiry": "90", "date": "", "manage": False}


def _list(browser: Browser, status: int = 200, *, after: str = "", **values: object) -> Response:
    with browser.workspace.database.reading() as session:
        place = cursors.read(after) if len(after) <= cursors.LONGEST else None
        found = tokens.listed(session, browser.user_id, _AT_ONCE + 1, place)
    listed, more = found[:_AT_ONCE], found[_AT_ONCE:]
    usual: dict[str, object] = {
        "tokens": listed,
        "after": after if place is not None else "",
        "older": cursors.written(Place(listed[-1].created, listed[-1].id)) if more else "",
        "creating": False,
        "doomed": None,
        "note": "",
        "issued": None,
        "fault": "",
        "entered": _NOTHING,
        "tomorrow": f"{timestamps.now() + timedelta(days=1):%Y-%m-%d}",
        "days": DAYS,
        "soon": timestamps.now() + _SOON,
        "new_id": drawn_id("tok"),
    }
    return page(browser, "tokens.html", status, **{**usual, **values})
