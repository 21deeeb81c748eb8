"""The settings, from flags, environment and profiles."""

from __future__ import annotations

from pydantic import Field, HttpUrl

from arka_config import ProfileSettings, Token
from octo import app


class Settings(ProfileSettings, app=app):
    token: Token
    api_url: HttpUrl = HttpUrl("https://api.github.com")
    timeout: float = Field(default=30, gt=0, description="timeout for requests, in seconds")
    per_page: int = Field(default=30, ge=1, le=100, description="number of repositories to show")
