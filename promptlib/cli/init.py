"""`promptlib init`: a folder of templates, its configuration, and a test."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import click

from promptlib.cli._commands import Command
from promptlib.cli._output import say, write, write_json
from promptlib.cli._pyproject import configured
from promptlib.cli._session import Session
from promptlib.cli._starter import create, starter

_TEMPLATES = ("summarize.jinja", "summarize.cases.jsonl", "personas/editor.jinja")
_TEST = "tests/test_prompts.py"


@click.command(cls=Command, examples=("promptlib init", "promptlib init service --registry prompts"))
@click.argument("folder", metavar="[DIR]", default=".")
@click.pass_obj
def command(session: Session, folder: str) -> None:
    """Start a project: a prompt, a persona, cases and a test.

    In DIR, the current folder unless given, this makes `templates/` (or what --registry names),
    `tests/test_prompts.py`, and the table [tool.promptlib] in `pyproject.toml`. Nothing that exists
    is changed, but for that table, which is added at the end.
    """
    root = Path(folder)
    registry = _registry(session.registry)
    made = _files(root, registry)
    settings = configured(root / "pyproject.toml", registry)
    create(root, made)
    settings.write()
    paths = [str(path) for path in (*made, settings.path)]
    if session.json:
        write_json({"registry": str(root / registry), "files": paths})
        return
    write("".join(f"{path}\n" for path in paths))
    say(_next_steps(root))


def _registry(given: str | None) -> str:
    path = PurePosixPath((given or "templates").replace("\\", "/"))
    if "://" in (given or "") or path.is_absolute() or ".." in path.parts or path == PurePosixPath():
        raise click.UsageError(
            "--registry is a folder inside DIR, such as prompts", click.get_current_context()
        )
    return str(path)


def _files(root: Path, registry: str) -> dict[Path, str]:
    made = {root / registry / name: starter(name) for name in _TEMPLATES}
    # JSON's text is Python's too.
    made[root / _TEST] = starter("budget_check.txt").replace('"templates"', json.dumps(registry))
    return made


def _next_steps(root: Path) -> str:
    steps = [
        "promptlib render summarize --case launch",
        "promptlib run summarize --case launch --model local/smollm2",
        f"python -m pytest {_TEST}",
    ]
    if root.resolve() != Path.cwd():
        steps[0] = f"cd {root} && {steps[0]}"
    return "next:\n" + "\n".join(f"  {step}" for step in steps)
