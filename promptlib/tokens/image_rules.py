"""What an image takes, by the rule that a model's facts name; dated data and its formulas.

Read 2026-11-23: OpenAI, Images and vision, with the tables of litellm 1.109.1's token_counter.py
and the measurements in OpenAI's community forum, topics 1344040 and 1377015, where they disagree
(each rule's bounds hold both); Anthropic, Vision; Google, Media resolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, sqrt
from types import MappingProxyType
from typing import Protocol

from promptlib.tokens.image_size import Size
from promptlib.tokens.tally import Tally

__all__ = ["image_tokens"]

# The most that an image can make of a rule is found with one of this size, and with long ones.
_LARGEST: tuple[Size, ...] = ((20_000, 20_000), (20_000, 10_000), (20_000, 7_000), (10_000, 20_000))


class Rule(Protocol):
    """Tokens of an image of a known size."""

    def tokens(self, size: Size) -> Tally:
        """Tokens, with bounds where the provider chooses the detail, or sources disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """OpenAI's tiles: fitted to 2,048 pixels, then to a short side of 768; tiles of 512.

    At low detail an image is `base` alone; which detail `auto` takes is not published.
    """

    base: int
    tile: int

    def tokens(self, size: Size) -> Tally:
        """`base`, and `tile` for each tile."""
        width, height = size
        scale = min(1.0, 2048 / max(size), 768 / min(size))
        tiles = ceil(max(1, floor(width * scale)) / 512) * ceil(max(1, floor(height * scale)) / 512)
        total = self.base + tiles * self.tile
        return Tally.between(self.base, total, total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """OpenAI's patches of 32 pixels, as many as `budget` at most, times a factor.

    `factors` and `budgets` are the lowest that a source tells, the likely one and the highest.
    """

    factors: tuple[float, float, float]
    budgets: tuple[int, int, int]

    def tokens(self, size: Size) -> Tally:
        """Patches times the factor, rounded up."""
        low, likely, high = (
            ceil(_patches(size, budget) * factor)
            for factor, budget in zip(self.factors, self.budgets, strict=True)
        )
        return Tally.between(low, likely, high)


def _patches(size: Size, budget: int) -> int:
    width, height = size
    patches = ceil(width / 32) * ceil(height / 32)
    if patches <= budget:
        return patches
    # Shrunk to the budget, then so that one side is a whole number of patches.
    shrink = sqrt(32 * 32 * budget / (width * height))
    across, down = width * shrink / 32, height * shrink / 32
    shrink *= min(max(1, floor(across)) / across, max(1, floor(down)) / down, 1.0)
    return min(budget, ceil(max(1, floor(width * shrink)) / 32) * ceil(max(1, floor(height * shrink)) / 32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anthropic:
    """Anthropic's patches of 28 pixels, after fitting to a long edge and to a number of tokens."""

    edge: int
    budget: int

    def tokens(self, size: Size) -> Tally:
        """The patches of the largest size that fits both."""
        scale = min(1.0, self.edge / max(size))
        # Rounding up makes the count a staircase: go down it from just above the budget.
        while self._at(size, scale) > self.budget:
            scale *= min(0.999, sqrt(self.budget / self._at(size, scale)))
        total = self._at(size, scale)
        return Tally.between(min(total, _area(size, scale, 750)), total, total)

    @staticmethod
    def _at(size: Size, scale: float) -> int:
        width, height = (max(1, round(side * scale)) for side in size)
        return ceil(width / 28) * ceil(height / 28)


def _area(size: Size, scale: float, pixels: int) -> int:
    # The earlier rule of width times height by 750, which Anthropic gave until 2026.
    return max(1, floor(size[0] * scale * size[1] * scale / pixels))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gemini2:
    """Gemini 2: 258 tokens for an image of at most 384 pixels a side, else for each tile of 768."""

    def tokens(self, size: Size) -> Tally:
        """258 for each tile; tiles may be cropped smaller, so there may be more."""
        if max(size) <= 384:  # noqa: PLR2004 - the limit that the docstring tells
            return Tally.exact(258)
        tiles = ceil(size[0] / 768) * ceil(size[1] / 768)
        return Tally.between(258, 258 * tiles, 258 * 2 * tiles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """As many tokens for every image: Gemini 3 (1,120 by default, 280 to 2,240 as asked for)."""

    lower: int
    total: int
    upper: int

    def tokens(self, size: Size) -> Tally:  # noqa: ARG002 - the size makes no difference
        """The same for any size."""
        return Tally.between(self.lower, self.total, self.upper)


# The budget of models that take images at their original size.
_NO_LIMIT = 30_000

_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "tiles-85": Tiles(base=85, tile=170),
        "tiles-2833": Tiles(base=2_833, tile=5_667),
        "tiles-70": Tiles(base=70, tile=140),
        "tiles-75": Tiles(base=75, tile=150),
        "patches-1.62": Patches(factors=(1.2, 1.62, 1.62), budgets=(1_536, 1_536, 6_144)),
        "patches-2.46": Patches(factors=(1.5, 2.46, 2.46), budgets=(1_536, 1_536, 1_536)),
        "patches-1.72": Patches(factors=(1.72, 1.72, 1.72), budgets=(1_536, 1_536, 1_536)),
        "patches-1.2": Patches(factors=(1.0, 1.2, 1.2), budgets=(1_536, 2_500, 6_144)),
        "patches-original": Patches(factors=(1.0, 1.2, 1.2), budgets=(2_500, 10_000, _NO_LIMIT)),
        "anthropic-standard": Anthropic(edge=1_568, budget=1_568),
        "anthropic-high": Anthropic(edge=2_576, budget=4_784),
        "gemini-2": Gemini2(),
        "gemini-3": Fixed(lower=258, total=1_120, upper=2_240),
        "unknown": Fixed(lower=64, total=1_024, upper=8_501),
    }
)


def image_tokens(rule: str, size: Size | None) -> Tally:
    """Tokens of an image of `size` pixels by `rule`; of any image where the size is None.

    A rule that is not known is the one called `unknown`.
    """
    found = _RULES.get(rule, _RULES["unknown"])
    if size is not None:
        return found.tokens(size)
    likely = found.tokens((1_024, 1_024))
    # Under a budget of patches some odd size comes nearest to it, and which one is hard to say.
    most = found.budget if isinstance(found, Anthropic) else max(found.tokens(big).upper for big in _LARGEST)
    return Tally.between(found.tokens((1, 1)).lower, likely.total, most)
