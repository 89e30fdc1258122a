"""What every command is told: which registry, which drafts, and how to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptlib import Registry
    from promptlib.templates import DirectoryFiles

__all__ = ["Session"]

_DEFAULT = "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The options that all commands have; None where they were not given."""

    registry: str | None = None
    drafts: str | None = None
    json: bool = False

    @property
    def url(self) -> str:
        """The registry: as given, else the project's setting, else `templates`.

        A setting is a path from the folder of its `pyproject.toml`; what is given, and `templates`,
        from the current one.

        Raises:
            ConfigurationError: The project's settings cannot be read.
        """
        from promptlib.project import load

        if self.registry is not None:
            return self.registry
        project = load()
        setting = project.text("registry")
        if setting is None:
            return _DEFAULT
        return setting if "://" in setting else str(project.root / setting)

    def open(self) -> Registry:
        """The registry, read into memory."""
        from promptlib import Registry

        return Registry.open(self.url, drafts=self.drafts)

    def files(self) -> DirectoryFiles:
        """The working files: the drafts, else the registry's folder."""
        from promptlib.templates import DirectoryFiles

        return DirectoryFiles(self.drafts or self.url)
