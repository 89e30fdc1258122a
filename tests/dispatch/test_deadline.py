"""The clock of a call."""

from __future__ import annotations

from promptlib.dispatch.deadline import Deadline


def test_held_time_does_not_count() -> None:
    """While a deadline is held its time stands; held twice or resumed twice is as once."""
    now = [0.0]
    deadline = Deadline(10, clock=lambda: now[0])
    now[0] = 3
    deadline.hold()
    now[0] = 50
    deadline.hold()
    assert deadline.left() == 7
    deadline.resume()
    deadline.resume()
    now[0] = 52
    assert deadline.left() == 5


def test_a_passed_deadline_is_negative() -> None:
    """What is over says by how much."""
    now = [0.0]
    deadline = Deadline(1, clock=lambda: now[0])
    now[0] = 3
    assert deadline.left() == -2
