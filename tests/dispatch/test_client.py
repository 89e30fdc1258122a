"""Both clients against a server that fails in every way."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import pickle
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from promptlib.dispatch import AsyncClient, Client, http
from promptlib.errors import (
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    InvalidRequest,
    Overloaded,
    PromptlibError,
    ProviderError,
    RateLimited,
    TransportError,
    Truncated,
)
from promptlib.providers.base import HttpRequest
from promptlib.types import Delta, Message, Reply, Request

Ask = Callable[..., Any]


def _sync(request: Request, *, stream: bool = False, output: Any = None, **given: Any) -> Any:
    with Client(**given) as client:
        if not stream:
            return client.send(request, output=output)
        with client.stream(request) as under_way:
            return list(under_way), under_way.reply


def _async(request: Request, *, stream: bool = False, output: Any = None, **given: Any) -> Any:
    async def run() -> Any:
        async with AsyncClient(**given) as client:
            if not stream:
                return await client.send(request, output=output)
            async with client.stream(request) as under_way:
                return [delta async for delta in under_way], under_way.reply

    return asyncio.run(run())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Sends one request with a client of each colour."""
    return request.param


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without a wait to speak of."""
    monkeypatch.setattr("promptlib.dispatch.flow.FIRST_WAIT", 0.001)


def test_a_reply(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """The reply has text, usage, cost, latency, its prompt; the request had the key and the body."""
    server.answers = [faults.whole(faults.completion(), headers={"X-Request-Id": "req_1"})]
    reply: Reply = ask(prompt, **told)
    assert (reply.text, reply.request_id, reply.model) == ("hello", "req_1", "openai/m-1")
    assert reply.prompt is prompt
    assert reply.cost is not None
    assert reply.cost > 0
    assert reply.latency_ms is not None
    assert reply.latency_ms > 0
    line, headers, _ = server.requests[0]
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert headers["authorization"] == "Bearer sk-CANARY-1234567890"
    assert headers["content-type"] == "application/json"
    assert server.bodies[0]["model"] == "gpt-4o-mini"


def test_a_stream(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """Deltas come one by one and the reply stands at the end."""
    usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    server.answers = [
        faults.streamed(faults.chunk("a"), faults.chunk("b"), faults.chunk(finish="stop"), usage)
    ]
    deltas, reply = ask(prompt, stream=True, **told)
    assert deltas == [Delta(text="a"), Delta(text="b")]
    assert (reply.text, reply.usage.input_tokens, reply.finish_reason) == ("ab", 5, "stop")
    assert reply.prompt is prompt
    assert reply.latency_ms > 0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.usefixtures("quick")
def test_failures_before_the_answer_are_tried_again(  # noqa: PLR0917  # fixtures, by name
    ask: Ask,
    server: Any,
    faults: Any,
    prompt: Request,
    told: Any,
    stream: bool,  # noqa: FBT001
) -> None:
    """A 429, a dropped connection and then an answer are one reply, for the caller."""
    good = faults.streamed(faults.chunk("hello", "stop")) if stream else faults.whole(faults.completion())
    server.answers = [faults.whole({"error": {}}, 429, {"retry-after-ms": "1"}), faults.hung_up, good]
    found = ask(prompt, stream=stream, **told)
    assert (found[1] if stream else found).text == "hello"
    assert len(server.requests) == 3


@pytest.mark.usefixtures("quick")
def test_a_server_that_always_fails(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """There are 1 + retries attempts and then the typed error."""
    server.answers = [faults.whole({"error": {"message": "down"}}, 503)]
    with pytest.raises(Overloaded, match="down"):
        ask(prompt, retries=3, **told)
    assert len(server.requests) == 4


@pytest.mark.usefixtures("quick")
def test_a_fallback_answers(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """Another model answers when the first is down, and the reply says which it was."""
    server.answers = [faults.whole({"error": {}}, 503)]
    reply = ask(prompt, retries=0, fallbacks=["echo/echo"], **told)
    assert (reply.text, reply.model, reply.cost, reply.prompt) == ("Hi", "echo/echo", 0.0, prompt)


def test_a_hostile_retry_after(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """A wait of thirty years is not begun."""
    server.answers = [faults.whole({"error": {}}, 429, {"retry-after": "1000000000"})]
    with pytest.raises(RateLimited) as caught:
        ask(prompt, **told)
    assert (caught.value.retry_after, len(server.requests)) == (1e9, 1)


_HEAD = b"HTTP/1.1 200 X\r\n"
_FORMS = {
    "silent": b"",
    "drip in the head": _HEAD + b"x-a: ",
    "drip in the body": _HEAD + b"content-length: 100000\r\n\r\n{",
    "drip in a chunked body": _HEAD + b"transfer-encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("form", _FORMS)
def test_the_deadline_is_a_deadline(  # noqa: PLR0917  # fixtures, by name
    ask: Ask,
    server: Any,
    faults: Any,
    prompt: Request,
    told: Any,
    form: str,
    stream: bool,  # noqa: FBT001
) -> None:
    """A silent server, or one that drips bytes for ever, is left when the time is over."""
    drop = b"1\r\n:\r\n" if "chunked" in form else b" "
    server.answers = [faults.silent if form == "silent" else faults.dripping(_FORMS[form], drop, 0.05)]
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        ask(prompt, timeout=0.4, stream=stream, **told)
    assert 0.4 <= time.monotonic() - started < 2


def test_a_byte_late_and_then_silence(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """A read that began long before the deadline does not outlive it."""
    start = _HEAD + b"content-length: 9\r\n\r\n"

    def answer(connection: Any, stop: threading.Event) -> None:
        connection.sendall(start)
        stop.wait(0.3)
        connection.sendall(b"{")
        stop.wait(30)

    server.answers = [answer]
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        ask(prompt, timeout=0.4, **told)
    assert time.monotonic() - started < 2


@pytest.mark.usefixtures("quick")
def test_all_attempts_share_one_deadline(
    ask: Ask, server: Any, faults: Any, prompt: Request, told: Any
) -> None:
    """However many retries are allowed, the time is that of one call."""
    server.answers = [faults.whole({"error": {}}, 503), faults.silent]
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        ask(prompt, timeout=0.4, retries=50, **told)
    assert time.monotonic() - started < 2


def test_a_silence_within_the_answer(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """A stream that stops in the middle is Truncated after the idle time, with what had come."""
    start = _HEAD + b"\r\n" + f"data: {json.dumps(faults.chunk('ab'))}\n\n".encode()
    server.answers = [faults.dripping(start, b"", 30)]
    with pytest.raises(Truncated, match=r"nothing came for 0\.1 s") as caught:
        ask(prompt, stream=True, idle_timeout=0.1, **told)
    assert caught.value.partial == "ab"
    assert len(server.requests) == 1


def test_a_stream_without_its_end(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """A stream that is cut is an error that holds the text, and is not asked for again."""
    server.answers = [faults.streamed(faults.chunk("ab"), end=False)]
    with pytest.raises(Truncated) as caught:
        ask(prompt, stream=True, **told)
    assert (caught.value.partial, len(server.requests)) == ("ab", 1)


def test_a_connection_that_breaks_in_a_stream(
    ask: Ask, server: Any, faults: Any, prompt: Request, told: Any
) -> None:
    """A connection that breaks after text reached the caller is Truncated, and not tried again."""
    body = f"data: {json.dumps(faults.chunk('ab'))}\n\n".encode()

    def answer(connection: Any, stop: threading.Event) -> None:
        connection.sendall(_HEAD + b"content-length: 9999\r\n\r\n" + body)
        faults.hung_up(connection, stop)

    server.answers = [answer]
    with pytest.raises(Truncated, match="broke") as caught:
        ask(prompt, stream=True, **told)
    assert (caught.value.partial, len(server.requests)) == ("ab", 1)


def test_an_error_in_a_good_stream(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """An error event after text is raised as what it is, and not tried again."""
    server.answers = [faults.streamed(faults.chunk("ab"), {"error": {"code": 503, "message": "gone"}})]
    with pytest.raises(Overloaded, match="gone"):
        ask(prompt, stream=True, **told)
    assert len(server.requests) == 1


def test_redirects_are_refused(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """A 307 is not followed: the prompt goes nowhere else."""
    server.answers = [faults.whole({}, 307, {"location": server.url + "/elsewhere"})]
    with pytest.raises(TransportError, match="redirect"):
        ask(prompt, **told)
    assert len(server.requests) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_has_a_greatest_size(  # noqa: PLR0917  # fixtures, by name
    ask: Ask,
    server: Any,
    faults: Any,
    prompt: Request,
    told: Any,
    packed: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A body over the bound, also one that only unpacks to it, is a typed error, tried once."""
    monkeypatch.setattr("promptlib.dispatch.exchange.MAX_BODY", 1 << 20)
    data = bytes(5 << 20)
    headers = {"content-encoding": "gzip"} if packed else {}
    server.answers = [faults.whole(gzip.compress(data) if packed else data, headers=headers)]
    with pytest.raises(TransportError, match="longer than 1 MiB"):
        ask(prompt, **told)
    assert len(server.requests) == 1


def test_a_packed_answer_is_unpacked(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """Gzip is asked for and undone."""
    data = gzip.compress(json.dumps(faults.completion()).encode())
    server.answers = [faults.whole(data, headers={"content-encoding": "gzip"})]
    assert ask(prompt, **told).text == "hello"
    assert "gzip" in server.requests[0][1]["accept-encoding"]


def test_no_server_at_all(ask: Ask, server: Any, prompt: Request, told: Any) -> None:
    """A refused connection is a typed error."""
    server.close()
    with pytest.raises(TransportError, match="connection failed"):
        ask(prompt, retries=0, **told)


class Point(BaseModel):
    """What is asked for."""

    x: int


def test_an_output_class(ask: Ask, server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """The schema is asked for and the value is an instance."""
    server.answers = [faults.whole(faults.completion('{"x": 3}'))]
    assert ask(prompt, output=Point, **told).parsed == Point(x=3)
    schema = server.bodies[0]["response_format"]["json_schema"]
    assert (schema["name"], schema["strict"]) == ("Point", True)


def test_an_output_schema_of_the_prompt(ask: Ask, server: Any, faults: Any, told: Any) -> None:
    """With a plain schema the value is the answer's JSON."""
    request = Request(messages=(Message.user("Hi"),), model="openai/m", output={"type": "object"})
    server.answers = [faults.whole(faults.completion('{"x": 3}'))]
    assert ask(request, **told).parsed == {"x": 3}


# --- secrets ----------------------------------------------------------------------------------


def _variables(error: BaseException) -> str:
    # The frames of this file hold the key themselves, so they are left out.
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame.f_code.co_filename != __file__]
    inner = [frame for frame in ours if "promptlib" in frame.f_code.co_filename]
    return "\n".join(repr(frame.f_locals) for frame in inner)


def _everything(error: BaseException) -> str:
    shown = [repr(error), str(error), repr(error.args), repr(error.__dict__), _variables(error)]
    shown += [_everything(one) for one in (error.__cause__, error.__context__) if one is not None]
    if isinstance(error, PromptlibError):
        shown.append(repr(pickle.dumps(error)))
    return "\n".join(shown)


@pytest.mark.parametrize("fault", ["refused", "echoed", "hung up", "redirect", "silent", "garbage"])
def test_the_key_shows_nowhere(  # noqa: PLR0917  # fixtures, by name
    ask: Ask,
    server: Any,
    faults: Any,
    prompt: Request,
    told: Any,
    fault: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """However a call ends, no error, cause, local variable, pickle or log at DEBUG holds the key."""
    caplog.set_level(logging.DEBUG)
    answers = {
        "refused": faults.whole({"error": {}}, 401),
        "echoed": faults.whole({"error": {"message": "bad key sk-CANARY-1234567890"}}, 401),
        "hung up": faults.hung_up,
        "redirect": faults.whole({}, 307, {"location": "/x"}),
        "silent": faults.silent,
        "garbage": faults.whole(b"<html>"),
    }
    server.answers = [answers[fault]]
    with pytest.raises(ProviderError) as caught:
        ask(prompt, retries=0, timeout=0.3, **told)
    assert "CANARY" not in _everything(caught.value)
    assert "CANARY" not in caplog.text
    assert "Bearer" not in caplog.text


# --- concurrency, leaving, transports ------------------------------------------------------------


def test_leaving_a_stream_closes_its_connection(server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """The server sees the end of the connection, the slot is free, and the reply is not there."""
    start = _HEAD + b"\r\n" + f"data: {json.dumps(faults.chunk('ab'))}\n\n".encode()
    server.answers = [faults.dripping(start, b": still there\n", 0.01)]
    with Client(**told) as client:
        with client.stream(prompt) as stream:
            next(stream)
        assert server.closed.acquire(timeout=5)
        assert repr(client) == "Client(0 of 100 slots taken)"
        with pytest.raises(Truncated) as caught:
            _ = stream.reply
    assert caught.value.partial == "ab"


def test_a_stream_is_read_inside_its_block(prompt: Request) -> None:
    """Reading a stream that was not entered is a typed error."""
    request = Request(messages=prompt.messages, model="echo/echo")
    with pytest.raises(ConfigurationError, match="with block"):
        next(Client().stream(request))


def test_time_in_which_the_reader_holds_a_stream_does_not_count(
    server: Any, faults: Any, prompt: Request, told: Any
) -> None:
    """A reader may take longer than the deadline, before the first delta and between two."""
    server.answers = [faults.streamed(*(faults.chunk(text) for text in "abc"), faults.chunk(finish="stop"))]
    pause = threading.Event()
    with Client(timeout=0.5, **told) as client, client.stream(prompt) as stream:
        pause.wait(0.6)
        texts = [delta.text for delta in stream if not pause.wait(0.25)]
    assert (texts, stream.reply.text) == (["a", "b", "c"], "abc")


def test_who_waits_for_a_slot_has_a_deadline_too(
    server: Any, faults: Any, prompt: Request, told: Any
) -> None:
    """With all slots taken a call ends at its deadline, and the slots are not lost."""
    start = _HEAD + b"\r\n" + f"data: {json.dumps(faults.chunk('ab'))}\n\n".encode()
    server.answers = [faults.dripping(start, b"", 30), faults.whole(faults.completion())]
    with Client(timeout=0.3, max_concurrency=1, **told) as client:
        with client.stream(prompt), pytest.raises(DeadlineExceeded, match="slots"):
            client.send(prompt)
        assert client.send(prompt).text == "hello"


def test_threads_share_a_client(server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """Many threads over few slots all get their answers, over as few connections as slots."""
    server.answers = [faults.whole(faults.completion())]
    texts: list[str] = []
    with Client(max_concurrency=3, **told) as client:
        threads = [threading.Thread(target=lambda: texts.append(client.send(prompt).text)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections <= 3
    assert texts == ["hello"] * 20


def test_cancelled_calls_leave_nothing_behind(server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """After a hundred cancelled calls, waiting and under way, slots are free and calls answered."""
    server.answers = [faults.silent]

    async def run() -> tuple[str, str]:
        async with AsyncClient(max_concurrency=5, **told) as client:
            for _ in range(10):
                tasks = [asyncio.create_task(client.send(prompt)) for _ in range(10)]
                await asyncio.sleep(0.01)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            shown = repr(client)
            server.answers = [faults.whole(faults.completion())]
            replies = await asyncio.gather(*(client.send(prompt) for _ in range(20)))
            return shown, "".join({reply.text for reply in replies})

    assert asyncio.run(run()) == ("AsyncClient(0 of 5 slots taken)", "hello")


def test_a_client_can_be_used_in_a_second_event_loop(
    server: Any, faults: Any, prompt: Request, told: Any
) -> None:
    """Connections of a loop that is gone are not used again."""
    server.answers = [faults.whole(faults.completion())]
    client = AsyncClient(**told)

    async def run() -> str:
        text = (await client.send(prompt)).text
        await client.close()
        return text

    assert [asyncio.run(run()), asyncio.run(run())] == ["hello", "hello"]


def test_cancelling_the_reader_of_a_stream(server: Any, faults: Any, prompt: Request, told: Any) -> None:
    """A reader that is cancelled between two deltas closes the connection and frees the slot."""
    start = _HEAD + b"\r\n" + f"data: {json.dumps(faults.chunk('ab'))}\n\n".encode()
    server.answers = [faults.dripping(start, b": still there\n", 0.01)]

    async def run() -> str:
        client, begun = AsyncClient(**told), asyncio.Event()

        async def read() -> None:
            async with client.stream(prompt) as stream:
                async for _ in stream:
                    begun.set()

        task = asyncio.create_task(read())
        await begun.wait()
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        shown = repr(client)
        await client.close()
        return shown

    assert asyncio.run(run()) == "AsyncClient(0 of 100 slots taken)"
    assert server.closed.acquire(timeout=5)


def test_a_streams_request_id_is_that_of_its_headers(
    ask: Ask, server: Any, faults: Any, prompt: Request, told: Any
) -> None:
    """The id that support asks for is there for a stream too."""
    event = f"data: {json.dumps(faults.chunk('a', 'stop'))}\n\ndata: [DONE]\n\n".encode()
    server.answers = [faults.whole(event, headers={"x-request-id": "req_2"})]
    assert ask(prompt, stream=True, **told)[1].request_id == "req_2"


class _Canned:
    """A transport of one's own."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.closed = False

    def send(self, request: HttpRequest, timeout: float) -> Any:
        self.requests.append(request)
        pieces = iter([b'{"choices":[{"message":', b'{"content":"canned"}}]}'])

        class Response:
            status = 200
            headers: dict[str, str] = {}  # noqa: RUF012  # read only

            def read(self, timeout: float) -> bytes:
                return next(pieces, b"")

            def close(self) -> None:
                pass

        return Response()

    def close(self) -> None:
        self.closed = True


def test_a_transport_can_be_replaced(prompt: Request) -> None:
    """A given transport carries every request, has the key masked, and stays its owner's to close."""
    canned = _Canned()
    with Client(transport=canned, api_key={"openai": "sk-CANARY"}) as client:
        assert client.send(prompt).text == "canned"
    assert canned.closed is False
    assert "CANARY" not in repr(canned.requests[0]) + repr(canned.requests[0].headers)
    assert canned.requests[0].plain_headers()["authorization"] == "Bearer sk-CANARY"


def test_what_a_transport_raises_is_typed(prompt: Request) -> None:
    """An OSError of a transport of one's own is a TransportError, and its cause is not dragged along."""

    class Broken(_Canned):
        def send(self, request: HttpRequest, timeout: float) -> Any:
            raise ConnectionResetError(104, "reset by peer")

    with pytest.raises(TransportError, match="reset by peer") as caught:
        Client(transport=Broken(), retries=0, api_key={"openai": "sk-1"}).send(prompt)
    assert caught.value.__context__ is None


def test_a_bad_key_is_refused_before_anything_is_sent(
    ask: Ask, server: Any, prompt: Request, told: Any
) -> None:
    """A key with a line end never reaches the HTTP library."""
    with pytest.raises(AuthenticationError):
        ask(prompt, **{**told, "api_key": {"openai": "sk-CANARY\n"}})
    assert server.requests == []


def test_a_prompt_without_a_model(ask: Ask) -> None:
    """Sending without a model is an error that says where to name one."""
    with pytest.raises(InvalidRequest, match="names no model"):
        ask(Request(messages=()))


def test_importing_loads_no_http() -> None:
    """Neither importing nor sending to a provider in this process loads an HTTP library or pydantic."""
    code = (
        "import sys; from promptlib.dispatch import Client; from promptlib.types import Message, Request; "
        "Client().send(Request(messages=(Message.user('Hi'),), model='echo/echo')); "
        "print([m for m in ('httpx', 'httpx2', 'httpcore', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_one_module_knows_the_http_library() -> None:
    """Httpx is imported in dispatch/http.py and nowhere else."""
    from pathlib import Path

    import promptlib

    files = Path(promptlib.__file__).parent.rglob("*.py")
    found = [file.name for file in files if "import httpx" in file.read_text(encoding="utf-8")]
    assert found == ["http.py"]


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each of the two libraries, if it is installed."""
    module = pytest.importorskip(request.param)
    http._tls.cache_clear()
    monkeypatch.setattr(http, "_library", lambda: module)
    yield str(request.param)
    http._tls.cache_clear()


def test_both_libraries_are_used_alike(  # noqa: PLR0917  # fixtures, by name
    library: str, ask: Ask, server: Any, faults: Any, prompt: Request, told: Any
) -> None:
    """With httpx and with httpx2 alike a reply comes and the deadline holds in a dripping body."""
    server.answers = [
        faults.whole(faults.completion()),
        faults.dripping(_FORMS["drip in the body"], b" ", 0.05),
    ]
    assert ask(prompt, **told).text == "hello"
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        ask(prompt, timeout=0.4, **told)
    assert time.monotonic() - started < 2


@pytest.mark.usefixtures("library")
def test_the_hooks_into_the_http_library_hold() -> None:
    """The network backend that carries the time limits is where it was found."""
    transport = http.HttpTransport()
    seat = transport._pools.take("http://127.0.0.1:1/")
    assert type(seat.transport._pool._network_backend).__name__ == "_TimedBackend"
    transport.close()


def test_without_httpx2_it_is_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    """httpx2 is used only in the major version that is known, else httpx."""
    import importlib.metadata

    import httpx

    http._library.cache_clear()
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "3.0.0")
    assert http._library() is httpx
    http._library.cache_clear()


@pytest.mark.parametrize("proxy", ["nonsense://user:CANARY@h", "http://user:CANARY@h:port"])
def test_a_proxy_that_cannot_be(proxy: str, prompt: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """A malformed proxy of the environment is a typed error that does not repeat it."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    client = Client(api_key={"openai": "sk-1"}, base_url={"openai": "https://h.invalid/v1"})
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        client.send(prompt)
    assert "CANARY" not in str(caught.value)
