"""The provider without a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import Truncated
from promptlib.providers.base import Endpoint, HttpResponse
from promptlib.providers.echo import ECHO, EchoTransport
from promptlib.types import Message, Reply, Request

_AT = Endpoint(base_url="echo:")


def _answer(request: Request, *, stream: bool) -> tuple[list[str], Reply]:
    http = ECHO.encode(request, stream=stream, endpoint=_AT)
    response = EchoTransport().send(http, 1.0)
    decoder, texts = ECHO.decoder(request), []
    while piece := response.read(1.0):
        texts += [delta.text for delta in decoder.feed(piece)]
    return texts, decoder.close()


@given(st.text())
def test_the_answer_is_the_last_user_message(text: str) -> None:
    """Any text comes back as it was, streamed or not, with the same usage, marked as an estimate."""
    messages = (Message.user("first"), Message.assistant("a"), Message.user(text), Message.system("s"))
    request = Request(messages=messages, model="echo/echo")
    texts, streamed = _answer(request, stream=True)
    _, whole = _answer(request, stream=False)
    assert "".join(texts) == streamed.text == whole.text == text
    assert streamed.usage == whole.usage
    assert whole.usage.kind == "estimate"


def test_deltas_are_words() -> None:
    """Each delta is a word with the white space before it."""
    request = Request(messages=(Message.user("one two\nthree "),), model="echo/echo")
    assert _answer(request, stream=True)[0] == ["one", " two", "\nthree", " "]


def test_usage_counts_four_bytes_a_token() -> None:
    """Input is all messages, output the answer."""
    request = Request(messages=(Message.system("12345678"), Message.user("123456789")), model="echo/echo")
    usage = _answer(request, stream=False)[1].usage
    assert (usage.input_tokens, usage.output_tokens) == (5, 3)


def test_without_a_user_message_the_answer_is_empty() -> None:
    """Nothing to repeat is an empty answer, not an error."""
    assert _answer(Request(messages=(), model="echo/echo"), stream=True)[1].text == ""


def test_a_cut_echo_is_truncated() -> None:
    """Without its end mark an echo is Truncated, with what had come."""
    request = Request(messages=(Message.user("one two"),), model="echo/echo")
    body = ECHO.encode(request, stream=True, endpoint=_AT).body.splitlines(keepends=True)[0]
    with pytest.raises(Truncated) as caught:
        ECHO.decode(request, HttpResponse(status=200, body=body))
    assert caught.value.partial == "one"
