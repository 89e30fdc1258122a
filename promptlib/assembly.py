"""Pieces to messages, and where each value and section stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from promptlib.messages import text_message
from promptlib.templates.marks import (
    CACHE,
    CLOSE,
    END_SECTION,
    HISTORY,
    Close,
    EndSection,
    Media,
    Open,
    Printed,
    Section,
    without_first_lines,
    without_last_lines,
)
from promptlib.types import CachePart, Message, Part, Role, TextPart

__all__ = [
    "Draft",
    "SectionSpan",
    "ValueSpan",
    "items",
    "messages",
    "section_spans",
    "trimmed",
    "value_spans",
]


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as its pieces, trimmed at both ends: what fitting cuts and a guard looks into."""

    role: Role
    pieces: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSpan:
    """Where a printed value stands: characters `start` to `end` of the text of message `message`.

    `names` are the names the expression reads; `pure` says that the text holds nothing but what
    they hold.
    """

    message: int
    start: int
    end: int
    names: tuple[str, ...]
    pure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSpan:
    """Where a section stands: from character `start` of message `first` to `end` of message `last`.

    A section around whole messages ends at the length of its last one's text; an empty section
    ends where it starts.
    """

    section: Section
    first: int
    start: int
    last: int
    end: int


def messages(pieces: list[str], history: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages, by the path that most prompts take: nothing but text between its marks."""
    found: list[Message] = []
    start = 0
    for index, piece in enumerate(pieces):
        kind = type(piece)
        if kind is str or kind is Printed:
            continue
        if kind is Open:
            start = index
        elif kind is Close:
            text = "".join(pieces[start + 1 : index])
            # Only a text that begins or ends with a blank can have blank lines to trim.
            if not text or text[0] <= " " or text[-1] <= " ":
                text = "".join(trimmed(pieces[start + 1 : index]))
            found.append(text_message(pieces[start].role, text))  # type: ignore[attr-defined]
        elif kind is not Section and kind is not EndSection:
            return _rich_messages(pieces, history)
    return tuple(found)


def _rich_messages(pieces: list[str], history: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages; a cache mark between two of them ends the one before it."""
    found: list[Message] = []
    for item in items(pieces, history):
        if isinstance(item, Draft):
            found.append(message_of(item))
        elif isinstance(item, Message):
            found.append(item)
        elif item is CACHE and found:
            found[-1] = ending_in_cache(found[-1])
    return tuple(found)


def items(pieces: list[str], history: tuple[Message, ...]) -> Iterator[Draft | Message | str]:
    """Drafts, turns of the history, and the marks that stand between messages, in order."""
    role: Role | None = None
    start = 0
    for index, piece in enumerate(pieces):
        if type(piece) is Open:
            role, start = piece.role, index + 1
        elif piece is CLOSE and role is not None:
            yield Draft(role, trimmed(pieces[start:index]))
            role = None
        elif role is None and piece is HISTORY:
            yield from history
        elif role is None and type(piece) is not str and type(piece) is not Printed:
            yield piece


def _content(pieces: list[str]) -> tuple[Part, ...]:
    parts: list[Part] = []
    texts: list[str] = []
    for piece in [*pieces, CLOSE]:
        if type(piece) is Media or piece is CACHE or piece is CLOSE:
            if any(texts):
                parts.append(TextPart(text="".join(texts)))
            texts = []
        if type(piece) is Media:
            parts.append(piece.part)
        elif piece is CACHE:
            parts.append(CachePart())
        else:
            texts.append(piece)
    return tuple(parts)


def message_of(draft: Draft) -> Message:
    """The message of a draft whose pieces may have changed; the draft's list is changed in place."""
    pieces = trimmed(draft.pieces)
    rich = any(type(piece) is Media or piece is CACHE for piece in pieces)
    return Message(role=draft.role, content=_content(pieces) if rich else "".join(pieces))


def ending_in_cache(message: Message) -> Message:
    """The message with a cache mark at its end."""
    return Message(
        role=message.role,
        content=(*message.parts, CachePart()),
        tool_calls=message.tool_calls,
        tool_call_id=message.tool_call_id,
    )


def trimmed(pieces: list[str]) -> list[str]:
    """A message's pieces without the blank lines of template text at both ends; values keep theirs.

    The list is changed in place: it is the caller's own slice.
    """
    # All pieces up to the first value are one text: a blank line may be made of several of them.
    fixed = [index for index, piece in enumerate(pieces) if type(piece) is Printed or type(piece) is Media]
    first = fixed[0] if fixed else len(pieces)
    text = "".join(pieces[:first])
    _cut(pieces, range(first), len(text) - len(without_first_lines(text)))
    last = fixed[-1] + (type(pieces[fixed[-1]]) is Printed) if fixed else -1
    text = "".join(pieces[last + 1 :])
    behind = range(len(pieces) - 1, last, -1)
    _cut(pieces, behind, len(text) - len(without_last_lines(text)), from_end=True)
    return pieces


def _cut(pieces: list[str], order: Iterable[int], size: int, *, from_end: bool = False) -> None:
    """Take `size` characters off the pieces, in that order; marks have none, and stay as they are."""
    for index in order:
        drop = min(size, len(pieces[index]))
        if drop:
            pieces[index] = pieces[index][:-drop] if from_end else pieces[index][drop:]
            size -= drop


# -- spans


def value_spans(index: int, draft: Draft) -> Iterator[ValueSpan]:
    """Where values stand in the message `index`."""
    cursor = 0
    mark: Printed | None = None
    for piece in draft.pieces:
        if mark is not None and piece and mark.names:
            yield ValueSpan(
                message=index, start=cursor, end=cursor + len(piece), names=mark.names, pure=mark.pure
            )
        mark = piece if type(piece) is Printed else None
        cursor += len(piece)


def section_spans(items: Iterable[Draft | Message | str]) -> tuple[SectionSpan, ...]:
    """Where sections stand, by where they begin, outer before inner."""
    lengths: list[int] = []
    opened: list[tuple[int, Section, int, int]] = []
    found: dict[int, SectionSpan] = {}
    begun = count()

    def step(mark: str, message: int, cursor: int) -> None:
        if isinstance(mark, Section):
            opened.append((next(begun), mark, message, cursor))
        elif mark is END_SECTION:
            number, section, first, start = opened.pop()
            if not cursor and message > first:
                message, cursor = message - 1, lengths[message - 1]
            found[number] = SectionSpan(section=section, first=first, start=start, last=message, end=cursor)

    for item in items:
        if isinstance(item, Draft):
            cursor = 0
            for piece in item.pieces:
                step(piece, len(lengths), cursor)
                cursor += len(piece)
            lengths.append(cursor)
        elif isinstance(item, Message):
            lengths.append(len(item.text))
        else:
            step(item, len(lengths), 0)
    return tuple(found[number] for number in sorted(found))
