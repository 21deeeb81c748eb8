"""Acme: an app other than arka, with settings of every kind."""

from __future__ import annotations

from pydantic import BaseModel, HttpUrl, SecretStr

from arka_config import App, ProfileSettings, Token, WorkspaceVerifier

app = App(
    "acme",
    settings="tests.acme:Settings",
    token_prefix="acme_",
    api_url="https://api.acme.example",
    verifier=WorkspaceVerifier(),
    tokens_page="/tokens",
)


class Http(BaseModel):
    """A nested model. Its default in Settings is an instance with other values."""

    retries: int = 3
    agent: str = "plain"
    headers: dict[str, str] = {}


class Settings(ProfileSettings, app=app):
    """Fields of every kind."""

    token: Token | None = None
    api_url: HttpUrl = HttpUrl("https://api.acme.example")
    timeout: float = 30
    region: str | None = None
    verbose: bool = False
    tags: tuple[str, ...] = ()
    password: SecretStr | None = None
    http: Http = Http(agent="acme/1")
