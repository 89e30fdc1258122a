"""Which registry a command uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.cli._session import Session
from promptlib.errors import ConfigurationError


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is one below the project's."""
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    return tmp_path


def _configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)


def test_what_is_given_is_used_as_it_is(inside: Path) -> None:
    """`--registry` beats the project's setting."""
    _configure(inside, '[tool.promptlib]\nregistry = "prompts"\n')
    assert Session(registry="other").url == "other"


def test_a_setting_is_a_path_from_its_file(inside: Path) -> None:
    """`[tool.promptlib] registry` means the same folder from every folder of the project."""
    _configure(inside, '[tool.promptlib]\nregistry = "app/prompts"\n')
    assert Session().url == str(inside / "app/prompts")


def test_a_setting_may_be_a_url(inside: Path) -> None:
    """A database's URL stays as it is."""
    _configure(inside, '[tool.promptlib]\nregistry = "sqlite:///x.db"\n')
    assert Session().url == "sqlite:///x.db"


def test_without_a_setting_it_is_templates(inside: Path) -> None:
    """The default is `templates` in the current folder, with a project file or without."""
    assert Session().url == "templates"
    _configure(inside, "[project]\nname = 'x'\n")
    assert Session().url == "templates"


def test_a_wrong_setting_is_refused(inside: Path) -> None:
    """A registry that is no text is a wrong configuration, with its place."""
    _configure(inside, "[tool.promptlib]\nregistry = 3\n")
    with pytest.raises(ConfigurationError) as caught:
        _ = Session().url
    assert caught.value.path == str(inside / "pyproject.toml")


def test_working_files_are_the_drafts(project: Path) -> None:
    """New files and cases belong to the drafts where these are given."""
    (project / "drafts").mkdir()
    assert Session(drafts="drafts").files().root == project / "drafts"
    assert Session().files().root == project / "templates"
