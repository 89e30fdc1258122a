"""The tests that templates may use after `is`: each looks at plain data, by exact type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2.runtime import Undefined

from promptlib.templates.arguments import integer_of, text_of
from promptlib.templates.operations import Operations

__all__ = ["TESTS", "TRUTH"]

TESTS: dict[str, Callable[..., bool]] = {}


def _test(name: str, function: Callable[..., bool]) -> None:
    TESTS[name] = function


def TRUTH(_: Operations, value: Any) -> bool:  # noqa: N802  a constant that happens to be a function
    """Whether a value counts as true."""
    return bool(value)


def _comparison(name: str) -> Callable[..., bool]:
    return lambda operations, left, right: operations.compare(left, name, right)


_test("defined", lambda _, value: not isinstance(value, Undefined))
_test("undefined", lambda _, value: isinstance(value, Undefined))
_test("none", lambda _, value: value is None)
_test("true", lambda _, value: value is True)
_test("false", lambda _, value: value is False)
_test("boolean", lambda _, value: type(value) is bool)
_test("string", lambda _, value: type(value) is str)
_test("number", lambda _, value: type(value) in (int, float))
_test("integer", lambda _, value: type(value) is int)
_test("float", lambda _, value: type(value) is float)
_test("mapping", lambda _, value: type(value) is dict)
_test("sequence", lambda _, value: type(value) in (list, str))
_test("iterable", lambda _, value: type(value) in (list, dict))
_test("even", lambda _, value: integer_of(value, "even") % 2 == 0)
_test("odd", lambda _, value: integer_of(value, "odd") % 2 == 1)
_test("divisibleby", lambda operations, value, by: operations.mod(value, by) == 0)
_test("lower", lambda _, value: text_of(value, "lower").islower())
_test("upper", lambda _, value: text_of(value, "upper").isupper())
for _name, _operator in {
    **{name: name for name in ("eq", "ne", "lt", "gt", "in")},
    "le": "lteq",
    "ge": "gteq",
    "equalto": "eq",
    "lessthan": "lt",
    "greaterthan": "gt",
}.items():
    _test(_name, _comparison(_operator))
