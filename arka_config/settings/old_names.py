"""Old names of settings, which a class declares with `validation_alias`:

timeout: float = Field(default=30, validation_alias=AliasChoices("timeout", "wait"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo


def names_of(name: str, info: FieldInfo) -> list[str]:
    """Return the name of a field in its class, followed by its old names."""
    alias = info.validation_alias
    return [name, *(str(choice) for choice in alias.choices[1:])] if isinstance(alias, AliasChoices) else [name]


def check_aliases(where: str, name: str, info: FieldInfo, siblings: Iterable[str]) -> None:
    """Raise TypeError for an alias that is not a list of old names."""
    alias = info.validation_alias
    if alias is None and info.alias is None and info.serialization_alias is None:
        return
    if not isinstance(alias, AliasChoices) or info.alias is not None or info.serialization_alias is not None:
        declare = f"""validation_alias=AliasChoices("{name}", "OLD_NAME")"""
        raise TypeError(f"{where}: aliases are not supported: a setting has one name; for an old name, {declare}")
    if alias.choices[:1] != [name]:
        raise TypeError(f'{where}: aliases are not supported, except for old names: "{name}" must be the first choice')
    for old in alias.choices[1:]:
        if not isinstance(old, str) or not old.isidentifier() or "__" in old:
            raise TypeError(f"{where}: an old name must be a name such as 'wait': no path, and no '__'")
        if old in siblings:
            raise TypeError(f"{where}: the old name '{old}' is another setting's name")
