"""The app, and the program's entry point."""

from __future__ import annotations

from arka_config import App, SignIn, WorkspaceVerifier

app = App(
    "weather",
    title="Weather",
    settings="weather.settings:Settings",
    token_prefix="wx_",
    api_url="https://api.weather.example",
    verifier=WorkspaceVerifier(),  # the service has the API of a workspace: `weather rotate`, `weather tokens list`
    tokens_page="/settings/tokens",
    distribution="arka-config-example-weather",
    sign_in=SignIn("weather-cli", scope="forecasts"),  # `weather login` opens the browser if the server supports it
)
main = app.main("weather.cli:cli")
