"""Retries, waits and fallbacks, without a socket, a clock or chance."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.dispatch.deadline import Deadline
from promptlib.dispatch.flow import FIRST_WAIT, LONGEST_WAIT, Patience, Route, Send, Sleep, flow
from promptlib.errors import (
    AuthenticationError,
    InvalidRequest,
    Overloaded,
    ProviderError,
    RateLimited,
    TransportError,
    Truncated,
)
from promptlib.providers.base import Endpoint, HttpResponse
from promptlib.providers.openai import OPENAI
from promptlib.types import Message, Reply, Request

_GOOD = HttpResponse(status=200, body=b'{"choices":[{"message":{"content":"ok"}}]}')


class _Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _bad(status: int, headers: dict[str, str] | None = None, **error: Any) -> HttpResponse:
    body = json.dumps({"error": {"message": "no", **error}}).encode()
    return HttpResponse(status=status, body=body, headers=headers or {})


def _routes(*models: str) -> list[Route]:
    requests = [Request(messages=(Message.user("Hi"),), model=model) for model in models or ("openai/a",)]
    at = Endpoint(base_url="https://h/v1")
    return [
        Route(provider=OPENAI, request=one, http=OPENAI.encode(one, stream=False, endpoint=at))
        for one in requests
    ]


def _run(
    received: list[Any], *, models: tuple[str, ...] = (), retries: int = 2, timeout: float = 600.0
) -> Any:
    """Drives a flow; returns its result or error, the models sent to, and the waits."""
    clock = _Clock()
    patience = Patience(
        retries=retries, deadline=Deadline(timeout, clock=clock), uniform=lambda _low, high: high
    )
    steps = flow(_routes(*models), patience)
    sent, waits, answers = [], [], iter(received)
    value = None
    try:
        while True:
            step = steps.send(value)
            if isinstance(step, Sleep):
                waits.append(step.seconds)
                clock.now += step.seconds
                value = None
            else:
                assert isinstance(step, Send)
                sent.append(step.route.request.model)
                value = next(answers)
    except StopIteration as done:
        return done.value, sent, waits
    except ProviderError as error:
        return error, sent, waits


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """After a transient status the next attempt's reply is the result."""
    reply, sent, waits = _run([_bad(status), _GOOD])
    assert isinstance(reply, Reply)
    assert (len(sent), waits) == (2, [FIRST_WAIT])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 307])
def test_what_stays_is_not_tried_again(status: int) -> None:
    """An error that waiting does not mend is raised after one attempt."""
    error, sent, waits = _run([_bad(status)])
    assert isinstance(error, ProviderError)
    assert (len(sent), waits) == (1, [])


def test_no_quota_is_not_tried_again() -> None:
    """A 429 for want of credit is raised at once."""
    error, sent, _ = _run([_bad(429, code="insufficient_quota")])
    assert isinstance(error, RateLimited)
    assert len(sent) == 1


def test_broken_connections_are_tried_again() -> None:
    """A transport's error is as good a reason as a status."""
    reply, sent, _ = _run([TransportError("broke"), _GOOD])
    assert isinstance(reply, Reply)
    assert len(sent) == 2


def test_a_stream_that_gave_nothing_is_tried_again() -> None:
    """Truncated before the first delta may be retried; with text it may not."""
    assert len(_run([Truncated("cut"), _GOOD])[1]) == 2
    error, sent, _ = _run([Truncated("cut", partial="a")])
    assert isinstance(error, Truncated)
    assert len(sent) == 1


def test_a_stream_that_has_begun_is_the_result() -> None:
    """What is neither a response nor an error is handed through."""
    live = object()
    assert _run([live])[0] is live


@given(st.integers(0, 5))
def test_attempts_are_bounded(retries: int) -> None:
    """There are at most `retries` more attempts than one, and waits double up to their bound."""
    error, sent, waits = _run([_bad(500)] * 9, retries=retries)
    assert isinstance(error, Overloaded)
    assert len(sent) == retries + 1
    assert waits == [min(LONGEST_WAIT, FIRST_WAIT * 2**n) for n in range(retries)]


def test_jitter_is_full() -> None:
    """The wait is drawn between nothing and the bound."""
    drawn = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    patience = Patience(retries=1, deadline=Deadline(9, clock=_Clock()), uniform=uniform)
    steps = flow(_routes(), patience)
    next(steps)
    assert steps.send(_bad(500)) == Sleep(0.0)
    assert drawn == [(0.0, FIRST_WAIT)]


def test_the_server_says_how_long_to_wait() -> None:
    """retry-after beats the jitter."""
    assert _run([_bad(429, {"retry-after-ms": "1500"}), _GOOD])[2] == [1.5]


@pytest.mark.parametrize("seconds", ["1000000000", "121", "20"])
def test_a_wait_past_the_deadline_is_not_begun(seconds: str) -> None:
    """A retry-after beyond the deadline, or two minutes, is an error at once."""
    error, sent, waits = _run([_bad(429, {"retry-after": seconds})], timeout=20 if seconds == "20" else 600)
    assert isinstance(error, RateLimited)
    assert (error.retry_after, len(sent), waits) == (float(seconds), 1, [])


def test_x_should_retry_beats_the_status() -> None:
    """The provider's own word decides, both ways."""
    assert len(_run([_bad(400, {"x-should-retry": "true"}), _GOOD])[1]) == 2
    assert len(_run([_bad(500, {"x-should-retry": "false"})])[1]) == 1


def test_a_fallback_answers_when_the_first_cannot() -> None:
    """After the last attempt on one model the next is asked, and its error is the one raised."""
    reply, sent, _ = _run([_bad(500), _bad(500), _GOOD], models=("openai/a", "openai/b"), retries=1)
    assert isinstance(reply, Reply)
    assert (sent, reply.prompt.model) == (["openai/a", "openai/a", "openai/b"], "openai/b")


def test_a_fallback_is_not_asked_about_a_wrong_request() -> None:
    """An error that is the request's own fault does not travel through all models."""
    error, sent, _ = _run([_bad(400)], models=("openai/a", "openai/b"))
    assert isinstance(error, InvalidRequest)
    assert sent == ["openai/a"]
    assert isinstance(_run([_bad(401)], models=("openai/a", "openai/b"))[0], AuthenticationError)


@given(st.lists(st.sampled_from([200, 400, 429, 500]), min_size=20, max_size=20), st.floats(0.1, 30))
def test_no_wait_ever_passes_the_deadline(statuses: list[int], timeout: float) -> None:
    """Whatever comes, the waits together stay under the deadline."""
    received = [_GOOD if status == 200 else _bad(status) for status in statuses]
    _, _, waits = _run(received, retries=10, timeout=timeout)
    assert sum(waits) < timeout
