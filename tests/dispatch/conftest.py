"""A server on loopback that fails in every way a provider does, one scripted answer a request."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from promptlib.types import Message, Request

Answer = Callable[[socket.socket, threading.Event], None]


class FaultServer:
    """Answers the n-th request with the n-th of `answers`, the last of them for ever."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.closed = threading.Semaphore(0)
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        # accept() does not notice that its socket is closed, so it looks up now and then.
        self._socket.settimeout(0.02)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: set[socket.socket] = set()
        self._threads[0].start()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._open)

    @property
    def bodies(self) -> list[Any]:
        """The bodies that came, as JSON."""
        return [json.loads(body) for _, _, body in self.requests]

    def close(self) -> None:
        """Ends all answers and connections."""
        self._stop.set()
        self._threads[0].join(2)
        self._socket.close()
        for connection in list(self._open):
            connection.close()
        for thread in self._threads[1:]:
            thread.join(2)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            connection.setblocking(True)
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            reader = connection.makefile("rb")
            while request := _request(reader):
                number = len(self.requests)
                self.requests.append(request)
                self.answers[min(number, len(self.answers) - 1)](connection, self._stop)
        except (OSError, ValueError):
            pass  # the other side left, which is what several tests are about
        finally:
            connection.close()
            self._open.discard(connection)
            self.closed.release()


def _request(reader: Any) -> tuple[str, dict[str, str], bytes] | None:
    first = reader.readline().decode()
    if not first:
        return None
    headers = {}
    while (line := reader.readline().decode().strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return first.strip(), headers, reader.read(int(headers.get("content-length", 0)))


def head(status: int = 200, headers: dict[str, str] | None = None) -> bytes:
    """The bytes of a response's head."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """An answer of one JSON body; the connection stays open."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(head(status, {"content-length": str(len(data)), **(headers or {})}) + data)

    return answer


def streamed(*events: Any, end: bool = True) -> Answer:
    """A stream of chunks, closed afterwards; without `end` it lacks its end mark."""

    def answer(connection: socket.socket, stop: threading.Event) -> None:
        data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
        mark = b"data: [DONE]\n\n" if end else b""
        connection.sendall(head(200, {"content-type": "text/event-stream"}) + data + mark)
        connection.shutdown(socket.SHUT_RDWR)

    return answer


def dripping(start: bytes, drop: bytes, seconds: float) -> Answer:
    """`start`, then one `drop` each so many seconds, for ever."""

    def answer(connection: socket.socket, stop: threading.Event) -> None:
        connection.sendall(start)
        while not stop.wait(seconds):
            connection.sendall(drop)

    return answer


def silent(connection: socket.socket, stop: threading.Event) -> None:
    """No answer at all."""
    stop.wait(30)


def hung_up(connection: socket.socket, stop: threading.Event) -> None:
    """The connection is closed instead of an answer."""
    connection.shutdown(socket.SHUT_RDWR)


def completion(text: str = "hello", **more: Any) -> dict[str, Any]:
    """A whole answer."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    return {"id": "c1", "model": "m-1", "choices": [choice], "usage": usage, **more}


def chunk(text: str = "", finish: str | None = None) -> dict[str, Any]:
    """A piece of a streamed answer."""
    return {
        "id": "c1",
        "model": "m-1",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A fault server, closed when the test is over."""
    made = FaultServer()
    yield made
    made.close()


@pytest.fixture
def faults() -> Any:
    """The answers to script a server with."""
    import types

    names = (head, whole, streamed, dripping, silent, hung_up, completion, chunk)
    return types.SimpleNamespace(**{one.__name__: one for one in names})


@pytest.fixture
def prompt() -> Request:
    """A short request to OpenAI."""
    return Request(messages=(Message.user("Hi"),), model="openai/gpt-4o-mini")


@pytest.fixture
def told(server: FaultServer) -> dict[str, Any]:
    """The arguments that make a client talk to the fault server."""
    return {"base_url": {"openai": server.url}, "api_key": {"openai": "sk-CANARY-1234567890"}}
