"""`local/…`: a model in this process, answering the bodies of Chat Completions without a network.

llama.cpp's server is loaded as a library (the extra `local`, xllamacpp): one for each model file and
process, with one sequence at a time and no reuse of earlier prompts, since a reused prefix changes
the last bits of the logits and with them, now and then, the text. Tried 2026-11-23 with xllamacpp
2026.10.11549: at temperature 0 the same prompt gives the same text, also in another process.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from promptlib.dispatch import local_model
from promptlib.dispatch.gather import gathered
from promptlib.errors import ConfigurationError, MissingExtra
from promptlib.providers.base import HttpRequest

__all__ = ["LocalResponse", "LocalTransport"]

# More than any prompt that ships needs; llama.cpp lowers it to what the model was trained on.
CONTEXT = 8192
_END = b"data: [DONE]\n\n"
_SECONDS_TO_STOP = 5.0
# What a request may set otherwise. A model this small repeats a sentence until it is stopped;
# 1.1 was llama.cpp's own default until 2024.
_DEFAULTS: Mapping[str, Any] = MappingProxyType({"repeat_penalty": 1.1})
_MOST_THREADS = 8


class LocalTransport:
    """Sends requests to the model file that their `model` names."""

    def send(self, request: HttpRequest, timeout: float) -> LocalResponse:
        """The response once the model has begun to answer, or has refused."""
        body = json.loads(request.body)
        answer = _Answer(body, _server(str(local_model.find(body["model"]))))
        answer.start()
        try:
            status = answer.status.get(timeout=timeout)
        except queue.Empty:
            answer.stop.set()
            raise TimeoutError from None
        return LocalResponse(answer, status)

    def close(self) -> None:
        """Leaves the models loaded: they are the process's, not one client's."""


class LocalResponse:
    """An answer that a worker thread is making."""

    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, answer: _Answer, status: int) -> None:
        self.status = status
        self._answer = answer
        self._ended = False

    def read(self, timeout: float) -> bytes:
        """The next piece; empty at the end."""
        if self._ended:
            return b""
        try:
            piece = self._answer.pieces.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None
        self._ended = not piece
        return piece

    def close(self) -> None:
        """Stops the model at its next token."""
        self._answer.stop.set()


class _Answer:
    """The work for one request, in a thread of its own.

    The model always streams, so that it can be stopped at any token. `status` is put when the first
    token or a refusal comes, then pieces of the body, the last of them empty.
    """

    def __init__(self, body: dict[str, Any], server: _Server) -> None:
        self.stop = threading.Event()
        self.status: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.pieces: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._work, args=(server,), name="promptlib-local", daemon=True)
        self._name = body["model"]
        self._stream = bool(body.get("stream"))
        self._body = {**_DEFAULTS, **body, "stream": True, "stream_options": {"include_usage": True}}
        self._chunks: list[dict[str, Any]] = []
        self._begun = False
        self._failed = False

    def start(self) -> None:
        _running.add(self)
        self.thread.start()

    def _work(self, server: _Server) -> None:
        try:
            if server.run(self._body, self._take, self.stop) and not self._failed:
                self.pieces.put(_END if self._stream else json.dumps(gathered(self._chunks)).encode())
        except (ValueError, RuntimeError, TypeError) as error:
            # The library's way to say that it does not take the request.
            self._fail({"message": str(error), "type": "invalid_request_error"}, HTTPStatus.BAD_REQUEST)
        except BaseException as error:  # noqa: BLE001  # a thread has nobody to raise to
            message = f"{type(error).__name__}: {error}"
            self._fail({"message": message, "type": "server_error"}, HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            self._begin(HTTPStatus.OK)
            self.pieces.put(b"")
            _running.discard(self)

    def _begin(self, status: int) -> None:
        if not self._begun:
            self._begun = True
            self.status.put(status)

    def _take(self, chunk: dict[str, Any]) -> bool:
        """Called with each chunk; True stops the model."""
        if "error" in chunk:
            code = chunk["error"].get("code")
            self._fail(chunk["error"], code if isinstance(code, int) else HTTPStatus.INTERNAL_SERVER_ERROR)
            return True
        self._begin(HTTPStatus.OK)
        # The library reports the file's path, which says more than the name that was asked for.
        chunk = {**chunk, "model": self._name}
        if self._stream:
            self.pieces.put(_event(chunk))
        else:
            self._chunks.append(chunk)
        return self.stop.is_set()

    def _fail(self, error: dict[str, Any], status: int) -> None:
        self._failed = True
        body = {"error": error}
        self.pieces.put(_event(body) if self._stream and self._begun else json.dumps(body).encode())
        self._begin(status)


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


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


_running: set[_Answer] = set()


@atexit.register
def _stop_all() -> None:
    # A thread that is inside the library when the interpreter goes would take the process with it.
    for answer in list(_running):
        answer.stop.set()
        answer.thread.join(_SECONDS_TO_STOP)


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
    found.cpuparams.n_threads = found.cpuparams_batch.n_threads = _threads()
    # Below errors: what goes wrong comes back as an answer.
    found.verbosity = -1
    # The library opens a port on loopback whether one wants it or not: nobody has its key.
    found.api_keys = [secrets.token_hex(32)]
    found.endpoint_slots = False
    found.ui = False
    return found


def _threads() -> int:
    # Its threads spin at barriers, so one that has to wait for a core stops all: on a busy machine of
    # two cores two threads gave 0.5 tokens a second where one gave 40 (2026-11-24). One core is left.
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return max(1, min(cores - 1, _MOST_THREADS))
