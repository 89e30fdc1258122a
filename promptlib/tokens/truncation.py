"""Cutting a text to a number of tokens, at the end of a sentence, a line or a word."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

__all__ = ["truncated"]

Count = Callable[[str], int]

# Where a reader would stop: an end of a line, or of a sentence in the scripts that mark it.
_STOPS = re.compile(r"\n+|[.!?\u2026](?=\s)|[\u3002\uff01\uff1f\u0964\u061f]")
_SPACES = re.compile(r"\s+")
# A stop is taken when it leaves at least this share of what would fit.
_SHARE = 0.6
_TRIES = 12


def truncated(text: str, limit: int, where: Literal["start", "middle", "end"], count: Count) -> str:
    """The longest rest of a text found that takes at most `limit` tokens; empty where nothing does.

    Args:
        text: what is cut.
        limit: tokens that may stay.
        where: which side goes; `middle` keeps the beginning and the end in equal parts.
        count: tokens of a text, an upper bound where it is an estimate.
    """
    if limit <= 0 or not text:
        return ""
    size = count(text)
    if size <= limit:
        return text
    if where == "middle":
        head = _head(text, limit // 2, size, count)
        tail = _tail(text[len(head) :], limit - count(head), count)
        return _within(head + tail, limit, count)
    return _head(text, limit, size, count) if where == "end" else _tail(text, limit, count)


def _within(text: str, limit: int, count: Count) -> str:
    # Two halves joined may take a token more than both apart.
    return text if count(text) <= limit else _head(text, limit, count(text), count)


def _head(text: str, limit: int, size: int, count: Count) -> str:
    """A beginning of the text of at most `limit` tokens; its length is found by proportion."""
    length = len(text) * limit // max(size, 1)
    for _ in range(_TRIES):
        if length <= 0:
            return ""
        kept = _stopped(text[:length])
        taken = count(kept)
        if taken <= limit:
            return kept
        length = min(length * limit // taken, length - 1)
    return ""


def _tail(text: str, limit: int, count: Count) -> str:
    size = count(text)
    if size <= limit:
        return text
    length = len(text) * limit // max(size, 1)
    for _ in range(_TRIES):
        if length <= 0:
            return ""
        kept = _started(text[len(text) - length :])
        taken = count(kept)
        if taken <= limit:
            return kept
        length = min(length * limit // taken, length - 1)
    return ""


def _stopped(text: str) -> str:
    """The text up to its last stop, else its last space, where that keeps most of it."""
    least = int(len(text) * _SHARE)
    for pattern in (_STOPS, _SPACES):
        ends = [
            match.end() if pattern is _STOPS else match.start() for match in pattern.finditer(text, least)
        ]
        if ends:
            return text[: ends[-1]].rstrip()
    return text


def _started(text: str) -> str:
    """The text from behind its first stop, else its first space, where that keeps most of it."""
    most = len(text) - int(len(text) * _SHARE)
    for pattern in (_STOPS, _SPACES):
        match = pattern.search(text, 0, most)
        if match:
            return text[match.end() :].lstrip()
    return text
