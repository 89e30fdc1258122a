"""A streamed completion of Chat Completions as the whole one it would have been."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["gathered"]


def gathered(chunks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The `chat.completion` of one choice that these chunks add up to."""
    message: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": []}
    finish = None
    for chunk in chunks:
        for choice in chunk.get("choices") or ():
            _add(message, choice.get("delta") or {})
            finish = choice.get("finish_reason") or finish
    last = chunks[-1] if chunks else {}
    return {
        **{key: value for key, value in last.items() if key not in {"choices", "object"}},
        "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")), None),
    }


def _add(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for key in ("content", "reasoning_content"):
        if delta.get(key):
            message[key] = (message.get(key) or "") + delta[key]
    for call in delta.get("tool_calls") or ():
        _add_call(message["tool_calls"], call)


def _add_call(calls: list[dict[str, Any]], call: dict[str, Any]) -> None:
    index = call.get("index", len(calls))
    while len(calls) <= index:
        calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    function, known = call.get("function") or {}, calls[index]
    known["id"] = known["id"] or call.get("id") or ""
    known["function"]["name"] = known["function"]["name"] or function.get("name") or ""
    known["function"]["arguments"] += function.get("arguments") or ""
