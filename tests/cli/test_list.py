"""`promptlib list`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_it_shows_name_model_and_description(project: Path, cli: Any, golden: Any) -> None:
    """A line for each prompt; personas and other parts are none."""
    shown = cli("list")
    assert (shown.code, shown.err) == (0, "")
    golden("list.txt", shown.out)


def test_as_json(project: Path, cli: Any) -> None:
    """A list with exactly these keys."""
    rows = cli("list", "--json").json
    assert rows[0] == {"name": "greet", "description": "Greet somebody", "model": "echo/echo", "error": None}
    assert [row["name"] for row in rows] == ["greet", "picture", "plain"]


def test_a_broken_prompt_is_listed_with_its_error(project: Path, cli: Any) -> None:
    """One prompt that cannot be loaded hides neither itself nor the others."""
    (project / "templates/broken.jinja").write_text("{% system %}")
    shown = cli("list")
    assert shown.code == 0
    assert shown.out.splitlines()[0].startswith("broken   -          broken: broken.jinja:1:")
    (broken, *others) = cli("list", "--json").json
    assert (broken["name"], broken["error"]["type"], broken["error"]["line"]) == (
        "broken",
        "TemplateError",
        1,
    )
    assert list(broken["error"]) == ["type", "message", "path", "line", "column", "hint"]
    assert len(others) == 3


def test_an_empty_folder_is_no_error(tmp_path: Path, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without prompts there is nothing on stdout, and the next step on stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates").mkdir()
    shown = cli("list")
    assert (shown.code, shown.out) == (0, "")
    assert shown.err == "there are no prompts in templates; `promptlib new NAME` makes one\n"
    assert cli("list", "--json").json == []
