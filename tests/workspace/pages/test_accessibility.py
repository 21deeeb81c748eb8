"""Accessibility of the pages: screen readers, contrast in light and dark, narrow screens, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.guarantees import numbers
from tests.workspace.pages.tour import tour
from tests.workspace.pages.visitor import ANN, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workspace.pages.visitor import Visitor

pytestmark = pytest.mark.peer("chromium")

CONTROLS = {"button", "link", "textbox", "radio", "checkbox", "Date", "combobox", "spinbutton", "menuitem"}
SCHEMES = dict(numbers.part_of([("light", "rgb(247, 247, 248)"), ("dark", "rgb(15, 16, 19)")], 2, first=1))
STATES = 28
WIDTHS = (320, 360, 600, 768, 830, 1024, 1280)  # pixels; the tour continues with the last one

# Requirements that the accessibility tree does not show.
STRUCTURE = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all("[id]").map((each) => each.id);
  const named = all("[aria-labelledby], [aria-describedby]")
    .flatMap((each) => [each.getAttribute("aria-labelledby"), each.getAttribute("aria-describedby")])
    .filter(Boolean).flatMap((each) => each.split(" "));
  const seen = (each) => each.checkVisibility();
  return {
    language: document.documentElement.lang,
    titles: document.title.split(" · ").map((each) => each.length > 0),
    headings: all("h1").filter(seen).length,
    mains: all("main").length,
    twice: ids.filter((each, at) => ids.indexOf(each) !== at),
    nowhere: named.filter((each) => !document.getElementById(each)),
    headless: all("table").filter((each) => !each.caption
      || [...each.rows[0].cells].some((cell) => !cell.textContent.trim())).length,
    pictures: all("img:not([alt]), svg:not([aria-hidden=true])").length,
    small: all("a, button, input:not([type=hidden])").filter(seen)
      .filter((each) => !each.closest(".skip, p, label, [inert]"))
      .filter((each) => { const box = each.getBoundingClientRect(); return Math.min(box.width, box.height) < 24; })
      .map((each) => each.outerHTML),
  };
}"""

# The contrast of visible text with its background if it is below 4.5 (WCAG 2.2, 1.4.3), and of edges of fields if below
# 3 (1.4.11).
FAINT = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const known = new Map();  // reading a pixel is slow
  const read = (colour) => {
    if (!known.has(colour)) known.set(colour, draw(colour));
    return [...known.get(colour)];
  };
  const draw = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3]));
  const behind = (element) => {
    if (!element) return read(getComputedStyle(document.body).backgroundColor);
    const own = read(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : [...over(own, behind(element.parentElement)), 1];
  };
  const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, at) => {
    const part = colour[at] / 255;
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const opacity = (element) => element ? +getComputedStyle(element).opacity * opacity(element.parentElement) : 1;
  const found = [];
  const check = (words, colour, element, ground, least) => {
    const drawn = read(colour);
    drawn[3] *= opacity(element);
    const value = contrast(over(drawn, ground), ground);
    if (value < least) found.push(`${words}: ${value.toFixed(2)}`);
  };
  const unseen = (element) => !element.checkVisibility() || element.closest(".unseen, [inert], .skip");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const words = walker.currentNode.data.trim();
    if (!words || unseen(element)) continue;
    count += 1;
    check(words, getComputedStyle(element).color, element, behind(element), 4.5);
  }
  for (const field of document.querySelectorAll("input[type=text], input[type=date]")) {
    if (unseen(field)) continue;
    const style = getComputedStyle(field);
    check("a value", style.color, field, behind(field), 4.5);
    check("a placeholder", getComputedStyle(field, "::placeholder").color, field, behind(field), 4.5);
    check("a field's edge", style.borderTopColor, field, behind(field.parentElement), 3);
  }
  return {count, found};
}"""

WHOLE_PAGE = "() => ({width: innerWidth, height: Math.max(innerHeight, document.documentElement.scrollHeight)})"

# Each control that the mouse reaches, with the middle of its first line.
CONTROLS_AT = """() => [...document.querySelectorAll("a, button")]
  .filter((each) => each.checkVisibility({visibilityProperty: true}) && !each.closest("[inert], .skip, .unseen"))
  .map((each) => {
    const box = each.getClientRects()[0];
    return [each.outerHTML, box.x + box.width / 2, box.y + box.height / 2];
  })"""
UNDER_THE_MOUSE = f"() => [[...document.querySelectorAll('a:hover, button:hover')].at(-1)?.outerHTML, ({FAINT})()]"

# The elements that are wider than the page, or than the container that clips them.
TOO_WIDE = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
  for (const each of document.querySelectorAll("main *, dialog, dialog *, header *")) {
    const box = each.getBoundingClientRect();
    if (!each.checkVisibility() || each.closest(".unseen, pre, .skip, svg, thead") || !box.width) continue;
    if (box.right > innerWidth + 0.5 || box.left < -0.5) wide.push(each.outerHTML.slice(0, 80));
    const frame = each.closest(".table");
    if (frame && box.right > frame.getBoundingClientRect().right + 0.5) wide.push(each.outerHTML.slice(0, 80));
  }
  return wide;
}"""


def read_accessibility_tree(visitor: Visitor) -> list[tuple[str, str]]:
    """Return the role and name of everything that a screen reader announces."""
    session = visitor.context.new_cdp_session(visitor.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    visible = [node for node in nodes if not node["ignored"]]
    return [(node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in visible]


def test_each_state_of_each_page_is_accessible(visit: Callable[..., Visitor]) -> None:
    """Contrast is checked in each scheme. The other checks do not depend on it."""
    ann = visit()
    backgrounds, states = set(), 0
    for state in tour(ann):
        states += 1
        for scheme, background in SCHEMES.items():
            ann.page.emulate_media(color_scheme=scheme)
            check_contrast(ann, f"{state}, {scheme}")
            backgrounds.add((background, ann.page.evaluate("getComputedStyle(document.body).backgroundColor")))
        check_names(ann, state)
        check_widths(ann, state)
    assert backgrounds == {(background, background) for background in SCHEMES.values()}
    assert states == STATES


def check_names(visitor: Visitor, state: str) -> None:
    """Check that every control has an accessible name, and that the tree and the structure show no other problem."""
    tree = read_accessibility_tree(visitor)
    nameless = [role for role, name in tree if role in CONTROLS | {"dialog", "heading", "region"} and not name]
    assert nameless == [], state
    roles = [role for role, _ in tree]
    assert "dialog" in roles or ("main" in roles and "heading" in roles), state
    assert visitor.page.evaluate(STRUCTURE) == {
        "language": "en",
        "titles": [True, True],
        "headings": 1,
        "mains": 1,
        "twice": [],
        "nowhere": [],
        "headless": 0,
        "pictures": 0,
        "small": [],
    }, state


def check_contrast(visitor: Visitor, state: str) -> None:
    """Check that text has enough contrast, and in a full run that it has so under the mouse too."""
    result = visitor.page.evaluate(FAINT)
    assert result["count"] >= 3, state
    assert result["found"] == [], state
    if numbers.BOUNDED:
        return
    visitor.page.set_viewport_size(visitor.page.evaluate(WHOLE_PAGE))  # so that the mouse reaches every control
    for control, x, y in visitor.page.evaluate(CONTROLS_AT):
        visitor.page.mouse.move(x, y)
        reached, result = visitor.page.evaluate(UNDER_THE_MOUSE)
        assert reached == control, f"{state}: {control} is covered"
        assert result["found"] == [], f"{state}, under the mouse: {control}"
    visitor.page.mouse.move(0, 0)


def check_widths(visitor: Visitor, state: str) -> None:
    """Check that the page fits screens of any width."""
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 740})
        assert visitor.page.evaluate(TOO_WIDE) == [], f"{state}, {width} pixels wide"


def test_content_behind_a_dialog_is_inert(visit: Callable[..., Visitor]) -> None:
    for script in (True, False):
        ann = visit(java_script_enabled=script)
        ann.sign_in(ANN, "pro")
        ann.open_dialog()
        tree = read_accessibility_tree(ann)
        assert ("button", "Sign out") not in tree
        assert [name for role, name in tree if role == "link"] == ["Cancel"]
        assert ("heading", "Create Token") in tree


def test_notice_is_announced_after_the_page_has_loaded(visit: Callable[..., Visitor]) -> None:
    """If a live region has its text from the start, screen readers do not announce it."""
    ann = visit()
    ann.sign_in(ANN, "pro")
    ann.create("Laptop")
    assert ann.page.locator("#copied").get_attribute("aria-live") == "polite"
    ann.page.goto(TOKENS)
    ann.revoke("Laptop")
    announced = ann.page.locator("[aria-live]").filter(has_text="The token was revoked. It no longer works.")
    announced.wait_for(state="attached")
    assert announced.count() == 1


def test_dialog_is_usable_at_400_percent_zoom(visit: Callable[..., Visitor]) -> None:
    """At 400 %, 1280 pixels are 320 (WCAG 2.2, 1.4.10). The height is that of a phone in landscape."""
    ann = visit(viewport={"width": 640, "height": 320}, device_scale_factor=2)
    ann.sign_in(ANN, "pro")
    dialog = ann.open_dialog()
    dialog.get_by_role("radio", name="On a date").check()
    dialog.get_by_role("button", name="Create Token").scroll_into_view_if_needed()
    box = dialog.get_by_role("button", name="Create Token").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 320
