"""`export template`: print a template that describes a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.output.format import hide_passwords
from arka_config.cli.runtime.command import ProfileName, command
from arka_config.errors import UsageError

if TYPE_CHECKING:
    from typing import Any

    from arka_config.cli.output.documents.templates import TemplateSchemaDocument, TextDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.argument("name", required=False, type=ProfileName())
@click.option("--schema", is_flag=True, help="Print the JSON Schema that the template's first line names.")
def template(session: Session, name: str | None, schema: bool) -> None:
    """Print a template that describes a profile, by default the effective one.

    A token reference is kept. A stored token is never printed: `apply` prompts for one instead. Other secrets are left
    out: `{app} secrets set` stores them on the other machine.

    \b
    {app} export template work > profiles/work.toml
    {app} export template --schema > profiles/template.schema.json
    """
    from arka_config.store import toml

    if schema:
        return _show_schema(session, name)
    name = session.profile_name(name)
    profile, credential = session.store.profiles.read(name), session.store.tokens.read(name)
    url = profile.api_url
    if not url:  # what this machine implies, unless every machine does
        implied = session.store.default_url() if credential is None else str(credential.origin)
        url = implied if implied and implied != session.app.default_url() else ""
    table: dict[str, Any] = {"version": 1, "profile": {"name": name}}
    if profile.description:
        table["profile"]["description"] = profile.description
    if url:
        table["profile"]["api_url"] = url
    if profile.reference is not None:
        kind, target = profile.reference
        table["token"] = {kind: target}
    elif credential is not None:
        table["token"] = {"prompt": True}
    settings, omitted = _split_secrets(session, profile.settings)
    if settings:
        table["settings"] = settings
    text = session.app.redact(f"#:schema ./template.schema.json\n{toml.dumps(table)}")
    for key in omitted:
        terminal.note(f"settings.{key} is omitted, because it contains a secret")
    for field in session.store.secrets.fields(name):
        terminal.note(f"the secret '{field}' is omitted; on the other machine: {session.app.name} secrets set {field}")
    document: TextDocument = {"text": text}
    session.show(document, text.rstrip("\n"))
    return None


def _show_schema(session: Session, name: str | None) -> None:
    """Print the schema of the app's templates, with which editors complete and check them."""
    from arka_config.templates.model import json_schema, json_schema_text

    if name is not None:
        raise UsageError(
            "the schema is the same for every profile", hint=f"{session.app.name} export template --schema"
        )
    if session.json:
        document: TemplateSchemaDocument = {"schema": json_schema(session.app)}
        session.show_json(document)
    else:
        terminal.out(json_schema_text(session.app).rstrip("\n"))


def _split_secrets(session: Session, table: dict[str, Any], within: str = "") -> tuple[dict[str, Any], list[str]]:
    """Return the settings that may be checked in, and the names of those that contain a secret."""
    secrets = set() if session.app.settings is None else session.app.settings_class().secret_paths()
    kept: dict[str, Any] = {}
    omitted: list[str] = []
    for key, value in table.items():
        name = f"{within}{key}"
        is_secret = tuple(name.split(".")) in secrets
        if isinstance(value, dict) and not is_secret:
            inner, more = _split_secrets(session, value, f"{name}.")
            kept |= {key: inner} if inner else {}
            omitted += more
        elif is_secret or hide_passwords(value) != value or session.app.redact(str(value)) != str(value):
            omitted.append(name)
        else:
            kept[key] = value
    return kept, omitted
