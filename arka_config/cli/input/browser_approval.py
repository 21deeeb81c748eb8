"""Have the user approve a sign-in in a browser: on this machine, or with a device code on any other."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Protocol

from arka_config.cli.output import terminal
from arka_config.cli.output.progress import show_countdown
from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.cli.output.documents.credentials import SignInDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret
    from arka_config.workspace.client.sign_in.server import AuthorizationServer, Granted, Requester

    class Record(Protocol):
        """Remembers a code, so that what was issued for it can be withdrawn after a kill."""

        def begin(self, code: Secret) -> None: ...
        def finish(self) -> None: ...


BROWSER_SECONDS = 600.0  # how long the browser may take to return
_WAITING = "Waiting for your approval, Ctrl-C cancels"


def get_approval(
    session: Session, server: AuthorizationServer, requester: Requester, record: Record, *, no_browser: bool
) -> Granted | None:
    """Return the token that the user has approved. None if the server supports no way that works here.

    Raises SignInFailed, ProRequired and the kinds of WorkspaceError.
    """
    metadata = server.metadata
    if metadata.authorization_endpoint and not no_browser and session.has_local_browser:
        granted = _use_loopback(session, server, requester, record)
        if granted is not None:
            return granted
    if metadata.device_authorization_endpoint:
        return _use_device_code(session, server, requester, record, no_browser=no_browser)
    return None


def _use_loopback(
    session: Session, server: AuthorizationServer, requester: Requester, record: Record
) -> Granted | None:
    """Open the approval page, and wait until the browser returns to this program.

    None if no browser can be opened, and a device code can be used instead.
    """
    from arka_config.workspace import user_codes
    from arka_config.workspace.client.sign_in.loopback import Listener
    from arka_config.workspace.client.sign_in.server import CodeRequest, expired_error

    with Listener(session.app.title) as listener:
        request = CodeRequest(listener.redirect_uri, listener.state)
        page = server.authorization_url(request, requester)
        code = user_codes.show(user_codes.of_challenge(request.challenge))
        if session.json:
            document: SignInDocument = {"url": page, "code": code, "expires_in": int(BROWSER_SECONDS)}
            session.show_json_line(document)
        terminal.say(f"Approve the sign-in to {server.origin} for profile '{requester.profile}' in your browser:")
        for line in ("", f"  {page}", "", f"If the page shows a code, it must be {code}."):
            terminal.say(line)
        if not session.open_page(page):
            if server.metadata.device_authorization_endpoint:
                return None
            terminal.say("No browser could be opened: open the page in one on this machine.")
        ends = time.monotonic() + BROWSER_SECONDS
        answer = None
        with show_countdown(_WAITING) as show:
            while answer is None and (left := ends - time.monotonic()) > 0:
                show(left)
                answer = listener.wait(min(1.0, left))
    if answer is None:
        raise expired_error()
    authorization = server.code_of(answer)
    with _withdraw_on_failure(server, record, authorization, "authorization_code"):
        return server.exchange(request, authorization)


def _use_device_code(
    session: Session, server: AuthorizationServer, requester: Requester, record: Record, *, no_browser: bool
) -> Granted:
    """Show a code to enter on the approval page, on any device, and wait until it is approved."""
    device = server.authorize_device(requester)
    with _withdraw_on_failure(server, record, device.secret, "device_code"):
        if session.json:
            document: SignInDocument = {
                "url": device.page,
                "code": device.user_code,
                "expires_in": round(device.ends - time.monotonic()),
                "url_with_code": device.complete_page or None,
            }
            session.show_json_line(document)
        terminal.say(f"To sign in to {server.origin} as profile '{requester.profile}', open this page on any device:")
        for line in ("", f"  {device.page}", "", f"and enter the code {device.user_code}"):
            terminal.say(line)
        if not no_browser and session.open_page(device.complete_page or device.page):
            terminal.say("Opened the page in your browser.")
        with show_countdown(_WAITING) as show:
            return server.wait_for_approval(device, show)


@contextlib.contextmanager
def _withdraw_on_failure(server: AuthorizationServer, record: Record, code: Secret, kind: str) -> Iterator[None]:
    """Withdraw a code, with what may have been issued for it, if the block ends without a token: on Ctrl-C too."""
    if server.metadata.revocation_endpoint:
        record.begin(code)
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(ConfigError):
            if server.withdraw(code, kind):
                record.finish()
                if isinstance(error, KeyboardInterrupt):
                    terminal.say("withdrew the request")
        raise
