"""Tests of promptlib.models: the table, finding by exact name, a project's own models, prices."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from promptlib.errors import ConfigurationError
from promptlib.models import Model, find, lookup
from promptlib.models.model import Prices, Tier
from promptlib.project import Project
from promptlib.tokens import encodings, families, image_rules, overheads
from promptlib.types import Usage

TABLE = json.loads((Path(__file__).parents[2] / "promptlib/models/facts.json").read_text())


def project(**models: Any) -> Project:
    """A project with these models of its own."""
    return Project(root=Path("/p"), settings={"models": models})


class TestTable:
    def test_the_models_people_use(self) -> None:
        """The table has a hundred models or more, of all the providers that promptlib speaks to."""
        providers = {row["id"].partition("/")[0] for row in TABLE["models"]}
        assert len(TABLE["models"]) >= 100
        assert providers >= {
            "openai",
            "anthropic",
            "gemini",
            "mistral",
            "groq",
            "deepseek",
            "ollama",
            "openrouter",
        }
        assert providers >= {"echo", "local"}

    @pytest.mark.parametrize("row", TABLE["models"], ids=lambda row: row["id"])
    def test_each_row_is_whole(self, row: dict[str, Any]) -> None:
        """Every model has a window, rules that exist, sources, and limits inside its window."""
        model = find(row["id"])
        assert model.context_window
        assert model.max_input
        assert model.max_input <= model.context_window
        assert (model.max_output or 0) <= model.context_window
        assert model.tokenizer in (*encodings.NAMES, *families.names())
        assert overheads.rule(model)
        assert model.images in (*image_rules._RULES, "unknown")
        assert model.sources
        assert model.date is not None
        assert model.date >= date(2026, 11, 23)

    def test_names_are_not_taken_twice(self) -> None:
        """No name or alias stands for two models."""
        names = [
            f"{row['id'].partition('/')[0]}/{name}"
            for row in TABLE["models"]
            for name in (row["id"].partition("/")[2], *row.get("aliases", ()))
        ]
        assert len(names) == len(set(names))

    def test_known_figures(self) -> None:
        """Figures that OpenAI and Anthropic publish stand in the table as published."""
        mini = find("openai/gpt-4o-mini")
        assert (mini.context_window, mini.max_output) == (128_000, 16_384)
        assert mini.prices is not None
        assert (mini.prices.tiers[0].input, mini.prices.tiers[0].output) == (0.15, 0.6)
        five = find("openai/gpt-5")
        assert (five.context_window, five.max_input, five.max_output) == (400_000, 272_000, 128_000)
        assert find("anthropic/claude-haiku-4-5").context_window == 200_000


class TestFind:
    def test_an_alias_has_the_facts_of_its_model(self) -> None:
        """A dated name in the table is the same model under the name it was asked for by."""
        dated, plain = find("openai/gpt-5-2025-08-07"), find("openai/gpt-5")
        assert dated.id == "openai/gpt-5-2025-08-07"
        assert (dated.context_window, dated.prices) == (plain.context_window, plain.prices)

    def test_responses_speak_of_the_same_models(self) -> None:
        """`openai-responses/` is another way to the models of `openai/`."""
        assert find("openai-responses/gpt-4o").max_output == find("openai/gpt-4o").max_output

    def test_a_fine_tune_has_its_base(self) -> None:
        """`ft:base:org::id` has its base's limits, and prices of fine-tuned models or none."""
        tuned = find("openai/ft:gpt-4o-mini-2024-07-18:acme::abc123")
        assert tuned.id == "openai/ft:gpt-4o-mini-2024-07-18:acme::abc123"
        assert (tuned.context_window, tuned.tokenizer) == (128_000, "o200k_base")
        assert tuned.prices is not None
        assert tuned.prices.tiers[0].input == 0.3
        assert find("openai/ft:gpt-4o-mini:acme::abc123").prices is None

    @pytest.mark.parametrize(
        "name", ["openai/gpt-4-FAKE", "openai/gpt-4o-minni", "openai/ft:gpt-nine:o::i", "gpt-4o", ""]
    )
    def test_never_a_guess(self, name: str) -> None:
        """A name that is not in the table is an error, however much it looks like one that is."""
        assert lookup(name) is None
        with pytest.raises(ConfigurationError, match="nothing is known"):
            find(name)

    def test_did_you_mean(self) -> None:
        """The error names the nearest names."""
        with pytest.raises(ConfigurationError) as caught:
            find("openai/gpt-4o-minni")
        assert "Did you mean openai/gpt-4o-mini" in str(caught.value.hint)

    def test_no_model(self) -> None:
        """No name is an error to find, and None to lookup."""
        assert lookup(None) is None
        with pytest.raises(ConfigurationError, match="no model is named"):
            find(None)


class TestOwn:
    def test_a_project_comes_first(self) -> None:
        """What a project says of a model is taken, even of one in the table."""
        mine = project(**{"openai/gpt-4o": {"context": 1_000}})
        assert find("openai/gpt-4o", mine).context_window == 1_000
        assert find("openai/gpt-4o", project()).context_window == 128_000

    def test_all_that_can_be_said(self) -> None:
        """Every key of a project's model is in its facts."""
        described = {
            "base_url": "http://127.0.0.1:8000/v1",
            "context": 32_768,
            "max_output": 4_096,
            "tokenizer": "llama",
            "prices": {"input": 0.1, "output": 1},
            "capabilities": ["tools"],
        }
        assert find("vllm/ours", project(**{"vllm/ours": described})) == Model(
            id="vllm/ours",
            base_url="http://127.0.0.1:8000/v1",
            context_window=32_768,
            max_input=32_768,
            max_output=4_096,
            tokenizer="llama",
            prices=Prices(tiers=(Tier(input=0.1, output=1),)),
            capabilities=frozenset({"tools"}),
            sources=("/p/pyproject.toml",),
        )

    def test_like_another(self) -> None:
        """`like` takes the facts of a published model, whose prices a deployment does not share."""
        mine = find("azure/ours", project(**{"azure/ours": {"like": "openai/gpt-4o"}}))
        assert (mine.context_window, mine.tokenizer, mine.prices) == (128_000, "o200k_base", None)

    @pytest.mark.parametrize(
        ("described", "part"),
        [
            (3, "is no table"),
            ({"contxt": 1}, "Did you mean context?"),
            ({"context": "many"}, "whole number"),
            ({"context": True}, "whole number"),
            ({"max_output": 0}, "whole number"),
            ({"tokenizer": 1}, "tokenizer is a text"),
            ({"prices": 1}, "prices"),
            ({"prices": {"inputs": 1}}, "Did you mean input?"),
            ({"prices": {"input": -1}}, "0 or more"),
            ({"prices": {"input": float("nan")}}, "0 or more"),
            ({"capabilities": "tools"}, "list of texts"),
            ({"like": "openai/nothing"}, "nothing is known"),
        ],
    )
    def test_wrong_descriptions(self, described: Any, part: str) -> None:
        """A wrong key or value is an error that names the file, the model and what is right."""
        with pytest.raises(ConfigurationError) as caught:
            find("vllm/ours", project(**{"vllm/ours": described}))
        assert part in str(caught.value)
        assert "vllm/ours" in str(caught.value)
        assert caught.value.path == "/p/pyproject.toml"

    def test_own_names_are_near_too(self) -> None:
        """A mistyped name of a project's own model is met with that model."""
        with pytest.raises(ConfigurationError, match="Did you mean vllm/ours"):
            find("vllm/our", project(**{"vllm/ours": {"context": 1}}))


class TestPrices:
    PRICES = Prices(
        tiers=(
            Tier(input=1, output=10, cached_input=0.1),
            Tier(above=1_000, input=2, output=20, cached_input=0.2),
        )
    )

    def test_cost(self) -> None:
        """Cached tokens cost their own price, and are not paid twice."""
        usage = Usage(input_tokens=1_000, cached_input_tokens=400, output_tokens=100)
        assert self.PRICES.cost(usage) == pytest.approx((600 * 1 + 400 * 0.1 + 100 * 10) / 1e6)

    def test_long_prompts_cost_their_tier(self) -> None:
        """A request with more input than a tier's bound pays that tier for all of it."""
        assert self.PRICES.cost(Usage(input_tokens=1_001, output_tokens=0)) == pytest.approx(2_002 / 1e6)

    def test_unknown_is_none(self) -> None:
        """A price or a number that is not known makes the cost None, never 0."""
        assert self.PRICES.cost(Usage(input_tokens=5, cache_write_tokens=5, output_tokens=1)) is None
        assert self.PRICES.cost(Usage(input_tokens=5)) is None
        assert Prices(tiers=(Tier(input=1),)).cost(Usage(input_tokens=1, output_tokens=1)) is None
