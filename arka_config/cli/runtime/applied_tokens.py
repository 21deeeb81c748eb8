"""Verify the tokens that `apply` is about to store, and keep what the workspaces say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config.cli.output import terminal
from arka_config.cli.output.progress import track
from arka_config.cli.runtime import workspace_access
from arka_config.errors import ConfigError
from arka_config.precedence.origin import Origin
from arka_config.precedence.values import PROFILE, ResolvedValue
from arka_config.store.resolution import Resolution
from arka_config.store.tokens import Credential
from arka_config.workspace.client.survey import verify_each
from arka_config.workspace.client.verification import Skipped, State, Verification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret
    from arka_config.templates.plan import Plan, ProfilePlan
    from arka_config.workspace.client.client import WorkspaceClient

_MAX_NAMES = 5  # in a message


class CheckedTokens(NamedTuple):
    """The credentials to store by profile name, and the verifications of those that no workspace has confirmed.

    A token that its workspace refuses is in `refused` and not among the credentials.
    """

    credentials: dict[str, Credential]
    refused: dict[str, Verification]
    unverified: dict[str, Verification]


def check_tokens(session: Session, plan: Plan, tokens: Mapping[str, Secret], *, verify: bool) -> CheckedTokens:
    """Ask the workspaces about the tokens of an approved plan. One that does not answer is no error."""
    profiles = {profile.name: profile for profile in plan.profiles if profile.name in tokens}
    if verify:
        verifications = _verify_tokens(session, profiles, tokens)
    else:
        verifications = dict.fromkeys(profiles, Verification(State.NOT_ASKED, skipped=Skipped.NO_VERIFY))
    refused = {name: each for name, each in verifications.items() if each.is_refusal}
    unverified = {name: each for name, each in verifications.items() if each.identity is None and not each.is_refusal}
    credentials = {
        name: _credential(profile, tokens[name], verifications[name])
        for name, profile in profiles.items()
        if name not in refused
    }
    return CheckedTokens(credentials, refused, unverified)


def verify_entered(session: Session, profile: ProfilePlan, token: Secret) -> None:
    """Ask the workspace about a token that the user typed. Raises InvalidToken, ProRequired: it is asked for again."""
    verification = _verify_tokens(session, {profile.name: profile}, {profile.name: token})[profile.name]
    if verification.is_refusal and verification.error is not None:
        raise verification.error


def report_checked(checked: CheckedTokens) -> None:
    """Say which tokens were refused and not stored, and which were stored without being verified."""
    for name, verification in checked.refused.items():
        hint = verification.error.hint if verification.error is not None else ""
        terminal.warn(f"the token for profile '{name}' was refused and not stored: {verification.reason}", hint=hint)
    by_reason: dict[str, list[str]] = {}
    for name, verification in checked.unverified.items():
        if verification.error is not None:
            by_reason.setdefault(verification.reason, []).append(name)
    for reason, names in by_reason.items():
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        terminal.note(f"stored unverified: the token of {', '.join(names[:_MAX_NAMES])}{more}: {reason}")


def _verify_tokens(
    session: Session, profiles: Mapping[str, ProfilePlan], tokens: Mapping[str, Secret]
) -> dict[str, Verification]:
    clients: dict[str, WorkspaceClient] = {}
    verifications: dict[str, Verification] = {}
    for name, profile in profiles.items():
        try:
            clients[name] = _client(session, profile, tokens[name])
        except ConfigError as error:  # of the connection: the token can be stored all the same
            verifications[name] = Verification.from_error(error)
    return verifications | verify_each(clients, track)


def _client(session: Session, profile: ProfilePlan, token: Secret) -> WorkspaceClient:
    """A client with the profile's own settings, as they will be: how its workspace is reached was approved."""
    settings = {path[1]: value for path, value in profile.edits.items() if path[0] == "settings" and len(path) == 2}
    flags = {name: value for name, value in settings.items() if value is not None}
    resolution = Resolution(session.store, session.environ, profile=profile.name, flags=flags, may_be_new=True)
    url = ResolvedValue(session.app.url_field, _url_of(profile), PROFILE, profile.path, "api_url")
    return workspace_access.client(session, resolution, url, token)


def _url_of(profile: ProfilePlan) -> str:
    """The URL that the token will be sent to: with the path of the template's, if that has the origin of the plan."""
    url = profile.desired.fields.get("api_url") if profile.desired is not None else None
    has_same_origin = url is not None and str(Origin.of(url)) == profile.origin
    return str(url if has_same_origin else profile.origin)


def _credential(profile: ProfilePlan, token: Secret, verification: Verification) -> Credential:
    origin, identity = Origin.of(str(profile.origin)), verification.identity
    if identity is None:
        return Credential(token, origin)
    details = identity.token
    return Credential(token, origin, label=details.label, expires=details.stored_expires, user=identity.user)
