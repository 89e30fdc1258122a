"""A model and its prices: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from promptlib.types import Usage

__all__ = ["Model", "Prices", "Tier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Prices in US dollars per million tokens; None is a price that is not known.

    `above`: they hold for requests with more input tokens than this.
    """

    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    cache_write: float | None = None
    above: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What tokens cost; `tiers` go from short prompts to long ones, the first is above 0."""

    tiers: tuple[Tier, ...]

    def cost(self, usage: Usage) -> float | None:
        """US dollars for `usage`, or None when a price or a number that it needs is not known.

        Cached and written tokens are part of `usage.input_tokens`; where the provider did not say
        how many there are, there are none. Discounts for batches and priorities are not taken in.
        """
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        tier = [tier for tier in self.tiers if usage.input_tokens > tier.above or not tier.above][-1]
        cached, written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
        amounts = (
            (usage.input_tokens - cached - written, tier.input),
            (cached, tier.cached_input),
            (written, tier.cache_write),
            (usage.output_tokens, tier.output),
        )
        costs = [amount * price for amount, price in amounts if amount and price is not None]
        if any(amount and price is None for amount, price in amounts):
            return None
        return sum(costs) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What is known of a model; None is what is not known.

    Attributes:
        id: `provider/name`, as it was asked for.
        context_window: Tokens of input and output together.
        max_input: Tokens of input, at most.
        max_output: Tokens of output, at most, those of reasoning among them.
        tokenizer: The name of an encoding, or of a family whose counts are estimated.
        overhead: The name of the rule by which messages and tools are counted.
        images: The name of the rule by which images are counted.
        capabilities: Of `tools images documents audio structured_output reasoning caching`.
        deprecated: The day after which the provider may refuse it.
        prices: US dollars per million tokens.
        base_url: Where a project's own model is served.
        sources: Where the facts come from, each with its version.
        date: The day on which they were taken from there.
    """

    id: str
    context_window: int | None = None
    max_input: int | None = None
    max_output: int | None = None
    tokenizer: str = "unknown"
    overhead: str = "template"
    images: str = "unknown"
    capabilities: frozenset[str] = field(default_factory=frozenset)
    deprecated: date | None = None
    prices: Prices | None = None
    base_url: str | None = None
    sources: tuple[str, ...] = ()
    date: date | None = None

    @property
    def provider(self) -> str:
        """What stands before the first slash of the id."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """What stands behind the first slash of the id."""
        return self.id.partition("/")[2]
