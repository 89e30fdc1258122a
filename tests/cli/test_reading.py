"""Files and standard input that options name."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from promptlib.cli._reading import Reader
from promptlib.errors import InputError


def test_text_is_read_as_it_is(tmp_path: Path) -> None:
    """Line ends and blanks at the ends stay; a byte order mark goes."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf a\r\nb\n\n")
    assert Reader().text(str(path)) == " a\r\nb\n\n"


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every use of `-` gets the same bytes, also when a command runs again."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[1]")))
    reader = Reader()
    assert (reader.text("-"), reader.json("-")) == ("[1]", [1])


@pytest.mark.parametrize("path", ["none.txt", ".", "a\0b", "x" * 5000])
def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """A missing file, a folder and a malformed path are errors of input with their path."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the file cannot be read: ") as caught:
        Reader().data(path)
    assert caught.value.path == path


def test_text_must_be_utf8(tmp_path: Path) -> None:
    """A file in another encoding is refused, with the place of its first wrong byte."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="this is no UTF-8 text: byte 3 cannot be read"):
        Reader().text(str(path))


def test_json_is_refused_with_its_place(tmp_path: Path) -> None:
    """A broken JSON file is reported by line and column."""
    path = tmp_path / "a.json"
    path.write_text('{"a": 1,\n  b: 2}')
    with pytest.raises(InputError, match="this is no JSON: ") as caught:
        Reader().json(str(path))
    assert (caught.value.line, caught.value.column) == (2, 3)


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000])
def test_json_beyond_bounds_is_refused(tmp_path: Path, text: str) -> None:
    """Endless nesting and endless numbers are errors of input, not crashes."""
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError):
        Reader().json(str(path))
