"""The settings, from flags, environment and profiles."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, HttpUrl

from arka_config import ProfileSettings, Token
from weather import app


class Display(BaseModel):
    units: Literal["metric", "imperial"] = Field(default="metric", description="unit of temperatures")
    days: int = Field(default=3, ge=1, le=14, description="number of days to show")


class Settings(ProfileSettings, app=app):
    token: Token
    api_url: HttpUrl = HttpUrl("https://api.weather.example")
    timeout: float = Field(default=30, gt=0, description="timeout for requests, in seconds")
    display: Display = Display()
