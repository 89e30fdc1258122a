"""What response headers say about trying again and about who answered."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime

__all__ = ["request_id", "retry_after", "should_retry"]

_REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id")


def request_id(headers: Mapping[str, str]) -> str | None:
    """The provider's id of the request, which its support asks for."""
    return next((headers[name] for name in _REQUEST_IDS if headers.get(name)), None)


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """What `x-should-retry` says; it beats the status. None if it says nothing."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait: `retry-after-ms`, else `retry-after` as seconds or as an HTTP date.

    A date is taken against the response's own `date`, which cannot disagree with it, else against
    this machine's clock. What is negative, not finite or not understood is None.
    """
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    return seconds if seconds is not None else _until(text, headers.get("date", ""))


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str, now: str) -> float | None:
    then = _timestamp(text)
    if then is None:
        return None
    start = _timestamp(now)
    return max(0.0, then - (time.time() if start is None else start))


def _timestamp(text: str) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        found: datetime = parsedate_to_datetime(text)
        # A date without a zone is UTC, as HTTP dates are.
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
