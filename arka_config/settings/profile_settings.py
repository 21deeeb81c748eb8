"""ProfileSettings: declare the settings of a CLI, and get profiles, precedence and provenance."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from arka_config.errors import ConfigError, ConfigWarning, SettingsError
from arka_config.opening import open_store
from arka_config.precedence.values import DEFAULT, ResolvedValue
from arka_config.settings.class_checks import (
    check_configuration,
    check_declared_secrets,
    check_names,
    check_variables,
)
from arka_config.settings.fields import (
    Leaf,
    leaves,
    messages,
    no_such_setting,
)
from arka_config.settings.layered_source import Given, LayeredSource, describe_missing, describe_problem
from arka_config.settings.renaming import leaves_by_old_name
from arka_config.settings.secret_types import is_secret
from arka_config.store.preferences import REFUSE
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from pydantic._internal._model_construction import ModelMetaclass

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.values import Field, Layer
    from arka_config.settings.layered_source import Problem
    from arka_config.store.profile_store import ProfileStore

else:
    ModelMetaclass = type(BaseModel)  # under its own name, it is private

_SOURCE = "arka_config source"  # cannot be a field's name: it contains a space


class _SettingsType(ModelMetaclass):
    if not TYPE_CHECKING:  # else type checkers would accept every attribute

        def __getattr__(cls, name):  # noqa: N805  # it is a metaclass
            """Raise AttributeError. If the class has no app, it says how to give it one. A descriptor cannot do that:
            pydantic's `__getattr__` replaces its message.
            """
            if name == "app":
                raise AttributeError(_no_app(cls), name=name, obj=cls)
            return super().__getattr__(name)


def _no_app(settings: type) -> str:
    """Return the sentence for a settings class without an app, with how to give it one."""
    name = settings.__name__
    declared = "Settings" if name == "ProfileSettings" else name
    return f"{name} has no app: write class {declared}(ProfileSettings, app=app)"


class ProfileSettings(BaseSettings, metaclass=_SettingsType):
    """The base of a settings class: `class Settings(ProfileSettings, app=app)`.

    Values come from flags, the environment (`ACME_TIMEOUT`, `ACME_HTTP__RETRIES`; an empty variable is unset), the
    effective profile, and the defaults of the class, in that order: `arka_config.precedence`. No other source is read.
    Class creation raises TypeError for anything that would add a second rule: aliases, nested BaseSettings, configured
    or customised sources, and names with `__`. `AliasChoices("timeout", "wait")` declares an old name of a setting:
    profiles and variables that have it still work, with a warning. `retired={"wait": "there is no limit now"}` names
    settings that no longer exist, by dotted name, and why: a profile that has one gets a warning and no error.
    """

    model_config = SettingsConfigDict(extra="forbid", hide_input_in_errors=True)

    app: ClassVar[AppIdentity]
    retired: ClassVar[Mapping[str, str]] = {}
    _values: dict[str, ResolvedValue] = PrivateAttr(default_factory=dict)

    def __init_subclass__(
        cls, app: AppIdentity | None = None, retired: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if retired is not None:
            cls.retired = {**cls.retired, **retired}
        if app is not None:
            cls.app = app

    @classmethod
    def __pydantic_init_subclass__(
        cls, app: AppIdentity | None = None, retired: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        check_configuration(cls)
        check_names(cls, cls.__name__)
        if hasattr(cls, "app"):
            check_variables(cls, cls.app, cls.retired)
            cls.leaves()  # checks the app's list of secrets

    def __init__(self, **flags: Any) -> None:
        """Load with these values as the flag layer. Raises what `load` raises."""
        source = flags.pop(_SOURCE, None) or self._source(arguments=flags)
        values: Any = {_SOURCE: source}
        problems = []
        try:
            super().__init__(**values)
        except ValidationError as error:
            problems = list(_problems(error, source))
        problems += source.problems
        if source.token_leaf is not None and [leaf for leaf, _ in problems] == [source.token_leaf]:
            source.resolution.token()  # raises NoToken if it is missing, which says how to get one
        if problems:  # raised outside `except` so pydantic's error is not chained: it may hold a secret
            hint = f"{type(self).app.name} config show --sources"
            raise SettingsError([text for _, text in problems], hint=hint)
        self._values = source.values
        _check_expiry(source)

    @classmethod
    def load(
        cls,
        *,
        profile: str | None = None,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        store: ProfileStore | None = None,
    ) -> Self:
        """Load the effective settings. `profile` is one chosen by flag, `flags` are values by dotted name.

        `environ` defaults to `os.environ`, and `store` to the app's own. Raises one SettingsError for all invalid
        values, NoToken, UnknownProfile, OriginConflict, and the errors of reading the profile. If the token is known to
        have expired, that is a ConfigWarning, or ExpiredToken with `expiry = "refuse"` in config.toml.
        """
        return cls(**{_SOURCE: cls._source(profile=profile, flags=flags, environ=environ, store=store)})

    @classmethod
    def from_resolution(cls, resolution: Resolution) -> Self:
        """Load the settings from a resolution that the caller has."""
        return cls(**{_SOURCE: LayeredSource(cls, cls.leaves(), resolution)})

    @classmethod
    def problems_with(
        cls, settings: Mapping[str, Any], *, profile: str, environ: Mapping[str, str], store: ProfileStore
    ) -> list[str]:
        """Return what the class says about a profile whose file has these settings.

        Values may be missing: the environment may have them. Nothing if the profile cannot be read, which is reported
        when it is used.
        """
        source = cls._source(profile=profile, environ=environ, store=store, may_be_new=True)
        given: Any = {_SOURCE: source}
        try:
            source.pretend(settings)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConfigWarning)  # reported when the profile is used
                super().__init__(cls.__new__(cls), **given)
        except ValidationError as error:
            found = _problems(error, source)
            return [text for leaf, text in found if leaf is None or text != describe_missing(leaf)]
        except ConfigError:
            return []
        return []

    @classmethod
    def _source(
        cls,
        *,
        profile: str | None = None,
        flags: Mapping[str, object] | None = None,
        arguments: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        store: ProfileStore | None = None,
        may_be_new: bool = False,
    ) -> LayeredSource:
        """Return what reads the layers. `arguments` are flags that are values already: no text of them is decoded."""
        known = cls.leaves()
        environ = os.environ if environ is None else environ
        store = store or open_store(cls.app, environ)
        by_name = dict(cls._by_leaf(flags or {}))
        by_name |= {
            name: value if name in (cls.app.token_field.name, cls.app.url_field.name) else Given(value)
            for name, value in cls._by_leaf(arguments or {})
        }
        resolution = Resolution(
            store,
            environ,
            profile=profile,
            flags=by_name,
            defaults=cls.defaults(),
            secrets=cls.secret_names(),
            may_be_new=may_be_new,
        )
        absent = [name for name in arguments or {} if name in by_name and name not in known]
        return LayeredSource(cls, known, resolution, absent)

    @classmethod
    def _by_leaf(cls, values: Mapping[str, object], within: str = "") -> Iterator[tuple[str, object]]:
        """Yield values by the dotted names of leaves. A nested model may be given as a mapping or a model."""
        known, old = cls.leaves(), leaves_by_old_name(cls.leaves())
        for key, value in values.items():
            name = f"{within}{key}"
            name = old[name].field.name if name in old else name
            if name in known:
                yield name, value
            elif isinstance(value, BaseModel):
                yield from cls._by_leaf({part: getattr(value, part) for part in value.model_fields_set}, f"{name}.")
            elif any(leaf.startswith(f"{name}.") for leaf in (*known, *old)) and isinstance(value, Mapping | None):
                yield from cls._by_leaf(value, f"{name}.") if value is not None else ((name, None),)
            else:
                raise TypeError(no_such_setting(cls.__name__, name, known))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Use the layers, and none of pydantic-settings' own sources. Raises TypeError if `CliApp` asks for those."""
        given: Mapping[str, Any] = init_settings.init_kwargs  # type: ignore[attr-defined]  # an InitSettingsSource
        if _SOURCE not in given:
            raise TypeError(
                f"{cls.__name__} does not work with CliApp, which reads sources of its own: "
                f"use @app.settings_options({cls.__name__}) on a command, or {cls.__name__}.load(flags=…)"
            )
        return (given[_SOURCE],)

    @classmethod
    def _settings_log_debug(cls, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Log nothing if PYDANTIC_SETTINGS_DEBUG is set: the values, which pydantic-settings logs, may be secrets."""

    def __eq__(self, other: object) -> bool:
        """Whether the other settings are of the same class and have the same values, wherever they came from."""
        return type(other) is type(self) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # they may be changed; with `frozen`, pydantic adds one

    def source_of(self, name: str) -> ResolvedValue:
        """Return where a value came from, by name: `settings.source_of("http.retries").layer`. Raises KeyError."""
        known = type(self).leaves()
        if name not in known:
            raise KeyError(no_such_setting(type(self).__name__, name, known))
        return self._values.get(name) or ResolvedValue(known[name].field, known[name].default, DEFAULT)

    @classmethod
    def leaves(cls) -> dict[str, Leaf]:
        """Every value that can be set separately, by dotted name. Raises TypeError if the class has no app."""
        if not hasattr(cls, "app"):
            raise TypeError(_no_app(cls))
        cached: dict[str, Leaf] | None = cls.__dict__.get("_leaves")
        if cached is None:
            cached = leaves(cls, cls.app)
            if cls.__pydantic_complete__:  # else it names a type that is not defined yet
                check_declared_secrets(cls, cls.app, cached)
                cls._leaves = cached  # type: ignore[attr-defined]  # for this class, not inherited
        return cached

    @classmethod
    def secret_paths(cls) -> set[tuple[str, ...]]:
        """The path of each leaf with a type that is, or contains, one that hides its value; old names included."""
        fields = [leaf.field for leaf in cls.leaves().values() if leaf.field.secret]
        return {each.path for field in fields for each in (field, *field.old)}

    @classmethod
    def secret_names(cls) -> list[str]:
        """The dotted names, also old ones, of each secret leaf other than the token: the token store may have them."""
        fields = [leaf.field for leaf in cls.leaves().values()]
        secret = [field for field in fields if field.secret and field != cls.app.token_field]
        return [each.name for field in secret for each in (field, *field.old)]

    @classmethod
    def defaults(cls) -> Layer:
        """The layer of the class's defaults. The app's URL overrides the class's."""
        known = cls.leaves()

        def layer(field: Field) -> ResolvedValue | None:
            if field == cls.app.url_field and (url := cls.app.default_url()) is not None:
                return ResolvedValue(field, url, DEFAULT)
            leaf = known.get(field.name)
            if leaf is None or not leaf.has_default or field == cls.app.token_field:  # a default token is ignored
                return None
            return ResolvedValue(field, leaf.default, DEFAULT)

        return layer


def _check_expiry(source: LayeredSource) -> None:
    """Warn if the token is stored and known to have expired. Raises ExpiredToken if config.toml says so."""
    token = None if source.token_leaf is None else source.values.get(source.token_leaf.field.name)
    error = None if token is None else source.resolution.expired_token(token)
    if error is None:
        return
    if source.resolution.store.preferences.expiry == REFUSE:
        raise error
    warnings.warn(ConfigWarning(error.message, hint=error.hint), stacklevel=4)


def _problems(error: ValidationError, source: LayeredSource) -> Iterator[Problem]:
    """Yield a sentence for each of pydantic's errors, with the field and the source of its value."""
    undecoded = [leaf for leaf, _ in source.problems]
    for path, kind, message in messages(error):
        names = (".".join(path[:length]) for length in range(len(path), 0, -1))
        leaf = next((source.leaves[name] for name in names if name in source.leaves), None)
        if leaf is None and kind == "missing":  # a nested model of which nothing is set
            inner = [each for name, each in source.leaves.items() if name.startswith(".".join((*path, "")))]
            missing = [each for each in inner if not each.has_default]
            yield from ((each, describe_missing(each)) for each in missing or inner[:1])
        elif leaf is None:
            yield None, f"{'.'.join(path) or error.title}: {message}"
        elif leaf in undecoded:
            continue
        elif kind == "missing":
            yield leaf, describe_missing(leaf)
        else:
            # A validator's message may quote its input.
            text = "not valid" if is_secret(leaf.info.annotation) else message
            yield leaf, describe_problem(leaf.field, source.values.get(leaf.field.name), text)
