"""From arguments to an exit code: 0 done, 1 bad input, 2 wrong flags, 3 a bug, 130 interrupted."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from promptlib.cli._commands import Commands
from promptlib.cli._failures import report
from promptlib.cli._output import prepare

__all__ = ["main", "root"]

_NAME = "promptlib"
_COMPLETE = "_PROMPTLIB_COMPLETE"  # set by shells that complete a command line


def root() -> Commands:
    """The command `promptlib`, with all commands of this folder."""
    return Commands(
        name=_NAME,
        package="promptlib.cli",
        folder=Path(__file__).parent,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        help="Prompts for language models: rendered, counted, versioned and sent.",
        examples=("promptlib init", "promptlib list", "promptlib render summarize --case launch"),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, and give its exit code.

    Args:
        arguments: what follows the program's name; those of the process when None.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    prepare()
    try:
        code = _run(root(), given)
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_output()
        return 0
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  (each kind has its exit code)
        return _reported(error, as_json="--json" in given)
    return code


def _run(command: Commands, given: list[str]) -> int:
    if _COMPLETE in os.environ:
        command.main(given, prog_name=_NAME, complete_var=_COMPLETE)
    # Not click's own main: it has other exit codes, and talks about what it catches.
    try:
        with command.make_context(_NAME, list(given)) as context:  # it consumes its list
            command.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    return 0


def _reported(error: BaseException, *, as_json: bool) -> int:
    try:
        code = report(error, as_json=as_json)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        _abandon_output()
        return 1
    return code


def _abandon_output() -> None:
    """The reader has gone; at its end Python would try to write once more, and complain."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
