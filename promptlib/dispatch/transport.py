"""What carries a request: replace it to send through something else than this library's HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from promptlib.providers.base import HttpRequest

__all__ = ["AsyncResponse", "AsyncTransport", "Response", "Transport"]


class Response(Protocol):
    """A response whose body is still to be read."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers; their names in lower case."""
        ...

    def read(self, timeout: float) -> bytes:
        """The next piece of the body, uncompressed and at most a few MiB; empty at the end.

        Raises:
            TimeoutError: Nothing came for `timeout` seconds.
            TransportError: The connection broke.
        """
        ...

    def close(self) -> None:
        """Ends it; a connection whose body was not read to the end is closed. May be called twice."""
        ...


class Transport(Protocol):
    """Sends one request at a time for each caller, from any thread, and never follows a redirect."""

    def send(self, request: HttpRequest, timeout: float) -> Response:
        """The response once its headers have come.

        Raises:
            TimeoutError: They had not come after `timeout` seconds.
            TransportError: No connection could be made, or it broke.
        """
        ...

    def close(self) -> None:
        """Closes whatever is open."""
        ...


class AsyncResponse(Protocol):
    """`Response` for asyncio; a call that is cancelled closes what it opened."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers; their names in lower case."""
        ...

    async def read(self, timeout: float) -> bytes:  # noqa: ASYNC109  # the caller's bound, as in Response
        """The next piece of the body; empty at the end."""
        ...

    async def close(self) -> None:
        """Ends it."""
        ...


class AsyncTransport(Protocol):
    """`Transport` for asyncio."""

    async def send(self, request: HttpRequest, timeout: float) -> AsyncResponse:  # noqa: ASYNC109  # as above
        """The response once its headers have come."""
        ...

    async def close(self) -> None:
        """Closes whatever is open."""
        ...
