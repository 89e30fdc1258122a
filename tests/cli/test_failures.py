"""Errors as lines, and what is said about a bug."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pytest

from promptlib.cli._failures import one_line, report
from promptlib.errors import ConfigurationError, InputError, TemplateError


@pytest.mark.parametrize(
    ("message", "hint", "line"),
    [
        ("it is gone", None, "it is gone"),
        ("it is gone", "Look again.", "it is gone. Look again."),
        ("it is gone", "`promptlib list` shows more", "it is gone; `promptlib list` shows more"),
        ("is it gone?", "look again", "is it gone? look again"),
        ("two:\n  a\n  b", "Look again.", "two:\n  a\n  b\n  Look again."),
    ],
)
def test_an_error_and_its_hint_are_one_line(message: str, hint: str | None, line: str) -> None:
    """Message and next step read as sentences on one line; several lines stay lines."""
    assert one_line(InputError(message, hint=hint)) == line
    assert one_line(InputError(message, hint=hint, path="a", line=1, column=2)) == f"a:1:2: {line}"


def test_each_problem_of_a_template_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A template with two mistakes is reported with both, each at its place."""
    problems = (TemplateError("first", path="a", line=1), TemplateError("second", path="a", line=2))
    assert report(TemplateError("first", path="a", line=1, problems=problems), as_json=False) == 1
    assert capsys.readouterr().err == "error: a:1: first\nerror: a:2: second\n"


def test_a_wrong_configuration_is_a_matter_of_flags(capsys: pytest.CaptureFixture[str]) -> None:
    """ConfigurationError has exit code 2; other errors of the library have 1."""
    assert report(ConfigurationError("x"), as_json=False) == 2
    assert report(InputError("x"), as_json=False) == 1
    assert capsys.readouterr().out == ""


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """`promptlib list` fails with an error that nobody expected, and that quotes a key."""

    def fail(_session: object) -> None:
        raise ZeroDivisionError("the key is sk-secret-1234")

    monkeypatch.setenv("SOME_API_KEY", "sk-secret-1234")
    monkeypatch.setattr("promptlib.cli._session.Session.open", fail)


@pytest.mark.usefixtures("bug")
def test_a_bug_is_exit_code_3_with_a_report(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug names its kind, the versions, and a private file with the traceback, without the key."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shown = cli("list")
    assert (shown.code, shown.out) == (3, "")
    assert shown.err.startswith(
        "error: this is a bug in promptlib: ZeroDivisionError. Please report it with "
    )
    assert "promptlib-kit 0." in shown.err
    (kept,) = tmp_path.iterdir()
    assert str(kept) in shown.err
    text = kept.read_text()
    assert re.search(r"^ZeroDivisionError: the key is \[SOME_API_KEY\]$", text, re.MULTILINE)
    assert "sk-secret" not in shown.err + text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.usefixtures("bug")
def test_a_bug_as_json(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug has the shape of every error."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shown = cli("list", "--json")
    assert shown.code == 3
    assert list(shown.json["error"]) == ["type", "message", "path", "line", "column", "hint"]
    assert shown.json["error"]["type"] == "Bug"


@pytest.mark.usefixtures("bug")
def test_a_bug_is_told_where_nothing_can_be_written(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder for the report, the traceback goes to stderr."""
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    shown = cli("list")
    assert shown.code == 3
    assert "Traceback" in shown.err
    assert "Please report it with the lines above" in shown.err
    assert "sk-secret" not in shown.err
