"""TokenStore: what every kind of token store can do. Alone here, since `typing` is no part of `token`'s start-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from arka_config.store.tokens import Credential

Document: TypeAlias = dict[str, Any]


class TokenStore(Protocol):
    """A kind of token store, by what stands in a profile's token file. `kind` is the word for it.

    `written` gives the document that keeps a credential, and first puts elsewhere what does not go into it. `read`
    gives the credential, whose token may be fetched later. `forgotten` drops what an old document points to.
    """

    kind: str

    def read(self, name: str, document: Document, path: str) -> Credential: ...
    def written(self, name: str, credential: Credential) -> Document: ...
    def forgotten(self, name: str, document: Document) -> None: ...
