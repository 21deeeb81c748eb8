"""What the OpenAPI document says of the answers that are problems, and the document itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from arka_config.workspace.server import problems
from arka_config.workspace.server.api.schemas import ForbiddenDocument, InvalidRequestDocument, ProblemDocument

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel

_SECONDS = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}, "required": True}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "RFC 6750's challenge", "schema": {"type": "string"}, "required": True}},
    403: {"WWW-Authenticate": {"description": "Which scope is missing", "schema": {"type": "string"}}},
    405: {"Allow": {"description": "The methods there are", "schema": {"type": "string"}, "required": True}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}
_MODELS: dict[int, type[BaseModel]] = {403: ForbiddenDocument, 422: InvalidRequestDocument}


def _described(status: int) -> dict[str, Any]:
    kinds = [kind for kind in problems.KINDS if kind.status == status and kind is not problems.FORGED]
    name = _MODELS.get(status, ProblemDocument).__name__
    return {
        "description": "; or: ".join(f"{kind.title} (`{kind.path}`)" for kind in kinds),
        "headers": _HEADERS.get(status, {}),
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: _described(status) for status in sorted({kind.status for kind in problems.KINDS})
}


def describe(api: FastAPI, title: str, version: str) -> dict[str, Any]:
    """The OpenAPI document of the API, with the problems' own schemas among its components."""
    document = get_openapi(
        title=f"{title} workspace",
        version=version,
        description="Issues, lists and revokes tokens. Errors are problem details (RFC 9457).",
        routes=api.routes,
        separate_input_output_schemas=False,
    )
    models = (ProblemDocument, InvalidRequestDocument, ForbiddenDocument)
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    components = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    components.update(schemas["$defs"])
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        operation["responses"]["422"] = PROBLEMS[422]
    return document
