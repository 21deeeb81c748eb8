"""Each page of this folder tells of one person's day, as it is typed; it is run, and compared with what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import Home, run_page

PAGES = sorted(Path(__file__).parent.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_goes_as_it_is_told(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(page, Home(tmp_path, monkeypatch))
