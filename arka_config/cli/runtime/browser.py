"""Opens a page in the user's browser, where there is one that can show it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


def open_page(session: Session, page: str) -> bool:
    """Whether the page was opened: not over ssh, and not in place of the terminal."""
    environ = session.environ
    has_screen = sys.platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    if not environ.get("BROWSER") and (not has_screen or environ.get("SSH_CONNECTION")):
        return False
    import webbrowser

    # A browser outlives this process, and all that it starts would have them too.
    kept = {name: os.environ.pop(name) for name in session.app.secret_variables if name in os.environ}
    try:
        return webbrowser.open(page)
    except webbrowser.Error:
        return False
    finally:
        os.environ.update(kept)
