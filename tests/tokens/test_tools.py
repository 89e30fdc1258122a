"""Tests of promptlib.tokens.tools, against what OpenAI billed.

The bills are those that openai-messages-token-helper 0.1.13 measured for gpt-3.5 and gpt-4 (its
tests/functions.py): the prompt tokens of the system message `You are a bot.` with one tool.
"""

from __future__ import annotations

from typing import Any

import pytest

from promptlib.models import find
from promptlib.tokens import count
from promptlib.tokens.tools import declarations
from promptlib.types import Message, Request, Tool


def function(name: str, description: str, properties: dict[str, Any], *required: str) -> Tool:
    """A tool with these arguments."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return Tool(name=name, description=description, parameters=schema if properties else {})


SEARCH = "Retrieve sources from the Azure AI Search index"
QUERY = "Query string to retrieve documents from azure search eg: 'Health care plan'"
MEASURED = [
    (function("search_sources", SEARCH, {}), 42),
    (function("search_sources", SEARCH, {"search_query": {"type": "string"}}), 49),
    (
        function(
            "search_sources",
            SEARCH,
            {"search_query": {"type": "string", "description": QUERY}},
            "search_query",
        ),
        66,
    ),
]


@pytest.mark.parametrize(("tool", "billed"), MEASURED)
def test_billed(tool: Tool, billed: int) -> None:
    """The estimate is what was billed, to two tokens, and the bill lies within the bounds."""
    found = count(Request(messages=(Message.system("You are a bot."),), tools=(tool,)), find("openai/gpt-4"))
    assert abs(found.total - billed) <= 2
    assert found.lower <= billed <= found.upper
    assert found.kind == "estimate"


def test_declarations() -> None:
    """Arguments are TypeScript: optional ones marked, objects nested, enums spelled out."""
    properties = {
        "unit": {"enum": ["C", "F"], "description": "of temperature"},
        "days": {"type": "array", "items": {"type": "integer"}},
        "where": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "any": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "free": {"description": "anything"},
        "wrong": 3,
    }
    text = declarations([function("weather", "Tells it", properties, "unit")])
    for line in (
        "// Tells it",
        "type weather = (_: {",
        '// of temperature\nunit: "C" | "F",',
        "days?: number[],",
        "where?: {\ncity: string,\n},",
        '{"anyOf": [{"type": "string"}, {"type": "null"}]}',
        "free?: any,",
        "wrong?: any,",
    ):
        assert line in text
