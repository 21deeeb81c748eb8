"""Approve a program's sign-in on the workspace's page, like a user in a browser.

    export LINK=$(arka workspace add-user me@example.com --plan pro)
    BROWSER="python examples/approve.py %s" arka login --profile laptop

LINK is the link that signs in, and LABEL the name of the token. For demos and tests.
"""

from __future__ import annotations

import os
import sys
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx


class Fields(HTMLParser):
    """The first value of each input field of a page, by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in attributes:
            self.values.setdefault(attributes["name"], attributes.get("value", ""))


def main() -> None:
    """Sign in, approve the request of the page in the argument, and return to the program."""
    link = urlsplit(os.environ["LINK"])
    url = f"{link.scheme}://{link.netloc}"
    with httpx.Client(base_url=url, headers={"Origin": url}, trust_env=False) as browser:
        submit(browser, link.path, code=link.fragment)
        decision = {"decision": "approve", "label": os.environ.get("LABEL", "laptop"), "expiry": "90"}
        approved = submit(browser, sys.argv[1], **decision)
    if approved.is_redirect:
        httpx.get(approved.headers["location"], trust_env=False).raise_for_status()


def submit(browser: httpx.Client, page: str, **fields: str) -> httpx.Response:
    """Submit the form of a page, with its key."""
    form = Fields(browser.get(page).raise_for_status().text)
    response = browser.post(page, data={"form_key": form.values["form_key"], **fields})
    return response if response.is_redirect else response.raise_for_status()


if __name__ == "__main__":
    main()
