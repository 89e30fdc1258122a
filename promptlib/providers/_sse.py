"""Server-sent events from bytes cut anywhere (WHATWG HTML, section 9.2, event stream parsing)."""

from __future__ import annotations

from dataclasses import dataclass

from promptlib.errors import TransportError

__all__ = ["MAX_LINE", "Event", "Parser"]

MAX_LINE = 1 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event: its `data`, lines joined by newlines, and its `name`, `message` if none was given."""

    data: str
    name: str = "message"


class Parser:
    """Feed it bytes, get whole events; `close` gives what stood before the end without a blank line.

    Lines are found in the bytes and decoded whole, so a cut inside a code point does no harm. A line
    of more than 1 MiB is a TransportError: no event is that long, and memory has an end.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._skip_newline = False
        self._first = True
        self._data: list[str] = []
        self._name = ""

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes."""
        self._buffer += data
        events = [event for line in self._lines() if (event := self._line(line)) is not None]
        if len(self._buffer) > MAX_LINE:
            raise _too_long()
        return events

    def close(self) -> list[Event]:
        """The event that was under way when the bytes ended, if any."""
        # Servers do leave out the last blank line; what they had said still counts.
        rest, self._buffer = bytes(self._buffer), bytearray()
        events = [self._line(rest)] if rest else []
        return [event for event in (*events, self._dispatch()) if event is not None]

    def _lines(self) -> list[bytes]:
        lines = []
        while (line := self._next_line()) is not None:
            if len(line) > MAX_LINE:
                raise _too_long()
            lines.append(line)
        return lines

    def _next_line(self) -> bytes | None:
        if self._skip_newline and self._buffer:
            # A carriage return ended the line before; its newline came in a later piece.
            if self._buffer[0] == ord("\n"):
                del self._buffer[0]
            self._skip_newline = False
        end = self._line_end()
        if end < 0:
            self._searched = len(self._buffer)
            return None
        self._searched = 0
        self._skip_newline = self._buffer[end] == ord("\r")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _line_end(self) -> int:
        newline = self._buffer.find(b"\n", self._searched)
        stop = len(self._buffer) if newline < 0 else newline
        carriage = self._buffer.find(b"\r", self._searched, stop)
        return carriage if carriage >= 0 else newline

    def _line(self, line: bytes) -> Event | None:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.decode("utf-8", errors="replace").partition(":")
        value = value.removeprefix(" ")
        # A line that starts with a colon is a comment; unknown fields are to be ignored.
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value
        return None

    def _dispatch(self) -> Event | None:
        data, name = self._data, self._name
        self._data, self._name = [], ""
        return Event(data="\n".join(data), name=name or "message") if data else None


def _too_long() -> TransportError:
    error = TransportError(
        f"the answer has a line longer than {MAX_LINE} bytes",
        hint="check that the base URL is a model's address",
    )
    error.retryable = False
    return error
