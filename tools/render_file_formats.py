"""Write the tables of docs/reference/files.md and file-formats.md, and files.schema.json, of the formats that the code
declares. `make docs` runs this; `tools/render_json_reference.py` says how a page has its tables.
"""

from __future__ import annotations

import json
from typing import Any

from arka_config.arka import app
from arka_config.cli.reference.document import Definitions, write_markdown
from arka_config.cli.reference.files import FILES
from arka_config.cli.reference.topics import TOPICS
from arka_config.exchange.formats import LegacyOriginsFile
from arka_config.sealing.formats import (
    DataKeyFile,
    KeyringTokenFile,
    KnownVaultFile,
    SealedTokenFile,
    SecretFile,
    SessionFile,
)
from arka_config.store.formats import (
    JournalFile,
    PinsFile,
    PlainSecretFile,
    PlainTokenFile,
    PreferencesFile,
    ProfileFile,
    SignInFile,
    TokenFormatsFile,
)
from arka_config.templates.formats import ApprovalsFile, LedgerFile
from arka_config.templates.plan_file import SavedPlan
from tools import json_schema
from tools.render_json_reference import FOLDER, fill, write_files

# Each file below the folder of `ARKA_HOME`, as a regular expression, and what it can contain.
FORMATS: dict[str, tuple[type, ...]] = {
    r"config/profiles/[^/]+\.toml": (ProfileFile,),
    r"config/config\.toml": (PreferencesFile,),
    r"data/tokens/[^/.]+\.json": (PlainTokenFile, SealedTokenFile, KeyringTokenFile),
    r"data/tokens/[^/.]+\..+\.json": (PlainSecretFile, SecretFile),
    r"data/data-key\.json": (DataKeyFile,),
    r"state/vault\.json": (KnownVaultFile,),
    r"state/sessions/[^/]+\.json": (SessionFile,),
    r"state/pins\.json": (PinsFile,),
    r"state/journal\.json": (JournalFile,),
    r"state/sign_in\.json": (SignInFile,),
    r"state/ledger(\.pending)?\.json": (LedgerFile,),
    r"state/agreements\.json": (ApprovalsFile,),
    r"state/legacy-origins\.json": (LegacyOriginsFile,),
    r"state/token-formats\.json": (TokenFormatsFile,),
    r"[^/]*plan[^/]*\.json": (SavedPlan,),
}
# The section of files.md about each file.
SECTIONS = {
    "config/profiles/NAME.toml": "#profiles",
    "config/config.toml": "#preferences",
    "data/tokens/NAME.json": "#credentials",
    "data/tokens/NAME.SETTING.json": "#other-secrets",
    "data/data-key.json": "#sealed-tokens",
    "data/identity.txt": "#identity",
    "state/active": "#active-profile",
    "state/pins.json": "#pinned-directories",
    "state/vault.key": "#sealed-tokens",
    "state/vault.json": "#sealed-tokens",
    "state/sessions/ID.json": "#sealed-tokens",
    "state/journal.json": "#journal",
    "state/sign_in.json": "#metadata-of-workspaces",
    "state/token-formats.json": "#token-formats",
    "state/ledger.json": "#ledger",
    "state/agreements.json": "#approvals",
    "state/legacy-origins.json": "#allowed-workspaces",
    "state/lock": "#lock",
}
SEALED_PAGE = (DataKeyFile, KnownVaultFile, SessionFile, SealedTokenFile, KeyringTokenFile, SecretFile)


def render() -> dict[str, str]:
    """Return the generated files by their name in docs/reference/."""
    every = json_schema.documents_in(*(each for kinds in FORMATS.values() for each in kinds))
    sealed = [each for each in json_schema.documents_in(*SEALED_PAGE) if each.__module__.endswith("sealing.formats")]
    pages = {"files.md": [each for each in every if each not in sealed], "file-formats.md": sealed}
    page_of = {json_schema.name_of(each): name for name, documents in pages.items() for each in documents}
    filled = {}
    for name, documents in pages.items():
        other_pages = {document: page for document, page in page_of.items() if page != name}
        other_tables = {"folders": folder_table(), "files": file_table()} if name == "files.md" else {}
        filled[name] = fill((FOLDER / name).read_text("utf-8"), documents, other_pages, other_tables)
    return {
        **filled,
        "files.schema.json": json.dumps(schema_file(), indent=2, ensure_ascii=False) + "\n",
    }


def folder_table() -> str:
    """Return the table of the folders on each system, as the help topic has it."""
    folders = next(block for block in TOPICS["files"].blocks(app) if isinstance(block, Definitions))
    return write_markdown([folders]).rstrip("\n")


def file_table() -> str:
    """Return the table of all files."""
    lines = ["| file | holds a secret | you edit it | written by |", "|---|---|---|---|"]
    for file in FILES:
        edited = "yes" if file.is_edited else "no"
        lines.append(f"| [`{file.path}`]({SECTIONS[file.path]}) | {file.secret} | {edited} | {file.writers} |")
    return "\n".join(lines)


def schema_file(*, strict: bool = False) -> dict[str, Any]:
    """Return the schemas of all files. `strict` allows no key that this version does not write."""
    return {
        "$schema": json_schema.DRAFT,
        "title": "Files of arka",
        "description": "What each file contains: one schema for each format, and one for each table in it.",
        "$defs": json_schema.definitions(*(each for kinds in FORMATS.values() for each in kinds), strict=strict),
    }


if __name__ == "__main__":
    write_files(render())
