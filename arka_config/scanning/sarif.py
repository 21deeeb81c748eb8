"""Findings as SARIF 2.1.0, which code-scanning pages of repository hosts read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arka_config.app_identity import AppIdentity
    from arka_config.scanning.findings import Finding

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_RULE = "leaked-token"


def sarif(findings: Iterable[Finding], app: AppIdentity, version: str) -> dict[str, object]:
    """Return the SARIF document. It contains no token: a fingerprint identifies each."""
    rule = {
        "id": _RULE,
        "shortDescription": {"text": f"A token of {app.title} is stored in plain text"},
        "help": {"text": f"Revoke the token and log in with a new one: {app.name} scan --revoke"},
        "defaultConfiguration": {"level": "error"},
    }
    driver = {"name": f"{app.name} scan", "version": version, "rules": [rule]}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(map(_result, findings))}
        ],
    }


def _result(finding: Finding) -> dict[str, object]:
    commit = finding.commit
    where = f" in commit {commit.id} of {commit.author}" if commit is not None else ""
    what = "secret" if finding.match.secret else "token"
    region = {"startLine": finding.match.line, "startColumn": finding.match.column}
    uri = quote(finding.path or f"git-object/{finding.object_id}", safe="/", errors="surrogateescape")
    return {
        "ruleId": _RULE,
        "ruleIndex": 0,
        "message": {"text": f"A {what} is stored in plain text{where}."},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}],
        "partialFingerprints": {f"{what}{'Name' if what == 'secret' else ''}Sha256/v1": finding.match.fingerprint},
    }
