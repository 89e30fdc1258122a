"""Waiting for files to change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from promptlib.cli._watch import fingerprint, wait_for_change


def _appears(path: Path) -> None:
    path.with_name("new").write_text("x")


def _is_gone(path: Path) -> None:
    path.unlink()


def _is_replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("z")
    stat = path.stat()
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)


def _is_touched(path: Path) -> None:
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize(
    ("change", "which"), [(_appears, "new"), (_is_gone, "a"), (_is_replaced, "a"), (_is_touched, "a")]
)
def test_it_returns_when_a_file_changes(tmp_path: Path, change: Callable[[Path], None], which: str) -> None:
    """A file that appears, goes, is replaced or written is seen at the next look."""
    path, other = tmp_path / "a", tmp_path / "new"
    path.write_text("a")
    looks = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            change(path)

    before = fingerprint([str(path), str(other)])
    assert wait_for_change(before, sleep) == str(tmp_path / which)
    assert len(looks) == 3
    assert max(looks) <= 1


def test_a_change_before_the_first_look_is_seen(tmp_path: Path) -> None:
    """What changed while a prompt was running is not missed, and not waited for."""
    path = tmp_path / "a"
    before = fingerprint([str(path)])
    path.write_text("a")

    def never(_seconds: float) -> None:
        pytest.fail("it waited")

    assert wait_for_change(before, never) == str(path)
