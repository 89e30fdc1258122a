"""README and docs cannot rot: every block is run, loaded or parsed.

Each file is worked through from top to bottom in a folder of its own, which begins with a copy of
`templates/` and `docs/demo/`:

- `python` blocks share one module; `await` may stand at the top level;
- `console` blocks: each line `$ command` is run, and must print what is shown below it (`...` stands
  for any text, alone on its line for any lines);
- `jinja` blocks that begin with `---` must load as a template, others parse as one;
- `json`, `jsonl`, `toml` and `yaml` blocks are parsed.

A second word after the language is a path: the block is written there first, for later blocks to
use. `<!-- not run: reason -->` on the line above leaves a block out.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import yaml

_ROOT = Path(__file__).resolve().parent.parent
_FILES = [_ROOT / "README.md", *sorted((_ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>[^`]*)$")
_NOT_RUN = re.compile(r"<!--\s*not run:(?P<reason>.*?)-->")
_PROGRAMS = {"cat", "echo", "ls", "promptlib", "printf"}
_TIMEOUT = 120  # seconds for one command: the first one may load the local model

_by_path = pytest.mark.parametrize("path", _FILES, ids=lambda path: str(path.relative_to(_ROOT)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: where its text begins, its language, the file to write, why it is not run."""

    path: Path
    line: int
    language: str
    file: str | None
    text: str
    not_run: str | None

    @property
    def place(self) -> str:
        """`path:line` for messages."""
        return f"{self.path.relative_to(_ROOT)}:{self.line}"


# Reading --------------------------------------------------------------------------------------


def read_blocks(path: Path) -> Iterator[Block]:
    """All fenced blocks of a Markdown file, in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if opened is None:
            number += 1
            continue
        end = _closing(lines, number + 1, opened["ticks"])
        yield _block(path, lines, number, end, opened)
        number = end + 1


def _closing(lines: list[str], start: int, ticks: str) -> int:
    ends = (n for n in range(start, len(lines)) if lines[n].strip().startswith(ticks))
    return next((n for n in ends if not lines[n].strip(" `~")), len(lines))


def _block(path: Path, lines: list[str], start: int, end: int, opened: re.Match[str]) -> Block:
    words = opened["info"].split()
    indent = len(opened["indent"])
    body = [line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in lines[start + 1 : end]]
    mark = _NOT_RUN.search(lines[start - 1]) if start else None
    return Block(
        path=path,
        line=start + 2,
        language=words[0] if words else "",
        file=words[1] if len(words) > 1 else None,
        text="".join(f"{line}\n" for line in body),
        not_run=mark["reason"].strip() if mark else None,
    )


# Running --------------------------------------------------------------------------------------


def run_python(block: Block, module: ModuleType) -> None:
    """Run a block in the file's module; a traceback names the line of the Markdown file."""
    source = "\n" * (block.line - 1) + block.text
    code = compile(source, block.path, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, vars(module)))  # noqa: S307  (our own docs)
    else:
        exec(code, vars(module))  # noqa: S102  (our own docs)


def run_console(block: Block, _module: ModuleType) -> None:
    """Run each command of a block, and compare what it prints with what is shown."""
    for command, expected in read_session(block):
        program = command.split()[0]
        assert program in _PROGRAMS, (
            f"{block.place}: {program} cannot be run here: say `<!-- not run: why -->`"
        )
        printed = _shell(command)
        assert matches(expected, printed), f"{block.place}: $ {command}\nprinted\n{printed}\nnot\n{expected}"


def read_session(block: Block) -> Iterator[tuple[str, str]]:
    r"""Each command of a console block (lines that end in `\` go on), and the output shown for it."""
    text = block.text.replace("\\\n", "")
    first, *turns = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not first.strip(), f"{block.place}: a console block begins with a line `$ command`"
    for turn in turns:
        command, _, expected = turn.partition("\n")
        yield command, expected


def matches(expected: str, printed: str) -> bool:
    """Whether printed text is the expected one, `...` standing for any text; line ends do not count."""
    wanted, got = (
        "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) for text in (expected, printed)
    )
    pattern = re.escape(wanted).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, got, flags=re.DOTALL) is not None


def _shell(command: str) -> str:
    here = Path(sys.executable).parent
    plain = {"NO_COLOR": "1", "COLUMNS": "100", "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(  # noqa: S602  (our own docs, with pipes)
        command,
        shell=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **plain},
        timeout=_TIMEOUT,
        check=False,
    )
    return done.stdout


# Loading and parsing --------------------------------------------------------------------------


def load_template(source: str) -> None:
    """Load a template's text as promptlib does, among the templates of the folder."""
    from promptlib import Registry

    path = Path("templates", "docs_block.jinja")
    path.parent.mkdir(exist_ok=True)
    path.write_text(source, encoding="utf-8")
    try:
        Registry.open("templates").get("docs_block@draft")
    finally:
        path.unlink()


def parse_jinja(block: Block, _module: ModuleType) -> None:
    """A block that begins with front matter must load as a template, another must parse as one."""
    from promptlib.templates.environment import PromptEnvironment
    from promptlib.templates.limits import DEFAULT_LIMITS
    from promptlib.templates.source import parse_body, read_source

    if block.text.startswith("---\n"):
        load_template(block.text)
    else:
        parse_body(read_source(block.place, block.text.encode(), DEFAULT_LIMITS), PromptEnvironment())


def parse_lines(block: Block, _module: ModuleType) -> None:
    """Each line is JSON."""
    for line in block.text.splitlines():
        json.loads(line)


_BY_LANGUAGE: dict[str, Callable[[Block, ModuleType], object]] = {
    "console": run_console,
    "jinja": parse_jinja,
    "json": lambda block, _: json.loads(block.text),
    "jsonl": parse_lines,
    "python": run_python,
    "toml": lambda block, _: tomllib.loads(block.text),
    "yaml": lambda block, _: list(yaml.safe_load_all(block.text)),
}
# Shown, never run.
_SHOWN = {"", "mermaid", "text"}


def run_block(block: Block, module: ModuleType) -> None:
    """Write the block if it names a file, then do what its language asks for."""
    if block.file is not None:
        path = Path(block.file)
        assert not path.is_absolute()
        assert ".." not in path.parts
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    if block.language not in _SHOWN:
        _BY_LANGUAGE[block.language](block, module)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An importable module in a folder with the shipped templates and the demo's files."""
    for name in ("templates", "docs/demo"):
        if (_ROOT / name).is_dir():
            shutil.copytree(_ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    made = ModuleType("docs_example")
    # Classes of the examples find their annotations through their module.
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


# The tests ------------------------------------------------------------------------------------


@_by_path
def test_every_example_works(path: Path, module: ModuleType, request: pytest.FixtureRequest) -> None:
    """All blocks of a file, run in order, do and print what the file says."""
    blocks = [block for block in read_blocks(path) if block.not_run is None]
    if any("local/" in block.text for block in blocks if block.language in {"console", "python"}):
        request.getfixturevalue("local_model")
    for block in blocks:
        try:
            run_block(block, module)
        except Exception as error:
            error.add_note(f"in the {block.language} block at {block.place}")
            raise


@_by_path
def test_every_block_is_run_or_says_why_not(
    path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A block has a language known here, and one that is not run has a reason."""
    blocks = list(read_blocks(path))
    skipped = [block for block in blocks if block.not_run is not None]
    assert [block.place for block in skipped if not block.not_run] == []
    known = {*_BY_LANGUAGE, *_SHOWN}
    assert [block.place for block in blocks if block.not_run is None and block.language not in known] == []
    record_property("blocks", len(blocks))
    record_property("not run", len(skipped))


# The reader itself ----------------------------------------------------------------------------


def _blocks(folder: Path, text: str) -> list[Block]:
    path = folder / "page.md"
    path.write_text(text, encoding="utf-8")
    return list(read_blocks(path))


def test_a_longer_fence_holds_a_shorter_one(tmp_path: Path) -> None:
    """A block ends at a fence of its own kind and length."""
    (block,) = _blocks(tmp_path, "````text\n```python\n1\n```\n````\n")
    assert (block.language, block.text) == ("text", "```python\n1\n```\n")


def test_an_indented_block_loses_its_indent(tmp_path: Path) -> None:
    """A block in a list item reads as if it stood at the margin."""
    (block,) = _blocks(tmp_path, "1. Do\n\n   ```python\n   if x:\n       y\n   ```\n")
    assert (block.text, block.line) == ("if x:\n    y\n", 4)


def test_a_mark_above_leaves_one_block_out(tmp_path: Path) -> None:
    """`not run` counts for the block right below it and carries its reason."""
    text = "<!-- not run: needs a key -->\n```python\n1\n```\n\n```python a/b.py\n2\n```\n"
    first, second = _blocks(tmp_path, text)
    assert (first.not_run, second.not_run, second.file) == ("needs a key", None, "a/b.py")


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("one\ntwo", "one\ntwo\n", True),
        ("one", "one\ntwo", False),
        ("one\n...", "one\ntwo\nthree", True),
        ("took ... ms", "took 4.2 ms", True),
        ("took ... ms", "took 4.2 s", False),
        ("a.c", "abc", False),
        ("", "", True),
        ("", "noise", False),
    ],
)
def test_output_must_match_but_for_dots(expected: str, printed: str, same: bool) -> None:  # noqa: FBT001  (a parameter)
    """Three dots stand for any text; all else must be the same."""
    assert matches(expected, printed) is same


def test_awaiting_at_the_top_level_works(tmp_path: Path) -> None:
    """A block that awaits is run to its end, and a failure in it is one."""
    module = ModuleType("docs_example")
    (block,) = _blocks(tmp_path, "```python\nimport asyncio\ndone = await asyncio.sleep(0, 'yes')\n```\n")
    run_python(block, module)
    assert module.done == "yes"
    (block,) = _blocks(tmp_path, "```python\nawait asyncio.sleep(0)\nassert done == 'no'\n```\n")
    with pytest.raises(AssertionError):
        run_python(block, module)
