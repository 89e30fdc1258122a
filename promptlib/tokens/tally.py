"""A number of tokens with what it could be at least and at most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Tally", "add"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Tokens: `lower <= total <= upper`; an exact count has all three the same."""

    total: int
    lower: int
    upper: int

    @classmethod
    def exact(cls, total: int) -> Tally:
        """A count without doubt."""
        return cls(total=total, lower=total, upper=total)

    @classmethod
    def between(cls, lower: int, total: int, upper: int) -> Tally:
        """An estimate; the bounds are widened where the estimate itself lies outside them."""
        return cls(total=total, lower=min(lower, total), upper=max(upper, total))

    @property
    def certain(self) -> bool:
        """Whether the bounds meet."""
        return self.lower == self.upper

    def times(self, factor: int) -> Tally:
        """The same thing `factor` times."""
        return Tally(total=self.total * factor, lower=self.lower * factor, upper=self.upper * factor)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            total=self.total + other.total,
            lower=self.lower + other.lower,
            upper=self.upper + other.upper,
        )


def add(tallies: Iterable[Tally]) -> Tally:
    """The sum; of nothing, an exact zero."""
    return sum(tallies, start=Tally.exact(0))
