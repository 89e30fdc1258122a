"""What is written where: data to stdout, talk to stderr, colours only on a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import click

__all__ = [
    "end_line",
    "for_terminal",
    "is_terminal",
    "prepare",
    "say",
    "table",
    "write",
    "write_heading",
    "write_json",
]

# What a terminal would act upon; tab and line end are text.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}


def prepare() -> None:
    """Let no character fail to be written: one that the encoding lacks becomes its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write(text: str, *, style: str | None = None, flush: bool = False) -> None:
    """Data, as it is; on a terminal, control characters are shown instead of obeyed."""
    shown = for_terminal(text) if is_terminal(sys.stdout) else text
    sys.stdout.write(_styled(shown, sys.stdout, style))
    if flush:
        sys.stdout.flush()


def end_line(text: str) -> None:
    """End the line after `text`, unless it has ended it."""
    if not text.endswith("\n"):
        sys.stdout.write("\n")


def write_json(value: Any) -> None:
    """One JSON document; escaped where stdout cannot hold every character."""
    whole = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not whole) + "\n")


def say(text: str, *, style: str | None = None) -> None:
    """A line of talk."""
    sys.stdout.flush()
    sys.stderr.write(_styled(for_terminal(text), sys.stderr, style) + "\n")
    sys.stderr.flush()


def write_heading(text: str) -> None:
    """A line of data, bold on a terminal."""
    write(text, style="bold")
    write("\n")


def table(rows: Iterable[Sequence[str]], *, indent: str = "") -> str:
    """Rows as columns two spaces apart, each line ended; `rows` are all of one length."""
    cells = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "".join(f"{indent}{line}\n" for line in lines)


def for_terminal(text: str) -> str:
    """The text with its control characters as escapes, so that they move no cursor."""
    return text.translate(_CONTROLS)


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody is looking at it."""
    return stream.isatty()


def _styled(text: str, stream: TextIO, style: str | None) -> str:
    plain = style is None or not is_terminal(stream) or os.environ.get("NO_COLOR")
    if plain or os.environ.get("TERM") == "dumb":
        return text
    return click.style(text, bold=True, fg="red" if style == "error" else None)
