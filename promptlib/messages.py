"""Messages and their parts, and how the dicts of applications and SDKs become messages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeAlias

from promptlib.errors import InputError

Role: TypeAlias = Literal["system", "developer", "user", "assistant", "tool"]

_ROLES = ("system", "developer", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A run of text inside a message of several parts."""

    text: str

    def to_dict(self) -> dict[str, Any]:
        """`{"type": "text", "text": …}`."""
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Media:
    # url or data, never both: a URL is handed on and never fetched by promptlib.
    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    media_type: str

    @property
    def data_url(self) -> str:
        """The URL, or the bytes as a `data:` URL."""
        if self.url is not None:
            return self.url
        return f"data:{self.media_type};base64,{self.base64}"

    @property
    def base64(self) -> str:
        """The bytes in base64; empty for a URL."""
        return base64.b64encode(self.data or b"").decode("ascii")

    def _fields(self) -> dict[str, Any]:
        where = {"url": self.url} if self.url is not None else {"data": self.base64}
        return {"media_type": self.media_type, **where}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart(_Media):
    """An image: `url` or `data` (bytes), and its `media_type`, such as `image/png`."""

    def to_dict(self) -> dict[str, Any]:
        """`{"type": "image", "media_type": …, "url" or "data" (base64): …}`."""
        return {"type": "image", **self._fields()}


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart(_Media):
    """A document: `url` or `data` (bytes), its `media_type`, and a file `name` or None."""

    name: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """`{"type": "file", "media_type": …, "name": …, "url" or "data" (base64): …}`."""
        return {"type": "file", "name": self.name, **self._fields()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePart:
    """The end of the prefix that stays the same between calls, for providers that cache it."""

    def to_dict(self) -> dict[str, Any]:
        """`{"type": "cache"}`."""
        return {"type": "cache"}


Part: TypeAlias = TextPart | ImagePart | FilePart | CachePart


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model's wish to run a tool.

    `arguments` is the JSON object it gave. Where it gave no valid object, `arguments` is empty and
    `invalid` is the text it gave instead.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    invalid: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """`{"id", "name", "arguments"}`, as history takes it."""
        return {"id": self.id, "name": self.name, "arguments": dict(self.arguments)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: its role, and its content as text or as a tuple of parts.

    `tool_calls` stand on an assistant's message; `tool_call_id` on a tool's result.
    """

    role: Role
    content: str | tuple[Part, ...] = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """All text of the message, joined; images and files leave no trace in it."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The content as parts; text alone is one part, empty text none."""
        if isinstance(self.content, str):
            return (TextPart(text=self.content),) if self.content else ()
        return self.content

    @classmethod
    def system(cls, text: str) -> Message:
        """A message of role system."""
        return cls(role="system", content=text)

    @classmethod
    def user(cls, text: str) -> Message:
        """A message of role user."""
        return cls(role="user", content=text)

    @classmethod
    def assistant(cls, text: str = "", *, tool_calls: tuple[ToolCall, ...] = ()) -> Message:
        """A message of role assistant, with the tool calls it makes."""
        return cls(role="assistant", content=text, tool_calls=tool_calls)

    @classmethod
    def tool(cls, call_id: str, text: str) -> Message:
        """The result of the tool call `call_id`."""
        return cls(role="tool", content=text, tool_call_id=call_id)

    def to_dict(self) -> dict[str, Any]:
        """`{"role", "content"}`, and `tool_calls` and `tool_call_id` where there are any."""
        content = self.content
        found: dict[str, Any] = {
            "role": self.role,
            "content": content if isinstance(content, str) else [part.to_dict() for part in content],
        }
        if self.tool_calls:
            found["tool_calls"] = [call.to_dict() for call in self.tool_calls]
        if self.tool_call_id is not None:
            found["tool_call_id"] = self.tool_call_id
        return found

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Message:
        """A message from `{role, content, tool_calls: [{id, name, arguments (object)}], tool_call_id}`.

        Raises:
            InputError: the dict has another shape.
        """
        _keys(value, "role", "content", "tool_calls", "tool_call_id")
        calls = _list(value.get("tool_calls"), "tool_calls")
        return cls(
            role=_role(value),
            content=_content(value.get("content"), _part),
            tool_calls=tuple(_call(call) for call in calls),
            tool_call_id=_optional_text(value.get("tool_call_id"), "tool_call_id"),
        )

    @classmethod
    def from_openai(cls, value: Mapping[str, Any]) -> Message:
        """A message from OpenAI's Chat shape: arguments as JSON text, images as `image_url`.

        Raises:
            InputError: the dict has another shape.
        """
        calls = _list(_mapping(value, "a message").get("tool_calls"), "tool_calls")
        return cls(
            role=_role(value),
            content=_content(value.get("content"), _openai_part),
            tool_calls=tuple(_openai_call(call) for call in calls),
            tool_call_id=_optional_text(value.get("tool_call_id"), "tool_call_id"),
        )

    @classmethod
    def from_anthropic(cls, value: Mapping[str, Any]) -> Message:
        """A message from Anthropic's shape; `tool_use` blocks become calls, `tool_result` a tool's turn.

        Raises:
            InputError: the dict has another shape, or holds several messages of promptlib's; use
                `messages_from_anthropic` for those.
        """
        found = messages_from_anthropic([value])
        if len(found) != 1:
            _refuse("this holds several results or a result and text: use messages_from_anthropic([...])")
        return found[0]


# Slots are descriptors, which type checkers do not know; setting them passes by the frozen __setattr__.
_set_role, _set_content, _set_tool_calls, _set_tool_call_id = (
    vars(Message)[name].__set__ for name in ("role", "content", "tool_calls", "tool_call_id")
)


def text_message(role: Role, text: str) -> Message:
    """`Message(role=role, content=text)` at a third of its cost, which rendering pays for each message."""
    message = object.__new__(Message)
    _set_role(message, role)
    _set_content(message, text)
    _set_tool_calls(message, ())
    _set_tool_call_id(message, None)
    return message


def messages_from_anthropic(values: list[Mapping[str, Any]]) -> tuple[Message, ...]:
    """Messages from Anthropic's shape; each `tool_result` block becomes a tool's message of its own."""
    found: list[Message] = []
    for value in values:
        role, blocks = _role(value), value.get("content")
        if not isinstance(blocks, list):
            found.append(Message(role=role, content=_content(blocks, _part)))
            continue
        by_kind: dict[str, list[Any]] = {"tool_result": [], "tool_use": [], "content": []}
        for block in blocks:
            kind = _mapping(block, "a content block").get("type")
            by_kind[kind if kind in ("tool_result", "tool_use") else "content"].append(block)
        results, uses, others = by_kind.values()
        found += map(_anthropic_result, results)
        if others or uses or not results:
            content, calls = _content(others, _anthropic_part), tuple(_call(use, "input") for use in uses)
            found.append(Message(role=role, content=content, tool_calls=calls))
    return tuple(found)


# -- reading dicts


def _refuse(message: str) -> NoReturn:
    raise InputError(f"this is no message: {message}", problems=(message,))


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _refuse(f"{what} is an object, not {type(value).__name__}")
    return value


def _keys(value: Any, *known: str) -> None:
    for key in _mapping(value, "a message"):
        if key not in known:
            _refuse(f"unknown key {key!a}; the keys are {', '.join(known)}")


def _role(value: Any) -> Role:
    role = _mapping(value, "a message").get("role")
    if role not in _ROLES:
        _refuse(f"the role is one of {', '.join(_ROLES)}, not {ascii(role)[:40]}")
    return role  # type: ignore[no-any-return]


def _list(value: Any, what: str) -> list[Any]:
    if value is not None and not isinstance(value, list | tuple):
        _refuse(f"{what} is a list")
    return list(value or ())


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    if not isinstance(found, str):
        _refuse(f"{key} is text, not {type(found).__name__}")
    return _whole(found, key)


def _whole(text: str, what: str) -> str:
    try:
        text.encode()  # what fails here would fail only when the request is sent
    except UnicodeEncodeError as error:
        _refuse(f"{what} holds half of a surrogate pair at character {error.start}")
    return text


def _optional_text(value: Any, what: str) -> str | None:
    if value is not None and not isinstance(value, str):
        _refuse(f"{what} is text")
    return value


def _content(value: Any, read: Any) -> str | tuple[Part, ...]:
    if value is None:
        return ""
    if isinstance(value, str):
        return _whole(value, "content")
    if not isinstance(value, list | tuple):
        _refuse(f"content is text or a list of parts, not {type(value).__name__}")
    parts = tuple(read(part) for part in value)
    if len(parts) == 1 and isinstance(parts[0], TextPart):
        return parts[0].text
    return parts


def _part(value: Any) -> Part:
    if isinstance(value, TextPart | ImagePart | FilePart | CachePart):
        return value
    kind = _mapping(value, "a part").get("type")
    if kind == "text":
        return TextPart(text=_text(value, "text"))
    if kind == "cache":
        return CachePart()
    if kind == "image":
        return ImagePart(media_type=_text(value, "media_type"), **_where(value))
    if kind == "file":
        name = _optional_text(value.get("name"), "name")
        return FilePart(media_type=_text(value, "media_type"), name=name, **_where(value))
    _refuse(f"a part's type is one of text, image, file, cache, not {ascii(kind)[:40]}")


def _where(value: Mapping[str, Any]) -> dict[str, Any]:
    if "url" in value:
        return {"url": _text(value, "url")}
    return {"data": _decoded(_text(value, "data"))}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _refuse("the data of an image or file is base64")


def _call(value: Any, key: str = "arguments") -> ToolCall:
    if isinstance(value, ToolCall):
        return value
    call = _mapping(value, "a tool call")
    arguments = _arguments(call.get(key, {}), key)
    return ToolCall(id=_text(call, "id"), name=_text(call, "name"), arguments=arguments)


def _arguments(value: Any, what: str) -> dict[str, Any]:
    """A copy, so that what the caller's dict becomes later changes no message."""
    try:
        copied: dict[str, Any] = json.loads(json.dumps(dict(_mapping(value, what)), allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        _refuse(f"{what} holds more than JSON can")
    return copied


def _openai_part(value: Any) -> Part:
    kind = _mapping(value, "a part").get("type")
    if kind == "text":
        return TextPart(text=_text(value, "text"))
    if kind == "image_url":
        return _image(_text(_mapping(value.get("image_url"), "image_url"), "url"))
    _refuse(f"parts of type {ascii(kind)[:40]} are not read; text and image_url are")


def _image(url: str) -> ImagePart:
    if not url.startswith("data:"):
        return ImagePart(url=url, media_type="image/*")
    head, _, data = url.removeprefix("data:").partition(",")
    return ImagePart(data=_decoded(data), media_type=head.removesuffix(";base64"))


def _openai_call(value: Any) -> ToolCall:
    call = _mapping(value, "a tool call")
    function = _mapping(call.get("function"), "function")
    text = _text(function, "arguments")
    try:
        arguments = json.loads(text or "{}", parse_constant=int)  # NaN is no integer: a ValueError
    except (ValueError, RecursionError):
        arguments = None
    call_id, name = _text(call, "id"), _text(function, "name")
    if not isinstance(arguments, dict):
        return ToolCall(id=call_id, name=name, invalid=text)
    return ToolCall(id=call_id, name=name, arguments=arguments)


def _anthropic_part(value: Any) -> Part:
    kind = _mapping(value, "a block").get("type")
    if kind == "text":
        return TextPart(text=_text(value, "text"))
    if kind == "image":
        source = _mapping(value.get("source"), "source")
        if source.get("type") == "url":
            return ImagePart(url=_text(source, "url"), media_type="image/*")
        return ImagePart(data=_decoded(_text(source, "data")), media_type=_text(source, "media_type"))
    _refuse(f"blocks of type {ascii(kind)[:40]} are not read; text, image, tool_use and tool_result are")


def _anthropic_result(block: Mapping[str, Any]) -> Message:
    content = _content(block.get("content"), _anthropic_part)
    return Message(role="tool", content=content, tool_call_id=_text(block, "tool_use_id"))
