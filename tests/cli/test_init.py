"""`promptlib init`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_FILES = [
    "templates/summarize.jinja",
    "templates/summarize.cases.jsonl",
    "templates/personas/editor.jinja",
    "tests/test_prompts.py",
    "pyproject.toml",
]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_it_makes_a_project(empty: Path, cli: Any, golden: Any) -> None:
    """The files are made and named on stdout, and the next three commands on stderr."""
    shown = cli("init")
    assert (shown.code, shown.out.splitlines()) == (0, _FILES)
    assert _written(empty) == sorted(_FILES)
    golden("init.txt", shown.err)


def test_the_next_commands_work(empty: Path, cli: Any) -> None:
    """What was made can be listed, rendered by each of its cases, and run."""
    cli("init")
    assert [row["name"] for row in cli("list", "--json").json] == ["summarize"]
    for case in ("launch", "five-points"):
        assert cli("render", "summarize", "--case", case).code == 0
    shown = cli("run", "summarize", "--case", "launch", "--model", "echo/echo")
    assert shown.out.startswith("<article>\nThe town of Elmsford")


def test_the_budget_test_passes_and_can_fail(empty: Path, cli: Any) -> None:
    """The test runs under plain pytest, and a prompt that has grown too long fails it."""
    cli("init", "--registry", "app/prompts")
    pytest_run = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    assert subprocess.run(pytest_run, capture_output=True, check=False).returncode == 0
    (empty / "app/prompts/personas/editor.jinja").write_text("Mind every detail. " * 100)
    done = subprocess.run(pytest_run, capture_output=True, text=True, check=False)
    assert (done.returncode, "2 failed" in done.stdout) == (1, True)


def test_another_folder_is_made_and_configured(empty: Path, cli: Any) -> None:
    """DIR and --registry say where; the configuration says it too, and `cd` comes first."""
    shown = cli("init", "service", "--registry", "prompts", "--json")
    assert shown.json == {
        "registry": "service/prompts",
        "files": [f"service/{name.replace('templates/', 'prompts/')}" for name in _FILES],
    }
    assert (empty / "service/pyproject.toml").read_text() == '[tool.promptlib]\nregistry = "prompts"\n'
    assert "  cd other && promptlib render" in cli("init", "other").err


def test_it_adds_to_a_project(empty: Path, cli: Any) -> None:
    """In a project with files of its own, they stay as they are."""
    (empty / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (empty / "templates").mkdir()
    (empty / "templates/page.html").write_text("<p>")
    assert cli("init").code == 0
    assert (empty / "pyproject.toml").read_text() == (
        "[project]\nname = 'x'\n\n[tool.promptlib]\nregistry = \"templates\"\n"
    )
    assert (empty / "templates/page.html").read_text() == "<p>"


@pytest.mark.parametrize("name", ["templates/summarize.jinja", "tests/test_prompts.py", "pyproject.toml"])
def test_it_refuses_where_it_has_been(empty: Path, cli: Any, name: str) -> None:
    """Where one of its files is there, it writes nothing, says which, and what to do."""
    text = "[tool.promptlib]\n"
    (empty / name).parent.mkdir(exist_ok=True)
    (empty / name).write_text(text)
    shown = cli("init")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith(f"error: {name}: ")
    assert _written(empty) == [name]
    assert (empty / name).read_text() == text


@pytest.mark.parametrize("registry", ["sqlite:///x.db", "/tmp/x", "../x", "."])  # noqa: S108  (never made)
def test_the_registry_is_a_folder_inside(empty: Path, cli: Any, registry: str) -> None:
    """What is not a folder inside DIR is a wrong flag."""
    shown = cli("init", "--registry", registry)
    assert (shown.code, _written(empty)) == (2, [])
    assert "--registry is a folder inside DIR" in shown.err
