"""What headers say about trying again."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.providers.headers import request_id, retry_after, should_retry


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": formatdate(1000, usegmt=True), "date": formatdate(970, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(900, usegmt=True), "date": formatdate(970, usegmt=True)}, 0.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds beat seconds; a date is taken against the response's own; nonsense is None."""
    assert retry_after(headers) == seconds


def test_a_date_without_the_servers_own_uses_this_clock() -> None:
    """Without a Date header the wait is counted from now."""
    found = retry_after({"retry-after": formatdate(time.time() + 60, usegmt=True)})
    assert found is not None
    assert 50 < found <= 61


@given(st.text(max_size=30))
def test_any_text_is_a_wait_or_none(text: str) -> None:
    """No header value raises; what comes is None or at least 0."""
    found = retry_after({"retry-after": text, "retry-after-ms": text, "date": text})
    assert found is None or found >= 0


def test_should_retry_and_request_id() -> None:
    """x-should-retry is true, false or silent; the first known id header is the id."""
    said = [should_retry({"x-should-retry": value}) for value in ("true", "False", "perhaps")]
    assert said == [True, False, None]
    assert request_id({"request-id": "b", "x-request-id": "a"}) == "a"
    assert request_id({}) is None
