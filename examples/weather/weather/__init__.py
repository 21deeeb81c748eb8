"""The app, and the program's entry point."""

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
