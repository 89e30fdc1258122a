"""Files to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.cli._starter import create
from promptlib.errors import RegistryError, SecurityError


def test_all_files_are_written_or_none(tmp_path: Path) -> None:
    """One file that exists, and nothing is written; the file keeps what it has."""
    (tmp_path / "b").write_text("mine")
    with pytest.raises(RegistryError, match="the file exists"):
        create(tmp_path, {tmp_path / "a": "x", tmp_path / "b": "x"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_text() == "mine"


def test_a_broken_link_counts_as_a_file(tmp_path: Path) -> None:
    """Nothing is written through a link that leads nowhere."""
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RegistryError, match="the file exists"):
        create(tmp_path, {tmp_path / "b": "x", tmp_path / "a": "x"})
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    """A link that leads out of the folder is not followed."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    with pytest.raises(SecurityError):
        create(inside, {inside / "link/a": "x"})
    assert list(outside.iterdir()) == []


def test_a_file_where_a_folder_should_be_is_an_error(tmp_path: Path) -> None:
    """What cannot be made is one error with its path."""
    (tmp_path / "a").write_text("")
    with pytest.raises(RegistryError, match="the file cannot be written: ") as caught:
        create(tmp_path, {tmp_path / "a/b/c": "x"})
    assert caught.value.path == str(tmp_path / "a/b/c")
