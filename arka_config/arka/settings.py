"""The settings of the `arka` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, HttpUrl

from arka_config.arka import app
from arka_config.settings import ProfileSettings, Token
from arka_config.workspace.client.connection import check_bundle, check_proxy


class Settings(ProfileSettings, app=app):
    """The settings of `arka`, from flags, the environment or the profile."""

    token: Token | None = Field(default=None, description="the effective token")
    api_url: HttpUrl = Field(default=HttpUrl("https://arka-ai.com"), description="the workspace")
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        default=30.0, description="how long to wait for an answer, in seconds"
    )
    proxy: Annotated[HttpUrl, BeforeValidator(check_proxy)] | None = Field(
        default=None, description="the proxy that requests go through"
    )
    ca_bundle: Annotated[Path, BeforeValidator(check_bundle)] | None = Field(
        default=None, description="a file of certificates to trust in place of the system's"
    )
