"""The server's log on stderr: as text for people, or as JSON for a log collector, one line for each entry.

No entry contains a token, a sign-in code, a query string or a path with an id: requests are logged by their route.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from arka_config import timestamps
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

Format = Literal["text", "json"]

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")  # of the request that is being handled
ACCESS = logging.getLogger("access")
AUDIT = logging.getLogger("audit")
SERVER = logging.getLogger("server")


def configure(form: Format, *, access_log: bool = False) -> None:
    """Log warnings and errors to stderr, and requests if wanted. The audit log is part of JSON logs only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    ACCESS.setLevel(logging.INFO if access_log else logging.WARNING)
    for logger in (AUDIT, SERVER):
        logger.setLevel(logging.INFO if form == "json" else logging.WARNING)


def report_state(message: str, **fields: object) -> None:
    """Log what happens to the server itself. For people, the command prints it."""
    SERVER.info(message, extra={"fields": fields})


def log_audit_entry(action: str, document: Mapping[str, object]) -> None:
    """Log an entry of the audit log, after its transaction."""
    AUDIT.info("%s", action, extra={"fields": {"audit": document}})


class TextFormatter(logging.Formatter):
    """`2027-02-28T12:00:00Z warning the database does not respond (request 4f2c…)`, then a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one entry."""
        request_id = REQUEST_ID.get()
        end = f" (request {request_id})" if request_id else ""
        line = f"{_time(record)[:19]}Z {record.levelname.lower()} {visible(record.getMessage())}{end}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object on one line, in ASCII: a message cannot forge another entry."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one entry."""
        document: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            document["request_id"] = request_id
        document |= getattr(record, "fields", {})
        if record.exc_info:
            document["traceback"] = self.formatException(record.exc_info)
        return json.dumps(document)


def _time(record: logging.LogRecord) -> str:
    return timestamps.to_text(datetime.fromtimestamp(record.created, UTC), "milliseconds")
