"""A pytest plugin that runs pydantic-settings' own tests with a `BaseSettings` that is a ProfileSettings.

The adapter supplies what a ProfileSettings needs and a class of theirs lacks: an app with the class's `env_prefix` as
its prefix, and variables in upper case. It shows pydantic's errors as they are, since ours omit the values. Everything
else is the code under test. The plugin writes the outcome of each test to the file that `ADAPTER_OUTCOMES` names. The
tests' own packages are in the folder that `ADAPTER_PACKAGES` names. If one of them is installed as well, the installed
one is used.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pydantic_settings
import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from arka_config import App, ProfileSettings
from arka_config.precedence.values import Field
from tests import no_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.app_identity import AppIdentity

_HOME = os.path.join(os.environ["HOME"], "adapter")  # read now, because some tests clear the environment
_OUTCOMES = os.environ.get("ADAPTER_OUTCOMES", "")


class _AnyPrefix(App):
    """An app with the variables of pydantic-settings: any prefix or none, in upper case or as it is."""

    def __init__(self, env_prefix: str, *, case_sensitive: bool) -> None:
        super().__init__("adapter")
        self._env_prefix = env_prefix
        self._case_sensitive = case_sensitive

    def field(self, path: tuple[str, ...], *, secret: bool = False) -> Field:
        field = super().field(path, secret=secret)
        name = self._env_prefix + "__".join(path)
        variable = name if self._case_sensitive else name.upper()
        return Field(field.path, option=field.option, variable=variable, key=field.key, secret=secret)

    def environ(self) -> dict[str, str]:
        """Return the environment, in upper case unless names are case-sensitive."""
        own = {"ADAPTER_HOME": _HOME}
        return own | {name if self._case_sensitive else name.upper(): text for name, text in os.environ.items()}


class BaseSettings(ProfileSettings):
    """A ProfileSettings with the constructor and the errors of pydantic-settings."""

    refusal: ClassVar[TypeError | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        config = cls.model_config
        app = _AnyPrefix(config.get("env_prefix") or "", case_sensitive=bool(config.get("case_sensitive")))
        app.prefix = config.get("env_prefix") or app.prefix
        super().__init_subclass__(app=app, **kwargs)

    @classmethod
    def __pydantic_init_subclass__(
        cls, app: AppIdentity | None = None, retired: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        """Refuse the class when it is used: its module has tests of other classes too."""
        try:
            super().__pydantic_init_subclass__(app, retired, **kwargs)
        except TypeError as error:
            cls.refusal = cls.refusal or error

    def __init__(self, **values: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        if options := [name for name in values if name.startswith("_")]:
            raise TypeError(f"{options[0]} is not supported")
        source = self._source(arguments=values, environ=self.app.environ())  # type: ignore[attr-defined]  # the adapter's
        given: Any = {"arka_config source": source}
        try:
            pydantic_settings.main.BaseSettings.__init__(self, **given)
        except ValidationError:
            if not source.problems:  # if a value cannot be decoded, it is missing as well
                raise
        if source.problems:
            leaf, problem = source.problems[0]
            field = leaf.field.path[0] if leaf else ""
            raise SettingsError(f'error parsing value for field "{field}" from source "EnvSettingsSource"') from (
                ValueError(problem)
            )
        self._values = source.values


sys.path.append(os.environ["ADAPTER_PACKAGES"])  # before pytest looks for plugins
no_network.guard(pytest.MonkeyPatch())
# Some of them look for a file in the package `tests`, which was ours up to here.
_theirs = spec_from_file_location("tests", Path("tests/__init__.py").absolute(), submodule_search_locations=["tests"])
assert _theirs
sys.modules["tests"] = module_from_spec(_theirs)
# Errors of pydantic name the class and its method, and one of their tests expects these names.
BaseSettings.__module__ = "pydantic_settings.main"
ProfileSettings.settings_customise_sources.__func__.__qualname__ = "BaseSettings.settings_customise_sources"  # type: ignore[attr-defined]  # a bound method has it
BaseSettings.app = _AnyPrefix("", case_sensitive=False)
pydantic_settings.BaseSettings = BaseSettings  # type: ignore[misc,assignment]  # before the tests import it
_outcomes: dict[str, str] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Keep the outcome of each test: an empty text, or its error."""
    report = yield
    if report.failed and call.excinfo is not None:
        _outcomes[item.nodeid] = "\n".join(_texts(call.excinfo.value))
    elif report.passed and report.when == "call":
        _outcomes.setdefault(item.nodeid, "")
    return report


def _texts(error: BaseException | None) -> Iterator[str]:
    """Yield the text of an error, and of those that it replaced."""
    while error is not None:
        yield f"{type(error).__name__}: {error}"
        error = error.__cause__ or error.__context__


def pytest_sessionfinish() -> None:
    """Write the outcomes."""
    if _OUTCOMES:
        Path(_OUTCOMES).write_text(json.dumps(_outcomes))
