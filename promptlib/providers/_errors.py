"""From a status and an error object to the tree of errors, for every format that has `error`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from promptlib.errors import (
    AuthenticationError,
    ContentFiltered,
    ContextOverflow,
    InvalidRequest,
    Overloaded,
    ProviderError,
    RateLimited,
    TransportError,
)
from promptlib.providers import _json
from promptlib.providers.base import HttpResponse
from promptlib.providers.headers import request_id, retry_after

__all__ = ["from_error_object", "from_response"]

_LONGEST = 1000

# Codes and types seen in replies of OpenAI, Azure, Groq, OpenRouter, vLLM and llama.cpp.
_OVERFLOW = {"context_length_exceeded", "exceed_context_size_error"}
_FILTERED = {"content_filter", "content_policy_violation", "responsibleaipolicyviolation"}
_NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_BAD_KEY = {"invalid_api_key", "authentication_error", "invalid_authentication", "permission_error"}
_BUSY = {"rate_limit_exceeded", "rate_limit_error", "too_many_requests"}
_FAILED = {
    "server_error",
    "overloaded_error",
    "internal_server_error",
    "service_unavailable",
    "unavailable_error",
}
_STATUS_OF = {
    **dict.fromkeys(_BAD_KEY, HTTPStatus.UNAUTHORIZED),
    **dict.fromkeys(_BUSY, HTTPStatus.TOO_MANY_REQUESTS),
    **dict.fromkeys(_FAILED, HTTPStatus.INTERNAL_SERVER_ERROR),
}
_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY}
_ABOUT_THE_PROMPT = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
_ASKED_WRONG = {"invalid_request_error", *_OVERFLOW, *_FILTERED, *_NO_QUOTA}
_REDIRECTS = range(300, 400)
_SERVER_ERRORS = range(500, 600)
_SAID = range(300, 600)
_MOST_DIGITS = 12

_OVERFLOW_TEXT = re.compile(
    r"maximum context length|context_length_exceeded|exceeds the available context|"
    r"input tokens exceed|prompt is too long|context window",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?:maximum context length (?:is|of)|context size \(|configured limit of|context window of)\s*([\d,]+)",
    re.IGNORECASE,
)
_ACTUAL = re.compile(
    r"(?:resulted in|requested|request \(|request has|prompt contains|however,? your prompt is)"
    r"(?: about| at least)?\s*([\d,]+)",
    re.IGNORECASE,
)


def from_response(response: HttpResponse, *, provider: str, model: str | None) -> ProviderError:
    """The error of a response whose status is not 200."""
    body = _json.parse(response.body)
    found = _json.mapping(body).get("error", body)
    return from_error_object(found, response, provider=provider, model=model)


def from_error_object(
    found: Any, response: HttpResponse, *, provider: str, model: str | None
) -> ProviderError:
    """The error that `found` (the value of `error`, whatever its shape) tells of.

    In a response of status 200 its own `code` is the status, as OpenRouter and llama.cpp have it.
    """
    fields = _json.mapping(found)
    codes = _codes(fields)
    status = _status(response.status, fields, codes)
    data = {
        "provider": provider,
        "model": model,
        "status": status,
        "request_id": request_id(response.headers),
    }
    return _classify(_message(found, response, provider), fields, codes, response, data)


def _classify(
    message: str,
    fields: Mapping[str, Any],
    codes: set[str],
    response: HttpResponse,
    data: dict[str, Any],
) -> ProviderError:
    status = data["status"]
    if codes & _OVERFLOW or (status in _ABOUT_THE_PROMPT and _OVERFLOW_TEXT.search(message)):
        return _overflow(message, fields, data)
    if codes & _FILTERED:
        return ContentFiltered(message, hint="change the text that was blocked, or the model", **data)
    if codes & _NO_QUOTA or status == HTTPStatus.PAYMENT_REQUIRED:
        return _no_quota(message, data)
    if codes & _BAD_KEY or status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AuthenticationError(message, hint="check the key, and what it may use", **data)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(message, retry_after=retry_after(response.headers), **data)
    if status in _TRANSIENT or status in _SERVER_ERRORS:
        return Overloaded(message, **data)
    if status in _REDIRECTS:
        return _redirected(response, data)
    return InvalidRequest(message, hint=_hint(status, fields), **data)


def _codes(fields: Mapping[str, Any]) -> set[str]:
    inner = _json.mapping(fields.get("innererror"))
    said = (fields.get("code"), fields.get("type"), inner.get("code"))
    return {value.lower() for value in said if isinstance(value, str)}


def _status(status: int, fields: Mapping[str, Any], codes: set[str]) -> int:
    if status != HTTPStatus.OK:
        return status
    code = fields.get("code")
    if isinstance(code, int) and code in _SAID:
        return code
    if codes & _ASKED_WRONG:
        return HTTPStatus.BAD_REQUEST
    # An error in a good response that says no more is taken for a failure on the other side.
    return next((_STATUS_OF[code] for code in sorted(codes & _STATUS_OF.keys())), HTTPStatus.BAD_GATEWAY)


def _message(found: Any, response: HttpResponse, provider: str) -> str:
    said = _json.text(_json.mapping(found).get("message")) or _json.text(found)
    if not said and not isinstance(found, dict):
        # No JSON at all: a proxy's page, most likely; its start tells which.
        said = response.body[:200].decode("utf-8", errors="replace").strip()
    said = " ".join(said.split())[:_LONGEST]
    return (
        f"{provider} answered {response.status}: {said}" if said else f"{provider} answered {response.status}"
    )


def _overflow(message: str, fields: Mapping[str, Any], data: dict[str, Any]) -> ContextOverflow:
    limit = _json.count(fields.get("n_ctx"))
    actual = _json.count(fields.get("n_prompt_tokens"))
    return ContextOverflow(
        message,
        limit=_number(_LIMIT, message) if limit is None else limit,
        actual=_number(_ACTUAL, message) if actual is None else actual,
        hint="set a budget, so that the prompt is fitted before it is sent, or use a larger model",
        **data,
    )


def _number(pattern: re.Pattern[str], message: str) -> int | None:
    found = pattern.search(message)
    digits = found.group(1).replace(",", "") if found else ""
    # Longer is no count of tokens; int() refuses thousands of digits with an untyped error.
    return int(digits) if 0 < len(digits) <= _MOST_DIGITS else None


def _no_quota(message: str, data: dict[str, Any]) -> RateLimited:
    error = RateLimited(message, hint="the account has no credit left: waiting does not help", **data)
    error.retryable = False
    return error


def _redirected(response: HttpResponse, data: dict[str, Any]) -> TransportError:
    # Followed, a 307 would hand the prompt to an address that nobody chose.
    error = TransportError(
        f"{data['provider']} answered {response.status}, a redirect, and redirects are not followed",
        hint="set base_url to the final address",
        **data,
    )
    error.retryable = False
    return error


def _hint(status: int, fields: Mapping[str, Any]) -> str | None:
    parameter = fields.get("param")
    if isinstance(parameter, str):
        return f"change {parameter} in the prompt's front matter or in params"
    return "check the model's name and the base URL" if status == HTTPStatus.NOT_FOUND else None
