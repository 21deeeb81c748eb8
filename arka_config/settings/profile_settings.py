"""ProfileSettings: declare the settings of a CLI, and get profiles, precedence and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from arka_config.errors import SettingsError
from arka_config.opening import open_store
from arka_config.precedence.values import DEFAULT, ResolvedValue
from arka_config.settings.leaves import Leaf, is_secret, leaves, nested_model
from arka_config.settings.source import LayeredSource, problem
from arka_config.store.resolution import Resolution
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from pydantic_settings import PydanticBaseSettingsSource

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.values import Field, Layer
    from arka_config.store.profile_store import ProfileStore

_NO_TOKEN = "token: not set"
_SOURCE = "arka_config source"  # no field's name: it holds a blank
_OTHER_SOURCES = ("env_", "cli_", "toml_", "json_", "yaml_", "pyproject_", "secrets_", "nested_model_")


class ProfileSettings(BaseSettings):
    """The base of a settings class: `class Settings(ProfileSettings, app=app)`.

    Values come from flags, the environment (`ACME_TIMEOUT`, `ACME_HTTP__RETRIES`; an empty variable is unset), the
    profile in force, and the defaults of the class, in that order: `arka_config.precedence`. No other source is read.
    Class creation raises TypeError for what would make a second rule of it: aliases, nested BaseSettings, sources
    configured or customised, and names with `__`.
    """

    model_config = SettingsConfigDict(extra="forbid", hide_input_in_errors=True)

    app: ClassVar[AppIdentity]
    _findings: dict[str, ResolvedValue] = PrivateAttr(default_factory=dict)

    def __init_subclass__(cls, app: AppIdentity | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if app is not None:
            cls.app = app

    @classmethod
    def __pydantic_init_subclass__(cls, app: AppIdentity | None = None, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "settings_customise_sources" in cls.__dict__:
            raise TypeError(f"{cls.__name__}: the layers are the only source, so there is none to customise")
        for key, value in cls.model_config.items():
            if key.startswith(_OTHER_SOURCES) and value != BaseSettings.model_config.get(key):
                raise TypeError(
                    f"{cls.__name__}: {key} is not read here: the app gives the prefix, and no file is read"
                )
        if cls.model_config.get("alias_generator") is not None:
            raise TypeError(f"{cls.__name__}: an alias is a second name, and precedence goes by one")
        _check_names(cls, cls.__name__)

    def __init__(self, **flags: Any) -> None:
        """Loads with these values as the flag layer. Raises what `load` raises."""
        source = flags.pop(_SOURCE, None) or self._source(flags=flags)
        values: Any = {_SOURCE: source}
        try:
            super().__init__(**values)
            problems = source.problems
        except ValidationError as error:
            problems = _problems(error, source) + source.problems
        if problems == [_NO_TOKEN]:
            source.resolution.token()  # raises NoToken, which says how to get one
        if problems:  # outside of the handler, so that pydantic's error is not even the context of this one
            raise SettingsError(problems, hint=f"{type(self).app.name} config show --sources")
        self._findings = source.findings

    @classmethod
    def load(
        cls,
        *,
        profile: str | None = None,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        store: ProfileStore | None = None,
    ) -> Self:
        """The settings in force. `profile` is one chosen by flag, `flags` are values by dotted name.

        `environ` is `os.environ` and `store` the app's own, where not given. Raises SettingsError for all values that
        do not fit, NoToken, UnknownProfile, OriginConflict, and what reading the profile raises.
        """
        return cls(**{_SOURCE: cls._source(profile=profile, flags=flags, environ=environ, store=store)})

    @classmethod
    def from_resolution(cls, resolution: Resolution) -> Self:
        """The settings of a resolution that somebody else has begun."""
        return cls(**{_SOURCE: LayeredSource(cls, cls.leaves(), resolution)})

    @classmethod
    def _source(
        cls,
        *,
        profile: str | None = None,
        flags: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        store: ProfileStore | None = None,
    ) -> LayeredSource:
        import os

        environ = os.environ if environ is None else environ
        store = store or open_store(cls.app, environ)
        by_name = dict(cls._by_leaf(flags or {}))
        resolution = Resolution(store, environ, profile=profile, flags=by_name, defaults=cls.defaults())
        return LayeredSource(cls, cls.leaves(), resolution)

    @classmethod
    def _by_leaf(cls, values: Mapping[str, object], within: str = "") -> Iterator[tuple[str, object]]:
        """Values by the dotted names of leaves, where a nested model may be given as a mapping or a model."""
        known = cls.leaves()
        for key, value in values.items():
            name = f"{within}{key}"
            if name in known:
                yield name, value
            elif isinstance(value, BaseModel):
                yield from cls._by_leaf({part: getattr(value, part) for part in value.model_fields_set}, f"{name}.")
            elif isinstance(value, Mapping) and any(leaf.startswith(f"{name}.") for leaf in known):
                yield from cls._by_leaf(value, f"{name}.")
            else:
                raise TypeError(f"{cls.__name__} has no {name}; {did_you_mean(name, known)}")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The layers, and none of pydantic-settings' own sources."""
        return (init_settings.init_kwargs[_SOURCE],)  # type: ignore[attr-defined]  # it is the InitSettingsSource

    def source_of(self, name: str) -> ResolvedValue:
        """Where a value came from, by its dotted name: `settings.source_of("http.retries").layer`. Raises KeyError."""
        known = type(self).leaves()
        if name not in known:
            raise KeyError(f"{type(self).__name__} has no {name}; {did_you_mean(name, known)}")
        return self._findings.get(name) or ResolvedValue(known[name].field, known[name].default, DEFAULT)

    @classmethod
    def leaves(cls) -> dict[str, Leaf]:
        """Every value that can be set on its own, by dotted name."""
        if "_leaves" not in cls.__dict__:
            cls._leaves = leaves(cls, cls.app)  # type: ignore[attr-defined]  # a cache, of this very class
        found: dict[str, Leaf] = cls.__dict__["_leaves"]
        return found

    @classmethod
    def defaults(cls) -> Layer:
        """The layer of the class's own values; the app's URL stands before the class's."""
        known = cls.leaves()

        def layer(field: Field) -> ResolvedValue | None:
            if field is cls.app.url_field and (url := cls.app.default_url()) is not None:
                return ResolvedValue(field, url, DEFAULT)
            leaf = known.get(field.name)
            if leaf is None or not leaf.has_default or field is cls.app.token_field:  # no program has a token built in
                return None
            return ResolvedValue(field, leaf.default, DEFAULT)

        return layer


def _check_names(model: type[BaseModel], name: str) -> None:
    for field, info in model.model_fields.items():
        if info.alias or info.validation_alias or info.serialization_alias:
            raise TypeError(f"{name}.{field}: an alias is a second name, and precedence goes by one")
        if "__" in field:
            raise TypeError(f"{name}.{field}: '__' stands between the names of nested fields in a variable")
        nested = nested_model(info.annotation)
        if nested is None:
            continue
        if issubclass(nested, BaseSettings):
            raise TypeError(
                f"{name}.{field}: a nested BaseSettings would read the environment by itself; use BaseModel"
            )
        _check_names(nested, f"{name}.{field}")


def _problems(error: ValidationError, source: LayeredSource) -> list[str]:
    """A sentence for each of pydantic's errors: the field, what is wrong with it, and who gave the value."""
    sentences = []
    undecoded = {sentence.partition(":")[0] for sentence in source.problems}
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        path = [str(part) for part in fault["loc"]]
        name = next((".".join(path[:n]) for n in range(len(path), 0, -1) if ".".join(path[:n]) in source.leaves), "")
        leaf = source.leaves.get(name)
        if leaf is None:
            sentences.append(f"{'.'.join(path) or type(error).__name__}: {fault['msg'].lower()}")
        elif name in undecoded:
            continue
        elif fault["type"] == "missing" and leaf.field is source.resolution.app.token_field:
            sentences.append(_NO_TOKEN)
        elif fault["type"] == "missing":
            sentences.append(f"{name}: not set; {leaf.field.variable}, or {leaf.field.key} in a profile, sets it")
        else:
            # A validator's own words may quote what it was given.
            what = "not valid" if is_secret(leaf.info.annotation) else _lower(fault["msg"])
            sentences.append(problem(leaf.field, source.findings.get(name), what))
    return sentences


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
