"""Typed settings: a pydantic-settings class that reads its values through `arka_config.precedence` only."""

from arka_config.settings.fields import Token
from arka_config.settings.profile_settings import ProfileSettings

__all__ = ["ProfileSettings", "Token"]
