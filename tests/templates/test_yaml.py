"""Front matter's YAML, read strictly from a parser's events."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import TemplateError
from promptlib.templates.yaml import MAX_BYTES, MAX_DEPTH, Document, Scalar, parse


def _tree(text: str) -> Any:
    return _spelt(parse(text, "x.jinja").tree)


def _spelt(node: Any) -> Any:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, list):
        return [_spelt(item) for item in node]
    return {key: _spelt(item) for key, item in node.items()}


def _refused(text: str, first_line: int = 1) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        parse(text, "x.jinja", first_line)
    return caught.value


@pytest.fixture(params=["libyaml", "python"])
def parser(request, monkeypatch):
    """Both of PyYAML's parsers: the one in C is missing where it was built without libyaml."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML was built without libyaml")


# -- scalars


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("true", True),
            ("false", False),
            ("null", None),
            ("5", 5),
            ("-5", -5),
            ("0.5", 0.5),
            ("1e3", 1000.0),
        ),
        *(
            ("no", "no"),
            ("yes", "yes"),
            ("on", "on"),
            ("True", "True"),
            ("~", "~"),
            ("", ""),
            ("NULL", "NULL"),
        ),
        *(
            ("1.10.2", "1.10.2"),
            ("007", "007"),
            ("0x1F", "0x1F"),
            ("1_000", "1_000"),
            ("12:30:45", "12:30:45"),
        ),
        *(
            (".5", ".5"),
            ("5.", "5."),
            ("+5", "+5"),
            (".inf", ".inf"),
            ("NaN", "NaN"),
            ("-Infinity", "-Infinity"),
        ),
        *(("-", "-"), ("2026-11-23", "2026-11-23"), ("1e999", "1e999"), ("-1e999", "-1e999"), ("x5", "x5")),
        ("9" * 5000, "9" * 5000),
        ("9" * 400, int("9" * 400)),
        ("1.10", 1.1),
    ],
)
def test_plain_scalars_are_json_or_text(text, value):
    """A plain scalar is a JSON number, true, false or null, or else its text; quoted, it is its text."""
    found = Scalar(text, plain=True).value()
    assert found == value
    assert type(found) is type(value)
    assert Scalar(text, plain=False).value() == text


@given(st.text(max_size=8) | st.from_regex(r"[-0-9.eE+]{1,8}", fullmatch=True))
def test_a_scalar_is_never_an_infinite_number(text):
    """No spelling gives NaN or infinity, and none raises."""
    found = Scalar(text, plain=True).value()
    assert not isinstance(found, float) or math.isfinite(found)


@pytest.mark.usefixtures("parser")
def test_only_quotes_tell_text_from_a_number():
    """A scalar is plain when it has no quotes and is no block."""
    tree = parse("a: 5\nb: '5'\nc: \"5\"\nd: |\n  5\ne: >-\n  5\n", "x").tree
    assert {key: value.plain for key, value in tree.items()} == {
        **dict.fromkeys("bcde", False),
        "a": True,
    }
    assert tree["d"] == Scalar("5\n", plain=False)


# -- trees and their marks


@pytest.mark.usefixtures("parser")
def test_trees_and_places():
    """Each key, and each item of a list, has its line and column, counted from 1 in the file."""
    found = parse("é: {b: [x, y]}\nc:\n  - d: e\n", "x.jinja", first_line=2)
    assert found == Document(
        tree={"é": {"b": [Scalar("x", True), Scalar("y", True)]}, "c": [{"d": Scalar("e", True)}]},
        marks={
            (): (2, 1),
            ("é",): (2, 1),
            ("#key",): (2, 1),
            ("é", "b"): (2, 5),
            ("é", "b", 0): (2, 9),
            ("é", "b", 1): (2, 12),
            ("c",): (3, 1),
            ("c", 0): (4, 5),
            ("c", 0, "d"): (4, 5),
        },
    )


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "   "])
def test_no_content_is_an_empty_mapping(text):
    """Nothing, or comments alone, declare nothing."""
    assert _tree(text) == {}


# -- what is refused, and where


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: &x 1", 3, 4, "anchors and aliases are not allowed"),
        ("b: 1\na: *x", 4, 4, "anchors and aliases are not allowed"),
        ("a: &x [1]", 3, 4, "anchors and aliases are not allowed"),
        ("&x a: 1", 3, 1, "anchors and aliases are not allowed"),
        ("a: !!str x", 3, 4, "tags such as tag:yaml.org,2002:str are not allowed"),
        (
            "a: !!python/object/apply:os.system [x]",
            3,
            4,
            "tags such as tag:yaml.org,2002:python/object/apply:os",
        ),
        ("a: ! x", 3, 4, "tags such as ! are not allowed"),
        ("a: !x {b: c}", 3, 4, "tags such as !x are not allowed"),
        ("<<: {a: 1}", 3, 1, "merge keys are not allowed"),
        ("a: 1\nb: 2\na: 3", 5, 1, "the key 'a' stands twice"),
        ("a: {b: 1, 'b': 2}", 3, 11, "the key 'b' stands twice"),
        ("1: a", 3, 1, "a key must be text; put it in quotes"),
        ("true: a", 3, 1, "a key must be text; put it in quotes"),
        ("null: a", 3, 1, "a key must be text; put it in quotes"),
        ("{a: b}: c", 3, 1, "a key must be text; put it in quotes"),
        ("? [a]\n: c", 3, 3, "a key must be text; put it in quotes"),
        ("- a", 3, 1, "the front matter must be a mapping, as in `description: …`"),
        ("a", 3, 1, "the front matter must be a mapping, as in `description: …`"),
        ("''", 3, 1, "the front matter must be a mapping, as in `description: …`"),
        ("a: 1\n--- {b: 2}", 4, 1, "the front matter holds a second document"),
        ("%YAML 1.1\n---\na: 1", None, None, "the front matter holds a second document"),
        ('a: "x\\0"', 3, 4, "a text holds a NUL character"),
        ('"a\\0": x', 3, 1, "a text holds a NUL character"),
        ("a: 'x", None, None, "the front matter is no YAML: "),
        ("a: [", None, None, "the front matter is no YAML: "),
        ("a: b: c", 3, 5, "the front matter is no YAML: mapping values are not allowed"),
        ("a: 1\n...\nb: 2", 5, 1, "the front matter is no YAML: "),
        ("a: \x01", None, None, "the front matter is no YAML: "),
        ("a: @x", 3, 4, "the front matter is no YAML: "),
        ("\ta: b", None, None, "the front matter is no YAML: "),
    ],
)
def test_what_is_refused(text, line, column, message):
    """What YAML could do beyond plain data is refused at its line and column, one error for each."""
    error = _refused(text, first_line=3)
    assert error.message.startswith(message)
    assert error.path == "x.jinja"
    assert error.line >= 3
    assert error.column >= 1
    if line is not None:
        assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "hint"), [("a: *x", "Write the value out."), ("<<: x", "Write the keys out."), ("1: a", None)]
)
def test_hints(text, hint):
    """Aliases and merges come with what to do instead."""
    assert _refused(text).hint == hint


@pytest.mark.usefixtures("parser")
def test_half_a_surrogate_pair_is_refused():
    """An escape that no text can hold is refused by either parser."""
    error = _refused('a: "\\ud800"')
    assert error.line == 1
    assert error.column >= 4


def test_a_quoted_merge_key_is_a_key():
    """Quotes make a key of anything."""
    assert _tree("'<<': x\n'1': y\n\"null\": z") == {"<<": "x", "1": "y", "null": "z"}


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("opening", "closing", "column"), [("[", "]", 24), ("{a: ", "}", 81)])
def test_depth_is_bounded(opening, closing, column):
    """The deepest level is the twentieth; one more is an error where it begins, however many follow."""
    levels = MAX_DEPTH - 1
    assert _tree(f"a: {opening * levels}x{closing * levels}")
    for more in (1, 2, 9000):
        text = f"a: {opening * (levels + more)}"
        error = _refused(text + "x" + closing * (levels + more))
        assert error.message == f"the front matter nests deeper than {MAX_DEPTH} levels"
        assert error.line == 1
        assert error.column == column


def test_keys_nest_no_deeper_than_values():
    """Keys of keys are counted as levels too."""
    assert _refused("? " * 5000).message == f"the front matter nests deeper than {MAX_DEPTH} levels"


def test_size_is_bounded():
    """64 KiB of UTF-8 are read; a byte more is refused at the front matter's first line."""
    text = "a: " + "é" * ((MAX_BYTES - 3) // 2)
    text += "x" * (MAX_BYTES - len(text.encode()))
    assert len(_tree(text)["a"]) > 32_000
    error = _refused(text + "x", first_line=2)
    assert (error.message, error.place) == ("the front matter is longer than 65,536 bytes", "x.jinja:2:1")


def test_a_stack_that_is_nearly_used_up(monkeypatch):
    """Where Python's own stack runs out, that is one error too."""

    def overflow(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(yaml, "parse", overflow)
    error = _refused("a: b", first_line=2)
    assert (error.message, error.place) == ("the front matter nests too deep", "x.jinja:2:1")


def test_errors_repeat_little_of_the_file():
    """A long key or tag is cut in the error."""
    assert len(_refused(f"{'k' * 500}: 1\n{'k' * 500}: 2").message) < 100
    assert len(_refused(f"a: !{'t' * 500} x").message) < 100


_NODES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text("abc", min_size=1), below, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcé", min_size=1), _NODES))
def test_what_a_writer_writes_is_read_back(tree):
    """Any tree of texts, as PyYAML writes it with quotes, is read as it was."""
    text = yaml.safe_dump(tree, default_style='"', allow_unicode=True).replace("!!null", "")
    assert _tree(text) == tree


@given(
    st.text(
        st.characters(exclude_categories=["Cs"]) | st.sampled_from("{}[]:,&*!|>'\"%@`#-? \n\t"), max_size=60
    )
)
def test_any_text_is_a_tree_or_one_error(text):
    """No text raises anything but TemplateError, and each has its place."""
    found = _error(text)
    assert found is None or (found.line >= 2 and found.column >= 1)


def _error(text: str) -> TemplateError | None:
    try:
        parse(text, "x.jinja", 2)
    except TemplateError as error:
        return error
    return None
