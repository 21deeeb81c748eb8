"""Saved plans: `plan --out FILE` and `apply FILE`. The file identifies the plan; the templates are read again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from arka_config.errors import MalformedFile
from arka_config.store import files
from arka_config.templates.plan import Options

if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore


class SavedPlan(BaseModel):
    """The inputs of a plan, its digest, and for readers the plan itself as JSON."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = 1
    """the version of the format"""
    app: str
    """the name of the program"""
    paths: list[str]
    """the templates and folders, as full paths"""
    only: tuple[str, ...]
    """the profiles of `--only`; empty without it"""
    prune: bool
    """`--prune`"""
    take: Literal["template", "mine"] | None
    """`--take`: `template` or `mine`; null without it"""
    adopt: bool
    """`--adopt`"""
    identities: list[str]
    """the files of `--identity`, as full paths; empty without it"""
    digest: str
    """the SHA-256 digest of the plan: `apply` refuses it if the plan would be another one now"""
    plan: dict[str, Any]
    """for readers, the plan as [`plan --json`](json.md#plan) prints it"""

    @property
    def options(self) -> Options:
        """The options of the plan."""
        return Options(self.only, self.prune, self.take, self.adopt)


def write(store: ProfileStore, path: str, saved: SavedPlan, *, follow_links: bool = False) -> None:
    """Write a plan to a file for `apply`, with absolute paths."""
    paths = [os.path.abspath(one) for one in saved.paths]
    identities = [os.path.abspath(os.path.expanduser(one)) for one in saved.identities]
    content = saved.model_copy(update={"paths": paths, "identities": identities}).model_dump()
    store.write_outside(os.path.abspath(path), json.dumps(content, indent=2) + "\n", follow_links=follow_links)


def is_saved_plan(path: str) -> bool:
    """Whether a path is a saved plan: a file that does not end in `.toml`."""
    return os.path.isfile(path) and not path.endswith(".toml")


def read(path: str, app: str) -> SavedPlan:
    """Read a saved plan. Raises MalformedFile."""
    try:
        saved = SavedPlan.model_validate_json(files.read(os.path.abspath(path)) or "")
    except ValidationError:
        saved = None
    # Outside `except`, because pydantic's error contains the whole text.
    if saved is None or saved.app != app:
        hint = f"{app} plan PATH… --out FILE"
        raise MalformedFile(f"{path}: neither a template nor a saved plan", path=path, hint=hint)
    return saved
