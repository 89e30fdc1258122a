"""Whether a prompt renders what old code made, message by message."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from promptlib.errors import InputError
from promptlib.prompt import compose
from promptlib.templates import Template
from promptlib.types import CachePart, Message, Ref, TextPart

__all__ = ["assert_same_messages"]

# What LangChain's messages call themselves.
_LANGCHAIN_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


def assert_same_messages(
    prompt: Template,
    inputs: Any,
    old_messages: Iterable[Any],
    *,
    persona: str | None = None,
    history: Sequence[Message | Mapping[str, Any]] = (),
) -> None:
    """Fail unless a prompt renders exactly the messages that your old code made.

    Compared are the number of messages and each one's role, content, tool calls and tool call id;
    a `{% cache %}` mark is no content. No budget applies.

    Args:
        prompt: what `Registry.get` returns.
        inputs: the inputs to render it with.
        old_messages: each a Message, a dict `{role, content}` (also in OpenAI's shape), or an object
            with `.content` and either `.role` or LangChain's `.type`.
        persona: as for `Registry.render`.
        history: as for `Registry.render`.

    Raises:
        AssertionError: they differ; the text shows each message that does, line by line.
        InputError: the inputs do not fit, or an old message has a shape that is not known.
    """
    # The call is left out of the tracebacks that pytest shows.
    __tracebackhide__ = True
    old = [_comparable(_old_message(value, index)) for index, value in enumerate(_listed(old_messages))]
    made = compose(prompt, Ref(name=prompt.name), inputs, persona=persona, history=history, budget=False)
    new = [_comparable(message) for message in made.messages]
    if new != old:
        raise AssertionError("\n".join([_headline(prompt.name, old, new), *_differences(old, new)]))


def _listed(old_messages: Iterable[Any]) -> list[Any]:
    if isinstance(old_messages, str | bytes | Mapping):
        message = "the old messages are a list of messages"
        hint = "For one text, write [{'role': 'user', 'content': text}]."
        raise InputError(message, problems=(message,), hint=hint)
    return list(old_messages)


def _old_message(value: Any, index: int) -> Message:
    if isinstance(value, Message):
        return value
    fields = value if isinstance(value, Mapping) else _fields(value)
    try:
        return Message.from_dict(fields)
    except InputError as error:
        try:
            return Message.from_openai(fields)
        except InputError:
            # What is wrong with promptlib's own shape says more than what is wrong with another's.
            text = f"old_messages[{index}]: {error.message}"
            hint = "Give Message objects, dicts {role, content}, or objects with .type and .content."
            raise InputError(text, problems=(text,), hint=hint) from None


def _fields(value: Any) -> Mapping[str, Any]:
    """A message of an SDK or of LangChain as promptlib's dict; what it has no field for is left out."""
    role = getattr(value, "role", None) or _LANGCHAIN_ROLES.get(getattr(value, "type", None) or "")
    if role is None or not hasattr(value, "content"):
        return {"role": role}
    calls = getattr(value, "tool_calls", None) or []
    return {
        "role": role,
        "content": value.content,
        "tool_calls": [_call(call) for call in calls],
        "tool_call_id": getattr(value, "tool_call_id", None),
    }


def _call(call: Any) -> Any:
    if isinstance(call, Mapping) and "args" in call:
        return {"id": call["id"], "name": call["name"], "arguments": call["args"]}
    if hasattr(call, "function"):
        function = call.function
        return {"id": call.id, "name": function.name, "arguments": json.loads(function.arguments or "{}")}
    return call


def _comparable(message: Message) -> dict[str, Any]:
    """A message as plain data in one spelling: no cache marks, neighbouring texts joined."""
    parts: list[Any] = []
    for part in message.parts:
        if isinstance(part, TextPart) and parts and isinstance(parts[-1], TextPart):
            parts[-1] = TextPart(text=parts[-1].text + part.text)
        elif not isinstance(part, CachePart):
            parts.append(part)
    texts = all(isinstance(part, TextPart) for part in parts)
    content = message.text if texts else tuple(parts)
    return Message(
        role=message.role,
        content=content,
        tool_calls=message.tool_calls,
        tool_call_id=message.tool_call_id,
    ).to_dict()


def _headline(name: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> str:
    if len(old) != len(new):
        return f"{name} renders {len(new)} messages, and there were {len(old)} (- before, + now):"
    differing = sum(before != now for before, now in zip(old, new, strict=True))
    return f"{name} renders {differing} of {len(new)} messages differently (- before, + now):"


def _differences(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[str]:
    for index in range(max(len(old), len(new))):
        before = old[index] if index < len(old) else None
        now = new[index] if index < len(new) else None
        if before == now:
            continue
        shown = now or before or {}
        yield f"message {index + 1} ({shown['role']}):"
        lines = difflib.unified_diff(_lines(before), _lines(now), n=1, lineterm="")
        # The first two lines name files, which there are none of.
        yield from (f"  {line}" for number, line in enumerate(lines) if number > 1)


def _lines(message: dict[str, Any] | None) -> list[str]:
    """A message line by line; `repr` shows blanks at line ends and characters nobody sees."""
    if message is None:
        return []
    lines = [f"role: {message['role']}"]
    content = message["content"]
    if isinstance(content, str):
        lines += [repr(line) for line in content.splitlines(keepends=True)]
    else:
        lines += [json.dumps(part, ensure_ascii=False) for part in content]
    rest = {key: value for key, value in message.items() if key not in ("role", "content")}
    return lines + [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in rest.items()]
