"""Build the documentation site to build/site/html, strictly: a warning or a broken link fails. `make docs` runs this.

    python tools/build_site.py ZENSICAL

The pages of docs/ link to files of the repository, as on a forge. The site has the pages below, and copies of other
linked files; a link to a folder becomes text.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SITE = ROOT / "build" / "site"

# Pages outside of docs/, and their place in the site.
PROJECT = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "profiles/README.md": "project/profiles.md",
    **{
        f"examples/{page.parent.name}/README.md": f"project/{page.parent.name}.md"
        for page in (ROOT / "examples").glob("*/README.md")
    },
}
_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^)\s]+)\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def build(zensical: str, site: Path) -> subprocess.CompletedProcess[str]:
    """Assemble the pages in `site`/pages and build them to `site`/html."""
    shutil.rmtree(site, ignore_errors=True)
    pages = site / "pages"
    shutil.copytree(ROOT / "docs", pages)
    for source in [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in PROJECT)]:
        page = pages / place(source)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(relink(source, pages), "utf-8")
    shutil.copyfile(ROOT / "zensical.toml", site / "zensical.toml")
    command = [zensical, "build", "--clean", "--strict"]
    return subprocess.run(
        command, cwd=site, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )


def place(source: Path) -> str:
    """Return where a file of the repository is in the site."""
    name = source.relative_to(ROOT).as_posix()
    if name == "README.md":
        return "index.md"
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    return PROJECT.get(name, f"files/{name}")


def relink(source: Path, pages: Path) -> str:
    """Return a page's text with links that resolve in the site, and copy the files that it links to."""
    parts = _FENCE.split(source.read_text("utf-8"))
    return "".join(
        part if part.startswith("```") else _LINK.sub(lambda link: target(source, link, pages), part) for part in parts
    )


def target(source: Path, link: re.Match[str], pages: Path) -> str:
    """Return a link for the site, or its text if it names a folder."""
    text, address = link.groups()
    if "://" in address or address.startswith("#"):
        return link[0]
    path, _, anchor = address.partition("#")
    file = (source.parent / path).resolve()
    if file.is_dir():
        return text.strip("[]")
    copy = pages / place(file)
    if file.suffix != ".md" and not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    relative = os.path.relpath(place(file), Path(place(source)).parent)
    return f"{text}({relative}{'#' + anchor if anchor and file.name != 'README.md' else ''})"


if __name__ == "__main__":
    done = build(sys.argv[1], SITE)
    print(done.stdout.partition("Traceback")[0], end="")
    if done.returncode:
        sys.exit("the documentation has warnings: see above")
    print(f"open {SITE / 'html' / 'index.html'}")
