"""Marks: what tags leave in the stream of rendered pieces instead of text.

Each is an empty text of a class of its own. So the stream joins to its text at the speed of
`str.join`, marks vanish in it, and no text can be mistaken for a mark: only the class counts.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from promptlib.types import FilePart, ImagePart, Role

Truncate: TypeAlias = Literal["no", "start", "middle", "end"]
TRUNCATE = ("no", "start", "middle", "end")
ROLES: tuple[Role, ...] = ("system", "developer", "user", "assistant")


class Mark(str):
    """The base of all marks; its text is empty."""

    __slots__ = ()

    # str.__new__ would take a subclass's first argument as its text.
    def __new__(cls, *_: object, **__: object) -> Mark:  # noqa: D102, PYI034
        return str.__new__(cls)

    def __str__(self) -> str:
        # Jinja may call str() on what it joins; the mark must come through.
        return self

    __hash__ = object.__hash__
    __eq__ = object.__eq__  # all texts are equal, marks are told apart by identity


class Open(Mark):
    """A message begins."""

    __slots__ = ("role",)

    def __init__(self, role: Role) -> None:
        self.role = role


class Printed(Mark):
    """The next piece is a printed value.

    `names` are the names its expression reads, `pure` says that it holds nothing but what they hold.
    """

    __slots__ = ("names", "pure")

    def __init__(self, names: tuple[str, ...], pure: bool) -> None:  # noqa: FBT001  made by generated code only
        self.names = names
        self.pure = pure


class Section(Mark):
    """A section begins: what may go to fit a budget, lowest priority first.

    `min_tokens` and `max_tokens` are None where not given; `truncate` says where text that came
    from a value may be cut.
    """

    __slots__ = ("max_tokens", "min_tokens", "name", "priority", "truncate")

    def __init__(
        self,
        name: str,
        *,
        priority: int = 0,
        min_tokens: int | None = None,
        max_tokens: int | None = None,
        truncate: Truncate = "no",
    ) -> None:
        self.name = name
        self.priority = priority
        self.min_tokens = min_tokens
        self.max_tokens = max_tokens
        self.truncate = truncate

    def __repr__(self) -> str:
        return f"Section({self.name!r}, priority={self.priority}, truncate={self.truncate!r})"


class Media(Mark):
    """An image or a file stands here."""

    __slots__ = ("part",)

    def __init__(self, part: ImagePart | FilePart) -> None:
        self.part = part


class Close(Mark):
    """A message ends."""

    __slots__ = ()


class EndSection(Mark):
    """The innermost open section ends."""

    __slots__ = ()


class History(Mark):
    """The turns of the conversation stand here."""

    __slots__ = ()


class Cache(Mark):
    """What stands before stays the same between calls."""

    __slots__ = ()


CLOSE = Close()
END_SECTION = EndSection()
HISTORY = History()
CACHE = Cache()
EXAMPLE = Section("examples", priority=1)


def without_first_lines(text: str) -> str:
    """Template text at the start of a message, without the blank lines it begins with."""
    while text:
        line, end, rest = text.partition("\n")
        if line.strip(" \t") or not end:
            return text
        text = rest
    return text


def without_last_lines(text: str) -> str:
    """Template text at the end of a message, without the blank lines it ends with."""
    while text:
        rest, end, line = text.rpartition("\n")
        if line.strip(" \t") or not end:
            return text
        text = rest
    return text
