"""Reading JSON that others wrote: what is not as expected is None, never an exception."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["count", "first", "items", "mapping", "parse", "text"]

# Whole numbers beyond this are not exact in JSON's floats (2**53, RFC 8259 section 6).
_LARGEST = 9_007_199_254_740_992


def parse(data: str | bytes) -> Any:
    """The value, or None where `data` is no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """`value` where it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """`value` where it is a string, the joined texts of an array of parts, else nothing."""
    if isinstance(value, list):
        return "".join(text(mapping(part).get("text")) for part in value)
    return value if isinstance(value, str) else ""


def first(value: Any) -> Mapping[str, Any]:
    """The object at index 0 of an array, else an empty one."""
    found = items(value)
    return mapping(found[0]) if found else {}


def count(value: Any) -> int | None:
    """A number of tokens: a whole number from 0, else None (negative, infinite, a string, a bool)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN fails the comparison, infinity the upper bound.
    if not 0 <= value <= _LARGEST or value != int(value):
        return None
    return int(value)
