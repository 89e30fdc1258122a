"""Tests of promptlib.tokens.pieces: equal to tiktoken on any text, quick on hostile text."""

from __future__ import annotations

import os
import random
import time
import unicodedata
from collections.abc import Iterator, Mapping

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import InputError
from promptlib.tokens import encodings, pieces
from promptlib.tokens.pieces import Limits

NAMES = ("cl100k_base", "o200k_base")
STRINGS = 100_000

# A sample of every script and trap that the patterns or the merging could trip over.
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFXYZ",
    "äöüßéèñçøåşğıİ",
    "абвгдежзиклмн",
    "αβγδεζηθλμ",
    "אבגדהוזח",
    "ابتثجحخدذر",
    "हिन्दीकखगघङ",
    "กขคงจฉชซฌญ",
    "的一是不了人我在有他",
    "あいうえおカキクケコ",
    "가나다라마바사",
    "0123456789",
    "٠١٢٣४५६७²½Ⅷ",
    "!?.,;:/\\|()[]{}<>@#$%^&*-_=+~`\"'",
    " ",
    "\n",
    "\r\n\t\v\f",
    "\u00a0\u2028\u2029\u0085\u3000\u200b\u200d\ufeff\u1680",
    "\u0301\u0308\u20e3\ufe0f",
    "😀👍🏽🇩🇪🚀",
    "\x00\x01\x1c\x1d\x1e\x1f\x7f",
    "\ud800\udc00\udfff",
)
WORDS = (
    *("'s", "'LL", "don't", "I'VE", "the ", " and", "//", "1234567", "e\u0301", "\u0301\n"),
    *("\uff21\uff22\uff23", "\u01c5", "\u02b0", "<|endoftext|>", "<|fim_prefix|>", "<|start|>", "👨‍👩‍👧‍👦"),
    *("  ", "\n\n", "//\n", "\r\n  \r\n", "  \n  ", "/\n/", "!\n\n"),
)


def strings(count: int, seed: int) -> Iterator[str]:
    """Texts of mixed scripts, runs, words and any code points; the same for a seed."""
    chosen = random.Random(seed)  # noqa: S311 - a sample, no secret

    def bit() -> str:
        kind = chosen.random()
        if kind < 0.3:
            return chosen.choice(WORDS)
        if kind < 0.45:
            return chosen.choice(chosen.choice(ALPHABETS)) * chosen.randint(1, 12)
        if kind < 0.55:
            return chr(chosen.randrange(0x110000))
        return "".join(chosen.choices(chosen.choice(ALPHABETS), k=chosen.randint(1, 8)))

    for _ in range(count):
        yield "".join(bit() for _ in range(chosen.randint(1, 9)))


@pytest.mark.parametrize("name", NAMES)
class TestExact:
    def test_strings(self, name: str, reference: Mapping[str, tiktoken.Encoding]) -> None:
        """100,000 generated strings are counted as encode_ordinary counts them."""
        ours, theirs = encodings.load(name), reference[name]
        wrong = [
            text
            for text in strings(STRINGS, seed=int(os.environ.get("PROMPTLIB_NIGHTLY", "0")))
            if pieces.count(ours, text) != len(theirs.encode_ordinary(text))
        ]
        assert not wrong[:5]

    def test_strings_as_if_hostile(self, name: str, reference: Mapping[str, tiktoken.Encoding]) -> None:
        """The way of hostile texts, with pieces taken out and merged in tiny chunks, counts the same."""
        ours, theirs = encodings.load(name), reference[name]
        limits = Limits(text=0, window=1, pieces=9, chunk=3)
        wrong = [
            text
            for text in strings(STRINGS // 5, seed=7)
            # regex may know letters that tiktoken's engine does not know yet; Python's are older.
            if all(unicodedata.category(character) != "Cn" for character in text)
            if pieces.count(ours, text, limits=limits) != len(theirs.encode_ordinary(text))
        ]
        assert not wrong[:5]

    @given(data=st.data())
    def test_chunks(self, name: str, data: st.DataObject) -> None:
        """A piece merged in chunks has as many tokens as merged whole, whatever its bytes."""
        encoding = encodings.load(name)
        alphabet = data.draw(
            st.sampled_from([b"a", b" ", b"ab", b"\n ", "的一".encode(), b"^=", bytes(range(256))])
        )
        piece = bytes(data.draw(st.lists(st.sampled_from(alphabet), min_size=1, max_size=400)))
        chunk = data.draw(st.integers(2, 60))
        assert pieces._count_piece(encoding, piece, chunk) == len(encoding._encode_single_piece(piece))

    @pytest.mark.parametrize(
        "character", [" ", "\n", "a", "A", "0", "!", "\u00a0", "的", "😀", "\u0301", "\ud800", "\x00"]
    )
    def test_long_runs(self, name: str, character: str, reference: Mapping[str, tiktoken.Encoding]) -> None:
        """A run that is long enough for the other way counts the same, alone and inside text."""
        ours, theirs = encodings.load(name), reference[name]
        for text in (
            character * 70_000,
            f"It's {character * 60_001}x, \n {character * 3}",
            f"!\n{character * 55_555}\n",
        ):
            assert pieces.count(ours, text) == len(theirs.encode_ordinary(text))


@pytest.mark.parametrize("name", NAMES)
class TestHostile:
    def test_a_million_spaces(self, name: str) -> None:
        """A million spaces are 7,813 tokens, where tiktoken panics; with a letter behind, one more."""
        encoding = encodings.load(name)
        assert pieces.count(encoding, " " * 1_000_000) == 7_813
        assert pieces.count(encoding, " " * 1_000_000 + "a") == 7_814

    @pytest.mark.parametrize(
        "text",
        [
            " ",
            "\n",
            "a",
            "z",
            "^",
            "0",
            "\u00a0x",
            "的",
            "😀",
            "👨‍👩‍👧‍👦",
            "\u0301",
            "\ud800",
            "\x00",
            "<|endoftext|>",
            "\n ",
            "a1",
            "à",
        ],
    )
    def test_time(self, name: str, text: str) -> None:
        """1 MB takes at most 2 s of CPU, and at most 2.3 times as long as half of it."""
        encoding = encodings.load(name)
        whole = text * (1_000_000 // len(text.encode("utf-8", "surrogatepass")))

        def seconds(part: str) -> float:
            start = time.process_time()
            pieces.count(encoding, part)
            return time.process_time() - start

        def grows_well() -> bool:
            full, half = seconds(whole), seconds(whole[: len(whole) // 2])
            return full <= 2 and full <= 2.3 * half

        # Others share the machine and its caches: one quiet measurement of several is enough.
        assert any(grows_well() for _ in range(12))

    def test_a_panic_is_an_error(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the engine panics all the same, callers see one error that `except Exception` catches."""
        monkeypatch.setattr(pieces, "_suspicious", lambda *_: False)
        with pytest.raises(InputError, match="failed on a text of 1000001 characters"):
            pieces.count(encodings.load(name), " " * 1_000_000 + "a")


def test_an_interrupt_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other exceptions that are no Exception, such as Ctrl-C, pass through."""

    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(pieces, "_suspicious", interrupt)
    with pytest.raises(KeyboardInterrupt):
        pieces.count(encodings.load("cl100k_base"), "a")
