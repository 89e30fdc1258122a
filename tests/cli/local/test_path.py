"""`promptlib local path`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_it_prints_the_path(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of the file that would be used, as text and as JSON."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setenv("PROMPTLIB_LOCAL_MODEL", str(path))
    assert cli("local", "path").out == f"{path}\n"
    assert cli("local", "path", "--json").json == {"path": str(path)}


def test_a_missing_file_is_a_wrong_configuration(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting that leads nowhere is exit code 2."""
    monkeypatch.setenv("PROMPTLIB_LOCAL_MODEL", str(tmp_path / "none"))
    shown = cli("local", "path", "--json")
    assert (shown.code, shown.json["error"]["type"]) == (2, "ConfigurationError")
