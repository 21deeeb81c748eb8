"""The API's responses that are problems, in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from arka_config.workspace.server import problems


class FieldError(BaseModel):
    """Why one field is invalid."""

    model_config = ConfigDict(extra="forbid")

    field: str
    detail: str


class ProblemDocument(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(description="The path of a page on the workspace that explains this kind of problem.")
    title: str
    status: int
    detail: str


class InvalidRequestDocument(ProblemDocument):
    """Problem details with the invalid fields."""

    errors: list[FieldError]


class ForbiddenDocument(ProblemDocument):
    """Problem details with the billing page, if a Pro subscription is required."""

    billing_url: str | None = Field(None, description="The billing page, for the type /problems/pro-required.")


_SECONDS = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}, "required": True}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {
        "WWW-Authenticate": {"description": "A challenge (RFC 6750)", "schema": {"type": "string"}, "required": True}
    },
    403: {"WWW-Authenticate": {"description": "The missing scope", "schema": {"type": "string"}}},
    405: {"Allow": {"description": "The allowed methods", "schema": {"type": "string"}, "required": True}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}
_PAGES_ONLY = (problems.FORGED, problems.PLANS_ARE_SET)
_MODELS: dict[int, type[BaseModel]] = {403: ForbiddenDocument, 422: InvalidRequestDocument}


def _describe(status: int) -> dict[str, Any]:
    kinds = [kind for kind in problems.KINDS if kind.status == status and kind not in _PAGES_ONLY]
    name = _MODELS.get(status, ProblemDocument).__name__
    return {
        "description": "; or: ".join(f"{kind.title} (`{kind.path}`)" for kind in kinds),
        "headers": _HEADERS.get(status, {}),
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: _describe(status) for status in sorted({kind.status for kind in problems.KINDS})
}


def add_problem_schemas(document: dict[str, Any]) -> None:
    """Add the schemas of the problems to FastAPI's OpenAPI document."""
    models = (ProblemDocument, InvalidRequestDocument, ForbiddenDocument)
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    components = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    components.update(schemas["$defs"])
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        operation["responses"]["422"] = PROBLEM_RESPONSES[422]
