"""The reference of an app's settings, as Markdown and as a man page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.reference import roff
from arka_config.cli.reference.document import Block, Definitions, Heading, Paragraph

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.settings.reference import Setting

MARKDOWN = "markdown"
MAN = "man"
FORMATS = (MARKDOWN, MAN)


def write(app: AppIdentity, found: list[Setting], format_: str, version: str | None = None) -> str:
    """Return the reference as Markdown or as a man page of section 5. Raises ValueError for another format."""
    if format_ == MARKDOWN:
        return _markdown(found)
    if format_ == MAN:
        return _man(app, found, version)
    raise ValueError(f"the format is one of {', '.join(FORMATS)}, not '{format_}'")


def _markdown(found: list[Setting]) -> str:
    lines = ["| setting | type | default | variable | option | description |", "|---|---|---|---|---|---|"]
    for each in found:
        default = f"`{each.default}`" if each.default is not None else "required" if each.required else "none"
        option = f"`{each.option}`" if each.option else "none"
        cells = (f"`{each.name}`", each.type, default, f"`{each.variable}`", option, each.description)
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _man(app: AppIdentity, found: list[Setting], version: str | None) -> str:
    page = f"{app.folder}-settings"
    rows = []
    for each in found:
        what = each.description[:1].upper() + each.description[1:].rstrip(".") + ". " if each.description else ""
        default = f"default `{each.default}`" if each.default is not None else "required" if each.required else ""
        places = [f"variable `{each.variable}`", *([f"option `{each.option}`"] if each.option else [])]
        is_token = each.name == app.token_field.name
        places.append(f"`{app.name} login` stores it" if is_token else f"in a profile `{each.key}`")
        kind = f"{each.type[:1].upper()}{each.type[1:]}{f', {default}' if default else ''}"
        rows.append((f"`{each.name}`", f"{what}{kind}. {_first(places)}."))
    lines = roff.title(page, 5, " ".join(filter(None, (app.name, version))), f"{app.title} manual")
    blocks: list[Block] = [
        Heading("NAME"),
        Paragraph(f"{page} - settings of {app.name}"),
        Heading("DESCRIPTION"),
        Paragraph(
            "A setting's value comes from the first of these that has one: option, variable, profile, default. A "
            "profile that is chosen with `--profile` comes before the variables."
        ),
        Heading("SETTINGS"),
        Definitions(tuple(rows)),
    ]
    return "\n".join([*lines, *roff.write_blocks(blocks, heading="SH")]) + "\n"


def _first(places: list[str]) -> str:
    text = ", ".join(places)
    return text[:1].upper() + text[1:]
