"""What the definitions of tools take, as the text that a provider makes of them.

OpenAI's models see tools as the functions of a TypeScript namespace; that this text plus a constant
gives the billed tokens of flat schemas was measured by openai-messages-token-helper 0.1.13 (read
2026-11-23). Deeper schemas are off by a few tokens, and other providers show the JSON itself, so a
count of tools is always an estimate.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from promptlib.tokens.counters import Counter
from promptlib.tokens.tally import Tally
from promptlib.types import Tool

__all__ = ["count_tools", "declarations"]

# Measured against OpenAI's bills: below and above the count of the declarations.
_LOWER, _UPPER = 0.85, 1.1


def count_tools(tools: Iterable[Tool], counter: Counter) -> Tally:
    """Tokens of the definitions, without what having tools costs at all; nothing for no tools.

    The upper bound is that of the declarations or of the JSON, whichever is more.
    """
    tools = tuple(tools)
    if not tools:
        return Tally.exact(0)
    text = counter.count(declarations(tools))
    plain = counter.count(json.dumps([tool.to_dict() for tool in tools], ensure_ascii=False))
    upper = max(int(text.upper * _UPPER) + 1, plain.upper)
    return Tally.between(int(text.lower * _LOWER), text.total, upper)


def declarations(tools: Iterable[Tool]) -> str:
    """The tools as a TypeScript namespace."""
    lines = ["namespace functions {", ""]
    for tool in tools:
        if tool.description:
            lines.append(f"// {tool.description}")
        fields = _fields(tool.parameters)
        body = f"(_: {{\n{fields}\n}})" if fields else "()"
        lines += [f"type {tool.name} = {body} => any;", ""]
    return "\n".join((*lines, "} // namespace functions"))


def _fields(schema: Mapping[str, Any]) -> str:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return ""
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    lines = []
    for name, described in properties.items():
        field = described if isinstance(described, Mapping) else {}
        if field.get("description"):
            lines.append(f"// {field['description']}")
        lines.append(f"{name}{'' if name in needed else '?'}: {_type(field)},")
    return "\n".join(lines)


def _type(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "any"
    if isinstance(schema.get("enum"), list):
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        return f"{{\n{_fields(schema)}\n}}"
    if kind == "array":
        return f"{_type(schema.get('items'))}[]"
    if kind in ("string", "boolean", "null"):
        return str(kind)
    if kind in ("integer", "number"):
        return "number"
    # No plain type: unions and references are shown as they stand.
    return json.dumps(dict(schema), ensure_ascii=False) if schema.keys() - {"description"} else "any"
