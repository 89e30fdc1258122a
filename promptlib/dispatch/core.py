"""What both clients are made of: their arguments, and what goes before and after the I/O."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Generic, TypeVar

from promptlib.dispatch import structured
from promptlib.dispatch.cost import cost
from promptlib.dispatch.deadline import Deadline
from promptlib.dispatch.exchange import Call
from promptlib.dispatch.flow import Patience, Route
from promptlib.dispatch.routes import Settings, routes
from promptlib.dispatch.slots import Slots
from promptlib.errors import ConfigurationError
from promptlib.providers.secret import Secret
from promptlib.types import Reply, Request

__all__ = ["Core", "asked", "factory", "finished"]

AnyTransport = TypeVar("AnyTransport")


class Core(Generic[AnyTransport]):
    """Sends prompts to the providers their models name.

    Args:
        timeout: Seconds for a whole call, over all attempts and models, from waiting for a slot to
            the last byte. Time in which the reader of a stream holds it does not count.
        idle_timeout: The longest silence within an answer that has begun, in seconds.
        retries: How often to try again after 408, 409, 429, 5xx and broken connections. Never once
            a piece of a stream has reached the caller.
        fallbacks: Models to try in turn when the prompt's own fails with an error that may pass.
        max_concurrency: Calls under way at once; more wait in a queue, first come first served.
        allow: Patterns of models that may be used, such as `openai/*`; None allows all.
        events: Not in this release; leave it None.
        log: Not in this release; leave it None.
        cache: Not in this release; leave it None.
        transport: What carries every request instead of this library's own; see `Transport`.
        base_url: Other addresses, by provider name. https, or http where you say so here or in the
            environment; a prompt can never name one.
        api_key: Keys, by provider name; otherwise read from the environment at each call.

    Keys and addresses not given come from the variables the official SDKs read, such as
    OPENAI_API_KEY and OPENAI_BASE_URL. Proxies come from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and
    NO_PROXY (or the system's settings), never for loopback; certificates from the library's default
    or SSL_CERT_FILE. No cookies and no .netrc are used, redirects are refused, and a body of more
    than 64 MiB is an error.

    Raises:
        ConfigurationError: An argument cannot be.
        AuthenticationError: A key is empty or malformed; the message never shows it.
    """

    def __init__(
        self,
        *,
        timeout: float = 600.0,
        idle_timeout: float = 60.0,
        retries: int = 2,
        fallbacks: Sequence[str] = (),
        max_concurrency: int = 100,
        allow: Sequence[str] | None = None,
        events: None = None,
        log: None = None,
        cache: None = None,
        transport: AnyTransport | None = None,
        base_url: Mapping[str, str] | None = None,
        api_key: Mapping[str, str | Secret] | None = None,
    ) -> None:
        _refuse_unfinished(events=events, log=log, cache=cache)
        self._settings = Settings.checked(
            timeout=timeout,
            idle_timeout=idle_timeout,
            retries=retries,
            fallbacks=fallbacks,
            max_concurrency=max_concurrency,
            allow=allow,
            base_url=base_url,
            api_key=api_key,
        )
        self._slots = Slots(max_concurrency)
        self._given = transport
        self._transports: dict[str, AnyTransport] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._slots.taken} of {self._slots.size} slots taken)"

    def _transport(self, route: Route) -> AnyTransport:
        if self._given is not None:
            return self._given
        kind = route.provider.access.transport
        if kind not in self._transports:
            self._transports[kind] = self._make(kind)
        return self._transports[kind]

    def _make(self, kind: str) -> AnyTransport:
        raise NotImplementedError

    def _call(self, request: Request, *, stream: bool) -> Call:
        patience = Patience(
            retries=self._settings.retries,
            deadline=Deadline(self._settings.timeout, clock=time.monotonic),
            uniform=random.uniform,
        )
        return Call(
            routes=routes(self._settings, request, stream=stream),
            patience=patience,
            slots=self._slots,
            idle=self._settings.idle_timeout,
            stream=stream,
        )


def asked(prompt: Request, output: Any) -> Request:
    """The request to send for a prompt, with the schema of `output` if one is given."""
    if output is None:
        return prompt
    return Request(
        messages=prompt.messages,
        model=prompt.model,
        params=prompt.params,
        tools=prompt.tools,
        output=structured.schema_of(output),
    )


def finished(reply: Reply, prompt: Request, output: Any, started: float) -> Reply:
    """A decoded reply with what only the client knows: the prompt, the value, cost and latency."""
    latency = (time.monotonic() - started) * 1000
    wanted = output is not None or prompt.output is not None
    return replace(
        reply,
        prompt=prompt,
        parsed=structured.parsed(reply, output) if wanted else None,
        cost=cost(reply.prompt.model or "", reply.usage),
        latency_ms=latency,
    )


def factory(kind: str) -> Any:
    """The factory that a provider names as `module:factory`."""
    module, _, name = kind.partition(":")
    return getattr(import_module(module), name)


def _refuse_unfinished(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise ConfigurationError(
                f"Client({name}=…) is not yet available in this release", hint=f"leave {name} out"
            )
