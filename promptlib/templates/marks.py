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
    """The base of all marks; its text is empty.

    Subclasses set their fields in `__new__`: Python calls `__init__` again on what `str(mark)` gives.
    """

    __slots__ = ()

    def __str__(self) -> str:
        # Jinja may call str() on what it joins; the mark must come through.
        return self

    __hash__ = object.__hash__
    __eq__ = object.__eq__  # all texts are equal, marks are told apart by identity
    __ne__ = object.__ne__


class Open(Mark):
    """A message begins."""

    __slots__ = ("role",)

    role: Role

    def __new__(cls, role: Role) -> Open:  # noqa: D102, PYI034
        self = str.__new__(cls)
        self.role = role
        return self


class Printed(Mark):
    """The next piece is a printed value.

    `names` are the names its expression reads, `pure` says that it holds nothing but what they hold.
    """

    __slots__ = ("names", "pure")

    names: tuple[str, ...]
    pure: bool

    def __new__(cls, names: tuple[str, ...], pure: bool) -> Printed:  # noqa: D102, FBT001, PYI034  made by generated code only
        self = str.__new__(cls)
        self.names = names
        self.pure = pure
        return self


class Section(Mark):
    """A section begins: what may go to fit a budget, lowest priority first.

    `min_tokens` and `max_tokens` are None where not given; `truncate` says where text that came
    from a value may be cut.
    """

    __slots__ = ("max_tokens", "min_tokens", "name", "priority", "truncate")

    name: str
    priority: int
    min_tokens: int | None
    max_tokens: int | None
    truncate: Truncate

    def __new__(  # noqa: D102, PYI034
        cls,
        name: str,
        *,
        priority: int = 0,
        min_tokens: int | None = None,
        max_tokens: int | None = None,
        truncate: Truncate = "no",
    ) -> Section:
        self = str.__new__(cls)
        self.name = name
        self.priority = priority
        self.min_tokens = min_tokens
        self.max_tokens = max_tokens
        self.truncate = truncate
        return self

    def __repr__(self) -> str:
        return f"Section({self.name!r}, priority={self.priority}, truncate={self.truncate!r})"


class Media(Mark):
    """An image or a file stands here."""

    __slots__ = ("part",)

    part: ImagePart | FilePart

    def __new__(cls, part: ImagePart | FilePart) -> Media:  # noqa: D102, PYI034
        self = str.__new__(cls)
        self.part = part
        return self


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
_BLANK = " \t\n"


def without_first_lines(text: str) -> str:
    """Template text at the start of a message, without the blank lines it begins with."""
    blank = len(text) - len(text.lstrip(_BLANK))
    return text[text.rfind("\n", 0, blank) + 1 :]


def without_last_lines(text: str) -> str:
    """Template text at the end of a message, without the blank lines it ends with."""
    end = text.find("\n", len(text.rstrip(_BLANK)))
    return text if end < 0 else text[:end]
