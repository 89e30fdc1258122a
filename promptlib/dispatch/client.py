"""`Client` and `AsyncClient`: the only twins, and the only code that carries out steps of I/O."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Self

from promptlib.dispatch.core import Core, asked, factory, finished
from promptlib.dispatch.exchange import Close, Open, Read, Step, Steps, Wait, perform
from promptlib.dispatch.flow import Sleep
from promptlib.dispatch.streams import AsyncStream, Stream
from promptlib.dispatch.transport import AsyncTransport, Transport
from promptlib.types import Reply, Request

__all__ = ["AsyncClient", "Client"]


class Client(Core[Transport]):
    """Sends prompts and waits; one client serves all threads. Its arguments are those of Core."""

    def send(self, prompt: Request, *, output: Any = None) -> Reply:
        """Sends a prompt and waits for the whole reply.

        Args:
            prompt: A rendered Prompt, or any Request.
            output: A pydantic model class for the answer; its JSON Schema is asked for, and
                `reply.parsed` is an instance of it. Without it, where the prompt has an output
                schema, `reply.parsed` is the answer's JSON, or None if it is none.

        Returns:
            The reply; its `prompt` is the one given, so that `reply.prompt.ref` says what was sent.

        Raises:
            ProviderError: The provider, the network or the deadline said no; see promptlib.errors.
            InvalidOutput: The answer does not fit `output`.
        """
        started = time.monotonic()
        call = self._call(asked(prompt, output), stream=False)
        return finished(self._drive(perform(call)), prompt, output, started)

    def stream(self, prompt: Request) -> Stream:
        """A context manager that yields the answer's deltas; `.reply` is there after the last.

        Leaving it early closes the connection.

        Raises:
            ProviderError: On entering, and while reading; Truncated if the stream breaks.
        """
        return Stream(prompt, partial(self._call, prompt, stream=True), self._drive)

    def close(self) -> None:
        """Closes all connections. A transport that was given stays its owner's."""
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make(self, kind: str) -> Transport:
        if kind == "http":
            from promptlib.dispatch.http import HttpTransport

            return HttpTransport()
        made: Transport = factory(kind)()
        return made

    def _drive(self, steps: Steps) -> Any:
        advance, value = steps.send, None
        while True:
            try:
                step = advance(value)
            except StopIteration as done:
                return done.value
            try:
                advance, value = steps.send, self._do(step)
            # Whatever it is, the steps have to close what they opened.
            except BaseException as error:  # noqa: BLE001
                advance, value = steps.throw, error

    def _do(self, step: Step) -> Any:
        match step:
            case Open():
                return self._transport(step.route).send(step.request, step.timeout)
            case Read():
                return step.response.read(step.timeout)
            case Close():
                return step.response.close()
            case Wait():
                return step.place.result(step.timeout)
            case Sleep():
                return time.sleep(step.seconds)


class AsyncClient(Core[AsyncTransport]):
    """As Client, for asyncio; it belongs to one event loop. Its arguments are those of Core."""

    async def send(self, prompt: Request, *, output: Any = None) -> Reply:
        """As Client.send."""
        started = time.monotonic()
        call = self._call(asked(prompt, output), stream=False)
        return finished(await self._drive(perform(call)), prompt, output, started)

    def stream(self, prompt: Request) -> AsyncStream:
        """As Client.stream, for `async with` and `async for`."""
        return AsyncStream(prompt, partial(self._call, prompt, stream=True), self._drive)

    async def close(self) -> None:
        """Closes all connections. A transport that was given stays its owner's."""
        for transport in self._transports.values():
            await transport.close()
        self._transports.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _make(self, kind: str) -> AsyncTransport:
        if kind == "http":
            from promptlib.dispatch.http import AsyncHttpTransport

            return AsyncHttpTransport()
        from promptlib.dispatch.threaded import ThreadedTransport

        return ThreadedTransport(factory(kind)())

    async def _drive(self, steps: Steps) -> Any:
        advance, value = steps.send, None
        while True:
            try:
                step = advance(value)
            except StopIteration as done:
                return done.value
            try:
                advance, value = steps.send, await self._do(step)
            # Cancellation too: the steps have to close what they opened, and then let it through.
            except BaseException as error:  # noqa: BLE001
                advance, value = steps.throw, error

    async def _do(self, step: Step) -> Any:
        import asyncio

        match step:
            case Open():
                async with asyncio.timeout(step.timeout):
                    return await self._transport(step.route).send(step.request, step.timeout)
            case Read():
                async with asyncio.timeout(step.timeout):
                    return await step.response.read(step.timeout)
            case Close():
                return await step.response.close()
            case Wait():
                async with asyncio.timeout(step.timeout):
                    return await asyncio.wrap_future(step.place)
            case Sleep():
                return await asyncio.sleep(step.seconds)
