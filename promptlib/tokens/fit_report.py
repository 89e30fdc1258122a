"""What became of a prompt that was fitted into a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from promptlib.types import Message

__all__ = ["Action", "Fit", "FitPart", "Fitted"]

Action: TypeAlias = Literal["kept", "cut", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPart:
    """What became of one section, or of the history.

    `before` and `after` are tokens, upper bounds where counts are estimates, and None where the size of
    the text alone proved that all of it fits; `reason` says why it was cut or dropped; `turns` is how
    many turns the history lost.
    """

    name: str
    priority: int
    action: Action
    before: int | None
    after: int | None
    reason: str = ""
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a prompt was fitted: its limit, the tokens it takes, each part's fate.

    `tokens` is an upper bound where the count is an estimate, and None where the size of the text
    alone proved that it fits, so that nothing was counted.
    """

    limit: int
    tokens: int | None
    parts: tuple[FitPart, ...] = ()

    @property
    def kept(self) -> tuple[FitPart, ...]:
        """Parts that stayed as they were."""
        return tuple(part for part in self.parts if part.action == "kept")

    @property
    def cut(self) -> tuple[FitPart, ...]:
        """Parts that lost some of their text or turns."""
        return tuple(part for part in self.parts if part.action == "cut")

    @property
    def dropped(self) -> tuple[FitPart, ...]:
        """Parts that went as a whole."""
        return tuple(part for part in self.parts if part.action == "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The messages that are left, their counts, and the report; over the limit if nothing more could go."""

    messages: tuple[Message, ...]
    tokens: tuple[int, ...]
    fit: Fit
