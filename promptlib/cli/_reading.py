"""Files and standard input that options name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from promptlib.errors import InputError

__all__ = ["Reader"]


class Reader:
    """Reads files, and standard input (`-`) once: later readers get the same bytes."""

    def __init__(self) -> None:
        self._stdin: bytes | None = None

    def data(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            InputError: It cannot be read.
        """
        if path == "-":
            return self._standard_input()
        try:
            return Path(path).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "the path is malformed"
            raise InputError(f"the file cannot be read: {reason}", path=path) from None

    def text(self, path: str) -> str:
        """The text of a file in UTF-8, without a byte order mark; line ends stay as they are.

        Raises:
            InputError: It cannot be read, or is no UTF-8.
        """
        try:
            return self.data(path).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"this is no UTF-8 text: byte {error.start} cannot be read", path=path) from None

    def json(self, path: str) -> Any:
        """The value in a JSON file.

        Raises:
            InputError: It cannot be read, or is no JSON; with line and column.
        """
        try:
            return json.loads(self.text(path))
        except json.JSONDecodeError as error:
            problem = f"this is no JSON: {error.msg}"
            raise InputError(problem, path=path, line=error.lineno, column=error.colno) from None
        except (RecursionError, ValueError) as error:
            raise InputError(f"this JSON cannot be read: {error}", path=path) from None

    def _standard_input(self) -> bytes:
        if self._stdin is None:
            self._stdin = sys.stdin.buffer.read()
        return self._stdin
