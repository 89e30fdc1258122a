"""The time allowed for a whole call: a clock that can be held while nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Deadline"]


class Deadline:
    """`seconds` from now; while it is held, time does not count."""

    def __init__(self, seconds: float, *, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._held: float | None = None

    def left(self) -> float:
        """Seconds left, negative when it has passed."""
        now = self._clock() if self._held is None else self._held
        return self._end - now

    def hold(self) -> None:
        """Stops the time, since somebody else than the provider is at work."""
        if self._held is None:
            self._held = self._clock()

    def resume(self) -> None:
        """Lets the time run again."""
        if self._held is not None:
            self._end += self._clock() - self._held
            self._held = None
