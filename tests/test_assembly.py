"""Pieces to messages: what is cut, what is kept, and where everything stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib import assembly
from promptlib.assembly import Draft
from promptlib.templates.marks import (
    CACHE,
    CLOSE,
    END_SECTION,
    HISTORY,
    Media,
    Open,
    Printed,
    Section,
    without_first_lines,
    without_last_lines,
)
from promptlib.types import CachePart, ImagePart, Message, TextPart

USER, SYSTEM = Open("user"), Open("system")
P = Printed(("v",), True)
IMAGE = ImagePart(url="https://example.org/a.png", media_type="image/png")
M = Media(IMAGE)
TURN = Message.assistant("turn")


def shown(*pieces, history=()):
    return [(m.role, m.content) for m in assembly.messages(list(pieces), history)]


# -- messages


def test_text_and_values_are_joined():
    """A message is what stands between its marks."""
    assert shown(USER, "a", P, "b", "c", CLOSE, "\n", SYSTEM, CLOSE) == [("user", "abc"), ("system", "")]
    assert shown() == []


def test_both_ways_to_messages_agree():
    """With a cache mark between messages everything goes the longer way, to the same texts."""
    pieces = ["\n", USER, "\n a", P, "\n", "\n", CLOSE, Section("s"), SYSTEM, "\n", CLOSE, END_SECTION]
    short = shown(*pieces)
    long = shown(*pieces, HISTORY, history=())
    assert short == long == [("user", " a\n"), ("system", "")]


def test_a_value_outside_of_messages_is_no_message():
    """Whatever stands between messages is dropped; the structure of templates keeps it from happening."""
    assert shown("a", P, "b", USER, "c", CLOSE, HISTORY, "d", history=(TURN,)) == [
        ("user", "c"),
        ("assistant", "turn"),
    ]


def test_a_mark_between_messages_is_an_item():
    """Fitting sees drafts, turns and marks in order; text between them is gone."""
    section = Section("s")
    pieces = ["\n", section, USER, "a", P, "b", CLOSE, "\n", HISTORY, END_SECTION, CACHE]
    found = list(assembly.items(pieces, (TURN,)))
    assert found == [section, Draft("user", ["a", P, "b"]), TURN, END_SECTION, CACHE]


def test_a_history_mark_inside_a_message_brings_no_turns():
    """Templates cannot put it there; pieces that did would not split the message."""
    assert shown(USER, "a", HISTORY, "b", CLOSE, history=(TURN,)) == [("user", "ab")]


def test_parts_stand_between_media_and_cache_marks():
    """Runs of text between them are one part each; an empty run is none."""
    ((_, parts),) = shown(USER, "a", P, "b", M, P, "", M, "c", CACHE, CLOSE)
    assert parts == (TextPart(text="ab"), IMAGE, IMAGE, TextPart(text="c"), CachePart())


def test_a_cache_mark_ends_what_stands_before_it():
    """Behind a message it becomes its last part, text and all; before the first it is nothing."""
    assert shown(CACHE, USER, "a", CLOSE, CACHE, SYSTEM, CLOSE, CACHE) == [
        ("user", (TextPart(text="a"), CachePart())),
        ("system", (CachePart(),)),
    ]


def test_a_draft_that_was_cut_is_trimmed_again():
    """What fitting leaves of a message follows the same rules."""
    assert assembly.message_of(Draft("user", ["\n", P, "v\n", "\n\n"])) == Message.user("v\n")
    assert assembly.message_of(Draft("user", [M])).content == (IMAGE,)
    assert assembly.message_of(Draft("user", ["\n", "a", "\n\n"])) == Message.user("a")


# -- trimming


@pytest.mark.parametrize(
    ("pieces", "trimmed"),
    [
        ([], []),
        (["\n\na\n\n"], ["a"]),
        (["\n", "\n", "a"], ["", "", "a"]),
        ([" ", "\n", " a"], ["", "", " a"]),
        (["a", "\n", "  ", "\n"], ["a", "", "", ""]),
        (["a\n", "  "], ["a", ""]),
        (["\n", P, "\nv\n", "\n"], ["", P, "\nv\n", ""]),
        (["\n", P, "", "\n"], ["", P, "", ""]),
        (["\na", P, "v", "b\n"], ["a", P, "v", "b"]),
        (["\n", M, "\nb\n"], ["", M, "\nb"]),
        ([P, "v", "\n", M], [P, "v", "\n", M]),
        ([M, P, "\n"], [M, P, "\n"]),
        ([P, "v", M, "\n"], [P, "v", M, ""]),
        (["\n", "\n"], ["", ""]),
        ([P, "\n", "x", P, "\n"], [P, "\n", "x", P, "\n"]),
    ],
)
def test_blank_lines_of_template_text_go(pieces, trimmed):
    """At both ends, over as many pieces as they are made of; values and media end what can go."""
    given_list = list(pieces)
    found = assembly.trimmed(given_list)
    assert found is given_list
    assert found == trimmed


def test_marks_between_blank_lines_stay():
    """A section that begins before the first visible line still begins there."""
    section = Section("s")
    assert assembly.trimmed(["\n", section, "\n", "a", END_SECTION, "\n"]) == [
        "",
        section,
        "",
        "a",
        END_SECTION,
        "",
    ]


@given(st.lists(st.text(alphabet=" \t\na", max_size=4), max_size=6))
def test_how_a_text_is_cut_into_pieces_does_not_matter(texts):
    """Comments, conditions and loops leave pieces; only their text together says what is blank."""
    whole = without_last_lines(without_first_lines("".join(texts)))
    assert "".join(assembly.trimmed(list(texts))) == whole
    assert shown(USER, *texts, CLOSE) == [("user", whole)]


@given(
    before=st.text(" \na", max_size=4), value=st.text(" \na", max_size=4), after=st.text(" \na", max_size=4)
)
def test_a_value_is_never_cut(before, value, after):
    """Only the text on its two sides is."""
    whole = without_first_lines(before) + value + without_last_lines(after)
    assert shown(USER, before, P, value, after, CLOSE) == [("user", whole)]


# -- spans


def test_spans_of_values_count_characters_of_their_message():
    """A value has a span if it is printed text with a name; others are passed over."""
    nameless = Printed((), False)
    draft = Draft("user", ["ab", P, "cd", "e", P, "", nameless, "f", P, "g"])
    found = [(s.message, s.start, s.end, s.names, s.pure) for s in assembly.value_spans(7, draft)]
    assert found == [(7, 2, 4, ("v",), True), (7, 6, 7, ("v",), True)]


def sections(*items):
    return [(s.section.name, s.first, s.start, s.last, s.end) for s in assembly.section_spans(items)]


def test_sections_inside_a_message():
    """Nested ones come outer first, though the inner ends first; siblings as they stand."""
    outer, inner, next_one = Section("o"), Section("i"), Section("n")
    pieces = ["a", outer, inner, "bc", END_SECTION, END_SECTION, next_one, END_SECTION, "d"]
    assert sections(Draft("user", ["x"]), Draft("user", pieces)) == [
        ("o", 1, 1, 1, 3),
        ("i", 1, 1, 1, 3),
        ("n", 1, 3, 1, 3),
    ]


def test_sections_around_messages():
    """They end where their last message does, drafts and turns alike; an empty one where it begins."""
    outer, inner = Section("o"), Section("i")
    draft = Draft("user", ["abc"])
    assert sections(draft, outer, draft, inner, TURN, END_SECTION, END_SECTION, draft) == [
        ("o", 1, 0, 2, 4),
        ("i", 2, 0, 2, 4),
    ]
    assert sections(draft, outer, END_SECTION, draft) == [("o", 1, 0, 1, 0)]
    empty = Draft("user", [])
    assert sections(outer, draft, empty, END_SECTION) == [("o", 0, 0, 1, 0)]


def test_a_section_at_the_start_of_a_message_stays_in_it():
    """One that ends at character 0 of a message it began in has not left it."""
    section = Section("s")
    assert sections(Draft("user", ["ab"]), Draft("user", [section, END_SECTION, "c"])) == [("s", 1, 0, 1, 0)]
