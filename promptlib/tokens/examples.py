"""Which few-shot examples a prompt shows: always the same ones for the same inputs."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from promptlib.errors import InputError

__all__ = ["Example", "Selection", "select"]

_WORD = re.compile(r"\w+")
# The usual constants of Okapi BM25 (Robertson and Zaragoza 2009, section 3.3).
_K1, _B = 1.2, 0.75


class Selection(Protocol):
    """How to choose: front matter's `examples.select`."""

    by: Any
    k: int | None
    query: str | None
    seed: int


class Example(Protocol):
    """What is chosen from."""

    input: Any
    tags: tuple[str, ...]


T = TypeVar("T", bound=Example)


def select(examples: Sequence[T], selection: Selection, values: Mapping[str, Any]) -> tuple[T, ...]:
    """The examples to show, in the order of their file, or for similarity the nearest last.

    Args:
        examples: all examples.
        selection: `by` all, first, tag (those that bear a tag of the input `query`), random (a
            sample that `seed` fixes) or similarity (BM25 between the input `query` and the
            example's input); `k` is how many at most, None all that qualify.
        values: the inputs of this rendering.

    Raises:
        InputError: `query` names no text among the inputs.
    """
    chosen = {
        "all": lambda: tuple(examples),
        "first": lambda: tuple(examples),
        "tag": lambda: _tagged(examples, _query(selection, values)),
        "random": lambda: _sampled(examples, selection),
        "similarity": lambda: _similar(examples, selection, " ".join(_query(selection, values))),
    }[selection.by]()
    return chosen if selection.k is None or selection.by == "similarity" else chosen[: selection.k]


def _query(selection: Selection, values: Mapping[str, Any]) -> list[str]:
    value = values.get(selection.query or "")
    texts: list[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        message = (
            f"examples are chosen by {selection.by} of the input {selection.query!r}, which holds no text"
        )
        raise InputError(message, problems=(message,))
    return texts


def _tagged(examples: Sequence[T], tags: list[str]) -> tuple[T, ...]:
    return tuple(example for example in examples if set(example.tags) & set(tags))


def _sampled(examples: Sequence[T], selection: Selection) -> tuple[T, ...]:
    # Ordering by a hash is the same sample in every version of Python, unlike random.sample.
    def place(index: int) -> bytes:
        return hashlib.sha256(f"{selection.seed}:{index}".encode()).digest()

    drawn = sorted(range(len(examples)), key=place)[: selection.k]
    return tuple(examples[index] for index in sorted(drawn))


def _similar(examples: Sequence[T], selection: Selection, query: str) -> tuple[T, ...]:
    documents = [_words(_text(example.input)) for example in examples]
    scores = _bm25(documents, _words(query))
    # The nearest stands last, next to the question; equals keep their order.
    ranked = sorted(range(len(examples)), key=lambda index: (-scores[index], index))[: selection.k]
    return tuple(examples[index] for index in reversed(ranked))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(map(_text, value.values()))
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return str(value)


def _bm25(documents: Sequence[Sequence[str]], query: Sequence[str]) -> list[float]:
    """Okapi BM25 of each document for a query, with the idf that is never negative."""
    mean = sum(map(len, documents)) / max(len(documents), 1) or 1.0
    counts = [Counter(document) for document in documents]
    scores = [0.0] * len(documents)
    for word in set(query):
        having = sum(word in count for count in counts)
        idf = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
        for index, count in enumerate(counts):
            if seen := count[word]:
                length = _K1 * (1 - _B + _B * len(documents[index]) / mean)
                scores[index] += idf * seen * (_K1 + 1) / (seen + length)
    return scores
