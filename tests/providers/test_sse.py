"""Server-sent events, cut anywhere."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import TransportError
from promptlib.providers._sse import MAX_LINE, Event, Parser

_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
_DATA = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=12)


def _read(pieces: list[bytes]) -> list[Event]:
    parser = Parser()
    return [event for piece in pieces for event in parser.feed(piece)] + parser.close()


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


@given(st.lists(st.lists(_DATA, min_size=1, max_size=3), max_size=5), _ENDS, st.lists(st.integers(0, 500)))
def test_events_do_not_depend_on_the_cuts(events: list[list[str]], end: str, places: list[int]) -> None:
    """Whatever the line ends and wherever the bytes are cut, the events are those that were sent."""
    text = "".join("".join(f"data: {line}{end}" for line in lines) + end for lines in events)
    found = _read(_cut(text.encode(), places))
    assert [event.data for event in found] == ["\n".join(lines) for lines in events]


def test_a_code_point_may_be_cut() -> None:
    """Four bytes of one character, each in a piece of its own, are that character."""
    data = "data: \N{GRINNING FACE}\n\n".encode()
    assert _read([bytes([byte]) for byte in data]) == [Event(data="\N{GRINNING FACE}")]


def test_comments_names_and_unknown_fields() -> None:
    """Comments and unknown fields say nothing; a name holds for its event only; a BOM is dropped."""
    found = _read([b"\xef\xbb\xbf: ping\nevent: error\nid: 7\nfoo\ndata:a\n\ndata: b\n\nevent: none\n\n"])
    assert found == [Event(data="a", name="error"), Event(data="b")]


def test_the_last_blank_line_may_be_missing() -> None:
    """What stood before the end of the bytes counts, also without any line end."""
    assert _read([b"data: [DONE]"]) == [Event(data="[DONE]")]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_has_a_greatest_length(end: bytes) -> None:
    """A line over 1 MiB is a typed error that is not tried again, whether or not it has ended."""
    parser = Parser()
    with pytest.raises(TransportError, match="longer than") as caught:
        parser.feed(b"data: " + b"x" * MAX_LINE + end)
    assert caught.value.retryable is False
