"""Exit codes, pipes and interruptions, as shells see them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import promptlib

_HEAVY = {"httpx", "jinja2", "pydantic", "rich", "sqlite3", "tiktoken", "xllamacpp", "yaml"}
_COMMANDS = ("init", "list", "local", "new", "render", "run", "show", "tokens")
_LEAVES = [
    *([name] for name in _COMMANDS if name != "local"),
    *(["local", name] for name in ("install", "path", "status")),
]

_leaves = pytest.mark.parametrize("words", _LEAVES, ids=str)


def test_help_lists_every_command(cli: Any) -> None:
    """`promptlib --help` names each command with a line of its own that is not cut off."""
    shown = cli("--help")
    assert shown.code == 0
    lines = shown.out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert tuple(line.split()[0] for line in lines) == _COMMANDS
    assert not any(line.endswith("...") for line in lines)


@pytest.mark.parametrize("flag", ["-h", "--help"])
@_leaves
def test_every_command_has_help_with_an_example(cli: Any, words: list[str], flag: str) -> None:
    """Each command's help shows the options all have, and an example that begins with its own name."""
    shown = cli(*words, flag)
    assert (shown.code, shown.err) == (0, "")
    for option in ("--registry URL", "--drafts DIR", "--json", "--version", "-h, --help"):
        assert option in shown.out
    examples = shown.out.partition("\nExamples:\n")[2]
    assert examples.startswith(f"  promptlib {' '.join(words)}")


@pytest.mark.parametrize("words", [[], *_LEAVES], ids=str)
def test_every_command_tells_the_version(cli: Any, words: list[str]) -> None:
    """`--version` prints the version and does nothing else."""
    shown = cli(*words, "--version")
    assert (shown.code, shown.out, shown.err) == (0, f"promptlib {promptlib.__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["render", "--help"], ["rendr"], ["local", "--help"]])
def test_help_and_wrong_flags_load_nothing_heavy(words: list[str]) -> None:
    """What answers without a prompt is answered without the libraries that prompts need."""
    code = (
        "import sys; from promptlib.cli import main; main(sys.argv[1:]); "
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()[-1].split()) & _HEAVY == set()


def test_no_arguments_show_the_help_and_fail(cli: Any) -> None:
    """Without a command the help is talk, and the exit code says that nothing was done."""
    shown = cli()
    assert (shown.code, shown.out) == (2, "")
    assert "Commands:" in shown.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list"], 0),
        (["render", "greet", "--var", "name=Ann"], 0),
        (["render", "greet"], 1),
        (["render", "great"], 1),
        (["render", "greet@"], 1),
        (["render", "greet", "--var", "name=Ann", "--persona", "personas/cook"], 1),
        (["list", "--registry", "nowhere"], 1),
        (["render"], 2),
        (["render", "greet", "--colour"], 2),
        (["list", "--registry", "sqlite:///x.db"], 2),
        (["nothing"], 2),
    ],
    ids=str,
)
def test_exit_codes(project: Path, cli: Any, words: list[str], code: int) -> None:
    """0 is done, 1 bad input or reference, 2 wrong flags or configuration; a failure is one line."""
    shown = cli(*words)
    assert shown.code == code
    if code:
        assert shown.out == ""
        assert shown.err.startswith("error: ")
        assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (["render", "greet", "--json"], "InputError", 1),
        (["tokens", "great", "--json"], "RefError", 1),
        (["run", "broken", "--json"], "TemplateError", 1),
        (["list", "--registry", "nowhere", "--json"], "RegistryError", 1),
        (["list", "--registry", "sqlite:///x.db", "--json"], "ConfigurationError", 2),
        (["show", "--json"], "UsageError", 2),
        (["--json"], "UsageError", 2),
    ],
    ids=str,
)
def test_errors_as_json(project: Path, cli: Any, words: list[str], kind: str, code: int) -> None:
    """With `--json` an error is one document on stdout with exactly these keys, and stderr is empty."""
    (project / "templates/broken.jinja").write_text("{% sytem %}")
    shown = cli(*words)
    assert (shown.code, shown.err, list(shown.json)) == (code, "", ["error"])
    error = shown.json["error"]
    assert list(error) == ["type", "message", "path", "line", "column", "hint"]
    assert error["type"] == kind
    if kind == "TemplateError":
        assert (error["path"], error["line"]) == ("broken.jinja", 1)


def test_an_unknown_command_is_answered_with_the_nearest(cli: Any) -> None:
    """A misspelt command gets a suggestion and the way to the help."""
    problem, next_step = cli("rendr").err.split("? ")
    assert problem == "error: there is no command 'rendr'; did you mean 'render'"
    assert next_step == "`promptlib --help` shows how it is used.\n"


def test_a_closed_pipe_is_quiet(project: Path) -> None:
    """When the reader of stdout goes away, nothing is printed about it, and nothing has failed."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "promptlib.cli", "list"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error(project: Path) -> None:
    """Output that cannot be written is one line and exit code 1, never a silent success."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "promptlib.cli", "list"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"error: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interruption_is_130(project: Path) -> None:
    """Ctrl-C ends a command with 130 and no traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "promptlib.cli", "run", "plain", "--model", "echo/echo", "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"Say hello.\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_a_narrow_encoding_loses_nothing(project: Path, process: Any) -> None:
    """Where stdout is ASCII, JSON is still JSON with every character, and text shows escapes."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    name = "Zoë \U0001f600"
    words = ("render", "greet", "--var", f"name={name}")
    shown = process(*words, "--json", env=environment)
    assert name in shown.json["messages"][-1]["content"]
    assert "Zo\\xeb \\U0001f600" in process(*words, env=environment).out


def test_the_console_script_is_main() -> None:
    """`promptlib` as it is installed runs `promptlib.cli:main`."""
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="promptlib")
    assert script.load() is promptlib.cli.main


@pytest.mark.parametrize(
    "words", [("render", "greet", "--case", "bob", "--json"), ("show", "none"), ("show", "--json")], ids=str
)
def test_a_process_does_what_main_does(project: Path, cli: Any, process: Any, words: tuple[str, ...]) -> None:
    """The module run as a program prints what `main` prints, and exits with the code it returns."""
    assert process(*words) == cli(*words)
