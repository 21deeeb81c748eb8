"""ARKA Code's own command line: an app built with arka-config, using the public API only."""

from __future__ import annotations

# Of the public names, but not from the package itself, which imports importlib: `token` takes the fast path.
from arka_config.app import App
from arka_config.app_identity import SignIn

app = App(
    "arka",
    title="ARKA",
    settings="arka_config.arka.settings:Settings",
    token_prefix="arka_",  # what every token begins with
    token_length=len("arka_") + 37,
    token_checksum="optional",  # older tokens have none
    api_url="https://arka-ai.com",
    verifier="arka_config.verifiers.workspace_api:WorkspaceVerifier",
    tokens_page="/app/personal/settings/tokens",
    billing_page="/billing",
    legacy_project="arka-code",
    secret_settings=(),  # besides the token; `exec` need not import the class to know
    sign_in=SignIn("arka"),
    distribution="arka-config",
)
