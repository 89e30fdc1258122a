"""Counting a whole request against a model."""

from __future__ import annotations

import json
from collections.abc import Iterator

from promptlib.models import Model
from promptlib.tokens.counters import Counter, counter
from promptlib.tokens.documents import count_file
from promptlib.tokens.image_rules import image_tokens
from promptlib.tokens.image_size import image_size
from promptlib.tokens.overheads import Overhead, rule
from promptlib.tokens.tally import Tally, add
from promptlib.tokens.tools import count_tools
from promptlib.types import (
    CachePart,
    FilePart,
    ImagePart,
    Message,
    Part,
    Request,
    TextPart,
    TokenCount,
    ToolCall,
    canonical_json,
)

__all__ = ["Scale", "count", "count_at_most", "count_message", "surely_fits"]

# A tool call's frame: its id, its kind, the brackets; no provider publishes it.
_CALL = Tally(lower=1, total=8, upper=40)
# The result of a tool names its call.
_RESULT = Tally(lower=0, total=2, upper=30)
# Where the schema of an answer is shown to the model, around it.
_SCHEMA = Tally(lower=0, total=10, upper=60)


def count(request: Request, model: Model | None = None) -> TokenCount:
    """Tokens of `request`'s prompt.

    `by_message` is the content of each message: its text, images, files and tool calls; `overhead`
    what roles, priming, tools and the schema of the answer add. The kind is `exact` where the
    vocabulary is here and the provider publishes how text is framed (chat models of OpenAI, text
    alone); else `estimate`, between bounds. Nothing is fetched: what stands behind a URL is
    estimated.

    Args:
        request: What is counted.
        model: The facts of the model; without them the count is an estimate in o200k.

    Raises:
        ConfigurationError: The model's tokenizer does not exist, or its vocabulary is not here.
    """
    text = counter("unknown" if model is None else model.tokenizer)
    messages = [count_message(message, model, text) for message in request.messages]
    overhead = _overhead(request, rule(model), text)
    whole = add(messages) + overhead
    exact = whole.certain and text.exact and rule(model).published and _is_plain(request)
    return TokenCount(
        total=whole.total,
        kind="exact" if exact else "estimate",
        lower=whole.lower,
        upper=whole.upper,
        by_message=tuple(message.total for message in messages),
        overhead=overhead.total,
    )


def count_at_most(request: Request, model: Model | None, limit: int) -> bool:
    """Whether the prompt is at most `limit` tokens for sure: its upper bound counts.

    Where the size of the texts alone tells, nothing is tokenized, and no vocabulary is loaded.

    Raises:
        ConfigurationError: As for `count`.
    """
    if surely_fits(request, model, limit):
        return True
    text = counter("unknown" if model is None else model.tokenizer)
    longest = max((message.text for message in request.messages), key=len, default="")
    if not text.within(longest, limit):
        return False
    return count(request, model).upper <= limit


def surely_fits(request: Request, model: Model | None, limit: int) -> bool:
    """Whether the bytes of a prompt of text alone prove that it fits: no token has less than one.

    False proves nothing; True needs no vocabulary.
    """
    if not _is_plain(request) or request.output is not None:
        return False
    framing = rule(model)
    frame = framing.message.times(len(request.messages)) + framing.priming + framing.no_system
    size = sum(len(message.text.encode("utf-8", "replace")) for message in request.messages)
    return size + frame.upper <= limit


def count_message(message: Message, model: Model | None, text: Counter) -> Tally:
    """Tokens of one message's content, without its role."""
    content = add(_parts(message, model, text))
    calls = add(_CALL + text.count(_call(call)) for call in message.tool_calls)
    return content + calls + (Tally.exact(0) if message.tool_call_id is None else _RESULT)


def _is_plain(request: Request) -> bool:
    # Only of text alone is the framing published.
    parts = (part for message in request.messages for part in message.parts)
    calls = any(message.tool_calls or message.tool_call_id for message in request.messages)
    return not calls and not request.tools and all(isinstance(part, TextPart | CachePart) for part in parts)


def _parts(message: Message, model: Model | None, text: Counter) -> Iterator[Tally]:
    for part in message.parts:
        yield _part(part, model, text)


def _part(part: Part, model: Model | None, text: Counter) -> Tally:
    match part:
        case TextPart():
            return text.count(part.text)
        case ImagePart():
            size = None if part.data is None else image_size(part.data)
            return image_tokens("unknown" if model is None else model.images, size)
        case FilePart():
            return count_file(part, text)
        case CachePart():
            return Tally.exact(0)


def _call(call: ToolCall) -> str:
    arguments = json.dumps(dict(call.arguments), ensure_ascii=False) if call.invalid is None else call.invalid
    return f"{call.name}{arguments}"


def _overhead(request: Request, framing: Overhead, text: Counter) -> Tally:
    system = any(message.role == "system" for message in request.messages)
    return _frame(framing, len(request.messages), system) + _fixed(request, framing, text)


def _frame(framing: Overhead, messages: int, system: bool) -> Tally:  # noqa: FBT001  one of two frames
    whole = framing.message.times(messages) + framing.priming
    return whole if system else whole + framing.no_system


def _fixed(request: Request, framing: Overhead, text: Counter) -> Tally:
    """What tools and the schema of the answer add, whatever the messages are."""
    whole = Tally.exact(0)
    if request.tools:
        whole += framing.tools + count_tools(request.tools, text)
    if request.output is not None:
        whole += _schema(request, text)
    return whole


def _schema(request: Request, text: Counter) -> Tally:
    # Some providers show the schema to the model, others only hold the answer to it.
    shown = text.count(canonical_json(request.output)) + _SCHEMA
    return Tally.between(0, shown.total, shown.upper)


class Scale:
    """Weighs parts of a prompt one by one, by upper bounds, for fitting it.

    `messages` is how many messages were weighed; a text that was seen before is not weighed again.
    """

    def __init__(self, request: Request, model: Model | None) -> None:
        self._model = model
        self._text = counter("unknown" if model is None else model.tokenizer)
        self._framing = rule(model)
        self._fixed = _fixed(request, self._framing, self._text).upper
        self.messages = 0

    def message(self, message: Message) -> int:
        """Tokens of a message's content."""
        self.messages += 1
        return count_message(message, self._model, self._text).upper

    def text(self, text: str) -> int:
        """Tokens of a text."""
        return self._text.count(text).upper

    def overhead(self, messages: int, system: bool) -> int:  # noqa: FBT001  as fitting asks
        """What roles, priming, tools and the answer's schema add to so many messages."""
        return self._fixed + _frame(self._framing, messages, system).upper
