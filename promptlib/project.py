"""A project's own settings: the `[tool.promptlib]` table of its `pyproject.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from promptlib.errors import ConfigurationError

__all__ = ["Project", "load"]

_NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with settings.

    `root` is the folder of the `pyproject.toml`, or the folder that was asked about when there is
    none above it; `settings` is the table as TOML gave it, empty when there is none.
    """

    root: Path
    settings: Mapping[str, Any] = field(default_factory=lambda: _NO_SETTINGS)

    @property
    def path(self) -> Path:
        """The file the settings come from."""
        return self.root / "pyproject.toml"

    def text(self, name: str) -> str | None:
        """The setting `name`, None when it is not given.

        Raises:
            ConfigurationError: It is given, and is no text.
        """
        value = self.settings.get(name)
        if value is None or isinstance(value, str):
            return value
        raise _wrong_type(self.path, name, value, 'text, such as "templates"')

    def table(self, name: str) -> Mapping[str, Any]:
        """The setting `name`, empty when it is not given.

        Raises:
            ConfigurationError: It is given, and is no table.
        """
        value = self.settings.get(name, _NO_SETTINGS)
        if isinstance(value, Mapping):
            return value
        raise _wrong_type(self.path, name, value, f"a table: [tool.promptlib.{name}]")


def load(folder: str | Path = ".") -> Project:
    """The settings of the nearest `pyproject.toml` in `folder` or above it.

    Raises:
        ConfigurationError: The file cannot be read, is no TOML, or `tool.promptlib` is no table.
    """
    start = Path(folder).resolve()
    for root in (start, *start.parents):
        path = root / "pyproject.toml"
        if path.is_file():
            return Project(root=root, settings=_settings(path))
    return Project(root=start)


def _settings(path: Path) -> Mapping[str, Any]:
    tool = _parsed(path).get("tool", {})
    if not isinstance(tool, dict):
        raise _wrong_type(path, "tool", tool, "a table")
    settings = tool.get("promptlib", {})
    if not isinstance(settings, dict):
        raise _wrong_type(path, "tool.promptlib", settings, "a table: [tool.promptlib]")
    return MappingProxyType(settings)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=str(path)) from error
    except ValueError as error:  # TOML's and UTF-8's errors are both ValueErrors
        raise ConfigurationError(
            f"is no TOML: {error}", path=str(path), hint="Correct the file, or remove the broken line."
        ) from error


def _wrong_type(path: Path, name: str, value: object, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} is of type {type(value).__name__}", path=str(path), hint=f"{name} must be {wanted}."
    )
