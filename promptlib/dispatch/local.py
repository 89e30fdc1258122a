"""`local/…`: a model in this process, answering the bodies of Chat Completions without a network.

llama.cpp's server is loaded as a library (the extra `local`, xllamacpp): one for each model file and
process, with one sequence at a time and no reuse of earlier prompts, since a reused prefix changes
the last bits of the logits and with them, now and then, the text. Tried 2026-11-23 with xllamacpp
2026.10.11549: at temperature 0 the same prompt gives the same text, also in another process.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from promptlib.dispatch import local_model
from promptlib.dispatch.gather import gathered
from promptlib.errors import ConfigurationError, MissingExtra
from promptlib.providers.base import HttpRequest

__all__ = ["LocalResponse", "LocalTransport"]

# More than any prompt that ships needs; llama.cpp lowers it to what the model was trained on.
CONTEXT = 8192
_END = b"data: [DONE]\n\n"
_BAD_REQUEST = 400
_SERVER_ERROR = 500
_OK = 200


class LocalTransport:
    """Sends requests to the model file that their `model` names."""

    def send(self, request: HttpRequest, timeout: float) -> LocalResponse:
        """The response once the model has begun, or has answered whole if no stream was asked for."""
        body = json.loads(request.body)
        model = _server(str(local_model.find(body["model"])))
        answer = _Answer(body)
        threading.Thread(target=answer.work, args=(model,), name="promptlib-local", daemon=True).start()
        try:
            first = answer.pieces.get(timeout=timeout)
        except queue.Empty:
            answer.stop.set()
            raise TimeoutError from None
        return LocalResponse(answer, first)

    def close(self) -> None:
        """Leaves the models loaded: they are the process's, not one client's."""


@dataclass(frozen=True, slots=True)
class _Piece:
    data: bytes
    status: int = _OK


class LocalResponse:
    """An answer that a worker thread is making."""

    headers: Mapping[str, str] = {}

    def __init__(self, answer: _Answer, first: _Piece) -> None:
        self.status = first.status
        self._answer = answer
        self._first: _Piece | None = first
        self._ended = False

    def read(self, timeout: float) -> bytes:
        """The next piece; empty at the end."""
        if self._ended:
            return b""
        piece, self._first = self._first or self._next(timeout), None
        self._ended = not piece.data
        return piece.data

    def close(self) -> None:
        """Stops the model at its next token."""
        self._answer.stop.set()

    def _next(self, timeout: float) -> _Piece:
        try:
            return self._answer.pieces.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None


class _Answer:
    """The work for one request. The model always streams, so that it can be stopped at any token."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.stop = threading.Event()
        self.pieces: queue.SimpleQueue[_Piece] = queue.SimpleQueue()
        self._name = body["model"]
        self._stream = bool(body.get("stream"))
        self._body = {**body, "stream": True, "stream_options": {"include_usage": True}}
        self._chunks: list[dict[str, Any]] = []
        self._failed = False

    def work(self, server: _Server) -> None:
        """Runs in a thread of its own; whatever happens, the last piece is an empty one."""
        try:
            if server.run(self._body, self._take, self.stop) and not self._failed:
                self._finish()
        except (ValueError, RuntimeError, TypeError) as error:
            # The library's way to say that it does not take the request.
            self._fail({"message": str(error), "type": "invalid_request_error"}, _BAD_REQUEST)
        except BaseException as error:  # noqa: BLE001  # a thread has nobody to raise to
            self._fail({"message": f"{type(error).__name__}: {error}", "type": "server_error"}, _SERVER_ERROR)
        finally:
            self.pieces.put(_Piece(b""))

    def _take(self, chunk: dict[str, Any]) -> bool:
        """Called with each chunk; True stops the model."""
        if "error" in chunk:
            code = chunk["error"].get("code")
            self._fail(chunk["error"], code if isinstance(code, int) else _SERVER_ERROR)
            return True
        # The library reports the file's path, which says more than the name that was asked for.
        chunk = {**chunk, "model": self._name}
        if self._stream:
            self.pieces.put(_Piece(b"data: " + json.dumps(chunk).encode() + b"\n\n"))
        else:
            self._chunks.append(chunk)
        return self.stop.is_set()

    def _finish(self) -> None:
        whole = _END if self._stream else json.dumps(gathered(self._chunks)).encode()
        self.pieces.put(_Piece(whole))

    def _fail(self, error: dict[str, Any], status: int) -> None:
        self._failed = True
        body = json.dumps({"error": error})
        self.pieces.put(_Piece(f"data: {body}\n\n".encode() if self._begun() else body.encode(), status))

    def _begun(self) -> bool:
        return self._stream and not self.pieces.empty()


class _Server:
    """A loaded model; one call at a time, in the order of their coming."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._handle = _loaded(path)

    def run(
        self, body: dict[str, Any], take: Callable[[dict[str, Any]], bool], stop: threading.Event
    ) -> bool:
        """Answers `body` chunk by chunk into `take`; False if it was stopped before its end."""
        with self._lock:
            if not stop.is_set():
                self._handle.handle_chat_completions(body, take)
        return not stop.is_set()


_servers: dict[tuple[int, str], _Server] = {}
_loading = threading.Lock()


def _server(path: str) -> _Server:
    # A forked child has the memory but not the threads, so it loads its own.
    key = (os.getpid(), path)
    with _loading:
        if key not in _servers:
            _servers[key] = _Server(path)
        return _servers[key]


def _loaded(path: str) -> Any:
    library = _library()
    try:
        return library.Server(_parameters(library, path))
    except RuntimeError:
        failure = ConfigurationError(
            "the model file cannot be loaded",
            path=path,
            hint="it may be damaged, or too new for the installed xllamacpp; "
            "`promptlib local install` brings one that works",
        )
    raise failure


def _library() -> Any:
    try:
        import xllamacpp
    except ImportError:
        raise MissingExtra(
            "a model in this process needs the extra `local`",
            hint="pip install 'promptlib-kit[local]'",
        ) from None
    return xllamacpp


def _parameters(library: Any, path: str) -> Any:
    found = library.CommonParams()
    found.model.path = path
    found.n_ctx = CONTEXT
    found.n_parallel = 1
    found.cache_prompt = False
    found.cache_ram_mib = 0
    found.warmup = False
    # Below errors: what goes wrong comes back as an answer.
    found.verbosity = -1
    # The library opens a port on loopback whether one wants it or not: nobody has its key.
    found.api_keys = [secrets.token_hex(32)]
    found.endpoint_slots = False
    found.ui = False
    return found
