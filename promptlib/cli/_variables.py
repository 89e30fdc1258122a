"""`--var name=value`: text becomes a value of the type that the prompt declares."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from promptlib.cli._reading import Reader
from promptlib.errors import InputError

if TYPE_CHECKING:
    from promptlib.templates import Input

__all__ = ["named_file", "read_variables", "split"]

_MEDIA = ("image", "file")
_URLS = ("https://", "http://", "data:")


def read_variables(given: Sequence[str], declared: Mapping[str, Input], reader: Reader) -> dict[str, Any]:
    """Values by name; of a name given twice, the last.

    A value that is not of its type is handed on as text, so that the prompt refuses it together
    with whatever else does not fit.

    Raises:
        click.UsageError: One is not `name=value`.
        InputError: A file cannot be read, an array or object is no JSON, an image is no file.
    """
    found = {}
    for one in given:
        name, text = split(one)
        item = declared.get(name)
        found[name] = _value(name, item.type if item else "string", text, reader)
    return found


def split(given: str) -> tuple[str, str]:
    """Name and text of `name=text`."""
    name, equals, text = given.partition("=")
    if not equals or not name:
        raise click.UsageError(
            f"--var takes name=value, not {given[:40]!r}", click.get_current_context(silent=True)
        )
    return name, text


def named_file(text: str) -> str | None:
    """The path in `@path`; None where the text is the value itself."""
    return text[1:] if text.startswith("@") and not text.startswith("@@") else None


def _value(name: str, kind: str, text: str, reader: Reader) -> Any:
    path = named_file(text)
    if kind in _MEDIA:
        return _media(name, kind, text, path, reader)
    literal = text.removeprefix("@") if path is None else reader.text(path)
    return literal if kind == "string" else _parsed(name, kind, literal)


def _media(name: str, kind: str, text: str, path: str | None, reader: Reader) -> Any:
    if path is not None:
        return reader.data(path)
    if not text.startswith(_URLS):
        _refuse(f"{name}: text is no {kind}", f"Name a file: --var {name}=@path.")
    return text


def _parsed(name: str, kind: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if kind not in ("array", "object"):
            return text
        _refuse(
            f"{name}: this is no JSON: {error}",
            f"An {kind} is given as JSON: --var '{name}={_SHAPES[kind]}'.",
        )


_SHAPES = {"array": '["a", "b"]', "object": '{"key": "value"}'}


def _refuse(problem: str, hint: str) -> NoReturn:
    raise InputError(problem, problems=(problem,), hint=hint)
