"""Front matter as typed settings; every unknown key, wrong type and bad value is reported, with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from promptlib.errors import TemplateError
from promptlib.templates.inputs import Input, read_inputs
from promptlib.templates.schema import ENOUGH, Problem, near, typed
from promptlib.templates.yaml import Document, Scalar, parse
from promptlib.types import Role

# Parameters that every provider's codec knows; others are handed on as JSON spells them.
PARAMS: dict[str, dict[str, Any]] = {
    "temperature": {"type": "number"},
    "top_p": {"type": "number"},
    "top_k": {"type": "integer"},
    "max_output_tokens": {"type": "integer"},
    "seed": {"type": "integer"},
    "stop": {"type": "array", "items": {"type": "string"}},
    "frequency_penalty": {"type": "number"},
    "presence_penalty": {"type": "number"},
    "reasoning_effort": {"type": "string"},
}

# Keys whose values are not settings of promptlib but data in their own right.
_RAW = frozenset(["inputs", "params"])

Count = Annotated[int, Field(ge=0)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Select(_Settings):
    """How few-shot examples are chosen: `by`, how many (`k`), against which input (`query`)."""

    by: Literal["all", "first", "tag", "random", "similarity"] = "all"
    k: Annotated[int, Field(ge=1)] | None = None
    query: str | None = None
    seed: int = 0


class Examples(_Settings):
    """The file of few-shot examples, and how to choose from it."""

    file: str
    select: Select = Select()


class History(_Settings):
    """Which roles a conversation may bring, and what of it may be cut."""

    roles: tuple[Role, ...] = ("user", "assistant", "tool")
    max_tokens: Count | None = None
    priority: int = 0


class Output(_Settings):
    """The JSON Schema of the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    json_schema: dict[str, Any] = Field(alias="schema")


class TokenBudget(_Settings):
    """Tokens the prompt may take, and tokens kept for the answer."""

    max_input_tokens: Annotated[int, Field(ge=1)] | None = None
    reserve_output_tokens: Count | None = None


class Lint(_Settings):
    """Lint codes that do not apply to this file."""

    ignore: tuple[str, ...] = ()


class FrontMatter(_Settings):
    """All keys of a prompt's front matter."""

    description: str = ""
    tags: tuple[str, ...] = ()
    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+/\S+$")] | None = None
    params: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    personas: tuple[str, ...] = ()
    examples: Examples | None = None
    history: History = History()
    tools: tuple[str, ...] = ()
    output: Output | None = None
    budget: TokenBudget = TokenBudget()
    cases: str | None = None
    lint: Lint = Lint()
    metadata: dict[str, Any] = {}


class Reading:
    """A front matter while it is read; collects problems and gives them their places."""

    def __init__(self, path: str, document: Document) -> None:
        self.path = path
        self.document = document
        self.problems: list[TemplateError] = []

    def fail(self, where: tuple[Any, ...], message: str, hint: str | None = None) -> None:
        """Note a problem at a path of keys, or at the nearest key above it that has a place."""
        at = where
        while at not in self.document.marks and at:
            at = at[:-1]
        line, column = self.document.marks.get(at, (1, 1))
        self.problems.append(TemplateError(message, path=self.path, line=line, column=column, hint=hint))

    def settings(self) -> FrontMatter:
        """The settings; what pydantic refuses is noted, and the rest returned."""
        raw = {key: value for key, value in self.document.tree.items() if _plain(value) is not None}
        tree = {key: value if key in _RAW else _plain(value) for key, value in raw.items()}
        if isinstance(output := raw.get("output"), dict) and "schema" in output:
            tree["output"]["schema"] = _json(output["schema"])
        if isinstance(params := raw.get("params"), dict):
            tree["params"] = self._params(params)
        try:
            return FrontMatter.model_validate(tree)
        except ValidationError as error:
            for found in error.errors(include_url=False)[:ENOUGH]:
                self.fail(_where(found["loc"]), *_describe(found))
        return FrontMatter()

    def _params(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key, value in raw.items():
            try:
                schema = PARAMS.get(key)
                found[key] = _json(value) if schema is None else typed(value, schema, (key,))
            except Problem as problem:
                self.fail(("params", *problem.where), str(problem))
        return found

    def inputs(self) -> dict[str, Input]:
        """The declared inputs, each with the line on which it stands."""
        raw = self.document.tree.get("inputs", {})
        if not isinstance(raw, dict):
            return {}
        return read_inputs(raw, self.fail)

    def raise_problems(self) -> None:
        """Raise what was noted, in order of place; nothing when nothing was."""
        raise_all(self.problems)


def raise_all(problems: list[TemplateError]) -> None:
    """Raise one error, or one that holds them all; nothing for an empty list."""
    if not problems:
        return
    ordered = sorted(problems, key=lambda error: (error.path or "", error.line or 0, error.column or 0))
    first = ordered[0]
    if len(ordered) == 1:
        raise first
    raise TemplateError(
        first.message, path=first.path, line=first.line, column=first.column, problems=tuple(ordered)
    )


def read(text: str, path: str, first_line: int) -> Reading:
    """Parse front matter; problems in it are collected, a malformed one raises."""
    return Reading(path, parse(text, path, first_line))


def _where(loc: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple("schema" if part == "json_schema" else part for part in loc)


# In the words of YAML, where pydantic's are Python's.
_WORDS = {
    "missing": "it is required here",
    "string_type": "this is one text",
    "tuple_type": "this is a list, as in [a, b]",
    "dict_type": "this is a mapping, as in {key: value}",
    "model_type": "this is a mapping, as in {key: value}",
    "int_parsing": "this is an integer",
    "int_from_float": "this is an integer",
}


def _describe(found: Any) -> tuple[str, str | None]:
    # A place in a list is named by the key of the list.
    key = next(part for part in reversed(found["loc"]) if isinstance(part, str))
    if found["type"] == "extra_forbidden":
        known = _known_keys(found["loc"][:-1])
        return f"unknown key {key[:60]!a}{near(key, known)}", f"The keys here are: {', '.join(known)}."
    if key == "model" and found["type"] == "string_pattern_mismatch":
        return "a model is provider/name, as in openai/gpt-4o-mini", None
    return f"{key}: {_WORDS.get(found['type']) or found['msg'].removeprefix('Input ')}", None


def _known_keys(loc: tuple[Any, ...]) -> list[str]:
    model: Any = FrontMatter
    for part in loc:
        model = _MODELS.get(str(part), model)
    return [field.alias or name for name, field in model.model_fields.items()]


_MODELS = {
    "examples": Examples,
    "select": Select,
    "history": History,
    "output": Output,
    "budget": TokenBudget,
    "lint": Lint,
}


def _plain(value: Any) -> Any:
    """A tree with each scalar as its text, and None for one that is empty."""
    if isinstance(value, Scalar):
        return None if value.plain and value.text in ("", "null", "~") else value.text
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()}


def _json(value: Any) -> Any:
    """A tree with each plain scalar as JSON reads it."""
    if isinstance(value, Scalar):
        return None if value.plain and value.text == "" else value.value()
    if isinstance(value, list):
        return [_json(item) for item in value]
    return {key: _json(item) for key, item in value.items()}
