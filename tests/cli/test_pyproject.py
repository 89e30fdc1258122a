"""The table [tool.promptlib], added to what is there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from promptlib.cli._pyproject import configured
from promptlib.errors import ConfigurationError, RegistryError


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\n",
        b"[project]\nname = 'x'\n",
        b"[project]\nname = 'x'",
        b"# caf\xc3\xa9\r\n[tool.ruff]\r\nline-length = 88\r\n",
        b"[tool]\nx = 1\n[tool.black]\n",
        b"[[tool.mypy.overrides]]\nmodule = 'x'\n",
    ],
)
def test_the_table_is_added_at_the_end(tmp_path: Path, before: bytes) -> None:
    """Every byte that was there stays, and all that it said; the line ends are the file's."""
    path = tmp_path / "pyproject.toml"
    path.write_bytes(before)
    configured(path, 'my "prompts"').write()
    after = path.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n") or b"\r" not in after
    found = tomllib.loads(after.decode())
    assert found["tool"].pop("promptlib") == {"registry": 'my "prompts"'}
    kept = tomllib.loads(before.decode())
    assert {**found, "tool": found["tool"] or None} == {**kept, "tool": kept.get("tool")}


def test_a_missing_file_is_made(tmp_path: Path) -> None:
    """Without a project file there is one with the table alone."""
    path = tmp_path / "pyproject.toml"
    configured(path, "templates").write()
    assert path.read_text() == '[tool.promptlib]\nregistry = "templates"\n'


@pytest.mark.parametrize(
    "text", ["[tool.promptlib]\n", "tool.promptlib.registry = 'x'\n", "[tool.promptlib.lint]\n"]
)
def test_a_table_that_is_there_is_left_alone(tmp_path: Path, text: str) -> None:
    """A project that is configured is not configured again."""
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    with pytest.raises(RegistryError, match=r"\[tool.promptlib\] is already there"):
        configured(path, "templates")


@pytest.mark.parametrize("data", [b"[project\n", b"\xff", b"tool = {ruff = {}}\n"])
def test_what_cannot_be_added_to_is_refused(tmp_path: Path, data: bytes) -> None:
    """Broken TOML, and a table in braces, are left as they are, with the next step."""
    path = tmp_path / "pyproject.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError, match="the table cannot be added") as caught:
        configured(path, "templates")
    assert caught.value.hint == "Correct it, or add the table [tool.promptlib] by hand."
    assert path.read_bytes() == data
