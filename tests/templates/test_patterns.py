"""Patterns of inputs: what they weigh before they are compiled, and how they match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import InputError, TemplateError
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, load
from promptlib.templates.patterns import is_valid, matches, too_large, weight


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", 0),
        ("abc", 3),
        ("a{3}", 3),
        ("a{2,5}b", 6),
        ("a{2,}", 2),
        ("a{0}", 1),
        ("(ab){10}", 20),
        ("((ab){10}c){10}", 210),
        (r"\w", 400),
        (r"\w{10}", 4000),
        (r"\p{Greek}{2}", 800),
        (r"\d\s\.", 41),
        (".", 8),
        ("[a-z]", 4),
        (r"[\w.]{2}", 808),
        ("[]a]", 4),
        ("[^]]", 4),
        (")a", 2),
        ("{3}", 1),
        ("{", 1),
        ("(a", 1),
        ("\\", 1),
    ],
)
def test_a_pattern_weighs_its_characters_as_often_as_they_are_repeated(pattern, expected):
    """Groups and classes are repeated whole; a class of Unicode weighs as hundreds of characters."""
    assert weight(pattern) == expected


@given(st.text(st.sampled_from(r"ab()[]{}^\\wpd.,0123456789|*+?"), max_size=40))
def test_any_text_has_a_weight(text):
    """Weighing never fails, whether the text is a pattern or not."""
    assert weight(text) >= 0


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\.[a-z]{2,10}$",
        r"^\w{1,100}$",
        r"^\d{4}-\d{2}-\d{2}$",
        r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$",
        r"(?:\w+\.)+\w{2,10}",
        "^.{1,2000}$",
    ],
)
def test_patterns_as_people_write_them_are_small(pattern):
    """A file may hold several of them, and each compiles."""
    assert weight(pattern) <= 100_000 // 2
    assert is_valid(pattern)


def test_patterns_count_together():
    """What stands in one file is compiled in one go, so it is weighed in one go."""
    assert not too_large(["a{50000}", "b{50000}"])
    assert too_large(["a{50000}", "b{50001}"])


@pytest.mark.parametrize(
    "declared",
    [
        "a: {type: string, pattern: '(a{400}){999}'}",
        "a: {type: array, items: {type: string, pattern: '(a{400}){999}'}}",
        "a: {type: object, properties: {b: {type: string, pattern: '(a{400}){999}'}}}",
    ],
)
def test_patterns_that_are_too_large_are_refused_before_they_are_compiled(declared):
    """Compiling could take seconds and gigabytes; the error stands at the inputs."""
    held = MemoryFiles({"x.jinja": f"---\ninputs:\n  {declared}\n---\nx".encode()})
    with pytest.raises(TemplateError) as caught:
        load(held, "x")
    error = caught.value
    assert (error.line, error.column) == (2, 1)
    assert error.message == "the patterns of all inputs together are too large"
    assert error.hint == "Repeat less in {…}."


def test_a_pattern_is_found_anywhere_in_a_text():
    """As JSON Schema has it: without ^ and $ a pattern may stand in the middle."""
    assert matches("xaby", "ab")
    assert not matches("xaby", "^ab")


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "(", "[", r"\w{300}"])
def test_what_the_engine_cannot_match_in_linear_time_is_no_pattern(pattern):
    """Look-around, references back, and what is no pattern or too large are refused."""
    assert not is_valid(pattern)


def test_a_value_that_does_not_match_is_told_the_pattern():
    """The error names the input and its pattern, never the value."""
    held = MemoryFiles({"x.jinja": b"---\ninputs:\n  a: {type: string, pattern: '^[a-z]+$'}\n---\n{{ a }}"})
    with pytest.raises(InputError, match=r"a: it must match the pattern \^\[a-z\]\+\$"):
        render(load(held, "x"), {"a": "SECRET"})
    assert render(load(held, "x"), {"a": "ok"}).messages[0].text == "ok"
