"""Transports for threads, used from asyncio."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from promptlib.dispatch.threaded import ThreadedTransport
from promptlib.providers.base import HttpRequest

_REQUEST = HttpRequest(url="x:", body=b"")


class _Gated:
    """Answers when the gate opens, and knows whether its response was closed."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012  # read only

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.closed = threading.Event()

    def send(self, request: HttpRequest, timeout: float) -> Any:
        self.gate.wait(timeout)
        return self

    def read(self, timeout: float) -> bytes:
        raise TimeoutError

    def close(self) -> None:
        self.closed.set()


def test_a_response_nobody_waits_for_closes_itself() -> None:
    """A cancelled send leaves at once, and what still comes is closed."""
    inner = _Gated()

    async def run() -> None:
        sending = asyncio.create_task(ThreadedTransport(inner).send(_REQUEST, 5.0))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    asyncio.run(run())
    assert not inner.closed.is_set()
    inner.gate.set()
    assert inner.closed.wait(5)


def test_errors_come_through() -> None:
    """What a step raises in its thread is raised where it is awaited."""
    inner = _Gated()
    inner.gate.set()

    async def run() -> None:
        response = await ThreadedTransport(inner).send(_REQUEST, 5.0)
        with pytest.raises(TimeoutError):
            await response.read(1.0)
        await response.close()

    asyncio.run(run())
    assert inner.closed.is_set()
