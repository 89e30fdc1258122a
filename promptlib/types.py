"""The nouns: frozen values that every layer shares. No third-party import, no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from promptlib.messages import (
    CachePart,
    FilePart,
    ImagePart,
    Message,
    Part,
    Role,
    TextPart,
    ToolCall,
)

__all__ = [
    "Budget",
    "CachePart",
    "CountKind",
    "Delta",
    "FilePart",
    "FinishReason",
    "ImagePart",
    "Message",
    "Part",
    "Ref",
    "Reply",
    "Request",
    "Role",
    "TextPart",
    "TokenCount",
    "Tool",
    "ToolCall",
    "Usage",
]

FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "error"]
CountKind: TypeAlias = Literal["exact", "provider", "estimate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool a model may call; `parameters` is a JSON Schema of its arguments."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """`{"name", "description", "parameters"}`, as tool files have it."""
        return {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """What exactly was rendered.

    `digest` is the SHA-256 of the manifest, in hex; `version` is None for a draft; `label` is the
    label that was asked for, if any.
    """

    name: str
    version: int | None = None
    digest: str | None = None
    label: str | None = None
    persona: str | None = None
    model: str | None = None
    experiment: str | None = None
    variant: str | None = None

    def __str__(self) -> str:
        version = "draft" if self.version is None else str(self.version)
        digest = f" sha256:{self.digest}" if self.digest else ""
        return f"{self.name}@{version}{digest}"

    def to_dict(self) -> dict[str, Any]:
        """All eight fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a provider is asked, with no trace of where it came from.

    `model` is `provider/name`; `params` are named as in front matter (`temperature`, `top_p`,
    `max_output_tokens`, `seed`, `stop` …), others are handed on unchanged; `output` is the JSON
    Schema of the answer, or None.
    """

    messages: tuple[Message, ...]
    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    output: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many tokens a prompt may take.

    `max_input_tokens` None means the model's window less the reserve; `reserve_output_tokens` None
    means `params.max_output_tokens`, or nothing.
    """

    max_input_tokens: int | None = None
    reserve_output_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCount:
    """Tokens of a prompt: `total = sum(by_message) + overhead`, and `lower <= total <= upper`.

    `by_message` counts the content of each message; `overhead` is what roles, priming and tools
    add. `kind` is `exact`, `provider` (the provider counted) or `estimate`.
    """

    total: int
    kind: CountKind
    lower: int
    upper: int
    by_message: tuple[int, ...] = ()
    overhead: int = 0

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, `by_message` as a list."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {**found, "by_message": list(self.by_message)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that were billed.

    `input_tokens` are all of them, the cached ones too; `output_tokens` all, the reasoning ones
    too. What a provider did not say is None.
    """

    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    kind: CountKind = "provider"

    def to_dict(self) -> dict[str, Any]:
        """All six fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of a streamed answer; `text` may be empty, `tool_call` is a finished call."""

    text: str = ""
    reasoning: str = ""
    tool_call: ToolCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A model's answer.

    `prompt` is the request it answers, `parsed` the value of a structured answer, `cost` in US
    dollars or None when the price is unknown, `latency_ms` from the call to the last byte over all
    attempts, `raw` the provider's body as it came.
    """

    message: Message
    prompt: Request
    model: str
    finish_reason: FinishReason = "stop"
    usage: Usage = field(default_factory=Usage)
    parsed: Any = None
    cost: float | None = None
    request_id: str | None = None
    latency_ms: float | None = None
    raw: Any = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The text of the answer."""
        return self.message.text

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools the model wants to run."""
        return self.message.tool_calls


def canonical_json(value: Any) -> str:
    """JSON in one spelling: sorted keys, no spaces, no escapes; what digests are made of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
