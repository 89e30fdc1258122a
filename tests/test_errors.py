"""The tree of errors: data, place, pickling."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib import errors
from promptlib.errors import PromptlibError

# What the classes with data of their own demand, or may be given.
_DATA: dict[str, dict[str, Any]] = {
    "BudgetExceeded": {"limit": 100, "needed": 120, "parts": (("history", 80), ("article", 40))},
    "ContextOverflow": {"limit": 8_192, "actual": 9_000, "status": 400},
    "InputError": {"problems": ("article: missing", "bullets: 9 is more than 5")},
    "InvalidOutput": {"text": "{}", "problems": ("x: missing",)},
    "RateLimited": {"retry_after": 2.5, "status": 429, "provider": "openai", "request_id": "r-1"},
    "RenderLimitError": {"limit": "max_output", "bound": 1_000.0},
    "TemplateError": {"problems": (errors.TemplateError("one", line=1), errors.SecurityError("two"))},
    "Truncated": {"partial": "The first ha", "model": "gpt-4o-mini"},
}
_CLASSES = [getattr(errors, name) for name in errors.__all__]

_places = st.fixed_dictionaries(
    {},
    optional={
        "path": st.text(min_size=1),
        "line": st.integers(min_value=1),
        "column": st.integers(min_value=1),
        "hint": st.text(min_size=1),
    },
)


def _make(cls: type[PromptlibError], **place: Any) -> PromptlibError:
    return cls("it went wrong", **_DATA.get(cls.__name__, {}), **place)


def _plain(error: PromptlibError) -> dict[str, Any]:
    """The data of an error, errors within it as data too: exceptions equal only themselves."""
    data = dict(vars(error), type=type(error), args=error.args)
    if isinstance(error, errors.TemplateError):
        data["problems"] = [_plain(problem) for problem in error.problems]
    return data


def test_all_names_every_error_class_sorted() -> None:
    """`__all__` is the sorted list of every error class of the module."""
    classes = inspect.getmembers(errors, inspect.isclass)
    assert errors.__all__ == sorted(
        name for name, cls in classes if cls.__module__ == errors.__name__ and issubclass(cls, BaseException)
    )


@pytest.mark.parametrize("cls", _CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_stands_in_the_tree_of_the_docstring(cls: type[PromptlibError]) -> None:
    """The tree drawn in the docstring names each class, one level deeper than its base."""
    lines = (errors.__doc__ or "").splitlines()
    column = {line.strip(" │├└─").split()[0]: len(line) - len(line.lstrip(" │├└─")) for line in lines if line}
    if cls is PromptlibError:
        assert column["PromptlibError"] == 4
    else:
        assert column[cls.__name__] == column[cls.__mro__[1].__name__] + 4


@pytest.mark.parametrize("cls", _CLASSES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_survives_pickling_with_all_its_data(cls: type[PromptlibError], protocol: int) -> None:
    """Class, text and every attribute are the same after pickling: workers send errors home."""
    error = _make(cls, path="a.jinja", line=3, column=7, hint="write x")
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301  (our own bytes)
    assert _plain(again) == _plain(error)
    assert str(again) == str(error)


@pytest.mark.parametrize("cls", _CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_can_be_copied(cls: type[PromptlibError]) -> None:
    """A copy keeps the data as well."""
    error = _make(cls, path="a.jinja")
    assert _plain(copy.copy(error)) == _plain(error)


def test_the_data_of_every_class_is_tried_above() -> None:
    """No class has arguments of its own that the tests here leave out."""
    own = {cls.__name__ for cls in _CLASSES if "__init__" in vars(cls)}
    assert own - {"PromptlibError", "ProviderError"} == set(_DATA)


@given(_places)
def test_the_text_begins_with_the_place_and_ends_with_the_hint(place: dict[str, Any]) -> None:
    """`str(error)` holds the message, the place before it and the hint on a line after it."""
    error = PromptlibError("it went wrong", **place)
    before, _, after = str(error).partition("it went wrong")
    assert before == (f"{error.place}: " if error.place else "")
    assert after == (f"\n  {place['hint']}" if "hint" in place else "")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({}, ""),
        ({"path": "a.jinja"}, "a.jinja"),
        ({"path": "a.jinja", "line": 3}, "a.jinja:3"),
        ({"path": "a.jinja", "line": 3, "column": 7}, "a.jinja:3:7"),
        ({"path": "a.jinja", "column": 7}, "a.jinja"),
    ],
)
def test_the_place_is_as_exact_as_known(place: dict[str, Any], expected: str) -> None:
    """A place is `path:line:column`, and a column without a line says nothing."""
    assert PromptlibError("it went wrong", **place).place == expected


def test_a_traceback_shows_the_place() -> None:
    """What a person sees last is class, place and message."""
    lines = traceback.format_exception_only(_make(errors.RefError, path="a.jinja", line=3))
    assert lines == ["promptlib.errors.RefError: a.jinja:3: it went wrong\n"]


def test_a_template_error_of_several_problems_reads_as_all_of_them() -> None:
    """Each problem has its lines; one alone reads as the error itself."""
    one = errors.TemplateError("first", path="a.jinja", line=1, hint="do x")
    two = errors.TemplateError("second", path="a.jinja", line=2)
    both = errors.TemplateError("first", path="a.jinja", line=1, problems=(one, two))
    assert str(both) == "a.jinja:1: first\n  do x\na.jinja:2: second"
    assert str(errors.TemplateError("first", problems=(one,))) == "first"


def test_only_errors_that_may_pass_are_worth_another_try() -> None:
    """Overload, rate limits and broken connections are retryable, nothing else is."""
    retryable = {cls.__name__ for cls in _CLASSES if getattr(cls, "retryable", False)}
    assert retryable == {"Overloaded", "RateLimited", "TransportError"}


def test_an_error_takes_no_second_positional_argument() -> None:
    """Data is given by name, so that fields can be added."""
    with pytest.raises(TypeError):
        PromptlibError("it went wrong", "a.jinja")  # type: ignore[call-arg]
