"""The public names as a user's type checker sees them; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

from pydantic import BaseModel

from promptlib import (
    AsyncClient,
    Budget,
    Client,
    Message,
    Prompt,
    PromptlibError,
    Ref,
    Registry,
    Reply,
    TokenCount,
    Tool,
    ToolCall,
    Usage,
)
from promptlib.errors import (
    BudgetExceeded,
    InputError,
    ProviderError,
    RateLimited,
    RenderLimitError,
    TemplateError,
    Truncated,
)


class Article(BaseModel):
    """Inputs may be a model of the user's own."""

    article: str
    bullets: int = 5


def registry() -> None:
    """Opening, listing, resolving."""
    prompts = assert_type(Registry.open("templates"), Registry)
    Registry.open(Path("templates"), reload=True)
    assert_type(prompts.names(), tuple[str, ...])
    assert_type(prompts.resolve("summarize@draft"), Ref)
    prompts.refresh()


def render(prompts: Registry) -> None:
    """One mapping or model of inputs, every option by name."""
    prompt = prompts.render(
        "summarize",
        {"article": "text", "bullets": 3},
        persona=None,
        history=(),
        unit="user-17",
        model=None,
        params=None,
        tools=None,
        budget=None,
    )
    assert_type(prompt, Prompt)
    prompts.render("summarize", Article(article="text"), persona="personas/editor")
    prompts.render(
        "chat", {"question": "why"}, history=[Message.user("hi"), {"role": "assistant", "content": "yes"}]
    )
    prompts.render("summarize", {"article": "text"}, model="local/smollm2", params={"temperature": 0})
    prompts.render("summarize", {"article": "text"}, budget=Budget(max_input_tokens=1_000))
    prompts.render("summarize", {"article": "text"}, budget=False)


def prompt(prompt: Prompt, reply: Reply) -> None:
    """What a rendered prompt holds and becomes."""
    assert_type(prompt.messages, tuple[Message, ...])
    assert_type(prompt.ref, Ref)
    assert_type(prompt.tokens(), TokenCount)
    assert_type(prompt.ignored_inputs, tuple[str, ...])
    assert_type(prompt.extend(reply.message, Message.tool("call-1", "14 days")), Prompt)
    assert_type(prompt.to_openai(), dict[str, Any])


def values(message: Message, ref: Ref, count: TokenCount, usage: Usage) -> None:
    """The nouns' fields."""
    assert_type(message.text, str)
    assert_type(message.tool_calls, tuple[ToolCall, ...])
    assert_type(message.tool_call_id, str | None)
    assert_type(ref.version, int | None)
    assert_type(ref.name, str)
    assert_type((count.total, count.lower, count.upper, count.overhead), tuple[int, int, int, int])
    assert_type(count.by_message, tuple[int, ...])
    assert_type(usage.input_tokens, int | None)
    assert_type(Tool(name="search").parameters, Mapping[str, Any])


def client(prompt: Prompt) -> None:
    """Sending and streaming."""
    with Client(timeout=30.0, retries=1, max_concurrency=10) as client:
        reply = assert_type(client.send(prompt), Reply)
        with client.stream(prompt) as stream:
            for delta in stream:
                assert_type(delta.text, str)
            assert_type(stream.reply, Reply)
    assert_type(reply.text, str)
    assert_type(reply.usage, Usage)
    assert_type(reply.cost, float | None)
    assert_type(reply.latency_ms, float | None)


async def async_client(prompt: Prompt) -> None:
    """The same with `await`."""
    async with AsyncClient() as client:
        assert_type(await client.send(prompt), Reply)
        async with client.stream(prompt) as stream:
            async for delta in stream:
                assert_type(delta.text, str)
            assert_type(stream.reply, Reply)


def errors() -> None:
    """One tree, and the data of its branches."""
    try:
        Registry.open("templates")
    except InputError as error:
        assert_type(error.problems, tuple[str, ...])
    except TemplateError as error:
        assert_type((error.path, error.line, error.column), tuple[str | None, int | None, int | None])
    except RenderLimitError as error:
        assert_type(error.bound, float)
    except BudgetExceeded as error:
        assert_type(error.needed, int)
    except RateLimited as error:
        assert_type(error.retry_after, float | None)
    except Truncated as error:
        assert_type(error.partial, str)
    except ProviderError as error:
        assert_type(error.status, int | None)
    except PromptlibError as error:
        assert_type(error.hint, str | None)
