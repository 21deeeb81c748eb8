"""What a settings class may declare: configuration, names, variables and secrets. Raises TypeError for anything else,
when the class is defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict
from pydantic_settings import BaseSettings

from arka_config.settings.decoding import DELIMITER
from arka_config.settings.fields import Token, alternatives, leaves, nested_model
from arka_config.settings.old_names import check_aliases

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.values import Field
    from arka_config.settings.fields import Leaf

# What pydantic-settings can be configured with and what does not change where values come from.
_ALLOWED = {"case_sensitive", "enable_decoding", "env_parse_enums", "env_parse_none_str", *ConfigDict.__annotations__}


def check_configuration(cls: type[BaseModel]) -> None:
    """Raise TypeError if the class adds a source of values, or gives its settings second names."""
    if "settings_customise_sources" in cls.__dict__:
        raise TypeError(f"{cls.__name__}: sources cannot be customised: the layers are the only source")
    for key, value in cls.model_config.items():
        if key not in _ALLOWED and value not in (BaseSettings.model_config.get(key), _same_as_ours(cls, key)):
            raise TypeError(
                f"{cls.__name__}: {key} is not supported: the app sets the prefix, and no other file is read"
            )
    if cls.model_config.get("alias_generator") is not None:
        raise TypeError(f"{cls.__name__}: aliases are not supported: a setting has one name")


def _same_as_ours(cls: type[BaseModel], key: str) -> object:
    """Return the value of a configuration key that changes nothing: what the app or this package does anyway."""
    app = getattr(cls, "app", None)
    ours = {
        "env_prefix": getattr(app, "prefix", None),
        "env_nested_delimiter": DELIMITER,
        "env_ignore_empty": True,
        "nested_model_default_partial_update": True,
    }
    return ours.get(key)


def check_names(model: type[BaseModel], name: str, within: tuple[type[BaseModel], ...] = ()) -> None:
    """Raise TypeError for a field that has an alias, or a name that cannot be told from a nested one."""
    for field, info in model.model_fields.items():
        check_aliases(f"{name}.{field}", field, info, model.model_fields)
        if "__" in field:
            raise TypeError(f"{name}.{field}: '__' is not supported: it separates nested fields in a variable")
        nested = nested_model(info.annotation)
        if nested is None or nested in (model, *within):
            continue
        if issubclass(nested, BaseSettings):
            raise TypeError(f"{name}.{field}: a nested BaseSettings would read the environment itself; use BaseModel")
        check_names(nested, f"{name}.{field}", (model, *within))


def check_variables(cls: type[BaseModel], app: AppIdentity, retired: Collection[str]) -> None:
    """Raise TypeError if two settings share an option or a variable, or one shares its variable with the program."""
    options: dict[str, Field] = {}
    variables: dict[str, Field] = {}
    names = leaves(cls, app)
    if declared := sorted(names.keys() & set(retired)):
        raise TypeError(f"{cls.__name__}.{declared[0]}: it is retired, and a setting too")
    for leaf in names.values():
        field = leaf.field
        where = f"{cls.__name__}.{field.name}"
        if field in (app.token_field, app.url_field):
            _check_token_or_url(cls, app, where, leaf)
            continue
        for each in (field, *field.old):
            for depth in range(1, len(each.path) + 1):  # the variable of a model that contains it gives its value too
                _check_not_own(app, each.path[:depth], cls.__name__)
        if (other := options.setdefault(field.option, field)) is not field:
            raise TypeError(f"{where}: {cls.__name__}.{other.name} has the same option, {field.option}: rename one")
        for variable in (field.variable, *(old.variable for old in field.old)):
            if (other := variables.setdefault(variable, field)) is not field:
                raise TypeError(f"{where}: {cls.__name__}.{other.name} has the same variable, {variable}: rename one")


def check_declared_secrets(cls: type[BaseModel], app: AppIdentity, known: Mapping[str, Leaf]) -> None:
    """Raise TypeError if the app lists its secret settings, and one of the class, or its old name, is missing.

    Child processes would inherit its variable.
    """
    declared = app.secret_settings
    secret = [leaf.field for leaf in known.values() if leaf.field.secret and leaf.field != app.token_field]
    for name in [each.name for field in secret for each in (field, *field.old)] if declared is not None else ():
        if not any(name == each or name.startswith(f"{each}.") for each in declared or ()):
            raise TypeError(f"{cls.__name__}.{name} is a secret, so the app's secret_settings must name it: {name!r}")


def _check_token_or_url(cls: type[BaseModel], app: AppIdentity, where: str, leaf: Leaf) -> None:
    if leaf.field.old:
        raise TypeError(f"{where}: it has the same name in every app, and can have no old name")
    kinds = alternatives(leaf.info.annotation)
    is_token = any(isinstance(kind, type) and issubclass(kind, Token) for kind in kinds)
    if leaf.field == app.token_field and cls.__pydantic_complete__ and not is_token:
        raise TypeError(f"{where}: this is the token, which is hidden: declare it as 'token: Token'")


def _check_not_own(app: AppIdentity, path: tuple[str, ...], settings: str) -> None:
    """Raise TypeError, with a name to choose instead, if the program itself reads the variable of a setting."""
    own = {*app.own_variables, app.token_field.variable} - {app.variable("PROXY")}  # `proxy` is a setting of ours
    where, variable = f"{settings}.{'.'.join(path)}", app.field(path).variable
    if variable in (app.token_field.variable, app.variable("TOKEN")):
        raise TypeError(f"{where}: {variable} is the token's variable: declare the token as 'token: Token'")
    if variable in own:
        name = f"{path[-1]}_setting"
        raise TypeError(f"{where}: the program itself reads {variable}: choose another name, such as {name}")
