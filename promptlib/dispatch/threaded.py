"""A transport written for threads, used from asyncio: each step runs in a worker thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from promptlib.dispatch.transport import Response, Transport
from promptlib.providers.base import HttpRequest

__all__ = ["ThreadedTransport"]


class ThreadedTransport:
    """Wraps a Transport as an AsyncTransport.

    A cancelled step leaves its thread behind, which ends by its own time limit at the latest.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, request: HttpRequest, timeout: float) -> ThreadedResponse:  # noqa: ASYNC109  # handed on
        """The response once its headers have come."""
        sending = asyncio.ensure_future(asyncio.to_thread(self._inner.send, request, timeout))
        try:
            return ThreadedResponse(await asyncio.shield(sending))
        except asyncio.CancelledError:
            # Nobody will hold the response that may still come, so it closes itself.
            sending.add_done_callback(_close_unread)
            raise

    async def close(self) -> None:
        """Closes the inner transport."""
        await asyncio.to_thread(self._inner.close)


class ThreadedResponse:
    """Wraps a Response as an AsyncResponse."""

    def __init__(self, inner: Response) -> None:
        self._inner = inner

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._inner.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers; their names in lower case."""
        return self._inner.headers

    async def read(self, timeout: float) -> bytes:  # noqa: ASYNC109  # handed on
        """The next piece of the body; empty at the end."""
        return await asyncio.to_thread(self._inner.read, timeout)

    async def close(self) -> None:
        """Ends it."""
        self._inner.close()


def _close_unread(sending: asyncio.Future[Response]) -> None:
    if not sending.cancelled() and sending.exception() is None:
        sending.result().close()
