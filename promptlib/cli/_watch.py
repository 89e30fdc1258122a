"""Waiting for files to change, by looking at their times and sizes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

__all__ = ["State", "fingerprint", "wait_for_change"]

State: TypeAlias = tuple[int, int, int] | None  # inode, time in ns, size; None for no such file

_INTERVAL = 0.2  # seconds; looking at a hundred files takes about a thousandth of that


def fingerprint(paths: Iterable[str]) -> dict[str, State]:
    """How each file is now."""
    return {path: _state(path) for path in paths}


def wait_for_change(before: Mapping[str, State], sleep: Callable[[float], None] = time.sleep) -> str:
    """The first of the files that is no longer as it was; returns as soon as there is one."""
    while True:
        for path, state in before.items():
            if _state(path) != state:
                return path
        sleep(_INTERVAL)


def _state(path: str) -> State:
    try:
        found = os.stat(path)  # noqa: PTH116  (a Path for each look would be thrown away)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
