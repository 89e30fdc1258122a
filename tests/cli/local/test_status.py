"""`promptlib local status`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file, and an engine."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setenv("PROMPTLIB_LOCAL_MODEL", str(path))
    monkeypatch.setattr("promptlib.cli.local.status._engine", lambda: "1.0")
    return path


def test_all_is_there(cli: Any, model: Path) -> None:
    """With engine and file, the model is ready and the exit code 0."""
    shown = cli("local", "status")
    assert (shown.code, shown.out) == (
        0,
        f"model   local/smollm2\nengine  xllamacpp 1.0\nfile    {model}\n",
    )
    assert cli("local", "status", "--json").json == {
        "model": "local/smollm2",
        "ready": True,
        "engine": "1.0",
        "path": str(model),
        "problem": None,
    }


def test_the_engine_is_missing(cli: Any, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the exit code is 1 and the command that installs it is shown."""
    monkeypatch.setattr("promptlib.cli.local.status._engine", lambda: None)
    shown = cli("local", "status")
    assert shown.code == 1
    assert "engine  missing; pip install 'promptlib-kit[local]'\n" in shown.out


def test_the_file_is_missing(cli: Any, model: Path) -> None:
    """Without the file, the exit code is 1 and the problem says what to do."""
    model.unlink()
    found = cli("local", "status", "--json")
    assert (found.code, found.json["ready"], found.json["path"]) == (1, False, None)
    assert "no model file can be read there" in found.json["problem"]
