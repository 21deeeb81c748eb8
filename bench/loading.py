"""Compare `Settings.load()` with a plain pydantic-settings class of the same fields, in one process."""

from __future__ import annotations

import os
import time
from pathlib import Path  # noqa: TC003  # pydantic reads the annotation
from typing import TYPE_CHECKING

from pydantic import HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from arka_config.arka.settings import Settings
from bench.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 300
OURS = "Settings.load()"
PLAIN = "BaseSettings()"


class PlainSettings(BaseSettings):
    """The fields of `arka`, read only from the environment."""

    model_config = SettingsConfigDict(env_prefix="ARKA_")

    api_key: SecretStr | None = None
    api_url: HttpUrl = HttpUrl("https://arka-ai.com")
    timeout: float = 30.0
    proxy: HttpUrl | None = None
    ca_bundle: Path | None = None


def timings(environ: dict[str, str]) -> dict[str, Timing]:
    """Measure each load in milliseconds, in turn. Ours also reads a profile's two files."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        loads: dict[str, Callable[[], object]] = {OURS: Settings.load, PLAIN: PlainSettings}
        times: dict[str, list[float]] = {name: [] for name in loads}
        for _ in range(ROUNDS):
            for name, load in loads.items():
                begin = time.perf_counter()
                load()
                times[name].append(1e3 * (time.perf_counter() - begin))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return {name: Timing(taken[ROUNDS // 10 :]) for name, taken in times.items()}
