"""A second app, for tests of two apps in one process."""

from __future__ import annotations

from arka_config import App, ProfileSettings, Token, WorkspaceVerifier

app = App(
    "other",
    settings=f"{__name__}:Settings",
    token_prefix="oth_",
    api_url="https://other.example",
    verifier=WorkspaceVerifier(),
)


class Settings(ProfileSettings, app=app):
    token: Token | None = None
    timeout: float = 1
