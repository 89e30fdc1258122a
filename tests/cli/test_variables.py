"""`--var`: text becomes a value of the declared type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.cli._reading import Reader
from promptlib.cli._variables import named_file, read_variables
from promptlib.errors import InputError
from promptlib.templates import Input

_TYPES = ("string", "integer", "number", "boolean", "array", "object", "image", "file")
_DECLARED = {kind: Input(name=kind, type=kind, required=False, schema={"type": kind}) for kind in _TYPES}


def _read(*given: str) -> dict[str, Any]:
    return read_variables(given, _DECLARED, Reader())


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("string=5", "5"),
        ("string=", ""),
        ("string=a=b", "a=b"),
        ("string=null", "null"),
        ("string=@@home", "@home"),
        ("string=@@@x", "@@x"),
        ("integer=5", 5),
        ("integer=-5", -5),
        ("integer=5.0", 5.0),
        ("integer=five", "five"),
        ("integer=", ""),
        ("integer=null", None),
        ("integer=" + "9" * 5000, "9" * 5000),
        ("number=5", 5),
        ("number=1e3", 1000.0),
        ("boolean=true", True),
        ("boolean=yes", "yes"),
        ("boolean=True", "True"),
        ("boolean=1", 1),
        ('array=["a", 1]', ["a", 1]),
        ('object={"a": {"b": null}}', {"a": {"b": None}}),
        ("unknown=5", "5"),
        ("image=https://example.org/a.png", "https://example.org/a.png"),
    ],
)
def test_text_is_read_by_the_declared_type(given: str, value: Any) -> None:
    """A string stays as it is, others are JSON; what is not is left for the prompt to refuse."""
    (read,) = _read(given).values()
    assert read == value
    assert type(read) is type(value)


@given(st.text())
def test_any_string_arrives_as_it_is(text: str) -> None:
    """A string's value is the text after the first `=`, with an `@` before it doubled."""
    marked = "@" + text if text.startswith("@") else text
    assert _read(f"string={marked}") == {"string": text}


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5).map(
        lambda v: [v]
    )
)
def test_any_array_arrives_as_it_is(value: list[Any]) -> None:
    """An array's value is its JSON."""
    assert _read(f"array={json.dumps(value)}") == {"array": value}


def test_the_last_of_a_name_counts() -> None:
    """A name given again replaces what was given before."""
    assert _read("integer=1", "integer=2") == {"integer": 2}


@pytest.mark.parametrize("given", ["", "name", "=5", "@file"])
def test_what_is_no_name_and_value_is_a_wrong_flag(given: str) -> None:
    """A value without a name, or a name without `=`, is an error of usage."""
    with pytest.raises(click.UsageError, match="--var takes name=value"):
        _read(given)


def test_a_file_is_read_by_the_declared_type(tmp_path: Path) -> None:
    """`@file` is the text of a string, the JSON of a number, the bytes of an image or file."""
    path = tmp_path / "data"
    path.write_bytes(b"5\r\n")
    read = _read(f"string=@{path}", f"integer=@{path}", f"image=@{path}", f"file=@{path}")
    assert read == {"string": "5\r\n", "integer": 5, "image": b"5\r\n", "file": b"5\r\n"}


@pytest.mark.parametrize("kind", ["array", "object"])
def test_broken_json_is_explained(kind: str) -> None:
    """An array or object that is no JSON is refused with the reason and an example."""
    with pytest.raises(InputError, match=f"{kind}: this is no JSON: Expecting") as caught:
        _read(f"{kind}=[1,")
    assert caught.value.hint is not None
    assert f"--var '{kind}=" in caught.value.hint


@pytest.mark.parametrize("kind", ["image", "file"])
@pytest.mark.parametrize("text", ["photo.png", "@@photo.png", ""])
def test_media_are_files(kind: str, text: str) -> None:
    """A path without `@` is no image, and the error says how to name the file."""
    with pytest.raises(InputError, match=f"{kind}: text is no {kind}") as caught:
        _read(f"{kind}={text}")
    assert caught.value.hint == f"Name a file: --var {kind}=@path."


def test_named_file() -> None:
    """`@path` names a file; `@@` begins a text."""
    assert [named_file(text) for text in ("@a", "@@a", "a", "@-")] == ["a", None, None, "-"]
