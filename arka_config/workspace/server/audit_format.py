"""The format of an audit log's entries, in exports and in the server's log."""

from typing import Annotated, TypedDict

from arka_config.schema import OneOf, Time

FORMAT = 1


class AuditEntryDocument(TypedDict):
    """An entry of the audit log, as an export and the server's log have it."""

    version: Annotated[int, OneOf(FORMAT)]
    """the version of the format"""
    id: int
    """the entry's number"""
    at: Time
    """when it was, in UTC, with microseconds"""
    action: str
    """what was done, such as `token created`"""
    user_id: str | None
    """the id of the user that it concerns; null if there is none"""
    subject: str
    """what it was done to, such as a token's id; empty if the action has none"""
    acting_token: str | None
    """the id of the token that it was done with; null if it was done otherwise"""
    address: str
    """the address that the request came from; empty if there was none"""
