"""What models read and people do not see: control strings and hidden characters in values.

A guard finds, it never changes text. It looks at the finished message, so that a string put together
from two values, or from a value and the template's own text, is found too, and it counts only what
touches a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Finding", "Kind", "Policy", "family_of", "find"]

Policy: TypeAlias = Literal["allow", "flag", "refuse"]
Kind: TypeAlias = Literal[
    "control string", "tag character", "bidirectional control", "zero-width", "control character"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something found in a text: its kind, the text itself, and where it stands."""

    kind: Kind
    text: str
    start: int
    end: int


# ruff: noqa: RUF001  DeepSeek writes its control strings with full-width bars
# Strings that a family's chat template or tokenizer gives meaning to. Sources: the tokenizer
# configurations and chat templates that each family publishes with its weights, OpenAI's
# description of harmony, Anthropic's of its older completions format; read in November 2026.
CONTROL: dict[str, tuple[str, ...]] = {
    "openai": (
        *("<|endoftext|>", "<|endofprompt|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
        *("<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>"),
    ),
    "chatml": ("<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|endoftext|>"),
    "llama": (
        *("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        *("<|eom_id|>", "<|python_tag|>", "<|finetune_right_pad_id|>", "<|header_start|>", "<|header_end|>"),
        *("<|eot|>", "<|eom|>", "<<SYS>>", "<</SYS>>", "[INST]", "[/INST]"),
    ),
    "mistral": (
        *("[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
        *("[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[THINK]", "[/THINK]"),
    ),
    "gemma": ("<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<|turn>", "<turn|>"),
    "deepseek": (
        *("<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
        *("<｜tool▁calls▁begin｜>", "<｜tool▁outputs▁begin｜>", "<｜DSML｜"),
    ),
    "qwen": (
        "<|im_start|>",
        "<|im_end|>",
        "<tool_call>",
        "</tool_call>",
        "<tool_response>",
        "</tool_response>",
    ),
    "glm": ("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"),
    "phi": ("<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|end|>"),
    "kimi": (
        "<|im_system|>",
        "<|im_user|>",
        "<|im_assistant|>",
        "<|im_middle|>",
        "<|tool_calls_section_begin|>",
    ),
    "cohere": (
        "<|START_OF_TURN_TOKEN|>",
        "<|END_OF_TURN_TOKEN|>",
        "<|SYSTEM_TOKEN|>",
        "<|USER_TOKEN|>",
        "<|CHATBOT_TOKEN|>",
    ),
    "reasoning": ("<think>", "</think>", "<|begin_of_thought|>", "<|end_of_thought|>"),
}

# Strings that are ordinary text elsewhere (`<s>` is HTML) and so are looked for in their family alone.
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "anthropic": ("\n\nHuman:", "\n\nAssistant:"),
    "gemma": ("<bos>", "<eos>"),
    "llama": ("<s>", "</s>"),
    "mistral": ("<s>", "</s>"),
}

# Parts of model names, most telling first; None of them: every family is looked for all the same.
_FAMILIES = (
    *(
        ("claude", "anthropic"),
        ("smollm", "chatml"),
        ("qwen", "qwen"),
        ("qwq", "qwen"),
        ("deepseek", "deepseek"),
    ),
    *(("llama", "llama"), ("mixtral", "mistral"), ("mistral", "mistral"), ("magistral", "mistral")),
    *(("codestral", "mistral"), ("gemma", "gemma"), ("gemini", "gemma"), ("glm", "glm"), ("phi", "phi")),
    *(("kimi", "kimi"), ("command", "cohere"), ("gpt", "openai")),
)


def family_of(model: str | None) -> str | None:
    """The family whose ambiguous strings are looked for too, None where the model's name tells none."""
    name = (model or "").lower()
    return next((family for part, family in _FAMILIES if part in name), None)


def _pattern(strings: Iterable[str]) -> re.Pattern[str]:
    # Longest first: where one string begins another, the whole is the finding.
    return re.compile("|".join(map(re.escape, sorted(set(strings), key=lambda text: (-len(text), text)))))


_EVERYWHERE = _pattern(text for texts in CONTROL.values() for text in texts)
_IN_FAMILY = {family: _pattern(texts) for family, texts in AMBIGUOUS.items()}

# The flags of England, Scotland and Wales, the one ordinary use of tag characters (Unicode's
# recommended emoji tag sequences; any other region's would let text hide behind a flag).
_REGION = (
    "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|"
    "\U000e0077\U000e006c\U000e0073)\U000e007f"
)
_HIDDEN: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("tag character", re.compile("[\U000e0000-\U000e007f]+")),
    ("bidirectional control", re.compile("[\u202a-\u202e\u2066-\u2069]+")),
    (
        "zero-width",
        re.compile(
            # Invisible everywhere.
            "[\u2060-\u2064\u206a-\u206f\u180e\u034f]+|(?<=.)\ufeff+"
            # A zero-width space belongs to scripts that write no spaces between words.
            "|(?<![\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u4e00-\u9fff])\u200b+(?![\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u4e00-\u9fff])"
            # Joiners shape letters of many scripts and join emoji; between Latin letters they hide.
            "|(?<=[ -~])[\u200c\u200d]+(?=[ -~]|\\Z)"
            # One variation selector follows a character; several in a row carry hidden bytes.
            "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}"
            # Fillers are blank letters; beside Hangul they are spelling.
            "|(?<![\u1100-\u11ff\u3130-\u318f\uac00-\ud7af])[\u115f\u1160\u3164\uffa0]+(?![\u1100-\u11ff\u3130-\u318f\uac00-\ud7af])"
        ),
    ),
    ("control character", re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb]+")),
)
_REGIONS = re.compile(_REGION)


def find(text: str, family: str | None = None) -> Iterator[Finding]:
    """Every control string and hidden character of a text, kind by kind, in order.

    Args:
        text: what a model will read.
        family: the family of `family_of`; its ambiguous strings are looked for too.
    """
    if "<" in text or "[" in text:
        yield from _found("control string", _EVERYWHERE, text)
    if family in _IN_FAMILY:
        yield from _found("control string", _IN_FAMILY[family], text)
    if text.isascii() and text.isprintable():
        return
    regions = [match.span() for match in _REGIONS.finditer(text)]
    for kind, pattern in _HIDDEN:
        for finding in _found(kind, pattern, text):
            if not any(start <= finding.start and finding.end <= end for start, end in regions):
                yield finding


def _found(kind: Kind, pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    for match in pattern.finditer(text):
        yield Finding(kind=kind, text=match.group(), start=match.start(), end=match.end())
