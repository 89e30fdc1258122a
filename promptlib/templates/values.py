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
from typing import Any

from promptlib.templates.limits import INTEGER_BITS, NESTING
from promptlib.types import FilePart, ImagePart

_MAX_NODES = 1_000_000
_TEXTUAL = (uuid.UUID, decimal.Decimal)
_DATES = (dt.date, dt.time)


class Refused(Exception):
    """A value that may not enter a template; the text says where and why, never the value."""


class Copier:
    """Copies the inputs of one rendering; `size` is the largest input's, in characters and nodes."""

    __slots__ = ("_nodes", "_size", "size")

    def __init__(self) -> None:
        self.size = 0
        self._size = 0
        self._nodes = 0

    def copy(self, value: Any, path: str) -> Any:
        """The value as str, int, float, bool, None, list, dict, image or file; else Refused."""
        if type(value) is str and value.isascii():
            self.size = max(self.size, len(value))
            return value
        self._size = 0
        found = self._copy(value, path, 0)
        self.size = max(self.size, self._size)
        return found

    def _copy(self, value: Any, path: str, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            raise Refused(f"{path}: the inputs hold more than {_MAX_NODES:,} values")
        kind = type(value)
        if kind is str:
            return self._text(value, path)
        if value is None or kind is bool:
            return value
        if kind is list or kind is dict:
            return self._container(value, path, depth)
        if kind is int or kind is float:
            return _number(value, path)
        return self._other(value, path, depth)

    def _text(self, value: str, path: str) -> str:
        self._size += len(value) + 1
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                where = f"at character {error.start}"
                raise Refused(f"{path}: the text holds half of a surrogate pair {where}") from None
        return value

    def _container(self, value: Any, path: str, depth: int) -> Any:
        if depth >= NESTING:
            raise Refused(f"{path}: lists and objects nest deeper than {NESTING} levels, or hold themselves")
        self._size += 1
        below = depth + 1
        if isinstance(value, dict):
            return {
                self._key(key, path): self._copy(item, f"{path}.{key}", below)
                for key, item in dict.items(value)
            }
        return [self._copy(item, f"{path}[{index}]", below) for index, item in enumerate(value)]

    def _key(self, key: Any, path: str) -> str:
        if not isinstance(key, str):
            raise Refused(f"{path}: the keys of an object must be text, not {type(key).__name__}")
        return self._text(str.__str__(key), path)

    def _other(self, value: Any, path: str, depth: int) -> Any:
        kind = type(value)
        if kind is ImagePart or kind is FilePart:
            return value
        if isinstance(value, enum.Enum):
            return self._copy(value.value, path, depth + 1)
        if isinstance(value, _DATES):
            return value.isoformat()
        if isinstance(value, _TEXTUAL):
            return self._text(str(value), path)
        if hasattr(kind, "__pydantic_serializer__") and hasattr(kind, "model_dump"):
            return self._copy(value.model_dump(mode="json"), path, depth + 1)
        return self._subclass(value, path, depth)

    def _subclass(self, value: Any, path: str, depth: int) -> Any:
        """A subclass of a plain type, as that type, by the base's own methods."""
        if isinstance(value, str):
            return self._text(str.__str__(value), path)
        if isinstance(value, int):
            return _number(int.__int__(value), path)
        if isinstance(value, float):
            return _number(float.__float__(value), path)
        if isinstance(value, tuple):
            return self._container(list(tuple.__iter__(value)), path, depth)
        if isinstance(value, list):
            return self._container(list(list.__iter__(value)), path, depth)
        if isinstance(value, dict):
            return self._container(value, path, depth)
        raise Refused(
            f"{path}: {type(value).__name__} is no plain data; give text, numbers, booleans, lists, dicts, "
            "dates or a pydantic model"
        )


def _number(value: Any, path: str) -> Any:
    if type(value) is float:
        if not math.isfinite(value):
            raise Refused(f"{path}: NaN and infinity are no numbers for a prompt")
    elif value.bit_length() > INTEGER_BITS:
        raise Refused(f"{path}: the integer has more than {INTEGER_BITS} bits")
    return value


def as_mapping(inputs: Any) -> Mapping[str, Any]:
    """The inputs a caller gave, one mapping or one pydantic model, as a mapping by name."""
    if type(inputs) is dict or isinstance(inputs, Mapping):
        return inputs
    if hasattr(type(inputs), "__pydantic_serializer__") and hasattr(inputs, "model_dump"):
        dumped: Mapping[str, Any] = inputs.model_dump(mode="json")
        return dumped
    raise Refused(f"inputs are one mapping or one pydantic model, not {type(inputs).__name__}")
