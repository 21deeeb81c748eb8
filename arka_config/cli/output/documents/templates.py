"""The JSON of the commands about templates: `plan`, `apply`, `seal`, `identity …` and `export template`."""

from typing import Annotated, TypedDict

from arka_config.cli.output.documents.values import ErrorDocument
from arka_config.schema import OneOf
from arka_config.templates.plan import Action, ChangeKind, TokenState, TokenStep


class PlanSummaryDocument(TypedDict):
    """How many profiles of each kind a plan has."""

    create: int
    """the number of profiles to create"""
    change: int
    """the number of profiles to change"""
    adopt: int
    """the number of existing profiles to take over"""
    remove: int
    """the number of profiles to remove"""
    unchanged: int
    """the number of profiles that are as described"""
    conflict: int
    """the number of profiles that were edited on this machine and in the template"""
    needs_token: int
    """the number of profiles that are left without a token"""
    kept: int
    """the number of local edits that are kept"""


class PlannedReadDocument(TypedDict):
    """A token reference that is read on this machine."""

    source: str
    """the reference in words"""
    reference: str
    """the reference, as `env NAME`, `file PATH` or `helper NAME`"""
    origins: list[str]
    """the origins that the token is sent to"""


class PlannedRouteDocument(TypedDict):
    """A proxy or certificate file that a template sets."""

    setting: str
    """the setting's name"""
    value: str
    """its value; a password in it is hidden"""


class PlannedChangeDocument(TypedDict):
    """A field of a profile that changes, or is kept."""

    field: str
    """the field's dotted name"""
    kind: Annotated[str, OneOf(*map(str, ChangeKind))]
    """what happens to it; `kept` is a local edit that wins over the template"""
    old: object
    """the value on this machine; null if it has none"""
    new: object
    """the value in the template; null if it has none"""
    last: object
    """the value as the last apply wrote it; null if it wrote none"""
    default: object
    """the effective value if the profile has none; null if there is none"""
    layer: str
    """`profile`"""
    place: str | None
    """the line of the template; null if the template does not have the field"""


class PlannedTokenDocument(TypedDict):
    """What happens to a profile's token, which is never included."""

    step: Annotated[str, OneOf(*map(str, TokenStep))]
    """what happens to it"""
    state: Annotated[str, OneOf(*map(str, TokenState))]
    """how it is then; `old` must be replaced, but the new one is not available yet"""
    source: str | None
    """the token's source in words; null if the template has none"""
    identifier: str | None
    """changes when the source changes; null if the template has none"""
    lacking: str | None
    """why the token is not available; null if it is"""


class PlannedProfileDocument(TypedDict):
    """What happens to a profile."""

    profile: str
    """its name"""
    action: Annotated[str, OneOf(*map(str, Action))]
    """what happens to it"""
    template: str
    """the template's file"""
    moved_from: str | None
    """if this template takes over a profile that a template in another folder created: that template; else null"""
    path: str
    """the profile's file"""
    origin: str | None
    """the origin its token is sent to, according to the template; null if none is"""
    reasons: list[str]
    """why there is a conflict, or why the profile is removed; else empty"""
    changes: list[PlannedChangeDocument]
    """the changed fields"""
    token: PlannedTokenDocument
    """what happens to the token"""
    needs_token: bool
    """whether the profile is left without a token"""


class PlanDocument(TypedDict):
    """The differences between templates and this machine. Passwords in URLs are hidden."""

    summary: PlanSummaryDocument
    """how many profiles there are of each kind"""
    pending: bool
    """whether `apply` has something to do. If so, the exit code is 3, unless there is a conflict"""
    reads: list[PlannedReadDocument]
    """the token references that are read on this machine"""
    origins: list[str]
    """the origins that tokens are sent to"""
    routes: list[PlannedRouteDocument]
    """the proxies and certificate files that templates set"""
    revokes: list[str]
    """the profiles of the old tokens that are revoked, because an apply had it issued, and this one replaces or removes
    it"""
    profiles: list[PlannedProfileDocument]
    """the profiles, sorted by name"""
    elsewhere: list[str]
    """the templates that are for other machines"""
    prunable: list[str]
    """the profiles that an apply created and no template describes any more; empty with `--prune`"""
    templates: dict[str, str]
    """the SHA-256 digest of each template that was read, by real path"""


class RevocationDocument(TypedDict):
    """A token that an apply had issued, and that was replaced or removed."""

    profile: str
    """the profile"""
    id: str | None
    """the token's id at the workspace; null if unknown"""
    revoked: bool
    """whether it is revoked now"""
    reason: str | None
    """why it is not; null if it is"""


class ApplyDocument(TypedDict):
    """What an apply has done."""

    changed: bool
    """whether anything was written"""
    written: list[str]
    """the profile files that were written"""
    stored: list[str]
    """the profiles that got a token"""
    removed: list[str]
    """the profiles that were removed"""
    refused: list[str]
    """the profiles of new tokens that their workspace refused, and that were not stored"""
    unverified: list[str]
    """the profiles of new tokens that were stored without being verified"""
    revoked: list[RevocationDocument]
    """the issued tokens that were replaced or removed"""
    needs_token: list[str]
    """the profiles that are left without a token"""
    plan: PlanDocument
    """the plan that was applied, [as above](#plan)"""
    error: ErrorDocument | None
    """why the plan was not applied, if it conflicts or was not approved; nothing was changed then. Else null"""


class SealDocument(TypedDict):
    """A sealed token."""

    profile: str
    """the profile that it is for"""
    origin: str
    """the scheme, host and port that it is for"""
    recipients: int
    """how many identities can open it"""
    sealed: str
    """the sealed token, as armored age text"""
    template: str | None
    """the template that it was written to; null without `--template`"""


class IdentityDocument(TypedDict):
    """This machine's identity."""

    path: str
    """its file"""
    recipient: str
    """its public recipient"""


class TextDocument(TypedDict):
    """A text in a file's format."""

    text: str
    """the text"""


class TemplateSchemaDocument(TypedDict):
    """The schema of all templates."""

    schema: dict[str, object]
    """the JSON Schema"""
