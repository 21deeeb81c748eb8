"""Reports of leaked tokens without an own token: by secret-scanning partners, and by finders."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool

from arka_config.workspace.server import leaks
from arka_config.workspace.server.api.auth import check_blocked, client_address, limit_failures, workspace_of
from arka_config.workspace.server.api.problem_schemas import PROBLEM_RESPONSES
from arka_config.workspace.server.api.schemas import FoundToken, LeakReport, LeakVerdict
from arka_config.workspace.server.problems import BAD_SIGNATURE, NOT_FOUND, UNAVAILABLE, Problem, invalid_request
from arka_config.workspace.server.signing_keys import KEY_ID_HEADER, SIGNATURE_HEADER, NoSigningKeys

router = APIRouter(prefix="/api/v1", tags=["API"], responses=PROBLEM_RESPONSES)

_reports = TypeAdapter(list[LeakReport])
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/LeakReport"},
                }
            }
        },
    }
}


@router.post("/leaks", openapi_extra=_BODY)
async def report_leaks(
    request: Request,
    key_id: Annotated[str, Header(alias=KEY_ID_HEADER, max_length=200)] = "",
    signature: Annotated[str, Header(alias=SIGNATURE_HEADER, max_length=400)] = "",
) -> list[LeakVerdict]:
    """Revoke leaked tokens, and tell their owners. For secret-scanning partners, in the format of GitHub.

    The signature is over the body: ECDSA with P-256 and SHA-256, in base64. Without partners, there is no such address.
    """
    body = await request.body()
    return await run_in_threadpool(_handle_report, request, key_id, signature, body)


def _handle_report(request: Request, key_id: str, signature: str, body: bytes) -> list[LeakVerdict]:
    workspace, address = workspace_of(request), client_address(request)
    if workspace.leak_keys is None:
        raise Problem(NOT_FOUND, "this workspace accepts no reports of secret-scanning partners")
    check_blocked(workspace, workspace.bad_report_limit, address)
    try:
        is_signed = workspace.leak_keys.verify(key_id, signature, body)
    except NoSigningKeys:
        problem = Problem(UNAVAILABLE, "the partner's keys cannot be read now", headers={"Retry-After": "60"})
        raise problem from None
    if not is_signed:
        limit_failures(workspace, workspace.bad_report_limit, address)
        raise Problem(BAD_SIGNATURE, "the report is not signed by a partner of this workspace")
    found = _parse_reports(body)
    reports = [leaks.Report(each.token, each.source or "", each.url or "") for each in found]
    verdicts = leaks.revoke_reported(workspace.database, workspace.app, reports, address=address)
    return [
        LeakVerdict(
            token_hash=report.hash, token_type=each.type, label="true_positive" if is_real else "false_positive"
        )
        for each, report, is_real in zip(found, reports, verdicts, strict=True)
    ]


def _parse_reports(body: bytes) -> list[LeakReport]:
    """Parse a report. Raises Problem, which repeats nothing of it."""
    try:
        reports = _reports.validate_json(body)
    except ValidationError:
        pass
    else:
        return reports
    raise invalid_request(("body", "it is not a list of objects with token, type, url and source"))


@router.post("/revoke", status_code=204)
def revoke_found_token(request: Request, found: FoundToken) -> Response:
    """Revoke a token that you found, and inform its owner. The response is the same if there is no such token."""
    workspace, address = workspace_of(request), client_address(request)
    limit_failures(workspace, workspace.found_token_limit, address)
    leaks.revoke_found(workspace.database, found.token, address=address)
    return Response(status_code=204)


def add_report_schema(document: dict[str, Any]) -> None:
    """Add the schema of a reported token: FastAPI does not read this body."""
    document["components"]["schemas"]["LeakReport"] = LeakReport.model_json_schema()
