"""The table [tool.promptlib] for a `pyproject.toml`, added without touching what is there."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from promptlib.errors import ConfigurationError, RegistryError

__all__ = ["Addition", "configured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Bytes to be added to a file, which need not exist."""

    path: Path
    added: bytes

    def write(self) -> None:
        """Add them; what is there stays as it is, byte for byte."""
        with self.path.open("ab") as file:
            file.write(self.added)


def configured(path: Path, registry: str) -> Addition:
    """What makes `path` name the registry; nothing is written yet.

    Raises:
        RegistryError: It has the table already.
        ConfigurationError: It cannot be read, or the table cannot be added at its end.
    """
    before = _read(path)
    if "promptlib" in _tool(before, path):
        hint = "`promptlib list` shows the prompts there are, `promptlib new NAME` adds one."
        raise RegistryError("[tool.promptlib] is already there", path=str(path), hint=hint)
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else 2 * end
    lines = ("[tool.promptlib]", f"registry = {json.dumps(registry)}", "")
    added = gap + end.join(line.encode() for line in lines)
    # A table that is written in braces, `tool = {…}`, cannot be added to.
    _tool(before + added, path)
    return Addition(path=path, added=added)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=str(path)) from None


def _tool(data: bytes, path: Path) -> dict[str, object]:
    try:
        tool = tomllib.loads(data.decode()).get("tool", {})
    except ValueError as error:  # TOML's and UTF-8's errors are both ValueErrors
        hint = "Correct it, or add the table [tool.promptlib] by hand."
        raise ConfigurationError(f"the table cannot be added: {error}", path=str(path), hint=hint) from None
    return tool if isinstance(tool, dict) else {}
