"""FakeTransport: a client gets the answers a test gives, and the test sees what was sent."""

from __future__ import annotations

import pytest

from promptlib import AsyncClient, Client, Message, PromptlibError, ToolCall
from promptlib.errors import AuthenticationError, InvalidRequest, TransportError
from promptlib.testing import AsyncFakeTransport, FakeTransport
from promptlib.types import Request

ASKED = Request(
    messages=(Message.user("Two and two?"),), model="openai/gpt-4o-mini", params={"temperature": 0}
)
LOCAL = Request(messages=ASKED.messages, model="local/smollm2")
CALL = ToolCall(id="c1", name="look_up", arguments={"order": "A-1"})
KEY = {"openai": "test"}


def test_the_answer_is_the_text_given_and_the_request_is_kept() -> None:
    """A text comes back as the reply, and the body that was sent can be looked at."""
    transport = FakeTransport("Four.")
    with Client(transport=transport, api_key=KEY) as client:
        reply = client.send(ASKED)
    assert (reply.text, reply.finish_reason) == ("Four.", "stop")
    (sent,) = transport.requests
    assert sent["messages"] == [{"role": "user", "content": "Two and two?"}]
    assert sent["temperature"] == 0


def test_answers_come_in_turn_and_the_last_one_stays() -> None:
    """Each request takes the next answer; when they are used up, the last serves."""
    with Client(transport=FakeTransport("one", "two")) as client:
        assert [client.send(LOCAL).text for _ in range(3)] == ["one", "two", "two"]


def test_no_answer_is_an_empty_one() -> None:
    """Without arguments every reply is empty."""
    with Client(transport=FakeTransport()) as client:
        assert client.send(LOCAL).text == ""


def test_tool_calls_come_back_whole_or_streamed() -> None:
    """A Message with tool calls is the model's wish to run them, in one piece and as a stream."""
    answer = Message.assistant("A moment.", tool_calls=(CALL,))
    with Client(transport=FakeTransport(answer)) as client:
        reply = client.send(LOCAL)
        with client.stream(LOCAL) as stream:
            deltas = list(stream)
        assert reply.message == stream.reply.message == answer
        assert reply.finish_reason == stream.reply.finish_reason == "tool_calls"
        assert "".join(delta.text for delta in deltas) == "A moment."


def test_a_stream_comes_in_words() -> None:
    """A streamed text comes in several deltas that join to it."""
    text = " Two and\n\ntwo is four. "
    with Client(transport=FakeTransport(text)) as client, client.stream(LOCAL) as stream:
        pieces = [delta.text for delta in stream]
    assert "".join(pieces) == text
    assert len(pieces) > 3


@pytest.mark.parametrize(("status", "error"), [(400, InvalidRequest), (401, AuthenticationError)])
def test_a_status_is_the_error_that_it_stands_for(status: int, error: type[PromptlibError]) -> None:
    """A number is answered as that HTTP status, and the client raises what it means."""
    with Client(transport=FakeTransport(status)) as client, pytest.raises(error):
        client.send(LOCAL)


def test_an_exception_is_raised() -> None:
    """An exception is what sending raises, and an answer may follow it."""
    with Client(transport=FakeTransport(TransportError("cut"), "yes"), retries=0) as client:
        with pytest.raises(TransportError, match="cut"):
            client.send(LOCAL)
        assert client.send(LOCAL).text == "yes"


@pytest.mark.anyio
async def test_it_works_for_asyncio_too() -> None:
    """AsyncFakeTransport gives AsyncClient the same answers, streams among them."""
    transport = AsyncFakeTransport("Four.", Message.assistant(tool_calls=(CALL,)), 400)
    async with AsyncClient(transport=transport) as client:
        assert (await client.send(LOCAL)).text == "Four."
        async with client.stream(LOCAL) as stream:
            assert [delta.tool_call async for delta in stream] == [CALL]
        with pytest.raises(InvalidRequest):
            await client.send(LOCAL)
    assert len(transport.requests) == 3
