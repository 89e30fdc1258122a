"""A project of small prompts, the command line run in this process, and golden files."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from promptlib.cli import main

_GOLDEN = Path(__file__).parent / "golden"

TEMPLATES = {
    "greet.jinja": """---
description: Greet somebody
tags: [demo]
model: echo/echo
params: {temperature: 0, max_output_tokens: 50}
inputs:
  name: {type: string, minLength: 1, description: Who is greeted, untrusted: true}
  times: {type: integer, minimum: 1, default: 1}
  loud: {type: boolean, default: false}
  ratio?: number
  words?: {type: array, items: string}
  facts?: object
personas: [personas/butler, personas/pirate]
tools: [tools/wave.json]
examples: {file: greet.examples.jsonl}
budget: {max_input_tokens: 2000, reserve_output_tokens: 60}
cases: greet.cases.jsonl
---
{% system %}
{% persona %}
{% endsystem %}
{% for example in examples %}
{% user %}{{ example.input }}{% enduser %}
{% assistant %}{{ example.output }}{% endassistant %}
{% endfor %}
{% history %}
{% user %}
Hello {{ name }}, {{ times }} times{% if loud %}!{% endif %}{% if ratio %} {{ ratio }}{% endif %}
{% if words %} {{ words | join("+") }}{% endif %}{% if facts %} {{ facts | tojson }}{% endif %}
{% enduser %}
""",
    "greet.cases.jsonl": (
        '{"id": "ann", "input": {"name": "Ann"}}\n{"id": "bob", "input": {"name": "Bob", "times": 2}}\n'
    ),
    "greet.examples.jsonl": '{"input": "Hi", "output": "Good day."}\n',
    "personas/butler.jinja": "You are a butler.\n",
    "personas/pirate.jinja": "You are a pirate.\n",
    "tools/wave.json": '{"name": "wave", "description": "Wave", "parameters": {"type": "object"}}',
    "plain.jinja": "Say hello.\n",
    "picture.jinja": """---
inputs: {photo: image, report?: file}
---
{% user %}Look: {% image photo %}{% if report %}{% file report %}{% endif %}{% enduser %}
""",
}

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command line did: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as one JSON document, and nothing beside it."""
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: one with the templates above."""
    for name, text in TEMPLATES.items():
        path = tmp_path / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `promptlib` with these arguments; `stdin` is bytes."""

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(arguments)
        captured = capsys.readouterr()
        return Result(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def process() -> Run:
    """As `cli`, as a process of its own."""

    def run(*arguments: str, stdin: bytes = b"", **options: Any) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "promptlib.cli", *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            **options,
        )
        return Result(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())

    return run


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with a golden file; with UPDATE_GOLDEN=1 it writes the file instead."""

    def compare(name: str, text: str) -> None:
        path = _GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def png(project: Path) -> Path:
    """A file that begins as a PNG does."""
    path = project / "photo.png"
    path.write_bytes(PNG)
    return path
