"""What a reply cost."""

from __future__ import annotations

import pytest

from promptlib.dispatch.cost import cost
from promptlib.types import Usage

_USAGE = Usage(input_tokens=1000, cached_input_tokens=400, output_tokens=100)


def test_a_known_model_has_a_price() -> None:
    """Cached input, other input and output are each paid at their own price."""
    from promptlib.models import lookup

    known = lookup("openai/gpt-4o-mini")
    assert known is not None
    assert known.prices is not None
    tier = known.prices.tiers[0]
    assert tier.input is not None
    assert tier.cached_input is not None
    assert tier.output is not None
    expected = (600 * tier.input + 400 * tier.cached_input + 100 * tier.output) / 1_000_000
    assert cost("openai/gpt-4o-mini", _USAGE) == pytest.approx(expected)


def test_what_is_not_known_is_none() -> None:
    """An unknown model, unknown counts and counts that do not add up cost None, never 0."""
    assert cost("openai/no-such-model", _USAGE) is None
    assert cost("openai/gpt-4o-mini", Usage()) is None
    assert cost("openai/gpt-4o-mini", Usage(input_tokens=1, cached_input_tokens=5, output_tokens=1)) is None


def test_this_process_is_free() -> None:
    """What answers in this process costs 0.0, whatever the usage."""
    assert cost("local//some/file.gguf", Usage()) == cost("echo/echo", _USAGE) == 0.0
