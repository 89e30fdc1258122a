"""Tests of promptlib.project."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.errors import ConfigurationError
from promptlib.project import Project, load


def write(folder: Path, text: str) -> Path:
    """A pyproject.toml in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)
    return folder


class TestLoad:
    def test_nearest_file_upward(self, tmp_path: Path) -> None:
        """The settings are those of the nearest pyproject.toml, and the root is its folder."""
        write(tmp_path, '[tool.promptlib]\nregistry = "far"')
        near = write(tmp_path / "app", '[tool.promptlib]\nregistry = "near"')
        (near / "src" / "deep").mkdir(parents=True)
        found = load(near / "src" / "deep")
        assert (found.root, found.settings["registry"]) == (near, "near")

    def test_a_file_without_the_table(self, tmp_path: Path) -> None:
        """A project that says nothing about promptlib has no settings."""
        assert load(write(tmp_path, '[project]\nname = "x"')) == Project(root=tmp_path)

    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("tool = 1", "tool is of type int"),
            ("[tool]\npromptlib = 3", "tool.promptlib is of type int"),
            ("[tool.promptlib\n", "line 1"),
        ],
    )
    def test_wrong_file(self, tmp_path: Path, text: str, part: str) -> None:
        """A wrong type or broken TOML is one error that names the file and says what to do."""
        with pytest.raises(ConfigurationError) as caught:
            load(write(tmp_path, text))
        assert part in str(caught.value)
        assert caught.value.path == str(tmp_path / "pyproject.toml")
        assert caught.value.hint

    def test_not_utf8(self, tmp_path: Path) -> None:
        """Bytes that are no UTF-8 are the same error, not a UnicodeDecodeError."""
        (tmp_path / "pyproject.toml").write_bytes(b"a = '\xff'")
        with pytest.raises(ConfigurationError):
            load(tmp_path)


class TestSettings:
    def test_settings_cannot_change(self, tmp_path: Path) -> None:
        """Settings are read, never written."""
        found = load(write(tmp_path, "[tool.promptlib]"))
        with pytest.raises(TypeError):
            found.settings["registry"] = "x"  # type: ignore[index]

    def test_text_and_table(self, tmp_path: Path) -> None:
        """A setting is given by its type, or None or empty when it is not there."""
        found = load(write(tmp_path, '[tool.promptlib]\nregistry = "t"\n[tool.promptlib.models.a]\n'))
        assert (found.text("registry"), found.text("drafts")) == ("t", None)
        assert (dict(found.table("models")), dict(found.table("lint"))) == ({"a": {}}, {})

    def test_wrong_type(self, tmp_path: Path) -> None:
        """A setting of another type is an error that says which type it must have."""
        found = load(write(tmp_path, "[tool.promptlib]\nregistry = 1\nmodels = 2"))
        with pytest.raises(ConfigurationError, match="registry must be text"):
            found.text("registry")
        with pytest.raises(ConfigurationError, match="models must be a table"):
            found.table("models")
