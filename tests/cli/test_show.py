"""`promptlib show`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from promptlib import Registry


def test_it_shows_a_page(project: Path, cli: Any, golden: Any) -> None:
    """Everything a caller has to know of a prompt, as people read it."""
    shown = cli("show", "greet")
    assert (shown.code, shown.err) == (0, "")
    digest = Registry.open("templates").resolve("greet").digest
    golden("show.txt", shown.out.replace(str(digest), "DIGEST"))


def test_a_prompt_without_front_matter_has_a_page(project: Path, cli: Any, golden: Any) -> None:
    """What is not declared is not shown."""
    digest = Registry.open("templates").resolve("plain").digest
    golden("show_plain.txt", cli("show", "plain").out.replace(str(digest), "DIGEST"))


def test_as_json(project: Path, cli: Any) -> None:
    """An object with exactly these keys."""
    found = cli("show", "greet@draft", "--json").json
    inputs = found.pop("inputs")
    digest = Registry.open("templates").resolve("greet").digest
    assert inputs[1] == {
        "name": "times",
        "type": "integer",
        "required": False,
        "default": 1,
        "description": "",
        "untrusted": False,
        "schema": {"type": "integer", "minimum": 1},
    }
    assert sorted(found.pop("files")) == [
        "greet.examples.jsonl",
        "greet.jinja",
        "personas/butler.jinja",
        "personas/pirate.jinja",
        "tools/wave.json",
    ]
    assert found == {
        "name": "greet",
        "path": "greet.jinja",
        "description": "Greet somebody",
        "tags": ["demo"],
        "model": "echo/echo",
        "params": {"temperature": 0, "max_output_tokens": 50},
        "personas": ["personas/butler", "personas/pirate"],
        "tools": ["wave"],
        "examples": 1,
        "select": {"by": "all", "k": None, "query": None, "seed": 0},
        "cases": 2,
        "budget": {"max_input_tokens": 2000, "reserve_output_tokens": 60},
        "output": None,
        "digest": digest,
    }
