"""Estimates for tokenizers that nobody publishes, or that are not here: o200k times a factor.

The factors and bounds by family and kind of character are in `families.json`, with their source
and date; scripts/calibrate_estimates.py makes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from promptlib.tokens.scripts import shares
from promptlib.tokens.tally import Tally

__all__ = ["LOWEST_FACTOR", "estimate", "names"]

# No upper bound of any family is below this share of o200k's count; a test holds it.
LOWEST_FACTOR = 0.1

Bounds: TypeAlias = tuple[float, float, float]

# A few tokens more or less say nothing on a short text: they are added to the bounds.
_MARGIN = 2


def names() -> tuple[str, ...]:
    """The families, sorted."""
    return tuple(sorted(_families()))


def estimate(family: str, text: str, o200k: int) -> Tally:
    """What a tokenizer of `family` makes of `text`, which is `o200k` tokens of o200k."""
    if not text:
        return Tally.exact(0)
    kinds = _families()[family]
    parts = [(share, kinds[kind]) for kind, share in shares(text).items()]
    lower, total, upper = (o200k * sum(share * bounds[at] for share, bounds in parts) for at in range(3))
    return Tally.between(max(1, int(lower) - _MARGIN), max(1, round(total)), int(upper) + 1 + _MARGIN)


@cache
def _families() -> Mapping[str, Mapping[str, Bounds]]:
    data = json.loads(files("promptlib.tokens").joinpath("families.json").read_text("utf-8"))
    return {name: family["kinds"] for name, family in data["families"].items()}
