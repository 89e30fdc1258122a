"""A provider's place taken: what a client sends is kept, what it gets back is what a test says."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any, TypeAlias

from promptlib.providers.base import HttpRequest
from promptlib.types import Message

__all__ = ["Answer", "AsyncFakeTransport", "FakeTransport"]

Answer: TypeAlias = str | Message | int | Exception

_WORD = re.compile(r"\s*\S+|\s+")
_GOOD = 200


class _Script:
    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self._answers = answers or ("",)
        self._lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []

    def _next(self, request: HttpRequest) -> tuple[int, Iterator[bytes]]:
        body = json.loads(request.body)
        with self._lock:
            answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
            self.requests.append(body)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            error = {"error": {"message": f"a test asked for status {answer}"}}
            return answer, iter([json.dumps(error).encode()])
        message = Message.assistant(answer) if isinstance(answer, str) else answer
        return _GOOD, _streamed(message) if body.get("stream") else _whole(message)


class FakeTransport(_Script):
    """Answers in OpenAI's Chat format without a network: `Client(transport=FakeTransport("Yes."))`.

    Each request takes the next answer, and the last answer serves all that follow: a text, a
    Message (with tool calls, if it has them), an HTTP status, or an exception that is raised. It
    serves `openai/…` and `local/…`; models of `openai/` still need a key, which may be any word.

    Attributes:
        requests: the bodies that were sent, as dicts, in order.
    """

    def __init__(self, *answers: Answer) -> None:
        super().__init__(answers)

    def send(self, request: HttpRequest, timeout: float) -> FakeResponse:  # noqa: ARG002  # never waits
        """The next answer."""
        return FakeResponse(*self._next(request))

    def close(self) -> None:
        """Nothing is held, so nothing is closed."""


class AsyncFakeTransport(_Script):
    """FakeTransport for `AsyncClient(transport=…)`."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(answers)

    async def send(self, request: HttpRequest, timeout: float) -> AsyncFakeResponse:  # noqa: ARG002, ASYNC109  # never waits
        """The next answer."""
        return AsyncFakeResponse(*self._next(request))

    async def close(self) -> None:
        """Nothing is held, so nothing is closed."""


class FakeResponse:
    """A response whose pieces are there already."""

    def __init__(self, status: int, pieces: Iterator[bytes]) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self._pieces = pieces

    def read(self, timeout: float) -> bytes:  # noqa: ARG002  # never waits
        """The next piece; empty at the end."""
        return next(self._pieces, b"")

    def close(self) -> None:
        """Nothing is held, so nothing is closed."""


class AsyncFakeResponse:
    """FakeResponse for asyncio."""

    def __init__(self, status: int, pieces: Iterator[bytes]) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self._pieces = pieces

    async def read(self, timeout: float) -> bytes:  # noqa: ARG002, ASYNC109  # never waits
        """The next piece; empty at the end."""
        return next(self._pieces, b"")

    async def close(self) -> None:
        """Nothing is held, so nothing is closed."""


# -- OpenAI's Chat format ------------------------------------------------------------------------


def _whole(message: Message) -> Iterator[bytes]:
    said = {"role": "assistant", "content": message.text, "tool_calls": _calls(message)}
    choice = {"index": 0, "message": said, "finish_reason": _reason(message)}
    yield json.dumps({"id": "fake", "model": "fake", "choices": [choice]}).encode()


def _streamed(message: Message) -> Iterator[bytes]:
    for word in _WORD.findall(message.text):
        yield _event({"delta": {"content": word}})
    if message.tool_calls:
        yield _event({"delta": {"tool_calls": _calls(message)}})
    yield _event({"delta": {}, "finish_reason": _reason(message)})
    yield b"data: [DONE]\n\n"


def _event(choice: dict[str, Any]) -> bytes:
    chunk = {"id": "fake", "model": "fake", "choices": [{"index": 0, **choice}]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _calls(message: Message) -> list[dict[str, Any]]:
    return [
        {
            "index": index,
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
        }
        for index, call in enumerate(message.tool_calls)
    ]


def _reason(message: Message) -> str:
    return "tool_calls" if message.tool_calls else "stop"
