"""`promptlib new`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_it_makes_a_prompt_that_renders(project: Path, cli: Any) -> None:
    """The file is there, its path on stdout, and the command named next works as it is."""
    shown = cli("new", "team/triage")
    assert (shown.code, shown.out) == (0, "templates/team/triage.jinja\n")
    assert shown.err == "next: promptlib render team/triage --var text=Hello\n"
    rendered = cli("render", "team/triage", "--var", "text=Hello", "--json").json
    assert [message["role"] for message in rendered["messages"]] == ["system", "user"]
    assert rendered["messages"][1]["content"] == "<text>\nHello\n</text>"


def test_it_never_overwrites(project: Path, cli: Any) -> None:
    """A prompt that exists stays as it is."""
    before = (project / "templates/plain.jinja").read_bytes()
    shown = cli("new", "plain")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error: templates/plain.jinja: the file exists.")
    assert (project / "templates/plain.jinja").read_bytes() == before


@pytest.mark.parametrize("name", ["../x", "/x", "Upper", "a b", "con", "", "x/../../y"])
def test_a_name_that_no_prompt_may_have_is_refused(project: Path, cli: Any, name: str) -> None:
    """A name is checked before anything is written."""
    before = sorted(project.rglob("*"))
    shown = cli("new", name, "--json")
    assert (shown.code, shown.json["error"]["type"]) == (1, "RefError")
    assert sorted(project.rglob("*")) == before


def test_as_json(project: Path, cli: Any) -> None:
    """The name and path of what was made; drafts are made among the drafts."""
    (project / "drafts").mkdir()
    shown = cli("new", "x", "--json", "--drafts", "drafts")
    assert (shown.json, shown.err) == ({"name": "x", "path": "drafts/x.jinja"}, "")


def test_without_templates_the_next_step_is_init(
    tmp_path: Path, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no folder, none is made behind the user's back."""
    monkeypatch.chdir(tmp_path)
    shown = cli("new", "x")
    assert shown.code == 1
    assert "promptlib init" in shown.err
    assert list(tmp_path.iterdir()) == []
