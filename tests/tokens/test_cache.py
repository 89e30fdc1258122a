"""Tests of promptlib.tokens.cache."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.tokens import count_text, encodings, pieces
from promptlib.tokens.cache import CountCache


def counting() -> tuple[Callable[[str, str], int], list[str]]:
    """A counter, and the list of what it was asked."""
    asked: list[str] = []

    def count(_tokenizer: str, text: str) -> int:
        asked.append(text)
        return len(text)

    return count, asked


def length(_tokenizer: str, text: str) -> int:
    """A counter of characters."""
    return len(text)


def test_counted_once() -> None:
    """An unchanged text is counted once, short or long, also when it is another object."""
    cache, (count, asked) = CountCache(), counting()
    for text in ("short", "x" * 5_000):
        assert [cache.get("t", "".join(text), count) for _ in range(3)] == [len(text)] * 3
    assert len(asked) == 2


def test_tokenizers_are_apart() -> None:
    """The same text is counted anew for another tokenizer."""
    cache, (count, asked) = CountCache(), counting()
    cache.get("a", "text", count)
    cache.get("b", "text", count)
    assert len(asked) == 2


@given(texts=st.lists(st.text(max_size=40) | st.text(min_size=1_025, max_size=1_100), max_size=30))
def test_bounded(texts: list[str]) -> None:
    """Whatever is counted, the entries never take more than the bound, and counts stay right."""
    cache = CountCache(max_bytes=3_000)
    for text in texts:
        assert cache.get("t", text, length) == len(text)
        assert cache.size <= 3_000


def test_oldest_goes_first() -> None:
    """What was asked for lately stays; what was not goes."""
    cache, (count, asked) = CountCache(max_bytes=1_000), counting()
    for text in ("a", "b", "c", "a", "d", "e", "a", "f", "g", "a"):
        cache.get("t", text, count)
    assert asked.count("a") == 1
    cache.get("t", "b", count)
    assert asked.count("b") == 2


def test_lone_surrogates() -> None:
    """Text that is no UTF-8 has a key like any other."""
    assert CountCache().get("t", "\ud800" * 2_000, length) == 2_000


def test_clear() -> None:
    """After clear nothing is known and nothing is kept."""
    cache, (count, asked) = CountCache(), counting()
    cache.get("t", "a", count)
    cache.clear()
    assert cache.size == 0
    cache.get("t", "a", count)
    assert len(asked) == 2


@pytest.mark.skipif(sys.gettrace() is not None, reason="tracing slows Python down, and the engine not")
@pytest.mark.parametrize("size", [900, 100_000])
def test_repeats_are_quick(size: int) -> None:
    """Asking again takes at most a twentieth of counting: a prompt of 900 bytes, one of 100 kB."""
    text = ("The quick brown fox jumps over the lazy dog, and back again. " * 2_000)[:size]
    encoding = encodings.load("o200k_base")

    def seconds(act: Callable[[], object], times: int) -> float:
        start = time.process_time()
        for _ in range(times):
            act()
        return (time.process_time() - start) / times

    first = min(seconds(lambda: pieces.count(encoding, text), 1_000_000 // size) for _ in range(5))
    count_text(text)
    again = min(seconds(lambda: count_text(text), 2_000) for _ in range(5))
    assert again * 20 <= first
