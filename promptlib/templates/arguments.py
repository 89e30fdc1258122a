"""What filters and tests take: the value when it is of the right kind, else an error that says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

from promptlib.errors import TemplateError
from promptlib.templates.operations import check_defined, kind_of

__all__ = ["integer_of", "items_of", "number_of", "text_of", "wrong_arguments"]


def text_of(value: Any, name: str) -> str:
    """The value, if it is text; `name` is the filter or test that wants it."""
    if type(value) is not str:
        check_defined(value)
        raise TemplateError(f"|{name} takes text, not {kind_of(value)}")
    return value


def items_of(value: Any, name: str) -> list[Any]:
    """The items of a list, or the keys of an object."""
    if type(value) is dict:
        return list(value)
    if type(value) is not list:
        check_defined(value)
        raise TemplateError(f"|{name} takes a list, not {kind_of(value)}")
    return value


def integer_of(value: Any, name: str) -> int:
    """The value, if it is an integer."""
    if type(value) is not int:
        check_defined(value)
        raise TemplateError(f"|{name} takes an integer there, not {kind_of(value)}")
    return value


def number_of(value: Any, name: str) -> Any:
    """The value, if it is an integer or a number."""
    if type(value) is not int and type(value) is not float:
        check_defined(value)
        raise TemplateError(f"|{name} takes a number, not {kind_of(value)}")
    return value


def wrong_arguments(
    function: Callable[..., Any], positional: int, keywords: Sequence[str] = ()
) -> str | None:
    """What is wrong with calling a filter or test so, beside its value; None when nothing is."""
    try:
        signature(function).bind(None, None, *[None] * positional, **dict.fromkeys(keywords))
    except TypeError as error:
        return str(error)
    return None
