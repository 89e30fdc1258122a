"""From a Request to the arguments of Chat Completions."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from promptlib.errors import InvalidRequest
from promptlib.types import CachePart, FilePart, ImagePart, Message, Part, Request, TextPart, Tool, ToolCall

__all__ = ["arguments", "compact", "serialised"]

# What a prompt's params may not set, since the request says it elsewhere.
_RESERVED = frozenset({"model", "messages", "stream", "stream_options", "tools"})
_RENAMED = {"max_output_tokens": "max_completion_tokens"}
_AUDIO = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def arguments(request: Request) -> dict[str, Any]:
    """The keyword arguments, `model` without its provider; absent where the request names none."""
    found: dict[str, Any] = {}
    if request.model:
        found["model"] = request.model.partition("/")[2] or request.model
    found["messages"] = [_message(message) for message in request.messages]
    found |= _params(request)
    if request.tools:
        found["tools"] = [_tool(tool) for tool in request.tools]
    if request.output is not None:
        found["response_format"] = _response_format(request.output)
    return found


def serialised(body: Mapping[str, Any]) -> bytes:
    """The body in UTF-8.

    Raises:
        InvalidRequest: It holds what JSON or UTF-8 cannot say: NaN, infinity, a lone surrogate, an object.
    """
    try:
        return compact(body).encode()
    except (ValueError, TypeError, RecursionError) as error:
        what = "a lone surrogate in a text" if isinstance(error, UnicodeEncodeError) else str(error)
        raise InvalidRequest(f"the request cannot be written as JSON: {what}") from None


def compact(value: Any) -> str:
    """JSON in the order given, without spaces, nothing escaped that need not be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _params(request: Request) -> dict[str, Any]:
    # None means the provider's own default, as if it were not there.
    params = {name: value for name, value in request.params.items() if value is not None}
    taken = sorted(_RESERVED & params.keys())
    if request.output is not None and "response_format" in params:
        taken.append("response_format")
    if taken:
        raise InvalidRequest(
            f"params may not set {', '.join(taken)}: the request itself says it",
            model=request.model,
            hint="take it out of the prompt's params",
        )
    return {_RENAMED.get(name, name): value for name, value in params.items()}


def _message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message.role, "content": _content(message)}
    if message.tool_calls:
        # OpenAI takes null for no text beside tool calls; several servers refuse an empty string.
        found["content"] = found["content"] or None
        found["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        found["tool_call_id"] = message.tool_call_id
    return found


def _content(message: Message) -> str | list[dict[str, Any]]:
    if isinstance(message.content, str):
        return message.content
    # OpenAI caches prefixes by itself, so a cache mark says nothing and must not part a text.
    parts = _merged(part for part in message.content if not isinstance(part, CachePart))
    if all(isinstance(part, TextPart) for part in parts):
        return message.text
    return [_part(part) for part in parts]


def _merged(parts: Iterable[Part]) -> list[Part]:
    found: list[Part] = []
    for is_text, run in groupby(parts, key=lambda part: isinstance(part, TextPart)):
        if is_text:
            found.append(TextPart(text="".join(part.text for part in run if isinstance(part, TextPart))))
        else:
            found.extend(run)
    return found


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": part.data_url}}
    if isinstance(part, FilePart):
        return _file(part)
    return part.to_dict()


def _file(part: FilePart) -> dict[str, Any]:
    if part.url is not None:
        raise InvalidRequest(
            "Chat Completions takes a file's bytes, not its URL",
            hint="read the file and give its bytes, or send it to a provider that takes URLs",
        )
    if part.media_type in _AUDIO:
        return {
            "type": "input_audio",
            "input_audio": {"data": part.base64, "format": _AUDIO[part.media_type]},
        }
    name = part.name or f"file{mimetypes.guess_extension(part.media_type) or ''}"
    return {"type": "file", "file": {"filename": name, "file_data": part.data_url}}


def _tool_call(call: ToolCall) -> dict[str, Any]:
    said = compact(dict(call.arguments)) if call.invalid is None else call.invalid
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": said}}


def _tool(tool: Tool) -> dict[str, Any]:
    found = {name: value for name, value in tool.to_dict().items() if value}
    return {"type": "function", "function": found}


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    title = schema.get("title")
    name = _NOT_IN_A_NAME.sub("_", title)[:64] if isinstance(title, str) else ""
    found = {"name": name or "output", "schema": dict(schema), "strict": _is_strict(schema)}
    return {"type": "json_schema", "json_schema": found}


def _is_strict(schema: Any) -> bool:
    """Whether OpenAI would take the schema as strict; as strict, others are refused with 400.

    Every object must require all its properties and allow no others (OpenAI, "Structured model
    outputs", section on supported schemas, read 2026-11-23).
    """
    if isinstance(schema, list):
        return all(_is_strict(item) for item in schema)
    if not isinstance(schema, Mapping):
        return True
    return _is_closed(schema) and all(_is_strict(value) for value in schema.values())


def _is_closed(schema: Mapping[str, Any]) -> bool:
    if schema.get("type") != "object":
        return True
    properties = schema.get("properties") or {}
    required = schema.get("required") or ()
    return schema.get("additionalProperties") is False and set(properties) <= set(required)
