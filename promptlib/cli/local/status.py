"""`promptlib local status`: whether the model in this process can run."""

from __future__ import annotations

from typing import Any

import click

from promptlib.cli._commands import Command
from promptlib.cli._failures import one_line
from promptlib.cli._output import table, write, write_json
from promptlib.cli._session import Session
from promptlib.errors import ConfigurationError

_ENGINE = "xllamacpp"


@click.command(cls=Command, examples=("promptlib local status", "promptlib local status --json"))
@click.pass_context
def command(context: click.Context) -> None:
    """Say whether local/smollm2 can run.

    It needs an engine, the extra `local`, and its file. The exit code is 1 where one is missing.
    """
    session: Session = context.obj
    found = _status()
    if session.json:
        write_json(found)
    else:
        engine = (
            f"{_ENGINE} {found['engine']}"
            if found["engine"]
            else "missing; pip install 'promptlib-kit[local]'"
        )
        write(
            table(
                [("model", found["model"]), ("engine", engine), ("file", found["path"] or found["problem"])]
            )
        )
    context.exit(0 if found["ready"] else 1)


def _status() -> dict[str, Any]:
    from promptlib.dispatch.local_model import find

    path = problem = None
    try:
        path = str(find("smollm2"))
    except ConfigurationError as error:
        problem = one_line(error)
    engine = _engine()
    ready = path is not None and engine is not None
    return {"model": "local/smollm2", "ready": ready, "engine": engine, "path": path, "problem": problem}


def _engine() -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(_ENGINE)
    except PackageNotFoundError:
        return None
