"""Tests of promptlib.tokens.image_rules, against figures that the providers publish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.tokens.image_rules import _RULES, image_tokens


@pytest.mark.parametrize(
    ("rule", "size", "tokens"),
    [
        # OpenAI, Images and vision: the examples of its page, for gpt-4o and gpt-4.1-mini's patches.
        ("tiles-85", (1_024, 1_024), 765),
        ("tiles-85", (2_048, 4_096), 1_105),
        ("tiles-85", (1, 1), 255),
        ("tiles-2833", (512, 512), 8_500),
        ("patches-1.72", (1_024, 1_024), 1_762),
        ("patches-1.72", (1_800, 2_400), 2_498),
        # Anthropic, Vision: 1,568 tokens at most for the standard size.
        ("anthropic-standard", (200, 200), 64),
        ("anthropic-standard", (1_000, 1_000), 1_296),
        # Google: 258 for a small image, 258 for each tile of 768.
        ("gemini-2", (384, 384), 258),
        ("gemini-2", (1_536, 768), 516),
        ("gemini-3", (10, 10), 1_120),
    ],
)
def test_published(rule: str, size: tuple[int, int], tokens: int) -> None:
    """An image takes what the provider's own example says."""
    assert image_tokens(rule, size).total == tokens


@pytest.mark.parametrize(("rule", "most"), [("anthropic-standard", 1_568), ("anthropic-high", 4_784)])
@given(width=st.integers(1, 30_000), height=st.integers(1, 30_000))
def test_anthropic_has_a_most(rule: str, most: int, width: int, height: int) -> None:
    """No image takes more than Anthropic's most, and a large one nearly that."""
    total = image_tokens(rule, (width, height)).total
    assert 1 <= total <= most


@pytest.mark.parametrize("rule", [*_RULES, "no such rule"])
@given(width=st.integers(1, 20_000), height=st.integers(1, 20_000))
def test_an_unseen_image_is_within_bounds(rule: str, width: int, height: int) -> None:
    """What any image takes lies within the bounds of one whose size is not known."""
    seen, unseen = image_tokens(rule, (width, height)), image_tokens(rule, None)
    assert seen.lower <= seen.total <= seen.upper
    assert unseen.lower <= seen.total <= unseen.upper
