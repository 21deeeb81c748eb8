"""Write what is made of the help of the commands and its topics: man/ and pages of docs/reference/. `make docs` runs
this."""

from __future__ import annotations

from pathlib import Path

from arka_config.arka import app
from arka_config.cli.reference.document import write_markdown
from arka_config.cli.reference.man_pages import write_pages
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime.command_tree import program
from arka_config.versions import toolkit_version

ROOT = Path(__file__).parents[1]
TITLES = {"precedence": "Precedence in short", "environment": "Environment variables", "exit-codes": "Exit codes"}
MORE = {
    "precedence": "[Precedence](../explanation/precedence.md) explains the rules, with examples.",
    "environment": "`ARKA_CA_BUNDLE`, `SSL_CERT_FILE`, `SSL_CERT_DIR` and `SSLKEYLOGFILE` are not accepted, unless "
    "`config.toml` has [`trust_env_ca = true`](../explanation/security-model.md#certificates).",
    "exit-codes": "What a workspace's answer becomes is in [Commands](commands.md#exit-codes).",
}
SETTINGS = """\
# Settings of `arka`

`arka config reference` prints this table, and with `--format man` a man page. It is generated from the code, as it is
for [every CLI that is built on this package](settings.md#a-reference-of-your-settings). A profile has these keys under
`[settings]`, except for `api_url`; the token is stored by `arka login`.
"""


def render() -> dict[str, str]:
    """Return the generated files by their path in the repository."""
    pages = write_pages(app, program(app), toolkit_version())
    files = {f"man/man1/{name}": text for name, text in pages.items()}
    for name, title in TITLES.items():
        intro = f"`{app.name} help {name}` prints this page. It is generated from the code."
        body = write_markdown(TOPICS[name].blocks(app))
        files[f"docs/reference/{name}.md"] = f"# {title}\n\n{intro}\n\n{body}\n{MORE[name]}\n"
    offered = ("token", "api_url")  # the settings that have an option in `arka`
    table = app.settings_reference("markdown", options=offered)
    files["docs/reference/arka-settings.md"] = f"{SETTINGS}\n{table}"
    files["man/man5/arka-settings.5"] = app.settings_reference("man", options=offered)
    return files


def main() -> None:
    """Write every file, and remove the pages of commands that no longer exist."""
    files = render()
    for path in (ROOT / "man").glob("man*/*"):
        if str(path.relative_to(ROOT)) not in files:
            path.unlink()
    for name, text in files.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, "utf-8")
    print(f"wrote {len(files)} files to man/ and docs/reference/")


if __name__ == "__main__":
    main()
