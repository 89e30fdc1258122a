"""OpenAI's Chat Completions, `POST {base}/chat/completions`, and the servers that speak it.

Field names are those of OpenAI's published OpenAPI description 2.3.0 and of its Python SDK 3.54
(read 2026-11-23). Decoding asks for nothing: whatever is missing or strange is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from promptlib.errors import ProviderError, TransportError, Truncated
from promptlib.providers import _errors, _json, _openai_encode
from promptlib.providers._sse import Event, Parser
from promptlib.providers.base import Access, Endpoint, HttpRequest, HttpResponse
from promptlib.providers.headers import request_id
from promptlib.types import Delta, FinishReason, Message, Reply, Request, ToolCall, Usage

__all__ = ["LOCAL", "OPENAI", "Chat", "to_openai"]

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
}
_GOOD = 200
_END = "[DONE]"


def to_openai(request: Request) -> dict[str, Any]:
    """The request as keyword arguments of `client.chat.completions.create` in OpenAI's SDK.

    Raises:
        InvalidRequest: Chat Completions cannot say what the request asks.
    """
    return _openai_encode.arguments(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The codec under a provider's name, and how that provider is reached."""

    name: str
    access: Access

    def encode(self, request: Request, *, stream: bool, endpoint: Endpoint) -> HttpRequest:
        """The HTTP request, without the key; a stream asks for its usage too."""
        body = to_openai(request)
        if stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return HttpRequest(
            url=endpoint.url("/chat/completions"),
            body=_openai_encode.serialised(body),
            headers={
                "content-type": "application/json",
                "accept": "text/event-stream" if stream else "application/json",
            },
        )

    def decode(self, request: Request, response: HttpResponse) -> Reply:
        """The reply, or the error that the response tells of, also under status 200."""
        if response.status != _GOOD:
            raise _errors.from_response(response, provider=self.name, model=request.model)
        body = _json.parse(response.body)
        if not isinstance(body, dict):
            raise _no_json(self.name, request)
        if body.get("error"):
            raise _errors.from_error_object(body["error"], response, provider=self.name, model=request.model)
        return _reply(self.name, request, body, request_id(response.headers))

    def decoder(self, request: Request) -> ChatDecoder:
        """A decoder for one stream."""
        return ChatDecoder(self.name, request)


OPENAI = Chat(
    name="openai",
    access=Access(
        base_url="https://api.openai.com/v1",
        base_url_variable="OPENAI_BASE_URL",
        key_variable="OPENAI_API_KEY",
    ),
)
# The model in this process answers the same format, so it needs no codec of its own.
LOCAL = Chat(
    name="local",
    access=Access(base_url="local:", transport="promptlib.dispatch.local:LocalTransport"),
)


class ChatDecoder:
    """Collects a streamed completion; its reply equals that of the same answer in one piece."""

    def __init__(self, provider: str, request: Request) -> None:
        self._provider = provider
        self._request = request
        self._parser = Parser()
        self._chunks: list[dict[str, Any]] = []
        self._text: list[str] = []
        self._refused = False
        self._calls: dict[int, dict[str, str]] = {}
        self._told = False
        self._finish: Any = None
        self._usage: Any = None
        self._ended = False
        self._failure: ProviderError | None = None

    def feed(self, data: bytes) -> list[Delta]:
        """The deltas that `data` completes; tool calls come whole, when the choice is finished."""
        self._check()
        deltas: list[Delta] = []
        try:
            for event in self._parser.feed(data):
                deltas += self._event(event)
        except ProviderError as error:
            # What came before it is handed on first, wherever the bytes were cut.
            self._failure = error
        if not deltas:
            self._check()
        return deltas

    def close(self) -> Reply:
        """The reply; its `raw` is the list of chunks."""
        self._check()
        # Without its blank line only the end mark counts: anything else may have been cut.
        rest = self._parser.close()
        if not self._ended and not any(event.data.strip() == _END for event in rest):
            raise self._truncated()
        body = {
            "id": self._first("id"),
            "model": self._first("model"),
            "usage": self._usage,
            "choices": [{"finish_reason": self._finish, "message": self._message()}] if self._chunks else [],
        }
        return _reply(self._provider, self._request, body, None, raw=self._chunks)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _event(self, event: Event) -> list[Delta]:
        if self._ended:
            return []
        if event.data.strip() == _END:
            self._ended = True
            return self._finished_calls()
        chunk = _json.parse(event.data)
        if not isinstance(chunk, dict):
            raise _no_json(self._provider, self._request)
        if chunk.get("error") or event.name == "error":
            raise self._error(chunk)
        return self._chunk(chunk)

    def _chunk(self, chunk: dict[str, Any]) -> list[Delta]:
        self._chunks.append(chunk)
        # The usage may come in a chunk of its own or in one that has a choice.
        self._usage = chunk.get("usage") or self._usage
        choice = next(
            (one for one in map(_json.mapping, _json.items(chunk.get("choices"))) if not one.get("index")), {}
        )
        deltas = self._delta(_json.mapping(choice.get("delta")))
        if choice.get("finish_reason"):
            self._finish = choice["finish_reason"]
            deltas += self._finished_calls()
        return deltas

    def _delta(self, delta: Any) -> list[Delta]:
        refusal = _json.text(delta.get("refusal"))
        self._refused = self._refused or bool(refusal)
        text = _json.text(delta.get("content")) + refusal
        reasoning = _json.text(delta.get("reasoning_content")) or _json.text(delta.get("reasoning"))
        self._text.append(text)
        for place, call in enumerate(_json.items(delta.get("tool_calls"))):
            self._tool_call(place, _json.mapping(call))
        return [Delta(text=text, reasoning=reasoning)] if text or reasoning else []

    def _tool_call(self, place: int, call: Any) -> None:
        index = _json.count(call.get("index"))
        known = self._calls.setdefault(
            place if index is None else index, {"id": "", "name": "", "arguments": ""}
        )
        function = _json.mapping(call.get("function"))
        # The id and the name come once, the arguments in pieces.
        known["id"] = known["id"] or _json.text(call.get("id"))
        known["name"] = known["name"] or _json.text(function.get("name"))
        known["arguments"] += _arguments_text(function.get("arguments"))

    def _finished_calls(self) -> list[Delta]:
        if self._told:
            return []
        self._told = True
        return [Delta(tool_call=call) for call in _tool_calls(self._message())]

    def _message(self) -> dict[str, Any]:
        said = "".join(self._text)
        calls = [{"id": call["id"], "function": call} for _, call in sorted(self._calls.items())]
        return {"refusal" if self._refused else "content": said, "tool_calls": calls}

    def _first(self, key: str) -> Any:
        return next((chunk[key] for chunk in self._chunks if chunk.get(key)), None)

    def _error(self, chunk: dict[str, Any]) -> ProviderError:
        response = HttpResponse(status=_GOOD, body=b"")
        return _errors.from_error_object(
            chunk.get("error") or chunk, response, provider=self._provider, model=self._request.model
        )

    def _truncated(self) -> Truncated:
        return Truncated(
            f"the stream of {self._provider} ended before its end mark",
            partial="".join(self._text),
            provider=self._provider,
            model=self._request.model,
            hint="send it again; what had come is in .partial",
        )


def _reply(
    provider: str, request: Request, body: dict[str, Any], request_id: str | None, *, raw: Any = None
) -> Reply:
    choice = _json.first(body.get("choices"))
    message = _json.mapping(choice.get("message"))
    calls = _tool_calls(message)
    said = _json.text(message.get("content")) or _json.text(message.get("refusal"))
    model = _json.text(body.get("model"))
    return Reply(
        message=Message.assistant(said, tool_calls=calls),
        prompt=request,
        model=f"{provider}/{model}" if model else request.model or provider,
        finish_reason=_finish_reason(choice, message, calls),
        usage=_usage(_json.mapping(body.get("usage"))),
        request_id=request_id or _json.text(body.get("id")) or None,
        raw=body if raw is None else raw,
    )


def _finish_reason(choice: Any, message: Any, calls: tuple[ToolCall, ...]) -> FinishReason:
    if not choice:
        return "error"
    if message.get("refusal"):
        return "refusal"
    said = _FINISH.get(_json.text(choice.get("finish_reason")), "stop")
    # Several servers say `stop` after a tool call.
    return "tool_calls" if calls and said == "stop" else said


def _tool_calls(message: Any) -> tuple[ToolCall, ...]:
    calls = map(_json.mapping, _json.items(message.get("tool_calls")))
    return tuple(_tool_call(place, call) for place, call in enumerate(calls))


def _tool_call(place: int, call: Any) -> ToolCall:
    function = _json.mapping(call.get("function"))
    said = _arguments_text(function.get("arguments"))
    arguments = _json.parse(said or "{}")
    found = isinstance(arguments, dict)
    return ToolCall(
        # Some servers give no id, and the result has to name one.
        id=_json.text(call.get("id")) or f"call_{place}",
        name=_json.text(function.get("name")),
        arguments=arguments if found else {},
        invalid=None if found else said,
    )


def _arguments_text(value: Any) -> str:
    # Ollama and some others give the object itself where OpenAI gives its JSON.
    return _openai_encode.compact(value) if isinstance(value, dict) else _json.text(value)


def _usage(found: Any) -> Usage:
    given = _json.mapping(found.get("prompt_tokens_details"))
    made = _json.mapping(found.get("completion_tokens_details"))
    return Usage(
        input_tokens=_json.count(found.get("prompt_tokens")),
        cached_input_tokens=_json.count(given.get("cached_tokens")),
        cache_write_tokens=_json.count(given.get("cache_write_tokens")),
        output_tokens=_json.count(found.get("completion_tokens")),
        reasoning_tokens=_json.count(made.get("reasoning_tokens")),
    )


def _no_json(provider: str, request: Request) -> TransportError:
    error = TransportError(
        f"{provider} answered what is no JSON object",
        provider=provider,
        model=request.model,
        hint="check the base URL: another server seems to answer there",
    )
    error.retryable = False
    return error
