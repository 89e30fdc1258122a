"""Commands are files: found by name, loaded when they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from promptlib.cli._commands import Commands

_COMMAND = """
import click
from promptlib.cli._commands import Command

@click.command(cls=Command, examples=("x say-hello",))
@click.pass_obj
def command(session):
    \"\"\"Say hello.\"\"\"
    click.echo(f"hello {session.registry}")
"""


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands of a package with two files, one of them broken, and one that is none."""
    package = tmp_path / "commands_of_a_test"
    package.mkdir()
    files = {"__init__.py": "", "say_hello.py": _COMMAND, "broken.py": "1 / 0", "_own.py": "1 / 0"}
    for name, text in files.items():
        (package / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return Commands(name="x", package=package.name, folder=package, examples=("x say-hello",))


def test_adding_a_file_adds_a_command(group: Commands) -> None:
    """A file is a command, its underscores dashes; one that begins with an underscore is none."""
    assert group.list_commands(click.Context(group)) == ["broken", "say-hello"]


def test_a_command_is_loaded_when_it_is_used(group: Commands, capsys: pytest.CaptureFixture[str]) -> None:
    """Running one command imports no other: a broken one does no harm to its neighbours."""
    group.main(["say-hello", "--registry", "r"], standalone_mode=False)
    assert capsys.readouterr().out == "hello r\n"
    with pytest.raises(ZeroDivisionError):
        group.main(["broken"], standalone_mode=False)


def test_using_one_command_loads_no_other() -> None:
    """`promptlib list` imports the file of `list` alone."""
    code = (
        "import sys; from promptlib.cli import main; main(['list', '--version']); "
        "print(*(name for name in sys.modules if name.startswith('promptlib.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {name.removeprefix("promptlib.cli.") for name in done.stdout.splitlines()[-1].split()}
    assert {name for name in names if not name.startswith("_")} == {"list"}


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("promptlib rend", ["render"]),
        ("promptlib show g", ["greet"]),
        ("promptlib local ", ["install", "path", "status"]),
    ],
)
def test_the_shell_completes_commands_and_names_of_prompts(
    project: Path, process: Any, words: str, completed: list[str]
) -> None:
    """Completion offers commands, and prompts that exist, personas left out."""
    environment = {
        **os.environ,
        "_PROMPTLIB_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    shown = process(env=environment)
    assert [line.partition(",")[2] for line in shown.out.splitlines()] == completed


def test_completion_without_a_registry_is_quiet(tmp_path: Path, process: Any) -> None:
    """Where there are no templates, nothing is offered and nothing is said."""
    environment = {
        **os.environ,
        "_PROMPTLIB_COMPLETE": "bash_complete",
        "COMP_WORDS": "promptlib show ",
        "COMP_CWORD": "2",
    }
    shown = process(env=environment, cwd=tmp_path)
    assert (shown.out.strip(), shown.err) == ("", "")
