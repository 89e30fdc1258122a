"""The numbers that CONTRIBUTING.md promises, held over the source itself."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent
_SOURCES = sorted((_ROOT / "promptlib").rglob("*.py"))
_TESTS = sorted((_ROOT / "tests").rglob("test_*.py"))

_FUNCTION = 50  # lines, signature and docstring included
_MEDIAN = 10
_FILE = 400

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> list[_Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, _Function)]


def _lines(function: _Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _place(path: Path, function: _Function) -> str:
    return f"{path.relative_to(_ROOT)}:{function.lineno} {function.name}"


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: str(path.relative_to(_ROOT)))
def test_a_file_holds_one_concept(path: Path) -> None:
    """No file is over 400 lines, and no function over 50."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= _FILE
    assert [_place(path, each) for each in _functions(path) if _lines(each) > _FUNCTION] == []


def test_functions_are_short() -> None:
    """The median function has under ten lines."""
    assert statistics.median(_lines(each) for path in _SOURCES for each in _functions(path)) < _MEDIAN


@pytest.mark.parametrize("path", _TESTS, ids=lambda path: str(path.relative_to(_ROOT)))
def test_a_test_states_the_fact_it_proves(path: Path) -> None:
    """Each test has a docstring."""
    tests = [each for each in _functions(path) if each.name.startswith("test_")]
    assert [_place(path, each) for each in tests if not ast.get_docstring(each)] == []
