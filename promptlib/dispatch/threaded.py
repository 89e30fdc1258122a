"""A transport written for threads, used from asyncio: each step runs in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TypeVar

from promptlib.dispatch.transport import Response, Transport
from promptlib.providers.base import HttpRequest

__all__ = ["ThreadedTransport"]

T = TypeVar("T")


class ThreadedTransport:
    """Wraps a Transport as an AsyncTransport.

    A cancelled step leaves its thread behind, which ends by its own time limit at the latest.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, request: HttpRequest, timeout: float) -> ThreadedResponse:  # noqa: ASYNC109  # handed on
        """The response once its headers have come."""
        sending = _started(lambda: self._inner.send(request, timeout))
        try:
            return ThreadedResponse(await asyncio.wrap_future(sending))
        except BaseException:
            # Nobody will hold the response that may still come, so it closes itself.
            sending.add_done_callback(_close_unread)
            raise

    async def close(self) -> None:
        """Closes the inner transport."""
        self._inner.close()


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
        return await asyncio.wrap_future(_started(lambda: self._inner.read(timeout)))

    async def close(self) -> None:
        """Ends it."""
        self._inner.close()


def _started(work: Callable[[], T]) -> Future[T]:
    # Not the loop's own executor: closing a loop waits for that, abandoned steps and all.
    future: Future[T] = Future()
    # A future that runs cannot be cancelled, so its result is there for who cleans up.
    future.set_running_or_notify_cancel()
    threading.Thread(target=_run, args=(work, future), name="promptlib-step", daemon=True).start()
    return future


def _run(work: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001  # the waiting side raises it
        future.set_exception(error)


def _close_unread(sending: Future[Response]) -> None:
    if sending.exception() is None:
        sending.result().close()
