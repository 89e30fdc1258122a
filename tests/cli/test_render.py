"""`promptlib render`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from promptlib import Registry

REF_KEYS = ["name", "version", "digest", "label", "persona", "model", "experiment", "variant"]
TOKEN_KEYS = ["total", "kind", "lower", "upper", "by_message", "overhead"]
KEYS = ["ref", "model", "params", "tools", "messages", "tokens"]


def test_it_prints_the_messages(project: Path, cli: Any, golden: Any) -> None:
    """A heading and the text for each message; what was rendered goes to stderr."""
    shown = cli("render", "greet", "--case", "ann")
    ref = Registry.open("templates").resolve("greet")
    assert (shown.code, shown.err) == (0, f"{ref}, for echo/echo\n")
    golden("render.txt", shown.out)


def test_media_and_tools_are_shown_in_brackets(png: Path, project: Path, cli: Any, golden: Any) -> None:
    """Images, files and calls stand where they are, by kind and size."""
    turns = [
        {"role": "assistant", "tool_calls": [{"id": "c1", "name": "wave", "arguments": {"hands": 2}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "waved"},
    ]
    (project / "turns.json").write_text(json.dumps(turns))
    picture = cli(
        "render", "picture", "--var", "photo=@photo.png", "--var", "report=https://example.org/r.pdf"
    )
    greet = cli("render", "greet", "--case", "ann", "--history", "turns.json")
    golden("render_media.txt", picture.out + greet.out)


def test_as_json(project: Path, cli: Any) -> None:
    """An object with exactly the keys of the contract, at every level."""
    shown = cli("render", "greet", "--case", "bob", "--json")
    found = shown.json
    assert shown.err == ""
    assert list(found) == KEYS
    assert list(found["ref"]) == REF_KEYS
    assert list(found["tokens"]) == TOKEN_KEYS
    assert [list(message) for message in found["messages"]] == [["role", "content"]] * 4
    assert [message["role"] for message in found["messages"]] == ["system", "user", "assistant", "user"]
    assert (found["model"], found["params"]) == ("echo/echo", {"temperature": 0, "max_output_tokens": 50})
    assert found["tools"] == [{"name": "wave", "description": "Wave", "parameters": {"type": "object"}}]
    tokens = found["tokens"]
    assert tokens["total"] == sum(tokens["by_message"]) + tokens["overhead"]


def test_it_prints_what_the_library_renders(project: Path, cli: Any) -> None:
    """The document is `Prompt.to_dict()`."""
    prompt = Registry.open("templates").render("greet", {"name": "Bob", "times": 2})
    assert cli("render", "greet@draft", "--case", "bob", "--json").json == prompt.to_dict()


def test_a_budget_that_does_not_hold_is_an_error(project: Path, cli: Any) -> None:
    """A prompt beyond its budget is not rendered."""
    shown = cli("render", "greet", "--var", "name=" + "word " * 3000, "--json")
    assert (shown.code, shown.json["error"]["type"]) == (1, "BudgetExceeded")
