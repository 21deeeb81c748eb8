"""The documentation site is built strictly, loads nothing from other hosts, and works on a phone and in the dark."""

from __future__ import annotations

import functools
import shutil
import tomllib
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests import peers
from tests.chromium import run_chromium
from tests.guarantees import numbers
from tests.http_server import serve_in_thread
from tests.pages import ROOT
from tools import build_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
SCHEMES = {"light": "rgb(255, 255, 255)", "dark": "rgb(11, 12, 15)"}
# The theme gives each copy button a landmark of its own, without a name.
AXE = "resultTypes: ['violations'], preload: false, rules: {'landmark-unique': {enabled: false}}"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
# The search listens to the keyboard only after it was painted.
AFTER_PAINT = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
# The search is in a closed shadow root, which a test cannot look into.
OPEN_SHADOW = """
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function () { return attach.call(this, {mode: "open"}); };
"""
# The heading levels of a page: they begin with 1, and none is left out.
HEADINGS = "[...document.querySelectorAll('article :is(h1,h2,h3,h4,h5,h6)')].map((each) => +each.tagName[1])"


def pages_of(nav: Any) -> Iterator[str]:
    """Yield the pages of a `nav` in order."""
    for entry in nav:
        for value in entry.values():
            if isinstance(value, str):
                yield value
            else:
                yield from pages_of(value)


NAV = list(pages_of(tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]))


def test_every_page_is_in_the_navigation_once() -> None:
    sources = [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in build_site.PROJECT)]
    assert sorted(NAV) == sorted(map(build_site.place, sources)), "zensical.toml: nav"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "build"
    done = build_site.build(peers.executable("zensical"), folder)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.mark.peer("zensical")
def test_every_page_of_the_navigation_is_built(site: Path) -> None:
    built = {path.relative_to(site / "html").as_posix() for path in (site / "html").rglob("*.html")}
    assert built - {"404.html"} == {name.removesuffix(".md") + ".html" for name in NAV}
    assert (site / "html" / "search.json").stat().st_size > 100_000


@pytest.mark.peer("zensical")
@pytest.mark.parametrize("link", ["nowhere.md", "guides/backup.md#nowhere"])
def test_broken_link_fails_the_build(link: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    (tmp_path / "docs" / "index.md").write_text(f"# Home\n\n[A link]({link}), [another](guides/backup.md#backup).\n")
    (tmp_path / "docs" / "guides" / "backup.md").write_text("# Backup\n")
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "x"\ndocs_dir = "pages"\nsite_dir = "html"\n')
    monkeypatch.setattr(build_site, "ROOT", tmp_path)
    monkeypatch.setattr(build_site, "PROJECT", {})
    done = build_site.build(peers.executable("zensical"), tmp_path / "site")
    assert done.returncode != 0
    assert "1 issue found" in done.stdout


class Quiet(SimpleHTTPRequestHandler):
    """A file server without a log."""

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site / "html")))
    with serve_in_thread(server) as address:
        yield f"http://{address}/"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with run_chromium() as browser:
        yield browser


def open_site(chromium: Browser, url: str, scheme: Any, size: str) -> tuple[Page, list[str]]:
    """Open a tab. Requests to other hosts, and errors of scripts, are added to the list."""
    width, height = SIZES[size]
    context = chromium.new_context(
        base_url=url, color_scheme=scheme, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("request", lambda request: None if request.url.startswith((url, "data:")) else problems.append(request.url))
    page.on("console", lambda message: problems.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page, problems


@pytest.fixture(scope="module")
def tab(chromium: Browser, url: str, site: Path) -> tuple[Page, list[str]]:
    """A tab for all pages: opening one takes as long as checking a page. The site serves axe too, to be cached."""
    shutil.copy(peers.axe_script(), site / "html" / "axe.js")
    return open_site(chromium, url, "light", "phone")


@pytest.mark.peer("zensical", "chromium", "axe-core")
@pytest.mark.parametrize("name", numbers.part_of(NAV, 20))
def test_page_is_accessible_and_loads_nothing_from_elsewhere(tab: tuple[Page, list[str]], name: str) -> None:
    """On a phone in the light scheme, then on a desktop in the dark one."""
    page, problems = tab
    problems.clear()
    show(page, "light", "phone")
    page.goto(name.removesuffix(".md") + ".html")
    page.add_script_tag(url="/axe.js")
    problems += violations(page)
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= before + 1 for before, later in pairwise(levels))
    assert not page.evaluate(TOO_WIDE)
    assert page.evaluate(BACKGROUND) == SCHEMES["light"]
    show(page, "dark", "desktop")
    page.wait_for_function(f"{BACKGROUND} === '{SCHEMES['dark']}'")
    problems += violations(page)
    assert not page.evaluate(TOO_WIDE)
    assert problems == []


def show(page: Page, scheme: Any, size: str) -> None:
    """Change the colour scheme, and the size of the window."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")


def violations(page: Page) -> list[str]:
    """Return what axe finds."""
    found = page.evaluate(f"axe.run({{{AXE}}})")
    assert found["passes"]
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.peer("zensical", "chromium")
def test_search_finds_a_page(chromium: Browser, url: str) -> None:
    page, problems = open_site(chromium, url, "light", "desktop")
    page.add_init_script(OPEN_SHADOW)
    page.goto("index.html")
    page.locator("dialog[aria-label=Search]").wait_for(state="attached")
    page.evaluate(AFTER_PAINT)
    page.keyboard.press("Control+k")
    page.locator("dialog[aria-label=Search][open] input:focus").wait_for()
    page.keyboard.type("restore a backup")
    page.locator("[role=option][aria-selected=true][href*='guides/backup.html']").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/guides/backup.html*")
    page.context.close()
    assert problems == []


@pytest.mark.peer("zensical", "chromium")
def test_dark_theme_can_be_chosen(chromium: Browser, url: str) -> None:
    page, problems = open_site(chromium, url, "light", "desktop")
    page.goto("index.html")
    for name in ("Switch to light mode", "Switch to dark mode"):
        page.get_by_title(name).click()
    assert page.evaluate(BACKGROUND) == SCHEMES["dark"]
    page.context.close()
    assert problems == []
