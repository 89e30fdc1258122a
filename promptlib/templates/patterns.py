"""Regular expressions of inputs: matched in linear time, and small enough to be compiled at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

__all__ = ["is_valid", "matches", "too_large", "weight"]

_TOTAL = 100_000  # what the patterns of one file may weigh; about 0.1 s and 25 MB to compile

_PART = re.compile(r"\\[pPxuU]\{[^}]*\}|\\.|\{\d+(?:,\d*)?\}|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_COUNT = re.compile(r"\d+")
# Classes of Unicode are made of hundreds of ranges, each copied for each repetition. Measured:
# `\w{100}` takes 45 ms and 9 MB to compile, `a{1000}` 0.2 ms.
_CLASSES = {"w": 400, "W": 400, "p": 400, "P": 400, "d": 30, "D": 30, "s": 10, "S": 10, "b": 50, "B": 50}


def weight(pattern: str) -> int:
    """About how large a pattern is when it is compiled: its characters, those in `{n}` n times."""
    groups: list[list[int]] = [[]]
    for part in _PART.findall(pattern):
        if part == "(":
            groups.append([])
        elif part == ")" and len(groups) > 1:
            inside = sum(groups.pop())
            groups[-1].append(inside)
        elif part[0] == "{" and len(part) > 1 and groups[-1]:
            groups[-1][-1] *= max(1, *map(int, _COUNT.findall(part[:20])))
        else:
            groups[-1].append(_atom(part))
    return sum(map(sum, groups))


def _atom(part: str) -> int:
    if part[0] == "[":
        return 2 + len(part) // 2 + sum(map(_atom, re.findall(r"\\.", part, re.DOTALL)))
    if part[0] == "\\":
        return _CLASSES.get(part[1:2], 1)
    return 8 if part == "." else 1


def too_large(found: Iterable[str]) -> bool:
    """Whether patterns that stand in one file weigh too much together."""
    return sum(map(weight, found)) > _TOTAL


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    # Rust's engine takes linear time; Python's own could be made to hang by a pattern.
    from pydantic_core import SchemaValidator, core_schema

    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))


def is_valid(pattern: str) -> bool:
    """Whether the engine takes the pattern; it has no look-around and no references back."""
    from pydantic_core import SchemaError

    try:
        _compiled(pattern)
    except SchemaError:
        return False
    return True


def matches(text: str, pattern: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    from pydantic_core import ValidationError

    try:
        _compiled(pattern).validate_python(text)
    except ValidationError:
        return False
    return True
