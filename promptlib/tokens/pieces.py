"""Counting with an encoding, on any text: equal to `encode_ordinary`, and never a panic.

tiktoken splits a text by a pattern and merges each piece by rank. Two things go wrong on hostile
text: the pattern's look-ahead overflows a stack on about a million white-space characters (a
PanicException, which is no Exception), and a piece of some hundred thousand bytes is merged in more
than twice the time of its half. Texts in which a window looks like the inside of such a piece are
therefore split here, by the same pattern in the `regex` package, and their long pieces are merged
in chunks. (Where `regex` knows a newer Unicode than tiktoken does, a letter that is new in it and
stands right beside such a piece may be split otherwise.)

Why chunks are exact: a sequence of tokens is what byte pair encoding gives for its bytes exactly if
each pair of neighbours is what it gives for theirs (van Antwerpen and Neubeck, "So many tokens, so
little time", GitHub, 2024). So two encoded chunks may be joined where the last token of one and the
first of the other stand the test; where they do not, the cut moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from promptlib.errors import InputError

if TYPE_CHECKING:
    import tiktoken

__all__ = ["Limits", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes at which counting changes its way; the tests make them small.

    `text` (characters): a piece longer than this is looked for. `window` (characters): how much is
    looked at, once in every half of `text`. `pieces`: a window with at most so many pieces is
    suspicious; English has about one for each 4 characters. `chunk` (bytes): what is merged at once.
    """

    text: int = 50_000
    window: int = 400
    pieces: int = 4
    chunk: int = 4_096


_LIMITS = Limits()

# Where a cut fails the test, this many earlier ones are tried before the piece is merged whole.
_TRIES = 16


def count(encoding: tiktoken.Encoding, text: str, *, limits: Limits = _LIMITS) -> int:
    """Tokens of `text`; the text of a special token is text like any other.

    Raises:
        InputError: The engine gave up; no text is known that makes it do so.
    """
    try:
        if _suspicious(encoding, text, limits):
            return _count_by_piece(encoding, text, limits)
        return len(encoding.encode_ordinary(text))
    except BaseException as panic:
        # A panic of the engine is a BaseException that callers' `except Exception` would miss.
        if type(panic).__module__ != "pyo3_runtime":
            raise
        raise InputError(
            f"the tokenizer {encoding.name} failed on a text of {len(text)} characters",
            hint="Shorten the text, or report it as a bug of promptlib.",
        ) from None


def _suspicious(encoding: tiktoken.Encoding, text: str, limits: Limits) -> bool:
    # Any piece longer than limits.text covers one of these windows from end to end.
    if len(text) <= limits.text:
        return False
    pattern = _pattern(encoding)
    starts = range(0, len(text), max(1, limits.text // 2))
    windows = (text[start : start + limits.window] for start in starts)
    return any(_has_few_pieces(pattern, window, limits.pieces) for window in windows)


def _has_few_pieces(pattern: Any, window: str, few: int) -> bool:
    return next(islice(pattern.finditer(window), few, None), None) is None


def _count_by_piece(encoding: tiktoken.Encoding, text: str, limits: Limits) -> int:
    # The repair that tiktoken makes: pairs of surrogates are joined, lone ones replaced.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    total = counted = solid = 0
    spaces: list[str] = []
    for match in _pattern(encoding).finditer(text):
        piece = match.group()
        if len(piece) > limits.chunk:
            # What stands before, up to white space, tiktoken splits alone as it would in the text.
            total += len(encoding.encode_ordinary(text[counted:solid]))
            total += sum(len(_merged(encoding, space.encode())) for space in spaces)
            total += _count_piece(encoding, piece.encode(), limits.chunk)
            counted = match.end()
        if piece[-1].isspace() and counted < match.end():
            spaces.append(piece)
        else:
            solid, spaces = match.end(), []
    return total + len(encoding.encode_ordinary(text[counted:]))


def _count_piece(encoding: tiktoken.Encoding, piece: bytes, chunk: int) -> int:
    tokens = _merged(encoding, piece[:chunk])
    total = position = 0
    while position + chunk < len(piece):
        kept, length, tokens = _cut(encoding, tokens, piece[position : position + 2 * chunk], chunk)
        if not kept:
            return len(_merged(encoding, piece))
        total, position = total + kept, position + length
    return total + len(tokens)


def _cut(
    encoding: tiktoken.Encoding, tokens: list[int], rest: bytes, chunk: int
) -> tuple[int, int, list[int]]:
    """Where `rest` may be cut, `tokens` being those of its first chunk.

    How many of them stand before the cut (0 when there is no place), how many bytes they are, and
    the tokens of the chunk after the cut.
    """
    # The last tokens of a chunk are not yet those of the whole, so cuts are sought before them.
    first = len(tokens) - max(1, len(tokens) // 8)
    for kept in range(first, max(0, first - _TRIES), -1):
        length = len(encoding.decode_bytes(tokens[:kept]))
        following = _merged(encoding, rest[length : length + chunk])
        if _may_join(encoding, tokens[kept - 1], following[0]):
            return kept, length, following
    return 0, 0, []


def _may_join(encoding: tiktoken.Encoding, left: int, right: int) -> bool:
    joined = encoding.decode_single_token_bytes(left) + encoding.decode_single_token_bytes(right)
    return _merged(encoding, joined) == [left, right]


def _merged(encoding: tiktoken.Encoding, piece: bytes) -> list[int]:
    # The engine's merge without its pattern: the piece is known to be one.
    return encoding._encode_single_piece(piece)  # noqa: SLF001 - tiktoken has no public name for it


@cache
def _compiled(source: str) -> Any:
    import regex  # type: ignore[import-untyped]  # tiktoken's own requirement; has no types

    return regex.compile(source)


def _pattern(encoding: tiktoken.Encoding) -> Any:
    return _compiled(encoding._pat_str)  # noqa: SLF001 - what tiktoken itself compiled
