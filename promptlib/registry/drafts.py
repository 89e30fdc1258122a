"""Drafts: the working files of a folder, held in memory, parsed when they are first asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from copy import copy
from difflib import get_close_matches
from typing import TYPE_CHECKING

from promptlib.errors import PromptlibError, RefError
from promptlib.templates.files import Files, MemoryFiles
from promptlib.templates.limits import RenderLimits
from promptlib.templates.names import SUFFIX, check_name

if TYPE_CHECKING:
    from promptlib.templates.template import Template

__all__ = ["Drafts", "snapshot"]

# What templates name besides each other: examples and cases, tools, schemas.
_SUFFIXES = (SUFFIX, ".jsonl", ".json")
# Folders that hold what promptlib itself writes.
_OWN = ("_releases/", "_experiments/")


class _Snapshot(MemoryFiles):
    """Files as they were at one moment; one that could not be read raises when it is asked for."""

    __slots__ = ("_faults",)

    def __init__(self, files: dict[str, bytes], faults: dict[str, PromptlibError]) -> None:
        super().__init__(files)
        self._faults = faults

    def read(self, path: str) -> bytes:
        if path in self._faults:
            # A copy: a raised error keeps the frames it went through, and what they hold, alive.
            raise copy(self._faults[path])
        return super().read(path)

    def paths(self) -> Iterator[str]:
        return iter(sorted([*super().paths(), *self._faults]))


def snapshot(files: Files) -> Files:
    """A copy in memory of all files a prompt may name, so that rendering reads no disk."""
    read: dict[str, bytes] = {}
    faults: dict[str, PromptlibError] = {}
    for path in files.paths():
        if path.endswith(_SUFFIXES) and not path.startswith(_OWN):
            try:
                read[path] = files.read(path)
            except PromptlibError as error:
                faults[path] = error
    return _Snapshot(read, faults)


class Drafts:
    """The prompts of one snapshot; safe to share between threads."""

    def __init__(self, files: Files, limits: RenderLimits) -> None:
        self.files = files
        self._limits = limits
        self._lock = threading.Lock()
        self._loaded: dict[str, Template | PromptlibError] = {}
        self._names: tuple[str, ...] | None = None

    def __contains__(self, name: str) -> bool:
        return any(path == name + SUFFIX for path in self.files.paths())

    def get(self, name: str) -> Template:
        """The draft of a prompt.

        Raises:
            RefError: there is no such file.
            TemplateError: there is, and it cannot be loaded.
        """
        if name not in self._loaded and name not in self:
            # Not kept: names that do not exist are without number.
            raise self._missing(name)
        found = self._loaded.get(name)
        if found is None:
            with self._lock:
                found = self._loaded.get(name) or self._load(name)
                self._loaded[name] = found
        if isinstance(found, PromptlibError):
            raise copy(found)
        return found

    def _load(self, name: str) -> Template | PromptlibError:
        # Jinja is needed from here on, and by nothing before.
        from promptlib.templates.template import load

        try:
            return load(self.files, name, limits=self._limits)
        except PromptlibError as error:
            return error

    def _missing(self, name: str) -> RefError:
        near = get_close_matches(name, [path.removesuffix(SUFFIX) for path in _prompt_files(self.files)], n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "`promptlib list` shows what there is."
        return RefError(f"there is no prompt {name!r}", hint=hint)

    def names(self) -> tuple[str, ...]:
        """The names of all prompts, sorted; files that others name as parts are left out."""
        if self._names is None:
            candidates = [path.removesuffix(SUFFIX) for path in _prompt_files(self.files)]
            parts = {part for name in candidates for part in self._parts(name)}
            self._names = tuple(name for name in candidates if name + SUFFIX not in parts)
        return self._names

    def _parts(self, name: str) -> set[str]:
        try:
            template = self.get(name)
        except PromptlibError:
            # A file that is broken hides nothing: what it names stays listed until it is mended.
            return set()
        return set(template.linked) - {template.path}


def _prompt_files(files: Files) -> list[str]:
    found = []
    for path in files.paths():
        name = path.removesuffix(SUFFIX)
        if name == path or any(part.startswith("_") for part in path.split("/")):
            continue
        try:
            found.append(check_name(name) + SUFFIX)
        except RefError:
            continue
    return found
