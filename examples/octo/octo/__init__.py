"""The app, and the program's entry point."""

from __future__ import annotations

from arka_config import App, UrlVerifier

app = App(
    "octo",
    title="Octo",
    settings="octo.settings:Settings",
    token_prefix=("ghp_", "github_pat_"),  # classic and fine-grained tokens
    token_length={"ghp_": 40, "github_pat_": 93},
    api_url="https://api.github.com",
    tokens_page="https://github.com/settings/tokens",  # on another host than the API
    verifier=UrlVerifier(
        "/user",
        user="login",
        id="id",
        scopes="header:X-OAuth-Scopes",
        expires="header:GitHub-Authentication-Token-Expiration",
    ),
    secret_settings=(),
    distribution="arka-config-example-octo",  # its version is in the User-Agent
)
main = app.main("octo.cli:cli")
