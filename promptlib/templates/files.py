"""Where template files come from: a folder that nothing leaves, or a mapping in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from promptlib.errors import RegistryError, SecurityError, TemplateError

_MAX_FILE = 16 * 1024 * 1024  # bytes; examples and cases may be longer than templates


class Files(Protocol):
    """Reads files by their path from a root, with `/` between segments."""

    def read(self, path: str) -> bytes:
        """The file's bytes; TemplateError when there is none."""
        ...

    def paths(self) -> Iterator[str]:
        """The paths of all files, sorted."""
        ...


class MemoryFiles:
    """Files held in a mapping of path to bytes."""

    __slots__ = ("_files",)

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def read(self, path: str) -> bytes:
        """The file's bytes; TemplateError when there is none."""
        try:
            return self._files[path]
        except KeyError:
            raise TemplateError("there is no such file", path=path) from None

    def paths(self) -> Iterator[str]:
        """The paths of all files, sorted."""
        return iter(sorted(self._files))


class DirectoryFiles:
    """Files under a folder; links that leave it, and anything but regular files, are refused."""

    __slots__ = ("root",)

    def __init__(self, root: str | os.PathLike[str]) -> None:
        text = os.fspath(root)
        self.root = Path("." if "\0" in text else text).resolve()
        if "\0" in text or not self.root.is_dir():
            raise RegistryError(
                "there is no such folder",
                path=text.replace("\0", "\\0"),
                hint="Make one with `promptlib init`, or say where it is: Registry.open('path'), --registry.",
            )

    def read(self, path: str) -> bytes:
        """The file's bytes; TemplateError when there is none, SecurityError when it lies outside."""
        try:
            # Resolve first, then ask where it lies: the other order is how symbolic links escape.
            real = (self.root / path).resolve(strict=True)
            if not real.is_relative_to(self.root):
                raise SecurityError("the file is a link that leaves the templates' root", path=path)
            return _read_regular(real, path)
        except FileNotFoundError:
            raise TemplateError("there is no such file", path=path) from None
        except (OSError, ValueError, RuntimeError) as error:
            # Before Python 3.13 a ring of links is a RuntimeError.
            reason = getattr(error, "strerror", None) or "its path is malformed"
            raise TemplateError(f"the file cannot be read: {reason}", path=path) from None

    def paths(self) -> Iterator[str]:
        """The paths of all files, sorted; folders that begin with a dot are passed over."""
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            base = Path(folder).relative_to(self.root).as_posix()
            found += [name if base == "." else f"{base}/{name}" for name in names]
        return iter(sorted(found))


def _read_regular(real: Path, path: str) -> bytes:
    # Not blocking: opening a FIFO would wait for a writer for ever.
    handle = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        # Asked before a file object is made, which for a folder would fail and leave the handle open.
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise SecurityError("this is no regular file", path=path)
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(_MAX_FILE + 1)
    finally:
        os.close(handle)
    if len(data) > _MAX_FILE:
        raise TemplateError(f"the file is larger than {_MAX_FILE:,} bytes", path=path)
    return data


def matching(files: Files, pattern: str) -> list[str]:
    """Paths that a glob matches, sorted; `*` stays within a segment."""
    wanted = pattern.split("/")
    return [
        path
        for path in files.paths()
        if path.count("/") == pattern.count("/")
        and all(fnmatchcase(part, want) for part, want in zip(path.split("/"), wanted, strict=True))
    ]
