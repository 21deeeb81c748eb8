"""Run the commands of each page in this folder and compare their output with the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import Home, run_page

PAGES = sorted(Path(__file__).parent.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_matches_real_output(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(page, Home(tmp_path, monkeypatch))
