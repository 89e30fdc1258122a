"""Chunks of a stream put together as one completion."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promptlib.dispatch.gather import gathered
from promptlib.providers.base import HttpResponse
from promptlib.providers.openai import LOCAL
from promptlib.types import Message, Request

_REQUEST = Request(messages=(Message.user("Hi"),), model="local/smollm2")


def _chunk(delta: Any, finish: str | None = None) -> dict[str, Any]:
    return {"id": "c", "model": "smollm2", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=5), max_size=5), st.booleans())
def test_gathered_chunks_read_as_the_stream_does(texts: list[str], calls: bool) -> None:  # noqa: FBT001
    """A whole answer made of chunks decodes to the same reply as the stream of them."""
    called = [
        _chunk({"tool_calls": [{"index": 0, "id": "k", "function": {"name": "f", "arguments": '{"a":'}}]}),
        _chunk({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
    ]
    chunks = [
        _chunk({"role": "assistant", "content": None}),
        *(_chunk({"content": text}) for text in texts),
        *(called if calls else ()),
        _chunk({}, "tool_calls" if calls else "length"),
        {"id": "c", "model": "smollm2", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    ]
    decoder = LOCAL.decoder(_REQUEST)
    for chunk in chunks:
        decoder.feed(f"data: {json.dumps(chunk)}\n\n".encode())
    decoder.feed(b"data: [DONE]\n\n")
    streamed = decoder.close()
    body = json.dumps(gathered(chunks)).encode()
    whole = LOCAL.decode(_REQUEST, HttpResponse(status=200, body=body))
    assert (whole.message, whole.usage, whole.finish_reason, whole.model, whole.request_id) == (
        streamed.message,
        streamed.usage,
        streamed.finish_reason,
        streamed.model,
        streamed.request_id,
    )


def test_no_chunks_are_an_empty_answer() -> None:
    """Nothing at all gathers to an answer without text."""
    assert gathered([])["choices"][0]["message"]["content"] == ""
