"""Marks are empty texts of classes of their own, which no text can be mistaken for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.templates.marks import (
    CACHE,
    CLOSE,
    END_SECTION,
    EXAMPLE,
    HISTORY,
    ROLES,
    TRUNCATE,
    Close,
    EndSection,
    History,
    Media,
    Open,
    Printed,
    Section,
    without_first_lines,
    without_last_lines,
)
from promptlib.types import ImagePart

PART = ImagePart(url="https://example.org/a.png", media_type="image/png")
MARKS = [
    Open("user"),
    Printed(("a",), True),
    Section("s"),
    Media(PART),
    CLOSE,
    END_SECTION,
    HISTORY,
    CACHE,
    EXAMPLE,
]


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_leaves_no_text(mark):
    """Joined with texts it vanishes; str() of it is itself, fields and all."""
    pieces = ["a", mark, "b"]
    assert "".join(pieces) == "ab"
    assert len(mark) == 0
    assert str(mark) is mark


def test_marks_are_told_apart_by_identity():
    """Though all their texts are equal, a mark equals nothing but itself."""
    assert len(set(MARKS)) == len(MARKS)
    assert all((one == other) is (one is other) for one in MARKS for other in MARKS)
    assert Open("user") != Open("user")
    assert type(CLOSE) is Close
    assert (type(END_SECTION), type(HISTORY)) == (EndSection, History)


def test_marks_carry_their_fields():
    """Role, names, options and part are what they were made with, and options have defaults."""
    assert [Open(role).role for role in ROLES] == ["system", "developer", "user", "assistant"]
    printed = Printed(("a", "b"), False)
    assert (printed.names, printed.pure) == (("a", "b"), False)
    assert Media(PART).part is PART
    full = Section("s", priority=-1, min_tokens=2, max_tokens=3, truncate="end")
    fields = (full.name, full.priority, full.min_tokens, full.max_tokens, full.truncate)
    assert fields == ("s", -1, 2, 3, "end")
    bare = Section("s")
    assert (bare.priority, bare.min_tokens, bare.max_tokens, bare.truncate) == (0, None, None, "no")
    assert (EXAMPLE.name, EXAMPLE.priority) == ("examples", 1)
    assert TRUNCATE == ("no", "start", "middle", "end")


def test_a_section_shows_what_it_is():
    """Fitting reports sections by name and priority."""
    assert repr(Section("a", priority=2, truncate="end")) == "Section('a', priority=2, truncate='end')"


def test_a_mark_takes_no_other_attribute():
    """Slots keep marks small, and typing errors out."""
    with pytest.raises(AttributeError):
        Open("user").rol = "system"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("", "", ""),
        ("a", "a", "a"),
        ("\n", "", ""),
        ("\n\n \t\n", "", ""),
        ("  ", "  ", "  "),
        ("\n  a  \n", "  a  \n", "\n  a  "),
        (" \n\t\na\n\nb\n \n\t", "a\n\nb\n \n\t", " \n\t\na\n\nb"),
        ("a\n  ", "a\n  ", "a"),
        ("  \na", "a", "  \na"),
        ("\x0b\na\n\xa0", "\x0b\na\n\xa0", "\x0b\na\n\xa0"),
        ("\r\na\n\r", "\r\na\n\r", "\r\na\n\r"),
    ],
)
def test_blank_lines_go_at_one_end(text, first, last):
    """A line of spaces and tabs is blank, a line without an end stays before text and goes behind it."""
    assert without_first_lines(text) == first
    assert without_last_lines(text) == last


@given(st.text(alphabet=" \t\nab", max_size=20))
def test_the_two_ends_mirror_each_other(text):
    """What goes at the end is what would go at the beginning of the text turned round."""
    assert without_last_lines(text)[::-1] == without_first_lines(text[::-1])
    assert text.endswith(without_first_lines(text))
    assert without_first_lines(text).replace("\n", "").strip() == text.replace("\n", "").strip()
