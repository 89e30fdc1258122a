"""Errors as people and programs read them, and the exit code of each kind."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from promptlib.cli._output import say, write_json
from promptlib.errors import ConfigurationError, PromptlibError, TemplateError

__all__ = ["as_dict", "one_line", "report", "say_error"]

_INPUT, _USAGE, _BUG, _INTERRUPTED = 1, 2, 3, 130
_DISTRIBUTIONS = ("promptlib-kit", "click", "httpx", "jinja2", "pydantic", "tiktoken", "xllamacpp")
# Names of variables whose values are secrets, by their last word.
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SHORTEST_SECRET = 6  # characters; less would blot out ordinary text


def report(error: BaseException, *, as_json: bool) -> int:
    """Say what went wrong, and give the exit code.

    As JSON it is `{"error": {type, message, path, line, column, hint}}` on stdout, else lines on
    stderr.
    """
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return _INTERRUPTED
    found, code = _explained(error)
    if as_json:
        write_json({"error": as_dict(found)})
    else:
        say_error(found)
    return code


def say_error(error: PromptlibError) -> None:
    """One line for each thing that is wrong, with the next step."""
    problems = getattr(error, "problems", ()) if isinstance(error, TemplateError) else ()
    for problem in problems or (error,):
        say(f"error: {one_line(problem)}", style="error")


def one_line(error: PromptlibError) -> str:
    """`place: message` and the hint behind it; below it, where the message has several lines."""
    text = f"{error.place}: {error.message}" if error.place else error.message
    if not error.hint:
        return text
    if "\n" in text:
        return f"{text}\n  {error.hint}"
    # Some hints are sentences, some commands; a command begins none.
    mark = "" if text[-1] in ".?!" else "." if error.hint[0].isupper() else ";"
    return f"{text}{mark} {error.hint}"


def as_dict(error: PromptlibError) -> dict[str, Any]:
    """The error as `--json` has it."""
    return {
        "type": _types.get(type(error), type(error).__name__),
        "message": error.message,
        "path": error.path,
        "line": error.line,
        "column": error.column,
        "hint": error.hint,
    }


class _UsageError(PromptlibError):
    """Wrong flags."""


class _Bug(PromptlibError):
    """Something that promptlib's authors did not think of."""


_types = {_UsageError: "UsageError", _Bug: "Bug"}


def _explained(error: BaseException) -> tuple[PromptlibError, int]:
    if isinstance(error, ConfigurationError):
        return error, _USAGE
    if isinstance(error, PromptlibError):
        return error, _INPUT
    if isinstance(error, click.ClickException):
        return _usage(error), _USAGE
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return PromptlibError(reason, path=error.filename and str(error.filename)), _INPUT
    return _bug(error), _BUG


def _usage(error: click.ClickException) -> PromptlibError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "promptlib"
    return _UsageError(error.format_message(), hint=f"`{command} --help` shows how it is used.")


# -- bugs


def _bug(error: BaseException) -> PromptlibError:
    import traceback

    versions = ", ".join(_versions())
    text = _without_secrets("".join(traceback.format_exception(error)))
    try:
        where = _kept(f"{versions}\n\n{text}")
        next_step = f"Please report it with {where}, after a look: it may quote your texts ({versions})."
    except OSError:
        sys.stderr.write(text)
        next_step = f"Please report it with the lines above, after a look ({versions})."
    return _Bug(f"this is a bug in promptlib: {type(error).__name__}", hint=next_step)


def _kept(text: str) -> str:
    import tempfile

    # mkstemp's files are readable by their owner alone.
    handle, path = tempfile.mkstemp(prefix="promptlib-bug-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path


def _versions() -> list[str]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = [f"Python {platform.python_version()}", platform.platform(terse=True)]
    for name in _DISTRIBUTIONS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def _without_secrets(text: str) -> str:
    for name, value in os.environ.items():
        if name.upper().endswith(_SECRET) and len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, f"[{name}]")
    return text
