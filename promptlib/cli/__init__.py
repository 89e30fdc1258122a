"""The command line: each file here whose name has no underscore before it is a command."""

from __future__ import annotations

from promptlib.cli._main import main

__all__ = ["main"]
