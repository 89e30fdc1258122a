"""Tests of promptlib.tokens.counters."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import ConfigurationError
from promptlib.tokens import count_text, counter, counters, encodings, within


@pytest.mark.parametrize("name", encodings.NAMES)
def test_equal_to_tiktoken(name: str, reference: Mapping[str, tiktoken.Encoding]) -> None:
    """Public counts are tiktoken's, special tokens' text and lone surrogates among them."""
    for text in ("", "hello world", "<|endoftext|><|start|>", "a\ud800b", "\ud83d\ude00", " \n" * 40):
        assert count_text(text, name) == len(reference[name].encode_ordinary(text))


def test_unknown_tokenizer() -> None:
    """A tokenizer that is not there is an error that names a near one: never another vocabulary."""
    with pytest.raises(ConfigurationError, match="Did you mean o200k_base"):
        count_text("a", "o200k")


@given(text=st.text(max_size=60), limit=st.integers(-1, 80))
def test_within(text: str, limit: int) -> None:
    """`within` says what counting says."""
    assert within(text, limit) == (count_text(text) <= limit)
    assert within(text, limit, "claude") == (counter("claude").count(text).upper <= limit)


@pytest.mark.parametrize("tokenizer", ["o200k_base", "claude-4.7", "unknown"])
def test_within_asks_the_size_first(tokenizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the size of the text tells, nothing is tokenized: 2.4 MB against 100 tokens."""

    def never(*_: object) -> int:
        pytest.fail("tokenized")

    monkeypatch.setattr(counters, "_encoded", never)
    assert not within("a b " * 600_000, 100, tokenizer)


def test_within_is_quick() -> None:
    """Asking whether 2.4 MB are under 100 tokens takes less than 1 ms."""
    text = "word " * 480_000

    def seconds() -> float:
        start = time.process_time()
        within(text, 100)
        return time.process_time() - start

    assert min(seconds() for _ in range(5)) < 0.001


def test_small_texts_need_no_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of fewer bytes than the limit fits without tokenizing."""
    monkeypatch.setattr(counters, "_encoded", lambda *_: pytest.fail("tokenized"))
    assert within("hello", 100)


def test_kinds() -> None:
    """Counters say whether they are exact, and bounds meet only where they are."""
    exact, guess = counter("cl100k_base"), counter("gemini")
    assert exact.exact
    assert exact.count("hello").certain
    assert not guess.exact
    assert not guess.count("hello").certain
