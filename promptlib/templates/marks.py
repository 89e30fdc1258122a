"""Marks: what tags leave in the stream of rendered pieces instead of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from promptlib.types import Role

Truncate: TypeAlias = Literal["no", "start", "middle", "end"]
TRUNCATE = ("no", "start", "middle", "end")
ROLES: tuple[Role, ...] = ("system", "developer", "user", "assistant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A message begins."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section begins: what may go to fit a budget, lowest priority first.

    `min_tokens` and `max_tokens` are None where not given; `truncate` says where text that came
    from a value may be cut.
    """

    name: str
    priority: int = 0
    min_tokens: int | None = None
    max_tokens: int | None = None
    truncate: Truncate = "no"


class Sign:
    """A mark without data; each is one object, told apart by identity."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


CLOSE = Sign("CLOSE")
END_SECTION = Sign("END_SECTION")
HISTORY = Sign("HISTORY")
CACHE = Sign("CACHE")
EXAMPLE = Section(name="examples", priority=1)
