"""Answers under way: iterate over the deltas, then ask for the reply."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Self

from promptlib.dispatch.core import finished
from promptlib.dispatch.exchange import Call, Live, Steps, perform
from promptlib.errors import ConfigurationError, Truncated
from promptlib.types import Delta, Reply, Request

__all__ = ["AsyncStream", "Stream"]


class _Reading:
    """What the two streams share: the reply, and the clock that stands while the reader works."""

    def __init__(self, prompt: Request, call: Callable[[], Call]) -> None:
        self._prompt = prompt
        self._call = call
        self._started = 0.0
        self._live: Live | None = None
        self._reply: Reply | None = None

    @property
    def reply(self) -> Reply:
        """The whole reply, once the last delta has been read.

        Raises:
            Truncated: It has not been read to its end; `.partial` is the text so far.
        """
        if self._reply is None:
            raise Truncated(
                "the stream has not been read to its end",
                partial=self._live.text if self._live else "",
                hint="read all deltas before you ask for the reply",
            )
        return self._reply

    def _steps(self) -> Steps:
        self._started = time.monotonic()
        return perform(self._call())

    def _begun(self, live: Live) -> None:
        self._live = live
        live.deadline.hold()

    def _open(self) -> Live:
        if self._live is None:
            raise ConfigurationError(
                "a stream is read inside its with block", hint="with client.stream(…) as s:"
            )
        return self._live

    def _end(self, live: Live) -> None:
        if self._reply is None and live.reply is not None:
            self._reply = finished(live.reply, self._prompt, None, self._started)


class Stream(_Reading):
    """An answer under way: iterate over its deltas, then ask for its `reply`."""

    def __init__(self, prompt: Request, call: Callable[[], Call], drive: Callable[[Steps], Any]) -> None:
        super().__init__(prompt, call)
        self._drive = drive

    def __enter__(self) -> Self:
        self._begun(self._drive(self._steps()))
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._drive(self._live.close())

    def __iter__(self) -> Iterator[Delta]:
        return self

    def __next__(self) -> Delta:
        live = self._open()
        deadline = live.deadline
        deadline.resume()
        try:
            delta: Delta | None = self._drive(live.next())
        finally:
            deadline.hold()
        if delta is None:
            self._end(live)
            raise StopIteration
        return delta


class AsyncStream(_Reading):
    """As Stream, for `async for`."""

    def __init__(
        self, prompt: Request, call: Callable[[], Call], drive: Callable[[Steps], Awaitable[Any]]
    ) -> None:
        super().__init__(prompt, call)
        self._drive = drive

    async def __aenter__(self) -> Self:
        self._begun(await self._drive(self._steps()))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._live is not None:
            await self._drive(self._live.close())

    def __aiter__(self) -> AsyncIterator[Delta]:
        return self

    async def __anext__(self) -> Delta:
        live = self._open()
        deadline = live.deadline
        deadline.resume()
        try:
            delta: Delta | None = await self._drive(live.next())
        finally:
            deadline.hold()
        if delta is None:
            self._end(live)
            raise StopAsyncIteration
        return delta
