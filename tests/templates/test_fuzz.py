"""Bytes at random and real files with damage raise nothing but promptlib's own errors."""

# ruff: noqa: E501, S311  syntax in rows, and chance that anybody can repeat

import os
import random
from pathlib import Path

import pytest

from promptlib.errors import PromptlibError
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, load

ROOT = Path(__file__).parents[2] / "templates"
FILES = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in ROOT.rglob("*") if path.is_file()}
PROMPTS = [path for path in FILES if path.endswith(".jinja") and "/" not in path]
TIMES = 100_000 if os.environ.get("PROMPTLIB_NIGHTLY") else 2_000

# What a damaged file may hold where another file held something else.
TOKENS = [
    *(b"{% ", b" %}", b"{{ ", b" }}", b"{# ", b" #}", b"---\n", b"\n", b"-", b"|", b"(", b")", b"[", b"]", b"'", b'"'),
    *(b"{% user %}", b"{% enduser %}", b"{% section 'a' priority=1 %}", b"{% endsection %}", b"{% persona %}"),
    *(b"{% for x in ", b"{% endfor %}", b"{% if ", b"{% else %}", b"{% endif %}", b"{% set a, b = ", b"{% block b %}"),
    *(b"{% include 'summarize.jinja' %}", b"{% extends 'summarize.jinja' %}", b"{% macro m(a) %}", b"{% endmacro %}"),
    *(b"{% history %}", b"{% cache %}", b"{% image article %}", b"{% raw %}", b"{% endraw %}", b"{% call m() %}"),
    *(b"__class__", b"self", b"loop", b"super()", b"range(", b"10**9", b"9" * 400, b"1e999", b"~", b"**", b" in ", b" is "),
    *(b"inputs:", b"  a: string", b"&a", b"*a", b"!!x", b"<<", b": ", b"\t", b"\x00", b"\xff", b"\xe2\x80\xae", b"?", b"no", b"[", b"{"),
]  # fmt: skip


def attempt(data: bytes) -> None:
    """Load and, where that works, render; only promptlib's own errors may come."""
    try:
        template = load(MemoryFiles({**FILES, "x.jinja": data}), "x")
        values = {item.name: _value(item.type) for item in template.inputs.values() if item.required}
        render(template, values)
    except PromptlibError:
        pass


def _value(kind):
    return {"string": "text", "integer": 3, "number": 1.5, "boolean": True, "array": ["a"], "object": {}}.get(
        kind
    )


def damaged(chance: random.Random) -> bytes:
    data = FILES[chance.choice(PROMPTS)]
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 0, 1, 2, 10, 40]))
        other = FILES[chance.choice(PROMPTS)]
        cut = chance.randrange(len(other))
        new = chance.choice([chance.choice(TOKENS), chance.choice(TOKENS), b"", other[cut : cut + 30]])
        data = data[:start] + new + data[end:]
    return data


@pytest.mark.parametrize("part", range(4))
def test_real_files_with_damage_raise_our_own_errors_alone(part):
    """Shipped prompts, cut, spliced and sprinkled with syntax, load, render, or end in a typed error."""
    chance = random.Random(f"damage {part}")
    for _ in range(TIMES // 4):
        attempt(damaged(chance))


def test_bytes_at_random_raise_our_own_errors_alone():
    """Bytes that are no template at all, and tokens in any order, end in a typed error or load."""
    chance = random.Random("bytes")
    for _ in range(TIMES // 4):
        attempt(chance.randbytes(chance.randint(0, 200)))
        attempt(b"".join(chance.choices(TOKENS, k=chance.randint(1, 12))))
        attempt(b"---\n" + b"".join(chance.choices(TOKENS, k=6)) + b"\n---\n" + chance.choice(TOKENS))
