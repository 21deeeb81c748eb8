"""The weather, for those who have a token: the app, and what the program starts with."""

from __future__ import annotations

from arka_config import App

app = App(
    "weather",
    title="Weather",
    settings="weather.settings:Settings",
    token_prefix="wx_",
    api_url="https://api.weather.example",
    tokens_page="/settings/tokens",
)
main = app.main("weather.cli:cli")
