"""Typed settings: a pydantic-settings class that reads its values through `arka_config.precedence` only."""

from arka_config.settings.profile_settings import ProfileSettings
from arka_config.settings.token import Token

__all__ = ["ProfileSettings", "Token"]
