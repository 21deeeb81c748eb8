"""The HTTP protocol of a connection: uvicorn's for httptools, which does not limit the size of a request's head."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_SIZE = 64 * 1024  # the limit of uvicorn's other protocol, h11


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection with a too long request line and headers, instead of collecting them in memory."""

    _is_in_head = False
    _head_size = 0

    def data_received(self, data: bytes) -> None:
        """Parse received bytes, of which the last head is at most a part."""
        self._head_size += len(data)
        super().data_received(data)
        if not self._is_in_head:
            self._head_size = 0
        elif self._head_size > MAX_HEAD_SIZE and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """Start a request."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Handle a complete head. What follows is the body, which the middleware limits."""
        self._is_in_head = False
        super().on_headers_complete()
