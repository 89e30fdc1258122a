"""What a reply cost, in US dollars: from the usage the provider reported and the model's prices."""

from __future__ import annotations

from promptlib.types import Usage

__all__ = ["cost"]

_FREE = {"echo", "local"}


def cost(model: str, usage: Usage) -> float | None:
    """US dollars for `usage` of `model` (`provider/name`), or None when a price or a count is unknown.

    Never 0 for want of knowledge; what answers in this process costs 0.0.
    """
    if model.partition("/")[0] in _FREE:
        return 0.0
    return None
