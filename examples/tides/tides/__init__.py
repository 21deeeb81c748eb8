"""The app, and the program's entry point."""

from __future__ import annotations

from arka_config import App, WorkspaceVerifier

app = App(
    "tides",
    title="Tides",
    settings="tides.cli:Settings",
    token_prefix="td_",
    api_url="https://api.tides.example",
    verifier=WorkspaceVerifier(),
    commands=("login", "logout", "status", "token", "use", "profiles", "config"),
    distribution="arka-config-example-tides",
)
main = app.main("tides.cli:cli")
