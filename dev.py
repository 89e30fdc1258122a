"""One word for each thing a contributor does; needs nothing but Python 3.11+ and pip.

The first command makes `.venv` and installs into it; later ones start at once, until
`pyproject.toml` changes. Arguments after the word go to the program behind it:
`python3 dev.py test -k registry`.
"""

# Runs on old Pythons too, up to the sentence that says which one is needed: no newer syntax here.
from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple, NoReturn  # noqa: UP035  (collections.abc is for 3.9+)

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

OLDEST_PYTHON = (3, 11)
OLDEST_PIP = (25, 1)  # the first that knows `--group`
EXTRAS = "local,rich"

ARTICLE = "docs/demo/article.txt"
MODEL = "local/smollm2"


def main() -> int:
    """Run the command named on the command line; the exit code is that of what failed."""
    check_python()
    word, arguments = parse()
    command = COMMANDS[word]
    started = time.monotonic()
    try:
        if command.group is not None:
            install(command.group)
        command.run(arguments)
    except subprocess.CalledProcessError as error:
        say(f"failed with exit code {error.returncode}: {shown(error.cmd)}")
        return error.returncode if error.returncode > 0 else 1
    except KeyboardInterrupt:
        return 130
    say(f"{word}: done in {time.monotonic() - started:.1f} s")
    return 0


def parse() -> tuple[str, list[str]]:
    """The command's word, and the arguments that go to the program behind it."""
    lines = [f"  {name:<6} {command.summary}" for name, command in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="python3 dev.py",
        description=__doc__,
        epilog="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=tuple(COMMANDS), metavar="command")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    return options.command, options.arguments


# The environment ------------------------------------------------------------------------------


def check_python() -> None:
    """Stop with the next step on a Python that promptlib does not run on."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return
    names = [f"python3.{minor}" for minor in range(19, OLDEST_PYTHON[1] - 1, -1)]
    found = next((name for name in names if shutil.which(name)), None)
    wanted = ".".join(map(str, OLDEST_PYTHON))
    next_step = f"run: {found} dev.py …" if found else f"install Python {wanted} or newer"
    stop(f"promptlib needs Python {wanted}, and this is {sys.version.split()[0]}", next_step)


def install(group: str) -> None:
    """Make `.venv` hold promptlib, its extras and a dependency group; at once if it already does."""
    stamp = VENV / f".installed-{group or 'base'}"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    make_venv()
    ensure_pip()
    groups = ["--group", group] if group else []
    pip("install", "--quiet", "--editable", f".[{EXTRAS}]", *groups)
    stamp.write_text(wanted)


def make_venv() -> None:
    """Create `.venv`, without pip in it: some Pythons lack what would put it there."""
    if PYTHON.exists():
        return
    if importlib.util.find_spec("venv") is None:
        stop("this Python has no venv module", "install it (on Debian and Ubuntu: apt install python3-venv)")
    run(sys.executable, "-m", "venv", "--without-pip", str(VENV))


def ensure_pip() -> None:
    """Put a pip that knows dependency groups into `.venv`."""
    if venv_pip() is None:
        if importlib.util.find_spec("pip") is not None:
            run(sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "pip")
        elif importlib.util.find_spec("ensurepip") is not None:
            run(str(PYTHON), "-m", "ensurepip", "--default-pip", quiet=True)
        else:
            stop("this Python has no pip", "install it (on Debian and Ubuntu: apt install python3-pip)")
    if (venv_pip() or (0, 0)) < OLDEST_PIP:
        pip("install", "--quiet", "--upgrade", "pip")


def venv_pip() -> tuple[int, ...] | None:
    """The version of `.venv`'s pip as (major, minor), None where there is none."""
    asked = subprocess.run(
        [str(PYTHON), "-c", "import pip; print(pip.__version__)"],
        capture_output=True,
        text=True,
        check=False,
    )
    parts = asked.stdout.split(".")[:2]
    return tuple(map(int, parts)) if asked.returncode == 0 else None


# Running programs -----------------------------------------------------------------------------


def run(*command: str, quiet: bool = False) -> None:
    """Show a command, run it in the root folder, and say how long it took."""
    say(shown(command))
    started = time.monotonic()
    paths = os.pathsep.join((str(BIN), os.environ.get("PATH", "")))
    subprocess.run(
        command,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PATH": paths, "VIRTUAL_ENV": str(VENV)},
        stdout=subprocess.DEVNULL if quiet else None,
    )
    say(f"  {time.monotonic() - started:.1f} s")


def pip(*arguments: str) -> None:
    """Run `.venv`'s pip."""
    run(str(PYTHON), "-m", "pip", *arguments, "--disable-pip-version-check")


def pytest(*arguments: str) -> None:
    """Run `.venv`'s pytest."""
    run(str(PYTHON), "-m", "pytest", *arguments)


def tool(name: str, *arguments: str) -> None:
    """Run a program that `.venv` holds."""
    run(str(BIN / name), *arguments)


def shown(command: object) -> str:
    """A command as one would type it in the root folder."""
    words = [str(word) for word in command] if isinstance(command, (list, tuple)) else [str(command)]
    return " ".join(map(shlex.quote, words)).replace(str(ROOT) + os.sep, "")


def say(text: str) -> None:
    """Talk goes to stderr, so that what programs print can be piped."""
    print(f"dev: {text}", file=sys.stderr, flush=True)


def stop(problem: str, next_step: str) -> NoReturn:
    """End with one line that says what is wrong and one that says what to do."""
    say(f"{problem}\n  {next_step}")
    raise SystemExit(2)


# The commands ---------------------------------------------------------------------------------


def local_model() -> None:
    """Fetch the model that runs in the process, unless it is there."""
    tool("promptlib", "local", "install")


def demo(extra: list[str]) -> None:
    """Let the model in this process summarise an article."""
    local_model()
    article = f"article=@{ARTICLE}"
    tool("promptlib", "run", "summarize", "--var", article, "--model", MODEL, "--stream", *extra)


def test(extra: list[str]) -> None:
    """Run all tests but the slow kinds that have commands of their own."""
    local_model()
    others = ("benchmarks", "packaging")
    pytest("-n", "2", *(f"--ignore=tests/{name}" for name in others), "-m", "not benchmark", *extra)


def lint(extra: list[str]) -> None:
    """Check style, form and layers."""
    tool("ruff", "check", *extra)
    tool("ruff", "format", "--check")
    tool("lint-imports")


def types(extra: list[str]) -> None:
    """Check the package's types, and the public names as users' type checkers see them."""
    tool("mypy", *extra)
    tool("pyright", "tests/typing")


def docs(extra: list[str]) -> None:
    """Run every example of the README and the docs."""
    local_model()
    pytest("tests/test_docs.py", *extra)


def wheel(extra: list[str]) -> None:
    """Build the wheel and use it in a clean environment."""
    pytest("tests/packaging", "-m", "packaging", *extra)


def bench(extra: list[str]) -> None:
    """Compare speed with bare Jinja2 and with peers; the ratios are asserted."""
    pytest("tests/benchmarks", "-m", "benchmark", "-s", *extra)


def ci(extra: list[str]) -> None:
    """Run what the build server runs."""
    run("bash", ".ci/run", *extra)


class Command(NamedTuple):
    """What a word does, and the dependency group it needs: '' for none, None for no `.venv`."""

    run: Callable[[list[str]], None]
    group: str | None
    summary: str


COMMANDS = {
    "demo": Command(demo, "", "a language model in this process summarises an article"),
    "test": Command(test, "test", "all tests but benchmarks and packaging"),
    "lint": Command(lint, "dev", "ruff, ruff format, import-linter"),
    "types": Command(types, "dev", "mypy on the package, mypy and pyright on the public names"),
    "docs": Command(docs, "test", "run every example of the README and the docs"),
    "wheel": Command(wheel, "dev", "build the wheel and use it in a clean environment"),
    "bench": Command(bench, "bench", "speed against bare Jinja2 and peers"),
    "ci": Command(ci, None, "all gates, as the build server runs them"),
}

if __name__ == "__main__":
    sys.exit(main())
