"""Files to start from, kept beside this one, and the writing of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from promptlib.errors import RegistryError, SecurityError

__all__ = ["create", "starter"]


def starter(name: str) -> str:
    """The text of one of the files beside this one."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def create(root: Path, made: Mapping[Path, str]) -> None:
    """Write new files under `root`, all or, where one of them exists, none.

    Raises:
        RegistryError: One exists, or cannot be written.
        SecurityError: One would lie outside of `root`, through a link.
    """
    for path in made:
        if path.exists() or path.is_symlink():
            hint = "Nothing was written; choose another name or folder, or remove the file."
            raise RegistryError("the file exists", path=str(path), hint=hint)
        if not path.resolve().is_relative_to(root.resolve()):
            raise SecurityError(f"the file would lie outside of {root}", path=str(path))
    for path, text in made.items():
        _write(path, text)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise RegistryError(f"the file cannot be written: {error.strerror}", path=str(path)) from None
