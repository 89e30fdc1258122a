"""What a reply cost, in US dollars: from the usage the provider reported and the model's prices."""

from __future__ import annotations

from promptlib.types import Usage

__all__ = ["cost"]

_FREE = {"echo", "local"}


def cost(model: str, usage: Usage) -> float | None:
    """US dollars for `usage` of `model` (`provider/name`), or None when a price or a count is unknown.

    Never 0 for want of knowledge; what answers in this process costs 0.0. Prices and their source
    are those of `promptlib.models`.
    """
    if model.partition("/")[0] in _FREE:
        return 0.0
    from promptlib.models import lookup

    known = lookup(model)
    if known is None or known.prices is None or not _adds_up(usage):
        return None
    return known.prices.cost(usage)


def _adds_up(usage: Usage) -> bool:
    # Parts larger than the whole would give a price below zero.
    parts = (usage.cached_input_tokens or 0) + (usage.cache_write_tokens or 0)
    return usage.input_tokens is not None and parts <= usage.input_tokens
