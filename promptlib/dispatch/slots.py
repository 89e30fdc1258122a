"""A fair bound on how many calls are under way at once, for threads and for asyncio alike."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from threading import Lock

__all__ = ["Slots"]


class Slots:
    """`size` slots; who asks when all are taken waits in a queue, first come first served.

    A future of the standard library is what both colours can wait for, so this is written once.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._waiting: deque[Future[None]] = deque()
        self._lock = Lock()

    @property
    def taken(self) -> int:
        """How many are in use."""
        return self.size - self._free

    def ask(self) -> Future[None]:
        """A future that is done as soon as the caller has a slot."""
        place: Future[None] = Future()
        with self._lock:
            if self._free:
                self._free -= 1
                place.set_result(None)
            else:
                self._waiting.append(place)
        return place

    def withdraw(self, place: Future[None]) -> None:
        """Ends the wait of a caller who gave up; a slot that came meanwhile goes to the next."""
        # cancel() fails when the slot has already been given, and then somebody must hand it back.
        if not place.cancel():
            self.leave()

    def leave(self) -> None:
        """Gives a slot back."""
        with self._lock:
            while self._waiting:
                place = self._waiting.popleft()
                if place.set_running_or_notify_cancel():
                    place.set_result(None)
                    return
            self._free += 1
