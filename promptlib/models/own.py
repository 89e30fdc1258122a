"""A project's own models: `[tool.promptlib.models."provider/name"]` in `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from promptlib.errors import ConfigurationError
from promptlib.models.model import Model, Prices, Tier
from promptlib.project import Project

__all__ = ["own"]

_FIELDS = {"context": "context_window"} | {
    name: name
    for name in (
        "max_input",
        "max_output",
        "tokenizer",
        "overhead",
        "images",
        "capabilities",
        "prices",
        "base_url",
    )
}
_KEYS = ("like", *_FIELDS)
_PRICES = ("input", "output", "cached_input", "cache_write")
_SIZES = frozenset(("context", "max_input", "max_output"))


def own(project: Project, model: str, published: Callable[[str], Model | None]) -> Model:
    """The model that `project` describes.

    `like = "openai/gpt-4o"` starts from the facts of a published model, without its prices; `context`,
    `max_input` and `max_output` are tokens, `tokenizer` the name of an encoding or a family, `prices`
    a table of US dollars per million tokens, `base_url` where the model is served.

    Raises:
        ConfigurationError: A key is unknown, a value of the wrong type, or `like` names no model.
    """
    described = project.table("models")[model]
    if not isinstance(described, Mapping):
        raise _wrong(project, model, "is no table", f'Write [tool.promptlib.models."{model}"].')
    for key in described:
        _known(project, model, key, _KEYS)
    base = _like(project, model, described.get("like"), published)
    fields = {
        _FIELDS[key]: _value(project, model, key, value) for key, value in described.items() if key != "like"
    }
    window = fields.get("context_window")
    if window is not None:
        fields.setdefault("max_input", window)
    return replace(base, id=model, sources=(str(project.path),), date=None, **fields)


def _like(project: Project, model: str, name: object, published: Callable[[str], Model | None]) -> Model:
    if name is None:
        return Model(id=model)
    base = published(name) if isinstance(name, str) else None
    if base is None:
        raise _wrong(
            project, model, f"is like {name!r}, of which nothing is known", "Name a published model."
        )
    return replace(base, prices=None, deprecated=None)


def _value(project: Project, model: str, key: str, value: Any) -> Any:
    if key == "prices":
        return _prices(project, model, value)
    if key == "capabilities":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return frozenset(value)
        raise _wrong(
            project, model, "has capabilities that are no list of texts", 'Write ["tools", "images"].'
        )
    if key in _SIZES:
        if type(value) is int and value > 0:
            return value
        raise _wrong(project, model, f"has {key} = {value!r}", f"{key} is a whole number of tokens above 0.")
    if isinstance(value, str):
        return value
    raise _wrong(project, model, f"has {key} of type {type(value).__name__}", f"{key} is a text.")


def _prices(project: Project, model: str, value: Any) -> Prices:
    if not isinstance(value, Mapping):
        raise _wrong(
            project, model, "has prices that are no table", "Write prices = {input = 0.1, output = 0.4}."
        )
    for key, price in value.items():
        _known(project, model, key, _PRICES)
        if type(price) not in (int, float) or not price >= 0:
            raise _wrong(
                project, model, f"has the price {key} = {price!r}", "A price is a number, 0 or more."
            )
    return Prices(tiers=(Tier(**value),))


def _known(project: Project, model: str, key: str, keys: tuple[str, ...]) -> None:
    if key in keys:
        return
    near = get_close_matches(key, keys, n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise _wrong(project, model, f"has the unknown key {key!r}", f"{guess}There are: {', '.join(keys)}.")


def _wrong(project: Project, model: str, message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(f"the model {model} {message}", path=str(project.path), hint=hint)
