"""The options of `workspace serve` for single sign-on: if they cannot be used, nothing is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config.cli.runtime.sign_on_options import parse_sign_on
from tests.cli.program import arka

if TYPE_CHECKING:
    from pathlib import Path

ISSUER = ["--sso-issuer", "https://accounts.example.com", "--sso-client-id", "workspace"]
NOTHING = {
    "sso_issuer": "",
    "sso_client_id": "",
    "sso_client_secret_file": "",
    "sso_domain": (),
    "sso_claim": (),
    "sso_new_users": "create",
    "sso_plan": "free",
    "sso_only": False,
}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--sso-only"], 2, "the options --sso-… need --sso-issuer"),
        (ISSUER, 2, "every account at the provider could sign in"),
        ([*ISSUER, "--sso-claim", "groups"], 2, "--sso-claim is written as NAME=VALUE"),
        ([*ISSUER[:2], "--sso-domain", "example.com"], 2, "--sso-issuer needs --sso-client-id"),
        (["--sso-issuer", "http://accounts.example.com", *ISSUER[2:]], 2, "not the https URL of a provider"),
        ([*ISSUER, "--sso-new-users", "link", "--sso-client-secret-file", "/missing"], 1, "/missing cannot be read"),
    ],
)
def test_serve_refuses_options_that_cannot_be_used(home: Path, options: list[str], code: int, message: str) -> None:
    done = arka("workspace", "serve", "--port", "0", *options)
    assert (done.code, message in done.err) == (code, True), done.err


def test_options_become_settings(tmp_path: Path) -> None:
    assert parse_sign_on(NOTHING) is None
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    given = {"sso_issuer": "https://accounts.example.com", "sso_client_id": "workspace", "sso_only": True}
    settings = parse_sign_on(
        NOTHING
        | given
        | {"sso_client_secret_file": str(secret), "sso_domain": ("Example.com",), "sso_claim": ("groups=a=b",)}
    )
    assert settings is not None
    assert (settings.domains, settings.claims, settings.only) == (("example.com",), (("groups", "a=b"),), True)
    assert settings.read_secret() == "s3cret"
    assert "s3cret" not in repr(settings)
