"""`promptlib tokens`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

_KEYS = [
    "ref",
    "model",
    "total",
    "kind",
    "lower",
    "upper",
    "context_window",
    "max_output",
    "headroom",
    "by_message",
    "overhead",
]


@pytest.fixture
def countable(project: Path) -> Path:
    """The project without the prompt that needs an image."""
    (project / "templates/picture.jinja").unlink()
    return project


def test_it_shows_a_table(project: Path, cli: Any, golden: Any) -> None:
    """A line for each model, as people read it."""
    models = ("openai/gpt-4o", "openai/gpt-4")
    shown = cli("tokens", "plain", *(word for each in models for word in ("--model", each)))
    assert (shown.code, shown.err) == (0, "")
    golden("tokens.txt", shown.out)


def test_an_estimate_shows_its_bounds(project: Path, cli: Any) -> None:
    """What is no exact count says so, and what the model's facts do not tell is unknown."""
    line = cli("tokens", "plain").out.splitlines()[1]
    assert re.fullmatch(r"plain +- +\d+ +estimate, [\d,]+ to [\d,]+ +unknown +unknown", line)


def test_as_json(project: Path, cli: Any) -> None:
    """A list with a row for each model, with exactly the keys of the contract."""
    models = ("--model", "openai/gpt-4o", "--model", "echo/echo")
    shown = cli("tokens", "greet", "--case", "ann", "--json", *models)
    assert shown.err == ""
    assert [list(row) for row in shown.json] == [_KEYS, _KEYS]
    assert [(row["model"], row["ref"]["model"]) for row in shown.json] == [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("echo/echo", "echo/echo"),
    ]
    first = shown.json[0]
    assert list(first["ref"]) == [
        "name",
        "version",
        "digest",
        "label",
        "persona",
        "model",
        "experiment",
        "variant",
    ]
    assert (first["context_window"], first["max_output"]) == (128_000, 16_384)
    assert first["lower"] <= first["total"] <= first["upper"]
    assert first["total"] == sum(first["by_message"]) + first["overhead"]
    assert len(first["by_message"]) == 4


def test_counts_are_those_of_render(project: Path, cli: Any) -> None:
    """A row counts what `render` renders."""
    (row,) = cli("tokens", "greet", "--case", "ann", "--json").json
    tokens = cli("render", "greet", "--case", "ann", "--json").json["tokens"]
    assert {key: row[key] for key in tokens} == tokens


def test_headroom_is_what_the_model_leaves(project: Path, cli: Any) -> None:
    """The window less the reserve and the upper bound; the model's limit on input where it is lower."""
    models = ("--model", "openai/gpt-4o", "--model", "openai/gpt-5", "--model", "nobody/knows")
    rows = cli("tokens", "greet", "--case", "ann", "--json", *models).json
    reserve, limit_of_gpt5 = 60, 272_000
    assert rows[0]["headroom"] == rows[0]["context_window"] - reserve - rows[0]["upper"]
    assert rows[1]["headroom"] == limit_of_gpt5 - rows[1]["upper"]
    assert [rows[2][key] for key in ("context_window", "max_output", "headroom")] == [None, None, None]


def test_a_budget_neither_cuts_nor_refuses(project: Path, cli: Any) -> None:
    """A prompt beyond its budget is counted as it is."""
    (row,) = cli("tokens", "greet", "--var", "name=" + "word " * 3000, "--json").json
    assert row["total"] > 3000


def test_without_a_ref_all_are_counted(countable: Path, cli: Any) -> None:
    """Each prompt with its first case, or without inputs where it has no cases."""
    rows = cli("tokens", "--json").json
    assert [(row["ref"]["name"], row["model"]) for row in rows] == [("greet", "echo/echo"), ("plain", None)]
    (first,) = cli("tokens", "greet", "--case", "ann", "--json").json
    assert rows[0] == first


def test_what_cannot_be_counted_is_told(project: Path, cli: Any) -> None:
    """A prompt that needs inputs and has no cases, and a broken one, fail the command by name."""
    (project / "templates/broken.jinja").write_text("{% system %}")
    shown = cli("tokens", "--json")
    assert shown.code == 1
    assert [row["ref"]["name"] for row in shown.json] == ["greet", "plain"]
    broken, picture = shown.err.splitlines()
    assert broken.startswith("error: broken.jinja:1:")
    assert picture.startswith("error: the inputs do not fit picture: photo: it is required.")


def test_values_need_a_ref(project: Path, cli: Any) -> None:
    """Values for all prompts at once are a wrong flag."""
    shown = cli("tokens", "--var", "name=x")
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith("error: values are given together with a REF;")
