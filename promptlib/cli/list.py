"""`promptlib list`: what prompts there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from promptlib.cli._commands import Command
from promptlib.cli._failures import as_dict
from promptlib.cli._output import say, table, write, write_json
from promptlib.cli._session import Session
from promptlib.errors import PromptlibError

if TYPE_CHECKING:
    from promptlib import Registry


@click.command(cls=Command, examples=("promptlib list", "promptlib list --json"))
@click.pass_obj
def command(session: Session) -> None:
    """List the prompts: name, model, description.

    A prompt that cannot be loaded is listed with what is wrong with it.
    """
    registry = session.open()
    rows = [_row(registry, name) for name in registry.names()]
    if session.json:
        write_json(rows)
    elif rows:
        write(table((row["name"], row["model"] or "-", _text(row)) for row in rows))
    else:
        say(f"there are no prompts in {registry.url}; `promptlib new NAME` makes one")


def _row(registry: Registry, name: str) -> dict[str, Any]:
    try:
        settings = registry.get(name).settings
    except PromptlibError as error:
        return {"name": name, "description": None, "model": None, "error": as_dict(error)}
    return {"name": name, "description": settings.description, "model": settings.model, "error": None}


def _text(row: dict[str, Any]) -> str:
    error = row["error"]
    if error is None:
        return str(row["description"])
    place = ":".join(str(error[part]) for part in ("path", "line", "column") if error[part] is not None)
    return f"broken: {place}: {error['message']}" if place else f"broken: {error['message']}"
