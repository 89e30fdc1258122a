"""Chat Completions, both ways, without a socket."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import (
    AuthenticationError,
    ContentFiltered,
    ContextOverflow,
    InvalidRequest,
    Overloaded,
    ProviderError,
    RateLimited,
    TransportError,
    Truncated,
)
from promptlib.providers.base import Endpoint, HttpResponse
from promptlib.providers.openai import OPENAI, to_openai
from promptlib.types import (
    CachePart,
    Delta,
    FilePart,
    ImagePart,
    Message,
    Reply,
    Request,
    TextPart,
    Tool,
    ToolCall,
    Usage,
)

_REQUEST = Request(messages=(Message.user("Hi"),), model="openai/gpt-4o-mini")
_AT = Endpoint(base_url="https://api.openai.com/v1")


def _of(*parts: Any, **more: Any) -> dict[str, Any]:
    return to_openai(Request(messages=(Message(role="user", content=parts),), **more))["messages"][0]


def _decode(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return OPENAI.decode(_REQUEST, HttpResponse(status=status, body=data, headers=headers or {}))


def _error(body: Any, status: int, headers: dict[str, str] | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        _decode(body, status, headers)
    return caught.value


def _sse(*chunks: Any, end: bool = True) -> bytes:
    data = "".join(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in chunks)
    return (data + ("data: [DONE]\n\n" if end else "")).encode()


def _choice(delta: Any, finish: str | None = None) -> dict[str, Any]:
    return {"id": "c1", "model": "gpt-x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _streamed(data: bytes, places: list[int] | None = None) -> tuple[list[Delta], Reply]:
    bounds = [0, *sorted(place % (len(data) + 1) for place in places or ()), len(data)]
    decoder = OPENAI.decoder(_REQUEST)
    deltas = [delta for start, end in itertools.pairwise(bounds) for delta in decoder.feed(data[start:end])]
    return deltas, decoder.close()


# --- encoding ---------------------------------------------------------------------------------


def test_a_request_becomes_a_body() -> None:
    """The model loses its provider, params are renamed or handed on, None ones are left out."""
    params = {"max_output_tokens": 5, "temperature": 0, "seed": 7, "stop": ["x"], "top_k": 3, "top_p": None}
    request = Request(messages=(Message.system("S"), Message.user("U")), model="openai/gpt-4o", params=params)
    http = OPENAI.encode(request, stream=False, endpoint=_AT)
    assert http.url == "https://api.openai.com/v1/chat/completions"
    assert json.loads(http.body) == {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}],
        "max_completion_tokens": 5,
        "temperature": 0,
        "seed": 7,
        "stop": ["x"],
        "top_k": 3,
    }


def test_a_stream_asks_for_its_usage() -> None:
    """A streamed request says so, and asks for the usage that would otherwise not come."""
    body = json.loads(OPENAI.encode(_REQUEST, stream=True, endpoint=_AT).body)
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}


def test_a_query_of_the_base_url_stays_behind_the_path() -> None:
    """The path is put before the query, and neither query nor prompt shows in the repr."""
    endpoint = Endpoint(base_url="https://h/openai/?api-version=1")
    http = OPENAI.encode(_REQUEST, stream=False, endpoint=endpoint)
    assert http.url == "https://h/openai/chat/completions?api-version=1"
    assert "api-version" not in repr(http) + repr(endpoint)
    assert "Hi" not in repr(http)


def test_cache_marks_leave_no_trace_and_texts_are_merged() -> None:
    """Text parted only by a cache mark is one string again."""
    assert _of(TextPart(text="a"), CachePart(), TextPart(text="b"))["content"] == "ab"
    image = ImagePart(url="https://x/y.png", media_type="image/png")
    found = _of(TextPart(text="a"), CachePart(), TextPart(text="b"), image, TextPart(text="c"))["content"]
    assert [part["type"] for part in found] == ["text", "image_url", "text"]
    assert found[0]["text"] == "ab"


def test_images_files_and_audio() -> None:
    """Bytes become data URLs, a file has a name, audio is its own kind of part."""
    image = ImagePart(data=b"\x01", media_type="image/png")
    named = FilePart(data=b"\x01", media_type="application/pdf", name="a.pdf")
    unnamed = FilePart(data=b"\x01", media_type="application/pdf")
    sound = FilePart(data=b"\x01", media_type="audio/wav")
    assert _of(image, named, unnamed, sound)["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AQ=="}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AQ=="}},
        {"type": "file", "file": {"filename": "file.pdf", "file_data": "data:application/pdf;base64,AQ=="}},
        {"type": "input_audio", "input_audio": {"data": "AQ==", "format": "wav"}},
    ]


def test_a_files_url_is_refused() -> None:
    """Chat Completions cannot fetch files, and promptlib never does."""
    with pytest.raises(InvalidRequest, match="not its URL"):
        _of(FilePart(url="https://x/a.pdf", media_type="application/pdf"))


def test_tools_and_their_results() -> None:
    """Arguments go as JSON text, invalid ones as they came, results name their call."""
    calls = (ToolCall(id="1", name="f", arguments={"é": 1}), ToolCall(id="2", name="g", invalid="{oops"))
    tool = Tool(name="f", description="does f", parameters={"type": "object"})
    messages = (Message.assistant(tool_calls=calls), Message.tool("1", "done"))
    found = to_openai(Request(messages=messages, model="openai/m", tools=(tool, Tool(name="g"))))
    assert found["messages"] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"é":1}'}},
                {"id": "2", "type": "function", "function": {"name": "g", "arguments": "{oops"}},
            ],
        },
        {"role": "tool", "content": "done", "tool_call_id": "1"},
    ]
    assert found["tools"] == [
        {
            "type": "function",
            "function": {"name": "f", "description": "does f", "parameters": {"type": "object"}},
        },
        {"type": "function", "function": {"name": "g"}},
    ]


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        ({"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}, True),
        ({"type": "object", "properties": {"a": {}}, "required": [], "additionalProperties": False}, False),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, False),
        ({"type": "array", "items": {"type": "object"}}, False),
    ],
)
def test_strict_is_asked_only_where_it_is_taken(schema: dict[str, Any], strict: bool) -> None:  # noqa: FBT001
    """A schema that OpenAI's strict mode would refuse is sent as not strict."""
    found = to_openai(Request(messages=(), model="openai/m", output={"title": "A summary!", **schema}))
    form = found["response_format"]["json_schema"]
    assert (form["name"], form["strict"]) == ("A_summary_", strict)


@pytest.mark.parametrize("name", ["messages", "model", "stream", "tools", "response_format"])
def test_params_cannot_become_structure(name: str) -> None:
    """What the request itself says cannot be overridden by a prompt's params."""
    with pytest.raises(InvalidRequest, match=name):
        to_openai(Request(messages=(), model="openai/m", params={name: 1}, output={}))


@pytest.mark.parametrize("value", [math.nan, math.inf, object()])
def test_what_json_cannot_say_is_a_typed_error(value: Any) -> None:
    """NaN, infinity and objects in params are refused before anything is sent."""
    request = Request(messages=(), model="openai/m", params={"temperature": value})
    with pytest.raises(InvalidRequest, match="cannot be written as JSON"):
        OPENAI.encode(request, stream=False, endpoint=_AT)


def test_a_lone_surrogate_is_a_typed_error() -> None:
    """Text that UTF-8 cannot say is refused before anything is sent."""
    request = Request(messages=(Message.user("\ud800"),), model="openai/m")
    with pytest.raises(InvalidRequest, match="surrogate"):
        OPENAI.encode(request, stream=False, endpoint=_AT)


# --- decoding ---------------------------------------------------------------------------------


def test_a_whole_reply() -> None:
    """Text, usage, ids, model and the raw body are all there."""
    body = {
        "id": "c1",
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "finish_reason": "length", "message": {"content": "hey"}}],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 4,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }
    reply = _decode(body, headers={"x-request-id": "req_1"})
    assert (reply.text, reply.finish_reason, reply.request_id) == ("hey", "length", "req_1")
    assert reply.model == "openai/gpt-4o-mini-2024-07-18"
    assert reply.usage == Usage(input_tokens=10, cached_input_tokens=8, output_tokens=4, reasoning_tokens=3)
    assert reply.raw == body
    assert reply.prompt is _REQUEST


@pytest.mark.parametrize(
    ("message", "finish", "expected"),
    [
        ({"content": "x"}, "stop", "stop"),
        ({"content": "x"}, None, "stop"),
        ({"content": "x"}, "something_new", "stop"),
        ({"content": "x"}, "content_filter", "content_filter"),
        ({"refusal": "no"}, "stop", "refusal"),
        ({"tool_calls": [{"function": {"name": "f"}}]}, "stop", "tool_calls"),
    ],
)
def test_finish_reasons(message: Any, finish: Any, expected: str) -> None:
    """Every reason becomes one of ours; a refusal and a tool call are known by themselves."""
    reply = _decode({"choices": [{"message": message, "finish_reason": finish}]})
    assert reply.finish_reason == expected


def test_a_refusals_words_are_the_text() -> None:
    """What a model says when it refuses is kept as the reply's text."""
    assert _decode({"choices": [{"message": {"content": None, "refusal": "no"}}]}).text == "no"


def test_tool_calls_of_all_kinds() -> None:
    """JSON text, an object, nothing and nonsense as arguments; a missing id gets one."""
    arguments = ['{"a":1}', {"a": 1}, None, "{nonsense", "[1]"]
    calls = [{"function": {"name": "f", "arguments": one}} for one in arguments]
    found = _decode({"choices": [{"message": {"tool_calls": calls}}]}).tool_calls
    assert [dict(call.arguments) for call in found] == [{"a": 1}, {"a": 1}, {}, {}, {}]
    assert [call.invalid for call in found] == [None, None, None, "{nonsense", "[1]"]
    assert [call.id for call in found] == [f"call_{place}" for place in range(5)]


@pytest.mark.parametrize("bad", [-5, math.inf, math.nan, "12", True, 1.5, [], 1e300])
def test_hostile_numbers_are_unknown(bad: Any) -> None:
    """Negative, infinite, textual, fractional and absurd counts are None, never part of a total."""
    body = json.dumps({"choices": [], "usage": {"prompt_tokens": bad, "completion_tokens": 3}}).encode()
    usage = _decode(body).usage
    assert (usage.input_tokens, usage.output_tokens) == (None, 3)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["choices", "usage", "model", "id", "message", "delta", "content", "tool_calls", "index"]
)
_REPLIES = st.dictionaries(
    _KEYS, _JSON | st.lists(st.dictionaries(_KEYS, _JSON, max_size=4), max_size=2), max_size=5
)


@given(_REPLIES)
def test_no_shape_breaks_a_reply(body: dict[str, Any]) -> None:
    """Whatever the known fields hold, a body that is no error is a reply."""
    assert isinstance(_decode(body), Reply)


@given(st.lists(_REPLIES, max_size=3))
def test_no_shape_breaks_a_stream(chunks: list[dict[str, Any]]) -> None:
    """Whatever the known fields of chunks hold, a stream with its end mark is a reply."""
    _, reply = _streamed(_sse(*chunks))
    assert isinstance(reply, Reply)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b"\xff"])
def test_what_is_no_json_object_is_a_lasting_error(body: bytes) -> None:
    """Another server's page under status 200 is an error that no retry mends."""
    error = _error(body, 200)
    assert isinstance(error, TransportError)
    assert error.retryable is False


# --- streams ----------------------------------------------------------------------------------

_TEXTS = st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=8), max_size=6)


@given(_TEXTS, st.lists(st.integers(0, 10_000), max_size=20), st.booleans())
def test_a_stream_equals_the_whole_wherever_it_is_cut(texts: list[str], places: list[int], own: bool) -> None:  # noqa: FBT001
    """Text, tool call, finish reason and usage are those of the same answer in one piece."""
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
    call = {"id": "k", "function": {"name": "f", "arguments": '{"a": "é"}'}}
    pieces = [
        {"index": 0, **call, "function": {"name": "f", "arguments": '{"a":'}},
        {"index": 0, "function": {"arguments": ' "é"}'}},
    ]
    chunks = [
        *(_choice({"content": text}) for text in texts),
        *(_choice({"tool_calls": [piece]}) for piece in pieces),
        {**_choice({}, "tool_calls"), **({} if own else {"usage": usage})},
        *([{"choices": [], "usage": usage}] if own else []),
    ]
    deltas, reply = _streamed(_sse(*chunks), places)
    message = {"content": "".join(texts), "tool_calls": [call]}
    body = {
        "id": "c1",
        "model": "gpt-x",
        "usage": usage,
        "choices": [{"finish_reason": "tool_calls", "message": message}],
    }
    one = _decode(body)
    assert "".join(delta.text for delta in deltas) == reply.text == one.text
    assert (
        [delta.tool_call for delta in deltas if delta.tool_call]
        == list(reply.tool_calls)
        == list(one.tool_calls)
    )
    assert (reply.usage, reply.finish_reason, reply.model, reply.request_id) == (
        one.usage,
        one.finish_reason,
        one.model,
        one.request_id,
    )
    assert reply.raw == chunks


def test_reasoning_is_told_apart() -> None:
    """Reasoning reaches the reader as such, under both its names, and is no part of the text."""
    deltas, reply = _streamed(
        _sse(
            _choice({"reasoning_content": "hm"}),
            _choice({"reasoning": "so"}),
            _choice({"content": "x"}, "stop"),
        )
    )
    assert [delta.reasoning for delta in deltas] == ["hm", "so", ""]
    assert reply.text == "x"


def test_other_choices_are_left_out() -> None:
    """Only the first of several choices is the answer."""
    other = {"choices": [{"index": 1, "delta": {"content": "b"}}]}
    assert _streamed(_sse(_choice({"content": "a"}), other))[1].text == "a"


def test_a_refused_stream_is_a_refusal() -> None:
    """Refusal deltas are text to the reader, and the reply says refusal."""
    deltas, reply = _streamed(_sse(_choice({"refusal": "no"}), _choice({}, "stop")))
    assert [delta.text for delta in deltas] == ["no"]
    assert (reply.finish_reason, reply.text) == ("refusal", "no")


@given(st.integers(0, 10_000))
def test_a_stream_without_its_end_is_truncated(place: int) -> None:
    """Cut anywhere before its end mark, a stream is Truncated and holds the text that had come."""
    whole = _sse(_choice({"content": "ab"}), _choice({"content": "cd"}), _choice({}, "stop"))
    data = whole[: place % whole.index(b"[DONE]")]
    decoder = OPENAI.decoder(_REQUEST)
    seen = "".join(delta.text for delta in decoder.feed(data))
    with pytest.raises(Truncated) as caught:
        decoder.close()
    assert caught.value.partial == seen


@pytest.mark.parametrize("prefix", ["data: ", "event: error\ndata: "])
def test_an_error_inside_a_stream_is_an_error(prefix: str) -> None:
    """An error object in the middle of a good stream is raised as what it is."""
    decoder = OPENAI.decoder(_REQUEST)
    decoder.feed(_sse(_choice({"content": "ab"}), end=False))
    error = {"error": {"code": 429, "message": "slow down"}}
    with pytest.raises(RateLimited, match="slow down"):
        decoder.feed(f"{prefix}{json.dumps(error)}\n\n".encode())


def test_the_end_mark_may_lack_its_blank_line() -> None:
    """A stream whose last bytes are the end mark itself is whole."""
    assert _streamed(_sse(_choice({"content": "a"}, "stop"), end=False) + b"data: [DONE]")[1].text == "a"


def test_what_follows_the_end_is_ignored() -> None:
    """Bytes after [DONE] change nothing."""
    assert _streamed(_sse(_choice({"content": "a"}, "stop")) + b"data: {nonsense\n\n")[1].text == "a"


# --- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "kind", "retryable"),
    [
        (401, {"code": "invalid_api_key"}, AuthenticationError, False),
        (403, {}, AuthenticationError, False),
        (400, {"code": "invalid_api_key"}, AuthenticationError, False),
        (429, {"type": "rate_limit_exceeded"}, RateLimited, True),
        (429, {"code": "insufficient_quota"}, RateLimited, False),
        (402, {}, RateLimited, False),
        (400, {"code": "context_length_exceeded"}, ContextOverflow, False),
        (400, {"code": "content_filter"}, ContentFiltered, False),
        (400, {"innererror": {"code": "ResponsibleAIPolicyViolation"}}, ContentFiltered, False),
        (400, {"param": "temperature"}, InvalidRequest, False),
        (404, {"code": "model_not_found"}, InvalidRequest, False),
        (408, {}, Overloaded, True),
        (409, {}, Overloaded, True),
        (500, {}, Overloaded, True),
        (529, {}, Overloaded, True),
        (307, {}, TransportError, False),
        (200, {"code": 502}, Overloaded, True),
        (200, {"code": "context_length_exceeded"}, ContextOverflow, False),
        (200, {"type": "invalid_request_error"}, InvalidRequest, False),
        (200, {"type": "rate_limit_error"}, RateLimited, True),
        (200, {"x": 1}, Overloaded, True),
    ],
)
def test_the_error_tree(status: int, error: Any, kind: type[ProviderError], retryable: bool) -> None:  # noqa: FBT001
    """Status and body together name the error and whether trying again may help."""
    found = _error({"error": error}, status, {"x-request-id": "r"})
    assert type(found) is kind
    assert (found.retryable, found.provider, found.model, found.request_id) == (
        retryable,
        "openai",
        "openai/gpt-4o-mini",
        "r",
    )


@pytest.mark.parametrize(
    ("message", "limit", "actual"),
    [
        (
            "maximum context length is 8192 tokens. However, your messages resulted in 9,000 tokens.",
            8192,
            9000,
        ),
        (
            "maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in it)",
            4096,
            5000,
        ),
        (
            "request (9031 tokens) exceeds the available context size (8192 tokens), try increasing it",
            8192,
            9031,
        ),
        (
            "Input tokens exceed the configured limit of 272000 tokens. Messages resulted in 300000",
            272000,
            300000,
        ),
        ("The prompt is too long", None, None),
        ("maximum context length is " + "9" * 6000, None, None),
    ],
)
def test_an_overflow_carries_its_numbers(message: str, limit: int | None, actual: int | None) -> None:
    """Limit and actual are read from the message where they are there."""
    error = _error({"error": {"message": message}}, 400)
    assert isinstance(error, ContextOverflow)
    assert (error.limit, error.actual) == (limit, actual)


def test_a_rate_limit_says_how_long() -> None:
    """retry_after is what the headers say."""
    error = _error({"error": {"message": "slow"}}, 429, {"retry-after": "3"})
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3.0


@given(st.binary(max_size=80), st.integers(201, 599))
def test_any_error_body_is_one_typed_error(body: bytes, status: int) -> None:
    """Whatever bytes come with a bad status, one ProviderError comes of it, of bounded length."""
    error = _error(body, status)
    assert len(error.message) < 1200


@given(_JSON)
def test_any_error_object_is_one_typed_error(found: Any) -> None:
    """Whatever JSON stands where the error object should be, one ProviderError comes of it."""
    assert isinstance(_error({"error": found}, 400), ProviderError)
