"""Tests of promptlib.tokens.ranks."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import pytest

from promptlib.errors import ConfigurationError
from promptlib.tokens import encodings, ranks

CL100K = encodings.spec("cl100k_base").ranks


def test_the_cache_folder_comes_first(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file under tiktoken's name in TIKTOKEN_CACHE_DIR is used before the package's."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(cache_folder))
    assert ranks.find(CL100K) == cache_folder / CL100K.cache_name


@pytest.mark.parametrize("folder", ["", "/nowhere"])
def test_without_it_the_package(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that file, the data of the installed package is used, and is OpenAI's."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", folder)
    assert ranks.find(CL100K).name == "cl100k_base.tiktoken.gz"
    assert len(ranks.read(CL100K)) == 100_256


def test_tampered(cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed byte is an error that names file and both hashes, and the file is left alone."""
    data = bytearray((cache_folder / CL100K.cache_name).read_bytes())
    data[100] ^= 1
    path = tmp_path / CL100K.cache_name
    path.write_bytes(data)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError) as caught:
        ranks.read(CL100K)
    message = str(caught.value)
    assert str(path) in message
    assert CL100K.sha256 in message
    assert "pip install" in message
    assert path.read_bytes() == data
    assert str(pickle.loads(pickle.dumps(caught.value))) == message  # noqa: S301 - our own error


@pytest.mark.parametrize(
    "data", [b"", b"no gzip", gzip.compress(b"x" * 5_000, mtime=0)[:-20], gzip.compress(b"other", mtime=0)]
)
def test_broken_package_data(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken or other file in the package is the same typed error."""
    path = tmp_path / "cl100k_base.tiktoken.gz"
    path.write_bytes(data)
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.setattr(ranks, "_shipped", lambda name: path)
    with pytest.raises(ConfigurationError, match=r"cl100k_base\.tiktoken\.gz"):
        ranks.read(CL100K)


def test_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is gone too, the error says what to install or where to put the file."""
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    monkeypatch.setattr(ranks, "_PACKAGE", "a-package-that-is-not-there")
    with pytest.raises(ConfigurationError) as caught:
        ranks.read(CL100K)
    assert CL100K.cache_name in str(caught.value.hint)
    assert "downloads none" in caught.value.message
