"""The data files beside a template: few-shot examples, cases and tools."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from promptlib.errors import TemplateError
from promptlib.templates.values import Copier, Refused
from promptlib.types import Tool

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # the providers' own bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One few-shot example: what goes in, what should come out."""

    input: Any
    output: Any
    tags: tuple[str, ...] = ()
    id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The example as templates see it."""
        return {"input": self.input, "output": self.output, "tags": list(self.tags), "id": self.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case for tests, diff and evaluation: inputs, and what is expected where that is known."""

    id: str
    input: Mapping[str, Any] = field(default_factory=dict)
    expected: Any = None


def read_examples(path: str, data: bytes) -> tuple[Example, ...]:
    """Examples from JSON lines `{input, output, tags?, id?}`; TemplateError names the line."""
    found = []
    for line, row in _rows(path, data):
        _check_keys(path, line, row, required=("input", "output"), optional=("tags", "id"))
        tags = row.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            _fail(path, line, "tags is a list of texts")
        found.append(
            Example(input=row["input"], output=row["output"], tags=tuple(tags), id=_id(path, line, row))
        )
    return tuple(found)


def read_cases(path: str, data: bytes) -> tuple[Case, ...]:
    """Cases from JSON lines `{id?, input, expected?}`; a case without an id is named by its line."""
    found = []
    for line, row in _rows(path, data):
        _check_keys(path, line, row, required=("input",), optional=("id", "expected"))
        if not isinstance(row["input"], dict):
            _fail(path, line, "input is an object of the prompt's inputs")
        found.append(
            Case(id=_id(path, line, row) or str(line), input=row["input"], expected=row.get("expected"))
        )
    return tuple(found)


def read_tool(path: str, data: bytes) -> Tool:
    """A tool from JSON `{name, description, parameters}`."""
    row = _parse(path, None, data)
    _check_keys(path, None, row, required=("name",), optional=("description", "parameters"))
    name, description, parameters = row["name"], row.get("description", ""), row.get("parameters", {})
    if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
        _fail(path, None, "a tool's name is a-z, A-Z, 0-9, _ and -, 64 at most")
    if not isinstance(description, str) or not isinstance(parameters, dict):
        _fail(path, None, "description is text and parameters a JSON Schema")
    return Tool(name=name, description=description, parameters=parameters)


def _rows(path: str, data: bytes) -> Iterator[tuple[int, Any]]:
    for line, text in enumerate(data.removeprefix(BOM_UTF8).split(b"\n"), 1):
        if text.strip():
            yield line, _parse(path, line, text)


def _parse(path: str, line: int | None, data: bytes) -> Any:
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
        return Copier().copy(value, "the row")
    except json.JSONDecodeError as error:
        _fail(path, line or error.lineno, f"this is no JSON: {error.msg}", error.colno)
    except UnicodeDecodeError:
        _fail(path, line, "this is not UTF-8")
    except (ValueError, RecursionError) as error:
        _fail(path, line, f"this is no JSON: {error}")
    except Refused as error:
        _fail(path, line, str(error))


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def _check_keys(
    path: str, line: int | None, row: Any, *, required: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    if not isinstance(row, dict):
        _fail(path, line, "this is no JSON object")
    missing = [key for key in required if key not in row]
    unknown = [key for key in row if key not in (*required, *optional)]
    if missing:
        _fail(path, line, f"the row has no {missing[0]!r}")
    if unknown:
        _fail(path, line, f"unknown key {unknown[0]!a}; the keys are {', '.join((*required, *optional))}")


def _id(path: str, line: int, row: Mapping[str, Any]) -> str | None:
    found = row.get("id")
    if found is not None and not isinstance(found, str):
        _fail(path, line, "id is text")
    return found


def _fail(path: str, line: int | None, message: str, column: int | None = None) -> NoReturn:
    raise TemplateError(message, path=path, line=line, column=column)
