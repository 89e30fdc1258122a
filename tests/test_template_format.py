"""docs/template-format.md names everything that the code has, and nothing that it does not."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from promptlib.templates.filters import FILTERS, TESTS
from promptlib.templates.front_matter import PARAMS, FrontMatter, Select
from promptlib.templates.limits import RenderLimits
from promptlib.templates.schema import _KEYWORDS

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "template-format.md"
_TEXT = _PAGE.read_text(encoding="utf-8")


def _section(heading: str) -> str:
    """The text under a heading, up to the next of its kind; code blocks left out."""
    found = _TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.sub(r"```.*?```", "", found, flags=re.DOTALL)


def _code(text: str) -> set[str]:
    """The words in backticks, without their arguments."""
    return {re.split(r"[(:, ]", word)[0] for word in re.findall(r"`([^`]+)`", text)}


def _first_cells(heading: str) -> set[str]:
    rows = [line for line in _section(heading).splitlines() if line.startswith("| ")]
    return _code("\n".join(line.split(" | ")[0] for line in rows[1:]))


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Front matter", set(FrontMatter.model_fields)),
        ("Filters", set(FILTERS)),
        ("Limits", {field.name for field in fields(RenderLimits)}),
        ("Examples", set(get_args(Select.model_fields["by"].annotation))),
    ],
)
def test_a_table_names_what_there_is(heading: str, names: set[str]) -> None:
    """The first column of the table is the code's own list."""
    assert _first_cells(heading) == names


def test_every_test_is_listed() -> None:
    """The tests of the page are those that `is` knows."""
    assert set(TESTS) <= _code(_section("Tests"))
    assert _code(_section("Tests")) - set(TESTS) == {"is", "select", "reject"}


def test_every_parameter_and_keyword_is_listed() -> None:
    """Known parameters stand beside `params`, and the keywords of JSON Schema under inputs."""
    assert set(PARAMS) <= _code(_section("Front matter"))
    keywords = {keyword for kind in _KEYWORDS.values() for keyword in kind} - {"type"}
    assert keywords <= _code(_section("Inputs"))


def test_the_bounds_are_the_defaults() -> None:
    """Each bound of RenderLimits stands in the table with its default."""
    table = _section("Limits")
    for field in fields(RenderLimits):
        row = next(line for line in table.splitlines() if f"`{field.name}`" in line)
        assert f"{field.default:,}" in row, field.name
