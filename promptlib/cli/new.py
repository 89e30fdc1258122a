"""`promptlib new`: a prompt to start from."""

from __future__ import annotations

from pathlib import Path

import click

from promptlib.cli._commands import Command
from promptlib.cli._output import say, write, write_json
from promptlib.cli._session import Session
from promptlib.cli._starter import create, starter


@click.command(cls=Command, examples=("promptlib new translate", "promptlib new team/triage"))
@click.argument("name")
@click.pass_obj
def command(session: Session, name: str) -> None:
    """Make the file of a new prompt; never overwrite one."""
    from promptlib.templates.names import SUFFIX, check_name

    session.files()  # tells how to make the folder where there is none
    root = Path(session.drafts or session.url)
    path = root / (check_name(name) + SUFFIX)
    create(root, {path: starter("new.jinja")})
    if session.json:
        write_json({"name": name, "path": str(path)})
    else:
        write(f"{path}\n")
        say(f"next: promptlib render {name} --var text=Hello")
