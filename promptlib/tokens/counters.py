"""Counting text, by the name of a tokenizer: exact where its vocabulary is here, else an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Protocol

from promptlib.errors import ConfigurationError
from promptlib.tokens import encodings, families, pieces
from promptlib.tokens.cache import CountCache
from promptlib.tokens.tally import Tally

__all__ = ["Counter", "count_text", "counter", "within"]

# What estimates start from.
_BASE = "o200k_base"

# Encodings with the same ranks and pattern count alike, and share what was counted.
_SOURCES = {name: encodings.spec(name).ranks.name for name in encodings.NAMES}

_cache = CountCache()


class Counter(Protocol):
    """Counts text as one tokenizer does.

    To add a kind of tokenizer (a vocabulary in a file, a provider's endpoint), write one of these
    in a file of its own, and make it in `counter`.
    """

    @property
    def name(self) -> str:
        """The tokenizer's name."""

    @property
    def exact(self) -> bool:
        """Whether its counts are the tokenizer's own."""

    def count(self, text: str) -> Tally:
        """Tokens of `text`; the text of special tokens is text like any other."""

    def within(self, text: str, limit: int) -> bool:
        """Whether `text` is at most `limit` tokens for sure: an estimate's upper bound counts."""


@dataclass(frozen=True, slots=True)
class EncodingCounter:
    """Counts by an encoding of OpenAI's, exactly."""

    name: str

    @property
    def exact(self) -> bool:
        """Always."""
        return True

    def count(self, text: str) -> Tally:
        """Tokens as `tiktoken.Encoding.encode_ordinary` makes them."""
        return Tally.exact(_encoded(self.name, text))

    def within(self, text: str, limit: int) -> bool:
        """Whether `text` is at most `limit` tokens; where its size tells, nothing is tokenized."""
        proven = _proven(text, limit)
        return self.count(text).total <= limit if proven is None else proven


@dataclass(frozen=True, slots=True)
class FamilyCounter:
    """Estimates for a family of tokenizers."""

    name: str

    @property
    def exact(self) -> bool:
        """Never."""
        return False

    def count(self, text: str) -> Tally:
        """What o200k makes of the text, by the family's factors."""
        return families.estimate(self.name, text, _encoded(_BASE, text))

    def within(self, text: str, limit: int) -> bool:
        """Whether the upper bound is at most `limit`; where its size tells, nothing is tokenized."""
        if _proven(text, int(limit / families.LOWEST_FACTOR)) is False:
            return False
        return self.count(text).upper <= limit


@cache
def counter(tokenizer: str) -> Counter:
    """The counter of `tokenizer`: an encoding's name, or a family's.

    Raises:
        ConfigurationError: There is no such tokenizer.
    """
    if tokenizer in encodings.NAMES:
        return EncodingCounter(tokenizer)
    known = families.names()
    if tokenizer in known:
        return FamilyCounter(tokenizer)
    every = (*encodings.NAMES, *known)
    near = get_close_matches(tokenizer, every, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise ConfigurationError(
        f"there is no tokenizer {tokenizer!r}", hint=f"{guess}There are: {', '.join(every)}."
    )


def count_text(text: str, tokenizer: str = _BASE) -> int:
    """Tokens of `text`, by an encoding (`o200k_base`, `cl100k_base`, `o200k_harmony`) or a family.

    For an encoding this is `len(tiktoken.Encoding.encode_ordinary(text))`, for any text; for a
    family it is an estimate, whose bounds `counter(tokenizer).count(text)` tells.

    Raises:
        ConfigurationError: There is no such tokenizer, or its vocabulary is not on this machine.
    """
    if tokenizer in _SOURCES:  # the way of most calls, which a Tally would make twice as long
        return _encoded(tokenizer, text)
    return counter(tokenizer).count(text).total


def within(text: str, limit: int, tokenizer: str = _BASE) -> bool:
    """Whether `text` is at most `limit` tokens for sure.

    Raises:
        ConfigurationError: As for `count_text`.
    """
    return counter(tokenizer).within(text, limit)


def _encoded(name: str, text: str) -> int:
    return _cache.get(_SOURCES[name], text, _count)


def _count(source: str, text: str) -> int:
    return pieces.count(encodings.load(source), text)


def _proven(text: str, limit: int) -> bool | None:
    # A token is at most LONGEST_TOKEN bytes and at least one; a character is 1 to 4 bytes.
    if len(text) > limit * encodings.LONGEST_TOKEN:
        return False
    if 4 * len(text) <= limit:
        return True
    return None
