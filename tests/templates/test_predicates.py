"""Each test after `is` holds for what its name says, by exact type."""

import pytest
from jinja2.exceptions import UndefinedError
from jinja2.runtime import StrictUndefined

from promptlib.errors import TemplateError
from promptlib.templates import RenderLimits
from promptlib.templates.limits import Meter
from promptlib.templates.operations import Operations
from promptlib.templates.predicates import TESTS, TRUTH

MISSING = StrictUndefined("'gone' is undefined")
OPERATIONS = Operations(Meter(RenderLimits()))


class Number(int):
    """An integer that is not exactly one."""


def holds(name, value, *args):
    return TESTS[name](OPERATIONS, value, *args)


VALUES = {
    "missing": MISSING,
    "none": None,
    "true": True,
    "false": False,
    "text": "a",
    "integer": 1,
    "number": 1.5,
    "list": [],
    "object": {},
    "other": Number(1),
}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("defined", set(VALUES) - {"missing"}),
        ("undefined", {"missing"}),
        ("none", {"none"}),
        ("true", {"true"}),
        ("false", {"false"}),
        ("boolean", {"true", "false"}),
        ("string", {"text"}),
        ("number", {"integer", "number"}),
        ("integer", {"integer"}),
        ("float", {"number"}),
        ("mapping", {"object"}),
        ("sequence", {"text", "list"}),
        ("iterable", {"list", "object"}),
    ],
)
def test_a_kind_holds_for_its_values_alone(name, kinds):
    """No value counts as a kind that it is not, True as no integer, and the answer is a boolean."""
    assert {kind for kind, value in VALUES.items() if holds(name, value)} == kinds
    assert {type(holds(name, value)) for value in VALUES.values()} == {bool}


@pytest.mark.parametrize(
    ("name", "args", "found"),
    [
        ("even", [2], True),
        ("even", [-1], False),
        ("odd", [3], True),
        ("odd", [-2], False),
        ("odd", [-3], True),
        ("divisibleby", [6, 3], True),
        ("divisibleby", [7, 3], False),
        ("divisibleby", [1.5, 0.5], True),
        ("lower", ["ab1"], True),
        ("lower", ["aB"], False),
        ("lower", ["1"], False),
        ("upper", ["AB"], True),
        ("upper", ["Ab"], False),
        ("eq", [1, 1.0], True),
        ("equalto", ["a", "b"], False),
        ("ne", ["a", "b"], True),
        ("lt", [1, 2], True),
        ("lessthan", [2, 2], False),
        ("le", [2, 2], True),
        ("le", [3, 2], False),
        ("gt", [2, 1], True),
        ("greaterthan", [2, 2], False),
        ("ge", [2, 2], True),
        ("ge", [1, 2], False),
        ("in", ["a", "ab"], True),
        ("in", [1, [2]], False),
    ],
)
def test_a_test_with_or_without_arguments(name, args, found):
    """Numbers, letters and comparisons answer as their names say."""
    assert holds(name, *args) is found


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("even", ["2"], "|even takes an integer there, not text"),
        ("odd", [True], "|odd takes an integer there, not a boolean"),
        ("odd", [2.0], "|odd takes an integer there, not a number"),
        ("divisibleby", ["a", 1], "cannot divide text and an integer"),
        ("lower", [1], "|lower takes text, not an integer"),
        ("upper", [None], "|upper takes text, not None"),
        ("lt", [1, "a"], "cannot compare an integer with text"),
        ("in", [1, 2], "cannot compare an integer with an integer"),
    ],
)
def test_a_wrong_value_is_refused(name, args, message):
    """As a filter or an operator would."""
    with pytest.raises(TemplateError) as caught:
        holds(name, *args)
    assert caught.value.message == message


@pytest.mark.parametrize("name", ["even", "odd", "lower", "upper", "eq", "lt", "divisibleby", "in"])
def test_what_is_missing_says_so(name):
    """Only `defined` and `undefined` look at what is not there."""
    with pytest.raises(UndefinedError):
        holds(name, MISSING, *([] if name in ("even", "odd", "lower", "upper") else [[1]]))


def test_truth_is_that_of_if():
    """What select and reject ask without a name: empty and zero are not true."""
    assert [TRUTH(OPERATIONS, value) for value in ("", "a", 0, 1, [], [0], None)] == [
        False,
        True,
        False,
        True,
        False,
        True,
        False,
    ]
    with pytest.raises(UndefinedError):
        TRUTH(OPERATIONS, MISSING)


def test_no_other_test_is_there():
    """Those of Jinja that look at functions, identity or filters are not for templates."""
    assert not {"callable", "sameas", "escaped", "filter", "test"} & set(TESTS)
