"""Tests of promptlib.tokens.requests: whole prompts, against what providers billed."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import ConfigurationError
from promptlib.models import Model, find, lookup
from promptlib.tokens import count, count_at_most, count_text
from promptlib.types import (
    CachePart,
    FilePart,
    ImagePart,
    Message,
    Part,
    Request,
    TextPart,
    Tool,
    ToolCall,
)

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 1_024, 1_024)
NAMES = (
    *("openai/gpt-4", "openai/gpt-4o-mini", "openai/gpt-5", "openai/gpt-6-sol", "anthropic/claude-opus-5"),
    *("anthropic/claude-haiku-4-5", "gemini/gemini-3.8-flash", "mistral/mistral-large-4", "local/smollm2"),
    "echo/echo",
)
MODELS = [None, *map(find, NAMES)]

TEXTS = st.text(max_size=40)
PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(lambda text: TextPart(text=text), TEXTS),
    st.sampled_from(
        [
            ImagePart(data=PNG, media_type="image/png"),
            ImagePart(data=b"?", media_type="image/avif"),
            ImagePart(url="https://example.com/a.png", media_type="image/png"),
            FilePart(data=b"a,b\n1,2", media_type="text/csv", name="a.csv"),
            FilePart(data=b"%PDF-1.7 /Type /Page /Type /Pages /Type/Page", media_type="application/pdf"),
            FilePart(data=b"\x00" * 5_000, media_type="application/zip"),
            FilePart(url="https://example.com/a.pdf", media_type="application/pdf"),
            CachePart(),
        ]
    ),
)
CALLS = st.builds(
    lambda name, arguments, invalid: ToolCall(id="1", name=name, arguments=arguments, invalid=invalid),
    TEXTS,
    st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=3),
    st.none() | TEXTS,
)
MESSAGES = st.builds(
    lambda role, content, calls, call_id: Message(
        role=role, content=content, tool_calls=tuple(calls), tool_call_id=call_id
    ),
    st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    TEXTS | st.lists(PARTS, max_size=3).map(tuple),
    st.lists(CALLS, max_size=2),
    st.none() | st.just("1"),
)
TOOLS = st.lists(st.builds(lambda name, text: Tool(name=name, description=text), TEXTS, TEXTS), max_size=2)
REQUESTS = st.builds(
    lambda messages, tools, output: Request(messages=tuple(messages), tools=tuple(tools), output=output),
    st.lists(MESSAGES, max_size=4),
    TOOLS,
    st.none() | st.just({"type": "object"}),
)


def prompt(*messages: Message, **fields: Any) -> Request:
    """A request of these messages."""
    return Request(messages=messages, **fields)


class TestLaws:
    @given(request=REQUESTS, model=st.sampled_from(MODELS))
    def test_the_whole_is_its_parts(self, request: Request, model: Model | None) -> None:
        """The total is the messages and the overhead, within its bounds, for any request and model."""
        found = count(request, model)
        assert found.total == sum(found.by_message) + found.overhead
        assert 0 <= found.lower <= found.total <= found.upper
        assert len(found.by_message) == len(request.messages)
        assert (found.kind == "exact") <= (found.lower == found.upper)

    @given(request=REQUESTS, model=st.sampled_from(MODELS), limit=st.integers(0, 400))
    def test_at_most(self, request: Request, model: Model | None, limit: int) -> None:
        """`count_at_most` says whether the upper bound is within the limit."""
        assert count_at_most(request, model, limit) == (count(request, model).upper <= limit)


class TestExact:
    # Prompt tokens that OpenAI billed for single messages, as measured by openai-messages-token-helper
    # 0.1.13 (its tests/messages.py): gpt-4 and gpt-4o. Each has 3 for priming.
    @pytest.mark.parametrize(
        ("text", "old", "new"),
        [
            ("You are a bot.", 12, 12),
            ("Hello, how are you?", 13, 13),
            ("á", 8, 8),
            ("What happens in a performance review?", 14, 14),
            (
                (
                    "You are a helpful, pattern-following assistant that translates corporate jargon "
                    "into plain English."
                ),
                25,
                24,
            ),
        ],
    )
    def test_billed(self, text: str, old: int, new: int) -> None:
        """Chat models of OpenAI are counted exactly as they were billed."""
        for model, billed in (("openai/gpt-4", old), ("openai/gpt-4o", new)):
            found = count(prompt(Message.user(text)), find(model))
            assert (found.total, found.kind) == (billed, "exact")

    def test_content_and_overhead_are_apart(self) -> None:
        """`by_message` is the content of each message alone."""
        found = count(prompt(Message.system("You are a bot."), Message.user("Hello!")), find("openai/gpt-4o"))
        assert (found.by_message, found.overhead) == ((5, 2), 11)

    def test_parts_of_text_are_exact(self) -> None:
        """Text in parts, and a mark for caching, are as exact as text."""
        parts = (TextPart(text="You are"), CachePart(), TextPart(text=" a bot."))
        found = count(prompt(Message(role="user", content=parts)), find("openai/gpt-4o"))
        assert (found.kind, found.total) == ("exact", 12)

    def test_the_local_model(self) -> None:
        """SmolLM2 reports 31 prompt tokens for `hi`: its template puts in a system message."""
        assert count(prompt(Message.user("hi")), find("local/smollm2")).total == 31


class TestEstimates:
    @pytest.mark.parametrize(
        "request_",
        [
            prompt(Message.user("a"), tools=(Tool(name="t"),)),
            prompt(Message.user("a"), output={"type": "object"}),
            prompt(Message.assistant(tool_calls=(ToolCall(id="1", name="t"),))),
            prompt(Message.tool("1", "done")),
            prompt(Message(role="user", content=(ImagePart(data=PNG, media_type="image/png"),))),
            prompt(Message(role="user", content=(FilePart(data=b"a", media_type="text/plain"),))),
        ],
    )
    def test_what_is_not_text_is_an_estimate(self, request_: Request) -> None:
        """Tools, calls, results, schemas, images and files make the count an estimate, for any model."""
        for model in MODELS:
            assert count(request_, model).kind == "estimate"

    def test_an_image_of_certain_size_is_an_estimate_too(self) -> None:
        """Only text is published as exact, even where an image's rule leaves no doubt."""
        model = Model(id="x/y", tokenizer="o200k_base", overhead="openai-chat", images="patches-1.72")
        image = Message(role="user", content=(ImagePart(data=PNG, media_type="image/png"),))
        found = count(prompt(image), model)
        assert (found.kind, found.lower) == ("estimate", found.upper)

    def test_other_models(self) -> None:
        """Models whose vocabulary or framing is not published are estimates; so is no model."""
        for name in (
            None,
            "openai/gpt-5",
            "openai/gpt-6-sol",
            "anthropic/claude-opus-5",
            "groq/openai/gpt-oss-20b",
        ):
            assert count(prompt(Message.user("Hello")), find(name) if name else None).kind == "estimate"

    def test_without_a_model_it_is_o200k(self) -> None:
        """Without a model, the content is what o200k makes of it."""
        text = '{"a": [1, 2, 3]} 的一是'
        assert count(prompt(Message.user(text))).by_message == (count_text(text),)

    @pytest.mark.parametrize(
        ("model", "messages", "billed"),
        [
            # OpenAI's API reference for gpt-5; Anthropic's page on token counting.
            ("openai/gpt-5", (("developer", "You are a helpful assistant."), ("user", "Hello!")), 18),
            ("anthropic/claude-opus-4-6", (("system", "You are a scientist"), ("user", "Hello, Claude")), 14),
        ],
    )
    def test_published_examples(self, model: str, messages: Any, billed: int) -> None:
        """What providers' pages show as billed lies within the bounds."""
        request = prompt(*(Message(role=role, content=text) for role, text in messages))
        found = count(request, find(model))
        assert found.lower <= billed <= found.upper

    def test_an_image_behind_a_url(self) -> None:
        """An image that is not here is never fetched; its bounds hold every size."""
        near = prompt(Message(role="user", content=(ImagePart(data=PNG, media_type="image/png"),)))
        far = prompt(Message(role="user", content=(ImagePart(url="https://x.y/z", media_type="image/png"),)))
        model = find("openai/gpt-4o")
        assert count(near, model).by_message == (765,)
        assert count(far, model).lower <= count(near, model).total <= count(far, model).upper

    def test_a_pdf_is_counted_by_its_pages(self) -> None:
        """A PDF of two pages takes twice what one takes."""
        one, two = (
            count(
                prompt(
                    Message(role="user", content=(FilePart(data=page * pages, media_type="application/pdf"),))
                )
            )
            for pages in (1, 2)
            for page in (b"<</Type /Page>> <</Type /Pages>> ",)
        )
        assert two.by_message[0] == 2 * one.by_message[0]

    def test_a_call_is_its_name_and_arguments(self) -> None:
        """Longer arguments take more tokens, as JSON or as the text that was no JSON."""
        arguments = {"text": "word " * 50}
        long = ToolCall(id="1", name="t", arguments=arguments)
        broken = ToolCall(id="1", name="t", invalid=json.dumps(arguments))
        short = ToolCall(id="1", name="t")
        sizes = [count(prompt(Message.assistant(tool_calls=(call,)))).total for call in (short, long, broken)]
        assert sizes[0] + 50 <= sizes[1] == sizes[2]


def test_a_project_names_a_rule_that_is_not_there() -> None:
    """A project's own model with an unknown tokenizer or overhead is an error that names those there are."""
    request = prompt(Message.user("a"))
    for wrong in (Model(id="vllm/ours", tokenizer="lama"), Model(id="vllm/ours", overhead="chatml")):
        with pytest.raises(ConfigurationError, match="There are"):
            count(request, wrong)


def test_a_prompt_whose_bytes_prove_it_fits_loads_no_vocabulary(monkeypatch):
    """Where no token could be short enough to break the limit, nothing is tokenized."""
    monkeypatch.setattr(
        "promptlib.tokens.encodings.load", lambda name: pytest.fail("a vocabulary was loaded")
    )
    small = Request(messages=(Message.user("a text that no test has counted before"),))
    assert count_at_most(small, lookup("openai/gpt-4o"), 100)
