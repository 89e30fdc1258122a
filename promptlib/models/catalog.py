"""Finding a model's facts by its exact name: never a guess by prefix."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from promptlib.errors import ConfigurationError
from promptlib.models.model import Model, Prices, Tier
from promptlib.models.own import own
from promptlib.project import Project

__all__ = ["find", "lookup"]

_FINE_TUNED = "ft:"


def find(model: str | None, project: Project | None = None) -> Model:
    """The facts of `model`.

    Args:
        model: `provider/name`: one of the project's own models, one in promptlib's table or an alias
            there, or a fine-tuned `openai/ft:base:…`, which has its base's facts.
        project: Whose own models come first.

    Raises:
        ConfigurationError: Nothing is known of it; the hint has the nearest names. Or the project
            describes it wrongly.
    """
    found = lookup(model, project)
    if found is not None:
        return found
    if model is None:
        raise ConfigurationError("no model is named", hint="Name one, such as openai/gpt-4o-mini.")
    near = get_close_matches(model, [*_names(project)], n=3, cutoff=0.6)
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    raise ConfigurationError(
        f"nothing is known of the model {model!r}",
        hint=f'{guess}Else describe it in pyproject.toml: [tool.promptlib.models."{model}"] with context = …',
    )


def lookup(model: str | None, project: Project | None = None) -> Model | None:
    """The facts of `model` as `find` has them, or None for those who can go on without.

    Raises:
        ConfigurationError: The project describes the model wrongly.
    """
    if model is None:
        return None
    if project is not None and model in project.table("models"):
        return own(project, model, _published)
    return _published(model)


def _published(model: str) -> Model | None:
    table = _table()
    provider, _, name = model.partition("/")
    same = table.same_as.get(provider, provider)
    known = table.models.get(f"{same}/{name}")
    if known is None and name.startswith(_FINE_TUNED):
        known = _of_base(f"{same}/{name.split(':')[1]}")
    return None if known is None else replace(known, id=model)


def _of_base(base: str) -> Model | None:
    table = _table()
    known = table.models.get(base)
    # A fine-tuned model has prices of its own: the base's would be wrong.
    return None if known is None else replace(known, prices=table.fine_tuned.get(base))


def _names(project: Project | None) -> Iterable[str]:
    yield from _table().models
    if project is not None:
        yield from project.table("models")


class _Table:
    """The table of facts.json."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        day = date.fromisoformat(data["date"])
        self.same_as: Mapping[str, str] = MappingProxyType(data["same_as"])
        self.fine_tuned = {base: _prices(row) for base, row in data["fine_tuned"].items()}
        self.models: dict[str, Model] = {}
        for row in data["models"]:
            known = _model(row, day)
            for name in (known.name, *row.get("aliases", ())):
                self.models[f"{known.provider}/{name}"] = known


@cache
def _table() -> _Table:
    text = files("promptlib.models").joinpath("facts.json").read_text("utf-8")
    return _Table(json.loads(text))


def _model(row: Mapping[str, Any], day: date) -> Model:
    fields = {name: value for name, value in row.items() if name != "aliases"}
    deprecated = row.get("deprecated")
    fields |= {
        "capabilities": frozenset(row.get("capabilities", ())),
        "deprecated": date.fromisoformat(deprecated) if deprecated else None,
        "prices": _prices(row["prices"]) if row.get("prices") else None,
        "sources": tuple(row["sources"]),
        "date": day,
    }
    return Model(**fields)


def _prices(row: Mapping[str, Any]) -> Prices:
    base = {name: value for name, value in row.items() if name != "tiers"}
    return Prices(tiers=(Tier(**base), *(Tier(**tier) for tier in row.get("tiers", ()))))
