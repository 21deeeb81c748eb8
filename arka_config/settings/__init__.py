"""Typed settings: a pydantic-settings class whose only source is the one definition of precedence."""

from arka_config.settings.profile_settings import ProfileSettings
from arka_config.settings.token import Token

__all__ = ["ProfileSettings", "Token"]
