"""Counts that were made before, kept by content, within a bound of bytes."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["CountCache"]

_Key: TypeAlias = tuple[str, str | bytes]

# Up to here the text itself is the key: hashing it again would cost more than keeping it.
_SHORT = 1_024
# What an entry costs besides its text: the tuple, the number and the slot.
_ENTRY = 200


class CountCache:
    """The latest counts, dropped oldest first; safe to share between threads.

    Args:
        max_bytes: What all entries may take together, about.
    """

    def __init__(self, *, max_bytes: int = 16 * 2**20) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._counts: OrderedDict[_Key, int] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tokenizer: str, text: str, count: Callable[[str, str], int]) -> int:
        """The count of `text` by `tokenizer`; `count(tokenizer, text)` makes it where it is not known."""
        key = (tokenizer, text if len(text) <= _SHORT else _digest(text))
        with self._lock:
            found = self._counts.get(key)
            if found is not None:
                self._counts.move_to_end(key)
                return found
        made = count(tokenizer, text)  # outside the lock: others may look things up meanwhile
        with self._lock:
            self._put(key, made)
        return made

    def clear(self) -> None:
        """Forget all counts."""
        with self._lock:
            self._counts.clear()
            self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that the entries take, about; never more than `max_bytes`."""
        return self._bytes

    def _put(self, key: _Key, count: int) -> None:
        if key in self._counts:
            return
        self._counts[key] = count
        self._bytes += _cost(key)
        while self._bytes > self._max_bytes:
            oldest, _ = self._counts.popitem(last=False)
            self._bytes -= _cost(oldest)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _cost(key: _Key) -> int:
    return sys.getsizeof(key[1]) + _ENTRY
