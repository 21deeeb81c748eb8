"""A settings class with old names and retired ones, as a CLI's second version has them."""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, Field, HttpUrl, SecretStr

from arka_config import App, ProfileSettings, Token

app = App("acme", settings=f"{__name__}:Settings", token_prefix="acme_", api_url="https://api.acme.example")


class Http(BaseModel):
    retries: int = Field(default=3, ge=0, validation_alias=AliasChoices("retries", "attempts"))
    headers: dict[str, str] = {}


class Settings(ProfileSettings, app=app, retired={"colour": "NO_COLOR does it", "http.proxy": "set HTTPS_PROXY"}):
    token: Token | None = None
    api_url: HttpUrl = HttpUrl("https://api.acme.example")
    timeout: float = Field(default=30, gt=0, validation_alias=AliasChoices("timeout", "wait", "patience"))
    password: SecretStr | None = Field(default=None, validation_alias=AliasChoices("password", "pass_phrase", "a_word"))
    proxy: str | None = Field(default=None, validation_alias=AliasChoices("proxy", "http_proxy"))
    ca_bundle: str | None = Field(default=None, validation_alias=AliasChoices("ca_bundle", "certificates"))
    http: Http = Field(default=Http(), validation_alias=AliasChoices("http", "network"))
