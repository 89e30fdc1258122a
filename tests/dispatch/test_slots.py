"""A fair bound on calls under way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptlib.dispatch.slots import Slots


def test_first_come_first_served() -> None:
    """A freed slot goes to who has waited longest."""
    slots = Slots(1)
    assert slots.ask().done()
    first, second = slots.ask(), slots.ask()
    slots.leave()
    assert (first.done(), second.done()) == (True, False)


def test_who_gave_up_is_passed_over() -> None:
    """A withdrawn wait takes no slot."""
    slots = Slots(1)
    slots.ask()
    first, second = slots.ask(), slots.ask()
    slots.withdraw(first)
    slots.leave()
    assert second.done()


def test_a_slot_that_came_too_late_is_handed_on() -> None:
    """Withdrawing after the slot was given gives it to the next."""
    slots = Slots(1)
    slots.ask()
    first, second = slots.ask(), slots.ask()
    slots.leave()
    slots.withdraw(first)
    assert second.done()


@given(st.lists(st.sampled_from(["ask", "leave", "withdraw"]), max_size=60))
def test_no_slot_is_ever_lost_or_made(moves: list[str]) -> None:
    """After any history, giving everything back leaves all slots free."""
    slots, places = Slots(3), []
    for move in moves:
        if move == "ask":
            places.append(slots.ask())
        elif places:
            seated = [place for place in places if place.done()]
            waiting = [place for place in places if not place.done()]
            if move == "withdraw" and waiting:
                slots.withdraw(waiting[0])
                places.remove(waiting[0])
            elif move == "leave" and seated:
                slots.leave()
                places.remove(seated[0])
        assert sum(place.done() for place in places) == min(3, len(places)) == slots.taken
