"""The part of JSON Schema that inputs use."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.templates.schema import ENOUGH, MEDIA, TYPES, Problem, article, check, near, read_schema, typed
from promptlib.templates.yaml import Scalar, parse


def _raw(text: str) -> Any:
    return parse(f"s: {text}", "x").tree["s"]


def _read(text: str) -> dict[str, Any]:
    return read_schema(_raw(text))


def _problem(text: str) -> Problem:
    with pytest.raises(Problem) as caught:
        _read(text)
    return caught.value


# -- reading


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("string", {"type": "string"}),
        ("{}", {}),
        ("{enum: [a, 1, true]}", {"enum": ["a", 1, True]}),
        ("{type: string, enum: [a, 1, true]}", {"type": "string", "enum": ["a", "1", "true"]}),
        ("{enum: [1, 2], type: integer}", {"type": "integer", "enum": [1, 2]}),
        ("{type: number, const: 1}", {"type": "number", "const": 1}),
        ("{type: string, title: 5, description: no}", {"type": "string", "title": "5", "description": "no"}),
        (
            "{type: string, minLength: 0, maxLength: 9, pattern: '^a', format: date}",
            {"type": "string", "minLength": 0, "maxLength": 9, "pattern": "^a", "format": "date"},
        ),
        (
            "{type: number, minimum: -1, maximum: 2.5, exclusiveMinimum: 0, exclusiveMaximum: 9}",
            {
                "type": "number",
                "minimum": -1,
                "maximum": 2.5,
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 9,
            },
        ),
        ("{type: number, minimum: 1}", {"type": "number", "minimum": 1}),
        (
            "{type: array, items: string, minItems: 1, maxItems: 2, uniqueItems: true}",
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2, "uniqueItems": True},
        ),
        (
            "{type: object, properties: {a: integer}, required: [a, 1], additionalProperties: false}",
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}},
                "required": ["a", "1"],
                "additionalProperties": False,
            },
        ),
        ("{type: object, additionalProperties: true}", {"type": "object", "additionalProperties": True}),
        (
            "{type: object, additionalProperties: number, minProperties: 1, maxProperties: 2}",
            {
                "type": "object",
                "additionalProperties": {"type": "number"},
                "minProperties": 1,
                "maxProperties": 2,
            },
        ),
    ],
)
def test_schemas_are_read_by_their_keywords(text, schema):
    """A word alone is a type; each keyword's value is read by what the keyword takes."""
    found = _read(text)
    assert found == schema
    assert repr(sorted(found.items())) == repr(sorted(schema.items()))


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("[string]", (), "a schema is a type, or a mapping with one"),
        (
            "{type: [string]}",
            ("type",),
            "'' is no type; one of string, integer, number, boolean, array, object",
        ),
        ("{type: strng}", ("type",), "did you mean 'string'?"),
        (
            "{type: image}",
            ("type",),
            "'image' is no type; one of string, integer, number, boolean, array, object",
        ),
        ("{type: string, minimum: 1}", ("minimum",), "'minimum' is no keyword of string"),
        ("{minLength: 1}", ("minLength",), "'minLength' is no keyword of an input"),
        ("{type: string, minLenght: 1}", ("minLenght",), "no keyword of string; did you mean 'minLength'?"),
        ("{type: string, minLength: -1}", ("minLength",), "this is a count, from 0"),
        ("{type: string, minLength: }", ("minLength",), "this is a count, from 0"),
        ("{type: string, minLength: 1.0}", ("minLength",), "this must be an integer, not '1.0'"),
        ("{type: string, minLength: [1]}", ("minLength",), "this must be an integer, not a list"),
        (
            "{type: string, pattern: '('}",
            ("pattern",),
            "this is no pattern that can be matched in linear time",
        ),
        (
            "{type: string, pattern: '(?=a)'}",
            ("pattern",),
            "this is no pattern that can be matched in linear time",
        ),
        (
            r"{type: string, pattern: '(a)\1'}",
            ("pattern",),
            "this is no pattern that can be matched in linear time",
        ),
        ("{type: string, pattern: }", ("pattern",), "this must be a string, not nothing"),
        ("{type: string, pattern: [a]}", ("pattern",), "this must be a string, not a list"),
        ("{type: integer, minimum: }", ("minimum",), "this must be a number, not nothing"),
        ("{type: integer, minimum: x}", ("minimum",), "this must be a number, not 'x'"),
        ("{type: integer, minimum: .inf}", ("minimum",), "this must be a number, not '.inf'"),
        ("{type: array, uniqueItems: 1}", ("uniqueItems",), "this must be a boolean, not '1'"),
        ("{type: string, enum: a}", ("enum",), "this is a list, as in [a, b]"),
        ("{type: integer, enum: [1, x]}", ("enum", 1), "this must be an integer, not 'x'"),
        ("{type: integer, const: x}", ("const",), "this must be an integer, not 'x'"),
        ("{type: object, required: a}", ("required",), "this is a list, as in [a, b]"),
        ("{type: object, required: [[a]]}", ("required", 0), "this must be a string, not a list"),
        ("{type: object, properties: [a]}", ("properties",), "this is a mapping of names to schemas"),
        ("{type: object, properties: {a: {type: image}}}", ("properties", "a", "type"), "'image' is no type"),
        (
            "{type: object, additionalProperties: maybe}",
            ("additionalProperties", "type"),
            "'maybe' is no type",
        ),
        (
            "{type: array, items: {type: integer, mininum: 1}}",
            ("items", "mininum"),
            "did you mean 'minimum'?",
        ),
        ("{type: array, items: false}", ("items", "type"), "'false' is no type"),
    ],
)
def test_broken_schemas(text, where, message):
    """What is wrong in a schema is told with the path of keys to it, and what was meant."""
    problem = _problem(text)
    assert problem.where == where
    assert message in str(problem)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *(
            ("str", "string"),
            ("text", "string"),
            ("int", "integer"),
            ("float", "number"),
            ("bool", "boolean"),
        ),
        *(("list", "array"), ("dict", "object"), ("map", "object"), ("Integer", "integer"), ("img", None)),
    ],
)
def test_other_languages_names_of_types(word, meant):
    """Python's names of types lead to JSON Schema's."""
    hint = f"; did you mean {meant!r}?" if meant else ""
    assert str(_problem(word)) == f"{word!r} is no type; one of {', '.join(TYPES)}{hint}"


def test_images_and_files_are_types_where_they_are_allowed():
    """The types of an input are JSON Schema's six, image and file."""
    for kind in (*TYPES, *MEDIA):
        assert read_schema(Scalar(kind, plain=True), media=True) == {"type": kind}
    with pytest.raises(Problem, match="one of string, integer, number, boolean, array, object, image, file"):
        read_schema(Scalar("x", plain=True), media=True)


def test_places_begin_where_the_schema_stands():
    """The path of a problem is told from where reading began."""
    with pytest.raises(Problem) as caught:
        read_schema(_raw("{type: array, items: {type: strin}}"), ("output", "schema"))
    assert caught.value.where == ("output", "schema", "items", "type")
    assert caught.value.hint is None


# -- values written in front matter


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        *(
            ("5", {"type": "string"}, "5"),
            ("no", {"type": "string"}, "no"),
            ("1.10", {"type": "string"}, "1.10"),
        ),
        *(("5", {"type": "integer"}, 5), ("5", {"type": "number"}, 5), ("1.10", {"type": "number"}, 1.1)),
        *(("true", {"type": "boolean"}, True), ("5", {}, 5), ("'5'", {}, "5"), ("no", {}, "no")),
        *(("", {"type": "integer"}, None), ("null", {"type": "string"}, None), ("~", {}, None)),
        *(("'~'", {}, "~"), ("''", {"type": "string"}, ""), ("'null'", {"type": "string"}, "null")),
        ("[1, 2]", {"type": "array", "items": {"type": "string"}}, ["1", "2"]),
        ("[1, x]", {"type": "array"}, [1, "x"]),
        ("[1, x]", {}, [1, "x"]),
        ("{a: 1, b: 2}", {"type": "object", "properties": {"a": {"type": "string"}}}, {"a": "1", "b": 2}),
        ("{a: 1}", {}, {"a": 1}),
    ],
)
def test_written_values_are_read_by_their_declared_type(text, schema, value):
    """Text stays text unless another type is declared; null and nothing are None."""
    found = typed(_raw(text), schema, ())
    assert found == value
    assert type(found) is type(value)


def test_nothing_is_none():
    """A key that is absent reads like one that is empty."""
    assert typed(None, {"type": "integer"}, ()) is None


@pytest.mark.parametrize(
    ("text", "schema", "where", "message"),
    [
        ("'5'", {"type": "integer"}, (), "this must be an integer, not '5'"),
        ("5.0", {"type": "integer"}, (), "this must be an integer, not '5.0'"),
        ("1", {"type": "boolean"}, (), "this must be a boolean, not '1'"),
        ("true", {"type": "number"}, (), "this must be a number, not 'true'"),
        ("x", {"type": "array"}, (), "this must be an array, not 'x'"),
        ("x", {"type": "object"}, (), "this must be an object, not 'x'"),
        ("[1]", {"type": "object"}, (), "this must be an object, not a list"),
        ("{a: 1}", {"type": "string"}, (), "this must be a string, not an object"),
        ("[[x]]", {"items": {"items": {"type": "integer"}}}, (0, 0), "this must be an integer, not 'x'"),
        ("{a: x}", {"properties": {"a": {"type": "integer"}}}, ("a",), "this must be an integer, not 'x'"),
        (f"{'x' * 41}", {"type": "integer"}, (), f"this must be an integer, not '{'x' * 40}'"),
    ],
)
def test_values_of_another_type_are_problems(text, schema, where, message):
    """A value that is not of its declared type is told with its place."""
    with pytest.raises(Problem) as caught:
        typed(_raw(text), schema, ("k",))
    assert (str(caught.value), caught.value.where) == (message, ("k", *where))


def test_articles():
    """Types are told with the article of English."""
    assert [article(kind) for kind in (*TYPES, *MEDIA)] == [
        *("a string", "an integer", "a number", "a boolean", "an array", "an object", "an image", "a file"),
    ]


def test_near_words():
    """A close word is offered; where none is, nothing is said."""
    assert near("minimun", ["minimum", "maximum"]) == "; did you mean 'minimum'?"
    assert near("xyz", ["minimum"]) == ""


# -- checking


@pytest.mark.parametrize(
    ("schema", "good", "bad", "message"),
    [
        ({"enum": ["a", "b"]}, "b", "c", "it must be one of ['a', 'b']"),
        ({"const": "a"}, "a", "b", "it must be a"),
        ({"minLength": 2}, "ab", "a", "it must have 2 characters or more"),
        ({"maxLength": 2}, "ab", "abc", "it must have 2 characters at most"),
        ({"pattern": "^a+$"}, "aa", "ab", "it must match the pattern ^a+$"),
        ({"pattern": "b"}, "abc", "ac", "it must match the pattern b"),
        ({"minimum": 2}, 2, 1, "it must be 2 or more"),
        ({"maximum": 2}, 2, 3, "it must be 2 at most"),
        ({"exclusiveMinimum": 2}, 3, 2, "it must be more than 2"),
        ({"exclusiveMaximum": 2}, 1, 2, "it must be less than 2"),
        ({"multipleOf": 3}, -9, 8, "it must be a multiple of 3"),
        ({"multipleOf": 0.1}, 0.3, 0.35, "it must be a multiple of 0.1"),
        ({"multipleOf": 0.01}, 19.99, 19.995, "it must be a multiple of 0.01"),
        ({"multipleOf": 3}, 3 * 2**4000, 3 * 2**4000 + 1, "it must be a multiple of 3"),
        ({"minItems": 1}, [1], [], "it must have 1 items or more"),
        ({"maxItems": 1}, [1], [1, 2], "it must have 1 items at most"),
        ({"uniqueItems": True}, [1, "1", True], [1, 1], "its items must differ"),
        ({"minProperties": 1}, {"a": 1}, {}, "it must have 1 properties or more"),
        ({"maxProperties": 1}, {"a": 1}, {"a": 1, "b": 2}, "it must have 1 properties at most"),
    ],
)
def test_each_keyword(schema, good, bad, message):
    """Each keyword accepts what lies on its bound and tells what does not."""
    assert check(good, schema, "a") == []
    assert check(bad, schema, "a") == [f"a: {message}"]


def test_keywords_that_allow_everything():
    """A step of 0 and uniqueItems false forbid nothing, and what only describes checks nothing."""
    described = {"title": "x", "description": "y", "format": "date", "type": "string"}
    assert check("no date", described, "a") == []
    assert check(5, {"multipleOf": 0}, "a") == []
    assert check([1, 1], {"uniqueItems": False}, "a") == []


def test_all_broken_keywords_are_told():
    """One value may break several keywords."""
    assert check("abc", {"type": "string", "maxLength": 1, "enum": ["x"]}, "a") == [
        "a: it must have 1 characters at most",
        "a: it must be one of ['x']",
    ]


def test_the_wrong_type_is_told_alone():
    """Keywords are not asked of a value of the wrong type."""
    assert check(5, {"type": "string", "minLength": 9}, "a") == ["a: it must be a string, not an integer"]
    assert check(None, {"type": "object"}, "a") == ["a: it must be an object, not None"]


def test_lists_and_objects_are_checked_below():
    """Items and properties are checked by their schemas, each problem with its way."""
    schema = {
        "type": "object",
        "properties": {"tags": {"type": "array", "items": {"type": "string"}}, "name": {"type": "string"}},
        "required": ["name", "tags"],
        "additionalProperties": False,
    }
    assert check({"tags": ["a"], "name": "x"}, schema, "a") == []
    assert check({"tags": ["a", 5], "nam": 1}, schema, "a") == [
        "a.name: it is required",
        "a.tags[1]: it must be a string, not an integer",
        "a.nam: there is no such property; did you mean 'name'?",
    ]


def test_additional_properties():
    """What is not declared is free, refused, or held to a schema of its own."""
    for extra in ({}, {"additionalProperties": True}):
        assert check({"x": object}, {"type": "object", **extra}, "a") == []
    numbers = {"type": "object", "additionalProperties": {"type": "number"}}
    assert check({"x": 1}, numbers, "a") == []
    assert check({"x": "1"}, numbers, "a") == ["a.x: it must be a number, not text"]
    assert check({"x": 1}, {"type": "object", "additionalProperties": False}, "a") == [
        "a.x: there is no such property"
    ]


def test_a_keyword_that_is_not_of_the_value_is_passed_over():
    """Without a type, items and properties hold for lists and objects alone."""
    assert check("x", {"items": {"type": "string"}}, "a") == []
    assert check([1], {"type": "array"}, "a") == []


def test_looking_stops_after_enough():
    """A long list or object of the wrong type is told in part."""
    integers = {"type": "integer"}
    exactly = check(["x"] * ENOUGH, {"type": "array", "items": integers}, "a")
    assert len(exactly) == ENOUGH
    assert len(check(["x"] * 1000, {"type": "array", "items": integers}, "a")) == ENOUGH + 1
    many = {f"k{index}": "x" for index in range(1000)}
    found = check(many, {"type": "object", "additionalProperties": integers}, "a")
    assert len(found) == ENOUGH + 1


def test_a_pattern_takes_linear_time():
    """A pattern that makes backtracking engines hang is answered at once."""
    assert check("a" * 50_000 + "!", {"pattern": "^(a+)+$"}, "a") == ["a: it must match the pattern ^(a+)+$"]


_SIMPLE = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=3)
_VALUES = st.recursive(
    _SIMPLE,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("ab"), below),
    max_leaves=5,
)
_COUNTS = st.integers(0, 3)
_BOUNDS = st.integers(-5, 5)
_SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={
            "minLength": _COUNTS,
            "maxLength": _COUNTS,
            "enum": st.lists(st.text("ab", max_size=2), min_size=1),
        },
    )
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], _BOUNDS),
            "multipleOf": st.integers(1, 3),
        },
    )
    | st.fixed_dictionaries({"type": st.just("boolean")}),
    lambda below: (
        st.fixed_dictionaries(
            {"type": st.just("array")}, optional={"items": below, "minItems": _COUNTS, "maxItems": _COUNTS}
        )
        | st.fixed_dictionaries(
            {"type": st.just("object")},
            optional={
                "properties": st.dictionaries(st.sampled_from("ab"), below),
                "required": st.lists(st.sampled_from("ab"), unique=True),
                "additionalProperties": st.booleans() | below,
                "minProperties": _COUNTS,
                "maxProperties": _COUNTS,
            },
        )
    ),
    max_leaves=4,
)


@given(_SCHEMAS, _VALUES)
def test_checks_agree_with_json_schema(schema, value):
    """What fits here fits by the jsonschema package, and the other way round."""
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (check(value, schema, "a") == []) is expected
