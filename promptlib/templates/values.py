"""Values on their way into a template: copied as plain data, or refused by name.

Nothing of the caller's own objects gets in: no method, no attribute, no lazy iterator; and nothing
a template does can reach back and change what the caller holds.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import uuid
from collections.abc import Mapping
from typing import Any, TypeAlias

from promptlib.templates.limits import INTEGER_BITS, NESTING
from promptlib.types import FilePart, ImagePart

_MAX_NODES = 1_000_000
_TEXTUAL = (uuid.UUID, decimal.Decimal)
_DATES = (dt.date, dt.time)
_SHOWN = 60  # characters of a key in an error; keys may come from end users

# The way to a value: an input's name, or the way to what holds it and a key or an index. Texts made
# on the way down would cost the length of all keys above for each value below them.
Way: TypeAlias = "str | tuple[Way, str | int]"


class Refused(Exception):
    """A value that may not enter a template; the text says where and why, never the value."""


class Copier:
    """Copies the inputs of one rendering.

    `size` is the largest input's as `Meter.weigh` counts: a value and a key weigh 1 each, and texts
    their characters besides.
    """

    __slots__ = ("_nodes", "_size", "size")

    def __init__(self) -> None:
        self.size = 0
        self._nodes = 0

    def copy(self, value: Any, path: str) -> Any:
        """The value as str, int, float, bool, None, list, dict, image or file; else Refused."""
        if type(value) is str and value.isascii():
            self.size = max(self.size, len(value) + 1)
            return value
        self._size = 0
        found = self._copy(value, path, 0)
        self.size = max(self.size, self._size)
        return found

    def _copy(self, value: Any, way: Way, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            raise _refused(way, f"the inputs hold more than {_MAX_NODES:,} values")
        kind = type(value)
        if kind is str:
            return self._text(value, way)
        if kind is list or kind is dict:
            return self._container(value, way, depth)
        if value is None or kind is bool:
            self._size += 1
            return value
        if kind is int or kind is float:
            return self._number(value, way)
        return self._other(value, way, depth)

    def _text(self, value: str, way: Way) -> str:
        self._size += len(value) + 1
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                where = f"at character {error.start}"
                raise _refused(way, f"the text holds half of a surrogate pair {where}") from None
        return value

    def _number(self, value: Any, way: Way) -> Any:
        self._size += 1
        if type(value) is float:
            if not math.isfinite(value):
                raise _refused(way, "NaN and infinity are no numbers for a prompt")
        elif value.bit_length() > INTEGER_BITS:
            raise _refused(way, f"the integer has more than {INTEGER_BITS} bits")
        return value

    def _container(self, value: Any, way: Way, depth: int) -> Any:
        if depth >= NESTING:
            raise _too_deep(way)
        self._size += 1
        below = depth + 1
        if isinstance(value, dict):
            return {
                self._key(key, way): self._copy(item, (way, key), below) for key, item in dict.items(value)
            }
        return [self._copy(item, (way, index), below) for index, item in enumerate(value)]

    def _key(self, key: Any, way: Way) -> str:
        if not isinstance(key, str):
            raise _refused(way, f"the keys of an object must be text, not {type(key).__name__}")
        return self._text(str.__str__(key), way)

    def _other(self, value: Any, way: Way, depth: int) -> Any:
        if depth > NESTING:
            raise _too_deep(way)
        kind = type(value)
        if kind is ImagePart or kind is FilePart:
            self._size += 1
            return value
        said = _said(value, way)
        # What the value's own methods say is copied like any other value.
        return self._subclass(value, way, depth) if said is value else self._copy(said, way, depth + 1)

    def _subclass(self, value: Any, way: Way, depth: int) -> Any:
        """A subclass of a plain type, as that type, by the base's own methods."""
        if isinstance(value, str):
            return self._text(str.__str__(value), way)
        if isinstance(value, int):
            return self._number(int.__int__(value), way)
        if isinstance(value, float):
            return self._number(float.__float__(value), way)
        if isinstance(value, tuple):
            return self._container(list(tuple.__iter__(value)), way, depth)
        if isinstance(value, list):
            return self._container(list(list.__iter__(value)), way, depth)
        if isinstance(value, dict):
            return self._container(value, way, depth)
        reason = (
            f"{type(value).__name__} is no plain data; give text, numbers, booleans, lists, dicts, "
            "dates or a pydantic model"
        )
        raise _refused(way, reason)


def _said(value: Any, way: Way) -> Any:
    """What an enum, a date, an id, a decimal or a model says of itself; any other value itself."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, _DATES):
        return value.isoformat()
    if isinstance(value, _TEXTUAL):
        return str(value)
    return _dumped(value, way) if _is_model(value) else value


def _refused(way: Way, reason: str) -> Refused:
    return Refused(f"{spelt(way)}: {reason}")


def _too_deep(way: Way) -> Refused:
    return _refused(way, f"lists and objects nest deeper than {NESTING} levels, or hold themselves")


def spelt(way: Way) -> str:
    """A way as text: `input.key[0]`."""
    steps: list[str] = []
    while isinstance(way, tuple):
        way, step = way
        steps.append(f"[{step}]" if isinstance(step, int) else f".{shown(step)}")
    return way + "".join(reversed(steps))


def shown(key: object) -> str:
    """A key as an error may show it: cut short, and nothing in it but what can be printed."""
    text = str(key)[:_SHOWN]
    return text if text.isprintable() else ascii(text)[1:-1]


def _is_model(value: Any) -> bool:
    # Asked of the type, and without importing pydantic: any object can claim to have an attribute.
    return hasattr(type(value), "__pydantic_serializer__") and hasattr(type(value), "model_dump")


def _dumped(model: Any, way: Way) -> Any:
    try:
        return model.model_dump(mode="json")
    except ValueError:
        # Pydantic's reason may repeat the value.
        raise _refused(way, f"{type(model).__name__} cannot be dumped as JSON") from None


def as_mapping(inputs: Any) -> Mapping[str, Any]:
    """The inputs a caller gave, one mapping or one pydantic model, as a mapping by name."""
    if _is_model(inputs):
        inputs = _dumped(inputs, "inputs")
    if isinstance(inputs, Mapping):
        return inputs
    raise Refused(f"inputs are one mapping or one pydantic model, not {type(inputs).__name__}")
