"""Front matter's YAML, read strictly: no aliases, tags, merges or repeated keys, and text stays text.

A parser's events are turned into `Scalar`, `dict` and `list`; what a scalar means is decided by the
type that is declared for its place, never by how it looks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from promptlib.errors import TemplateError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
_NUMBER = tuple("-0123456789")
_JSON_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as it is written; `plain` when it has no quotes."""

    text: str
    plain: bool

    def value(self) -> Any:
        """The JSON value it spells when plain (a number, true, false, null), else its text."""
        if not self.plain:
            return self.text
        if self.text in _JSON_WORDS:
            return _JSON_WORDS[self.text]
        if not self.text.startswith(_NUMBER):
            return self.text
        try:
            found = json.loads(self.text, parse_constant=_no_constant)
        except ValueError:
            return self.text
        # 1e999 is written as a number, and is none that a prompt or a provider could take.
        return found if type(found) is int or math.isfinite(found) else self.text


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed front matter: its tree, and the line and column (from 1) of each key path."""

    tree: dict[str, Any]
    marks: dict[tuple[Any, ...], tuple[int, int]]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse(text: str, path: str, first_line: int = 1) -> Document:
    """Read one mapping; every error is a TemplateError with its place in `path`."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise TemplateError(
            f"the front matter is longer than {MAX_BYTES:,} bytes", path=path, line=first_line, column=1
        )
    return _Reader(path, first_line).read(text)


class _Reader:
    def __init__(self, path: str, first_line: int) -> None:
        self.path = path
        self.first_line = first_line
        self.marks: dict[tuple[Any, ...], tuple[int, int]] = {}

    def read(self, text: str) -> Document:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            events = yaml.parse(text, Loader=loader)
            tree = self._document(events)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not valid"
            self._fail(f"the front matter is no YAML: {reason}", mark)
        except RecursionError:
            self._fail("the front matter nests too deep", None)
        return Document(tree, self.marks)

    def _fail(self, message: str, mark: Any, hint: str | None = None) -> NoReturn:
        line, column = self._place(mark) if mark else (self.first_line, 1)
        raise TemplateError(message, path=self.path, line=line, column=column, hint=hint) from None

    def _place(self, mark: Any) -> tuple[int, int]:
        return mark.line + self.first_line, mark.column + 1

    def _document(self, events: Iterator[Any]) -> dict[str, Any]:
        import yaml

        tree: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and event.explicit:
                self._fail("the front matter holds a second document", event.start_mark)
            if not isinstance(event, yaml.NodeEvent):
                continue
            found = self._node(event, events, (), 0)
            if not isinstance(found, dict):
                self._fail("the front matter must be a mapping, as in `description: …`", event.start_mark)
            tree = found
        return tree

    def _node(self, event: Any, events: Iterator[Any], where: tuple[Any, ...], depth: int) -> Any:
        import yaml

        self.marks.setdefault(where, self._place(event.start_mark))
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._fail("anchors and aliases are not allowed", event.start_mark, "Write the value out.")
        if event.tag:
            self._fail(f"tags such as {event.tag[:40]} are not allowed", event.start_mark)
        if depth > MAX_DEPTH:
            self._fail(f"the front matter nests deeper than {MAX_DEPTH} levels", event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            if "\0" in event.value:
                self._fail("a text holds a NUL character", event.start_mark)
            if not _encodable(event.value):
                self._fail("a text holds half of a surrogate pair", event.start_mark)
            return Scalar(event.value, event.implicit[0])
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, where, depth)
        return self._mapping(events, where, depth)

    def _sequence(self, events: Iterator[Any], where: tuple[Any, ...], depth: int) -> list[Any]:
        import yaml

        found: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            found.append(self._node(event, events, (*where, len(found)), depth + 1))
        return found

    def _mapping(self, events: Iterator[Any], where: tuple[Any, ...], depth: int) -> dict[str, Any]:
        import yaml

        found: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, depth)
            if key in found:
                self._fail(f"the key {key[:60]!r} stands twice", event.start_mark)
            self.marks[*where, key] = self._place(event.start_mark)
            found[key] = self._node(next(events), events, (*where, key), depth + 1)
        return found

    def _key(self, event: Any, events: Iterator[Any], depth: int) -> str:
        node = self._node(event, events, ("#key",), depth + 1)
        if not isinstance(node, Scalar) or type(node.value()) is not str:
            self._fail("a key must be text; put it in quotes", event.start_mark)
        if node.plain and node.text == "<<":
            self._fail("merge keys are not allowed", event.start_mark, "Write the keys out.")
        return node.text
