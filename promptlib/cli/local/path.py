"""`promptlib local path`: where the model file is."""

from __future__ import annotations

import click

from promptlib.cli._commands import Command
from promptlib.cli._output import write, write_json
from promptlib.cli._session import Session


@click.command(cls=Command, examples=("promptlib local path",))
@click.pass_obj
def command(session: Session) -> None:
    """Print the path of the model file."""
    from promptlib.dispatch.local_model import find

    path = str(find("smollm2"))
    if session.json:
        write_json({"path": path})
    else:
        write(f"{path}\n")
