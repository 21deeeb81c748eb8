"""Create a token on a workspace's tokens page, like a user in a browser, and print it.

    arka workspace add-user me@example.com | python examples/tokens_page.py "MacBook Pro" --may-manage-tokens

Reads the sign-in link from stdin. For demos and tests; if you already have a token, use `arka tokens create`.
"""

from __future__ import annotations

import argparse
import sys
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx

from arka_config.arka import app


class Fields(HTMLParser):
    """The values of a page's input fields, by name or id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        key = attributes.get("name") or attributes.get("id")
        if tag == "input" and key is not None:
            self.values.setdefault(key, attributes.get("value", ""))


def main() -> None:
    """Sign in, submit the form, and print the new token."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("label")
    parser.add_argument("--may-manage-tokens", action="store_true")
    options = parser.parse_args()
    link = urlsplit(sys.stdin.read().strip())
    url = f"{link.scheme}://{link.netloc}"
    with httpx.Client(base_url=url, headers={"Origin": url}, follow_redirects=True, trust_env=False) as browser:
        form = Fields(browser.get(link.path).raise_for_status().text)
        signed_in = browser.post(link.path, data={"form_key": form.values["form_key"], "code": link.fragment})
        signed_in.raise_for_status()
        form = Fields(browser.get(f"{app.tokens_page}?create").raise_for_status().text)
        data = {"form_key": form.values["form_key"], "label": options.label, "expiry": "90"}
        if options.may_manage_tokens:
            data["manage"] = "yes"
        created = browser.post(app.tokens_page, data=data).raise_for_status()
    print(Fields(created.text).values["token"])


if __name__ == "__main__":
    main()
