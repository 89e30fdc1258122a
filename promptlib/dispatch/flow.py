"""When to try, to wait, to try again, to go to another model, and to give up: one generator.

It opens no socket and reads no clock of its own. It yields `Send` and `Sleep`; whoever drives it
sends back what came of a `Send`: a whole response, a stream that has begun, or the error of a
transport that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from promptlib.dispatch.deadline import Deadline
from promptlib.errors import ProviderError, Truncated
from promptlib.providers.base import HttpRequest, HttpResponse, Provider
from promptlib.providers.headers import retry_after, should_retry
from promptlib.providers.secret import MASK, Secret
from promptlib.types import Reply, Request

__all__ = ["Flow", "Patience", "Route", "Send", "Sleep", "flow", "scrubbed"]

# The waits of OpenAI's Python SDK 3.54: half a second, doubled up to eight; a retry-after of more
# than two minutes is not waited for.
FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
LONGEST_RETRY_AFTER = 120.0

Live = TypeVar("Live")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One model that can answer: its provider, the request in its wire format, its key if any."""

    provider: Provider
    request: Request
    http: HttpRequest
    key: Secret | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request of this route."""

    route: Route


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often to try again, until when, and `uniform(a, b)`, the source of chance."""

    retries: int
    deadline: Deadline
    uniform: Callable[[float, float], float]


Flow: TypeAlias = Generator[Send | Sleep, Any, Reply | Live]


def flow(routes: Sequence[Route], patience: Patience) -> Flow[Any]:
    """Tries each route in turn; returns the first reply, or the stream that has begun.

    Another route is tried only after an error that may be gone elsewhere (`retryable`).

    Raises:
        ProviderError: What the last route tried ended in.
    """
    outcome: Any = None
    for route in routes:
        outcome = yield from _attempts(route, patience)
        if not isinstance(outcome, ProviderError):
            return outcome
        if not _may_pass(outcome):
            break
    raise outcome


def _attempts(route: Route, patience: Patience) -> Generator[Send | Sleep, Any, Any]:
    for attempt in range(patience.retries + 1):
        received = yield Send(route)
        outcome = _decoded(route, received)
        if not isinstance(outcome, ProviderError) or attempt == patience.retries:
            return outcome
        pause = _pause(outcome, _headers(received), attempt, patience)
        if pause is None:
            return outcome
        yield Sleep(pause)
    raise AssertionError("unreachable: the last attempt returns")  # pragma: no cover


def _decoded(route: Route, received: Any) -> Any:
    if not isinstance(received, HttpResponse):
        return received
    try:
        return route.provider.decode(route.request, received)
    except ProviderError as error:
        return scrubbed(error, route)


def scrubbed(error: ProviderError, route: Route) -> ProviderError:
    """The error with its provider and model filled in, and without the key it may repeat."""
    error.provider = error.provider or route.provider.name
    error.model = error.model or route.request.model
    key = route.key.reveal() if route.key is not None else ""
    if key and key in error.message:
        error.message = error.message.replace(key, MASK)
        error.args = (error.message,)
        # The frames it came through hold the answer, and a debugger shows their variables.
        error.__traceback__ = None
    return error


def _headers(received: Any) -> Mapping[str, str]:
    return received.headers if isinstance(received, HttpResponse) else {}


def _pause(
    error: ProviderError, headers: Mapping[str, str], attempt: int, patience: Patience
) -> float | None:
    """Seconds to wait before the next attempt, or None if there is to be none."""
    said = should_retry(headers)
    if not (_may_pass(error) if said is None else said):
        return None
    asked = retry_after(headers)
    if asked is None:
        # Full jitter: clients that failed together must not come back together.
        asked = patience.uniform(0.0, min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    elif asked > LONGEST_RETRY_AFTER:
        return None
    return asked if asked < patience.deadline.left() else None


def _may_pass(error: ProviderError) -> bool:
    # A stream that ended before anything of it reached the caller can be asked for once more.
    return error.retryable or (isinstance(error, Truncated) and not error.partial)
