"""What a request takes besides the content of its messages: roles, priming, tools; dated data."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from promptlib.errors import ConfigurationError
from promptlib.models import Model
from promptlib.tokens.tally import Tally

__all__ = ["Overhead", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """A rule; all its numbers are tokens.

    Attributes:
        message: For each message, its role among them.
        priming: Once, for the start of the answer.
        tools: Once, when there are tools.
        no_system: Once, when there is no system message: templates that put in their own.
        published: Whether the provider stands by the rule for text without tools.
        source: Where it is from.
        date: The day on which it was read or measured there.
    """

    message: Tally
    priming: Tally
    tools: Tally
    no_system: Tally = field(default_factory=lambda: Tally.exact(0))
    published: bool = False
    source: str
    date: str


_RULES = MappingProxyType(
    {
        "openai-chat": Overhead(
            # 3 for each message, and 1 for its role: each role is one token in both encodings.
            message=Tally.exact(4),
            priming=Tally.exact(3),
            # 9, and 4 less beside a system message, which prompts with tools mostly have.
            tools=Tally.between(5, 5, 24),
            published=True,
            source="OpenAI cookbook, How to count tokens with tiktoken; tools: the measurements of "
            "openai-messages-token-helper 0.1.13",
            date="2026-11-23",
        ),
        "openai-reasoning": Overhead(
            message=Tally.between(4, 4, 5),
            priming=Tally.between(2, 2, 8),
            tools=Tally.between(5, 5, 40),
            source="a gpt-5 reply that reports 18 prompt tokens for 8 of content in two messages; "
            "OpenAI publishes no rule",
            date="2026-11-23",
        ),
        "anthropic": Overhead(
            message=Tally.between(2, 3, 6),
            priming=Tally.between(0, 3, 8),
            tools=Tally.between(100, 346, 900),
            source="Anthropic, Token counting (14 tokens for a system and a user message of about 8; 403 "
            "with one tool) and Tool use (346 for tools on Claude 4)",
            date="2026-11-23",
        ),
        "gemini": Overhead(
            message=Tally.between(0, 1, 5),
            priming=Tally.between(0, 1, 3),
            tools=Tally.between(0, 20, 200),
            source="Google, Understand and count tokens: 11 for one message of 10 words and a stop",
            date="2026-11-23",
        ),
        "smollm2": Overhead(
            # <|im_start|>role\n … <|im_end|>\n
            message=Tally.exact(5),
            priming=Tally.exact(3),
            tools=Tally.between(0, 0, 600),
            no_system=Tally.exact(22),
            source="the chat template in SmolLM2-135M-Instruct's GGUF file; measured: 31 for the message hi",
            date="2026-11-23",
        ),
        "template": Overhead(
            message=Tally.between(2, 5, 10),
            priming=Tally.between(0, 4, 10),
            tools=Tally.between(0, 120, 800),
            no_system=Tally.between(0, 10, 60),
            source="the chat templates of Llama 3, Qwen, Mistral and DeepSeek, which differ",
            date="2026-11-23",
        ),
        "none": Overhead(
            message=Tally.exact(0),
            priming=Tally.exact(0),
            tools=Tally.exact(0),
            published=True,
            source="promptlib's echo/echo",
            date="2026-11-23",
        ),
        "unknown": Overhead(
            message=Tally.between(0, 4, 10),
            priming=Tally.between(0, 3, 10),
            tools=Tally.between(0, 9, 900),
            no_system=Tally.between(0, 0, 60),
            source="OpenAI's rule, between the bounds of all others",
            date="2026-11-23",
        ),
    }
)


def rule(model: Model | None) -> Overhead:
    """The rule by which `model` is counted; without a model, OpenAI's with wide bounds.

    Raises:
        ConfigurationError: A project's own model names a rule that does not exist.
    """
    if model is None:
        return _RULES["unknown"]
    found = _RULES.get(model.overhead)
    if found is None:
        raise ConfigurationError(
            f"the model {model.id} has the overhead {model.overhead!r}, which does not exist",
            hint=f"There are: {', '.join(_RULES)}.",
        )
    return found
