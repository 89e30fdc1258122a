"""assert_same_messages: what counts as the same, and what a failure shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from promptlib.errors import InputError
from promptlib.templates import MemoryFiles, Template, load
from promptlib.testing import assert_same_messages
from promptlib.types import Message, ToolCall


def _template(body: str, front: str = "inputs: {name: string}") -> Template:
    files = {"greet.jinja": f"---\n{front}\n---\n{body}".encode()}
    return load(MemoryFiles(files), "greet")


GREET = _template("{% system %}Be kind.{% endsystem %}\n{% user %}Greet {{ name }}.\nBriefly.{% enduser %}")
OLD = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Greet Ada.\nBriefly."}]


@dataclass
class LangChainMessage:
    """A message with the attributes that LangChain's have."""

    type: str
    content: Any
    tool_calls: list[Any] = field(default_factory=list)
    tool_call_id: str | None = None


def _failure(template: Template, inputs: Any, old: Any, **options: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_same_messages(template, inputs, old, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "old",
    [
        OLD,
        tuple(OLD),
        iter(OLD),
        [Message.system("Be kind."), Message.user("Greet Ada.\nBriefly.")],
        [LangChainMessage("system", "Be kind."), LangChainMessage("human", "Greet Ada.\nBriefly.")],
        [OLD[0], {"role": "user", "content": [{"type": "text", "text": "Greet Ada.\nBriefly."}]}],
    ],
    ids=["dicts", "tuple", "iterator", "messages", "langchain", "parts"],
)
def test_the_same_messages_pass_in_every_shape(old: Any) -> None:
    """Dicts, messages and objects with type and content are all read."""
    assert_same_messages(GREET, {"name": "Ada"}, old)


def test_a_failure_shows_the_lines_that_differ_and_no_others() -> None:
    """The text names the message and shows its lines before and now."""
    text = _failure(GREET, {"name": "Ada"}, [OLD[0], {"role": "user", "content": "Greet Ada!\nBriefly."}])
    assert text.splitlines()[0] == "greet renders 1 of 2 messages differently (- before, + now):"
    assert "message 2 (user):" in text
    assert "  -'Greet Ada!\\n'" in text.splitlines()
    assert "  +'Greet Ada.\\n'" in text.splitlines()
    assert "Be kind." not in text


@pytest.mark.parametrize(
    "content", ["Greet Ada.\nBriefly. ", "Greet Ada.\r\nBriefly.", "Greet Ada.\nBriefly.\u200b"]
)
def test_what_nobody_sees_is_shown(content: str) -> None:
    """A blank at a line's end, a carriage return and a hidden character can be told apart in the text."""
    text = _failure(GREET, {"name": "Ada"}, [OLD[0], {"role": "user", "content": content}])
    assert any(
        repr(line) in text for line in content.splitlines(keepends=True) if line not in OLD[1]["content"]
    )
    assert len({line[2:] for line in text.splitlines() if line[2:3] in "+-"}) >= 2


def test_a_missing_message_and_one_too_many_are_shown() -> None:
    """Another number of messages fails, and the text says which is new or gone."""
    text = _failure(GREET, {"name": "Ada"}, OLD[:1])
    assert text.splitlines()[0] == "greet renders 2 messages, and there were 1 (- before, + now):"
    assert "  +role: user" in text.splitlines()
    more = _failure(GREET, {"name": "Ada"}, [*OLD, {"role": "assistant", "content": "Hi"}])
    assert "message 3 (assistant):" in more
    assert "  -'Hi'" in more.splitlines()


def test_another_role_is_a_difference() -> None:
    """The same text under another role fails."""
    text = _failure(GREET, {"name": "Ada"}, [{"role": "developer", "content": "Be kind."}, OLD[1]])
    assert "  -role: developer" in text.splitlines()


def test_no_messages_before_is_a_difference() -> None:
    """An empty list is compared like any other."""
    assert "renders 2 messages, and there were 0" in _failure(GREET, {"name": "Ada"}, [])


CHAT = _template("{% system %}Help.{% endsystem %}{% history %}{% user %}{{ name }}{% enduser %}")
CALL = ToolCall(id="c1", name="look_up", arguments={"order": "7"})
HISTORY = [Message.assistant(tool_calls=(CALL,)), Message.tool("c1", "shipped")]


@pytest.mark.parametrize(
    "old",
    [
        [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "look_up", "arguments": '{"order":"7"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "shipped"},
        ],
        [
            LangChainMessage("ai", "", tool_calls=[{"id": "c1", "name": "look_up", "args": {"order": "7"}}]),
            LangChainMessage("tool", "shipped", tool_call_id="c1"),
        ],
    ],
    ids=["openai", "langchain"],
)
def test_tool_calls_are_compared(old: list[Any]) -> None:
    """Calls and their ids count, in OpenAI's and LangChain's shapes; another argument is a difference."""
    system, user = {"role": "system", "content": "Help."}, {"role": "user", "content": "Ada"}
    assert_same_messages(CHAT, {"name": "Ada"}, [system, *old, user], history=HISTORY)
    other = [Message.assistant(tool_calls=(ToolCall(id="c1", name="look_up"),)), HISTORY[1]]
    assert "tool_calls: " in _failure(CHAT, {"name": "Ada"}, [system, *old, user], history=other)


def test_the_persona_is_chosen() -> None:
    """The persona that is named is the one that is compared."""
    files = {
        "greet.jinja": b"---\npersonas: [kind, gruff]\n---\n{% system %}{% persona %}{% endsystem %}",
        "kind.jinja": b"Be kind.",
        "gruff.jinja": b"Be gruff.",
    }
    template = load(MemoryFiles(files), "greet")
    assert_same_messages(template, {}, [{"role": "system", "content": "Be gruff."}], persona="gruff")
    assert "Be kind." in _failure(template, {}, [{"role": "system", "content": "Be gruff."}])


def test_a_cache_mark_is_no_content() -> None:
    """A prompt with a mark for caching equals the old one, which had none."""
    template = _template("{% system %}Be kind.{% cache %} Be brief.{% endsystem %}")
    assert_same_messages(template, {"name": "Ada"}, [{"role": "system", "content": "Be kind. Be brief."}])


def test_a_budget_does_not_stand_in_the_way() -> None:
    """A prompt over its budget is still compared."""
    template = _template("{{ name }}", "inputs: {name: string}\nbudget: {max_input_tokens: 1}")
    text = "many words " * 50
    assert_same_messages(template, {"name": text}, [{"role": "user", "content": text}])


@pytest.mark.parametrize(
    "old",
    [
        [OLD[0], {"role": "boss", "content": "x"}],
        [OLD[0], {"content": "x"}],
        [OLD[0], LangChainMessage("function", "x")],
        [OLD[0], 7],
        [OLD[0], ("human", "x")],
    ],
    ids=["unknown role", "no role", "unknown type", "number", "pair"],
)
def test_a_message_of_no_known_shape_is_named(old: Any) -> None:
    """What is no message is an InputError with its place, not a difference."""
    with pytest.raises(InputError, match=r"old_messages\[1\]") as caught:
        assert_same_messages(GREET, {"name": "Ada"}, old)
    assert caught.value.hint


@pytest.mark.parametrize("old", ["Greet Ada.", OLD[0]], ids=["text", "one dict"])
def test_one_message_alone_is_refused(old: Any) -> None:
    """A text or a single dict is no list of messages, and the hint shows how to write one."""
    with pytest.raises(InputError, match="a list of messages") as caught:
        assert_same_messages(GREET, {"name": "Ada"}, old)
    assert "role" in str(caught.value.hint)


def test_inputs_that_do_not_fit_are_an_error_of_their_own() -> None:
    """A wrong input is no difference between messages."""
    with pytest.raises(InputError, match="name: it is required"):
        assert_same_messages(GREET, {}, OLD)
