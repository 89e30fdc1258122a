"""Data and talk, on a terminal and off it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptlib.cli._output import for_terminal, table

_BOLD = "\x1b[1m"


def test_columns_are_as_wide_as_their_widest() -> None:
    """Cells stand under one another, and no line ends in blanks."""
    assert table([("a", "bb", ""), ("aaa", "b", "c")]) == "a    bb\naaa  b   c\n"
    assert table([]) == ""


def test_controls_are_shown_on_a_terminal() -> None:
    """What would move the cursor or change colours is shown as an escape; text is left alone."""
    assert for_terminal("a\tb\nZoë \x1b[2J\x07\x9b") == "a\tb\nZoë \\x1b[2J\\x07\\x9b"


def _on_a_terminal(*words: str, cwd: Path, **environment: str) -> str:
    """What a command prints to a terminal, stdout and stderr together."""
    import pty

    ours, theirs = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    subprocess.run(
        [sys.executable, "-m", "promptlib.cli", *words],
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env={**base, "TERM": "xterm", **environment},
        check=False,
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        # What was printed stays readable after the other end has closed; then Linux raises EIO.
        return terminal.read(60_000).decode()


@pytest.mark.skipif(sys.platform != "linux", reason="terminals of Linux")
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["terminal", "NO_COLOR", "dumb"],
)
def test_colours_are_for_terminals(project: Path, environment: dict[str, str], *, coloured: bool) -> None:
    """Headings are bold and errors red on a terminal; NO_COLOR and a dumb one turn that off."""
    assert (_BOLD in _on_a_terminal("render", "plain", cwd=project, **environment)) is coloured
    assert ("\x1b[31m" in _on_a_terminal("show", "none", cwd=project, **environment)) is coloured


@pytest.mark.skipif(sys.platform != "linux", reason="terminals of Linux")
def test_a_value_cannot_act_on_the_terminal(project: Path) -> None:
    """An escape sequence in a value is shown on a terminal."""
    shown = _on_a_terminal("render", "greet", "--var", "name=\x1b[2J", cwd=project, NO_COLOR="1")
    assert "Hello \\x1b[2J" in shown


def test_a_pipe_gets_the_bytes_as_they_are(project: Path, cli: Any) -> None:
    """Off a terminal nothing is coloured, and nothing of a value is changed."""
    shown = cli("render", "greet", "--var", "name=\x1b[2J")
    assert "Hello \x1b[2J, 1 times\n" in shown.out
    assert _BOLD not in shown.out + shown.err
