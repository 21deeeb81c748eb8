"""What a template's file may say, as pydantic models: strict, closed, and with the version first.

The only module of templates that imports pydantic. `template.schema.json` is made of these classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from arka_config.references.registry import KINDS, kind_of

VERSION = 1
SOURCES = (*KINDS, "prompt", "sealed", "issue")

Text = Annotated[str, Field(max_length=1000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True, frozen=True)


class ProfileTable(_Table):
    """The profile that the machine should have."""

    name: Name = Field(description="the profile's name; {hostname}, {user} and {os} are expanded")
    description: Text = Field("", description="a text for `profiles list`; {hostname}, {user} and {os} are expanded")
    api_url: Text | None = Field(None, description="the workspace; without it, the app's own")


class WhenTable(_Table):
    """Which machines the template is for."""

    hostname: Name | None = Field(None, description="a pattern for the machine's name: runner-*")
    os: Literal["linux", "macos", "windows"] | None = Field(None, description="the system")


class IssueTable(_Table):
    """A new token, made by the workspace."""

    label: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="the token's name on the tokens page; {hostname}, {user} and {os} are expanded"
    )
    expires: Text | None = Field(None, description="when it expires: 90d, 12w, 3m, 1y, or a date")


if TYPE_CHECKING:
    _ReferenceTable = _Table
else:
    _ReferenceTable = create_model(
        "_ReferenceTable",
        __base__=_Table,
        **{kind: (Name | None, Field(None, description=kind_of(kind).help)) for kind in KINDS},
    )


class TokenTable(_ReferenceTable):
    """Where the token comes from: exactly one place."""

    prompt: Literal[True] | None = Field(None, description="`apply` asks for it, or `login` later")
    sealed: Annotated[str, Field(max_length=1 << 16)] | None = Field(
        None, description="sealed for this machine's identity: `seal`"
    )
    issue: IssueTable | None = Field(None, description="the workspace makes one")
    copy_: bool | None = Field(
        None, alias="copy", description="take a copy into the token store; without it, the reference is kept"
    )

    @property
    def kinds(self) -> list[str]:
        """The sources that the table names."""
        return [kind for kind in SOURCES if getattr(self, kind) is not None]

    @model_validator(mode="after")
    def _is_one_source(self) -> Self:
        if len(self.kinds) != 1:
            said = " and ".join(self.kinds) or "no source"
            raise ValueError(f"names {said}, and a token comes from exactly one of {', '.join(SOURCES)}")
        if self.copy_ is not None and self.kinds[0] not in KINDS:
            raise ValueError(f"has copy, which goes with {', '.join(KINDS)} alone: {self.kinds[0]} always stores")
        return self


class TemplateFile(_Table):
    """A template's file."""

    version: Literal[1] = Field(description="the format of this file")
    profile: ProfileTable
    when: WhenTable = Field(WhenTable(), description="only on machines that match")
    token: TokenTable | None = Field(None, description="where the token comes from; without it, settings only")
    settings: dict[str, Any] = Field({}, description="the profile's settings, as the settings class has them")
