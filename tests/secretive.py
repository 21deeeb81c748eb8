"""An app with the name, folders and tokens of `arka`, and with settings that are secrets of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, HttpUrl, SecretBytes, SecretStr
from pydantic import Secret as PydanticSecret

from arka_config import App, ProfileSettings, Token
from arka_config.arka import app as arka
from arka_config.testing import Result, run_program

if TYPE_CHECKING:
    from collections.abc import Mapping

app = App(
    "arka",
    settings="tests.secretive:Settings",
    token_prefix=arka.token_prefixes,
    verifier=arka.verifier,
    token_length=arka.token_length,
    token_checksum=arka.token_checksum,
    api_url="https://arka-ai.com",
    tokens_page=arka.tokens_page,
    legacy_project=arka.legacy_project,
)


class Mail(BaseModel):
    """A nested model with a secret."""

    host: str = "localhost"
    password: SecretStr | None = None


class Settings(ProfileSettings, app=app):
    """Secrets of every kind, and settings that are not secret."""

    token: Token | None = None
    api_url: HttpUrl = HttpUrl("https://arka-ai.com")
    timeout: float = 30
    webhook_secret: SecretStr | None = Field(None, min_length=4)
    private_key: SecretBytes | None = None
    pin: PydanticSecret[int] | None = None
    keys: list[SecretStr] = []
    named: dict[str, SecretStr] = {}
    mail: Mail = Mail()


main = app.main()


def secretive(*words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Result:
    """Run the app in this process, in the test's environment plus these variables."""
    return run_program(main, words, stdin=stdin, environ=environ)
