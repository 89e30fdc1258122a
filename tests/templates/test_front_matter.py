"""Front matter as typed settings, each problem with its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlib.errors import PromptlibError, TemplateError
from promptlib.templates.front_matter import (
    PARAMS,
    Examples,
    FrontMatter,
    History,
    Lint,
    Reading,
    Select,
    TokenBudget,
    raise_all,
    read,
)
from promptlib.templates.limits import RenderLimits
from promptlib.templates.source import read_source

_EXAMPLES = 100_000 if os.environ.get("PROMPTLIB_NIGHTLY") else 2_000
_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_FRONTS = [
    read_source(path.name, path.read_bytes(), RenderLimits()).front or ""
    for path in _TEMPLATES.rglob("*.jinja")
]


def _read(text: str) -> tuple[FrontMatter, Reading]:
    reading = read(text, "x.jinja", 2)
    found = reading.settings()
    reading.inputs()
    return found, reading


def _settings(text: str) -> FrontMatter:
    found, reading = _read(text)
    reading.raise_problems()
    return found


def _problems(text: str) -> list[str]:
    _, reading = _read(text)
    return [str(problem) for problem in reading.problems]


# -- settings


def test_all_keys():
    """Every key of front matter is read into its setting."""
    found = _settings(
        "description: Summarise\n"
        "tags: [a, 5]\n"
        "model: openai/gpt-4o-mini\n"
        "params: {temperature: 0.2, stop: [no, 1], own: [1, no, {a: true}], none: }\n"
        "inputs: {a: string}\n"
        "personas: [personas/editor]\n"
        "examples: {file: e.jsonl, select: {by: similarity, k: 3, query: a, seed: 7}}\n"
        "history: {roles: [user, system], max_tokens: 0, priority: -1}\n"
        "tools: [t.json]\n"
        "output: {schema: {type: object, required: [a], minProperties: 1}}\n"
        "budget: {max_input_tokens: 1, reserve_output_tokens: 0}\n"
        "cases: c.jsonl\n"
        "lint: {ignore: [PT101]}\n"
        "metadata: {owner: {team: no, since: 1.10}}\n"
    )
    assert found.description == "Summarise"
    assert found.tags == ("a", "5")
    assert found.model == "openai/gpt-4o-mini"
    assert found.params == {
        "temperature": 0.2,
        "stop": ["no", "1"],
        "own": [1, "no", {"a": True}],
        "none": None,
    }
    assert list(found.inputs) == ["a"]
    assert found.personas == ("personas/editor",)
    assert found.examples == Examples(file="e.jsonl", select=Select(by="similarity", k=3, query="a", seed=7))
    assert found.history == History(roles=("user", "system"), max_tokens=0, priority=-1)
    assert found.tools == ("t.json",)
    assert found.output is not None
    assert found.output.json_schema == {"type": "object", "required": ["a"], "minProperties": 1}
    assert found.budget == TokenBudget(max_input_tokens=1, reserve_output_tokens=0)
    assert found.cases == "c.jsonl"
    assert found.lint == Lint(ignore=("PT101",))
    assert found.metadata == {"owner": {"team": "no", "since": "1.10"}}


def test_what_holds_without_front_matter():
    """Nothing is set by default; the history takes a conversation's roles, and all examples are used."""
    found = _settings("")
    assert found == FrontMatter()
    assert found.history.roles == ("user", "assistant", "tool")
    assert found.history.priority == 0
    assert Examples(file="x").select == Select(by="all", k=None, query=None, seed=0)
    assert found.model is None
    assert found.examples is None


@pytest.mark.parametrize("key", sorted(FrontMatter.model_fields))
@pytest.mark.parametrize("nothing", ["", " null", " ~"])
def test_an_empty_key_is_no_key(key, nothing):
    """A key with nothing after it, or with null, leaves its setting as it is."""
    assert _settings(f"{key}:{nothing}\n") == FrontMatter()


@pytest.mark.parametrize("model", ["openai/gpt-4o", "local/a b", "x", "/x", "a/", "a b/c", "'a/b\n\nc'"])
def test_a_model_is_provider_and_name(model):
    """A provider of letters, digits, - and _, a slash, and a name without white space."""
    if model == "openai/gpt-4o":
        assert _settings(f"model: {model}").model == model
    else:
        assert _problems(f"model: {model}") == [
            "x.jinja:2:1: a model is provider/name, as in openai/gpt-4o-mini"
        ]


@pytest.mark.parametrize("name", sorted(PARAMS))
def test_known_parameters_have_a_type(name):
    """A parameter that every provider knows is refused in another type."""
    wrong = "{a: b}"
    kind = PARAMS[name]["type"]
    (found,) = _problems(f"params: {{{name}: {wrong}}}")
    assert found.startswith("x.jinja:2:10: this must be a")
    assert found.endswith(f" {kind}, not an object")


# -- problems


_KEYS = (
    "description, tags, model, params, inputs, personas, examples, history, tools, output, budget, cases, "
    "lint, metadata"
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("modl: x", "2:1: unknown key 'modl'; did you mean 'model'?"),
        ("a: b\nzz: 1", "2:1: unknown key 'a'"),
        ("budget: {max_tokens: 5}", "2:10: unknown key 'max_tokens'; did you mean 'max_input_tokens'?"),
        ("examples: {file: x, select: {kk: 1}}", "2:30: unknown key 'kk'; did you mean 'k'?"),
        ("history: {role: [user]}", "2:11: unknown key 'role'; did you mean 'roles'?"),
        ("lint: {ignored: []}", "2:8: unknown key 'ignored'; did you mean 'ignore'?"),
        ("examples: {}", "2:1: file: it is required here"),
        ("output: {}", "2:1: schema: it is required here"),
        ("output: {schema: x}", "2:10: schema: this is a mapping, as in {key: value}"),
        ("examples: {file: x, select: {by: most}}", "2:30: by: should be 'all', 'first', 'tag', 'random' or"),
        ("examples: {file: x, select: {k: 0}}", "2:30: k: should be greater than or equal to 1"),
        ("examples: {file: x, select: {seed: x}}", "2:30: seed: this is an integer"),
        ("history: {roles: [user, robot]}", "2:25: roles: should be 'system', 'developer', 'user', 'assi"),
        ("history: {max_tokens: -1}", "2:11: max_tokens: should be greater than or equal to 0"),
        ("budget: {max_input_tokens: 0}", "2:10: max_input_tokens: should be greater than or equal to 1"),
        (
            "budget: {reserve_output_tokens: -1}",
            "2:10: reserve_output_tokens: should be greater than or equa",
        ),
        ("tags: a", "2:1: tags: this is a list, as in [a, b]"),
        ("tags:\n  - a\n  - [b]", "4:5: tags: this is one text"),
        ("description: [a]", "2:1: description: this is one text"),
        ("history: x", "2:1: history: this is a mapping, as in {key: value}"),
        ("inputs: x", "2:1: inputs: this is a mapping, as in {key: value}"),
        ("params: [a]", "2:1: params: this is a mapping, as in {key: value}"),
        ("metadata: a", "2:1: metadata: this is a mapping, as in {key: value}"),
        ("params: {stop: [a, [b]]}", "2:20: this must be a string, not a list"),
        ("params: {temperature: 1e999}", "2:10: this must be a number, not '1e999'"),
        (
            "inputs:\n  a: strin",
            "3:3: 'strin' is no type; one of string, integer, number, boolean, array, ob",
        ),
        ("inputs:\n  A: string", "3:3: 'A' is no input name; use a-z, 0-9 and underscore, beginning with"),
        ("inputs:\n  a: {type: array, items: {type: x}}", "3:28: 'x' is no type; one of string, integer"),
    ],
)
def test_each_problem_has_its_place(text, problem):
    """What is wrong is told at path:line:column of its key, with what was meant."""
    assert _problems(text)[0].startswith(f"x.jinja:{problem}")


def test_an_unknown_key_is_told_with_the_keys_of_its_place():
    """The hint names the keys that may stand where the unknown one stands."""
    assert _problems("zzz: x") == [f"x.jinja:2:1: unknown key 'zzz'\n  The keys here are: {_KEYS}."]
    assert _problems("examples: {file: x, select: {q: 1}}")[0].endswith(
        "The keys here are: by, k, query, seed."
    )
    assert _problems("output: {schema: {}, x: 1}")[0].endswith("The keys here are: schema.")


def test_pydantics_own_name_of_a_field_is_no_key():
    """`output` takes `schema`, not the name that stands for it inside."""
    assert any(
        "unknown key 'json_schema'; did you mean 'schema'?" in line
        for line in _problems("output: {json_schema: {}}")
    )


def test_a_problem_without_a_place_is_told_at_the_beginning():
    """Where no key above has a place, the file's first character is the place."""
    reading = read("", "x.jinja", 2)
    reading.fail(("nowhere",), "something")
    assert str(reading.problems[0]) == "x.jinja:1:1: something"


def test_a_long_unknown_key_is_cut():
    """An error repeats sixty characters of a key at most."""
    assert _problems(f"{'k' * 61}: 1")[0].startswith(f"x.jinja:2:1: unknown key '{'k' * 60}'\n")


# -- raising


def test_no_problem_raises_nothing():
    """Without problems nothing is raised."""
    raise_all([])
    _read("tags: [a]")[1].raise_problems()


def test_one_problem_is_raised_itself():
    """One problem is the error."""
    problem = TemplateError("a", path="x", line=1)
    with pytest.raises(TemplateError) as caught:
        raise_all([problem])
    assert caught.value is problem
    assert caught.value.problems == ()


def test_all_problems_come_in_one_error_in_order_of_place():
    """Several problems are one error, which is the first by path, line and column and holds them all."""
    reading = _read("zz: 1\ntags: a\ninputs: {A: string, b: strin}\nparams: {top_k: x}")[1]
    with pytest.raises(TemplateError) as caught:
        reading.raise_problems()
    error = caught.value
    assert [problem.place for problem in error.problems] == [
        *("x.jinja:2:1", "x.jinja:3:1", "x.jinja:4:10", "x.jinja:4:21", "x.jinja:5:10"),
    ]
    assert (error.place, error.message) == ("x.jinja:2:1", error.problems[0].message)
    assert str(error) == "\n".join(map(str, error.problems))


def test_problems_without_a_place_come_first():
    """A problem that has no place sorts before those of line 1."""
    unplaced, placed = TemplateError("b"), TemplateError("a", path="x", line=1, column=1)
    with pytest.raises(TemplateError) as caught:
        raise_all([placed, unplaced])
    assert caught.value.problems == (unplaced, placed)


# -- any input at all


def _error(act: Callable[[str], Any], text: str) -> PromptlibError | None:
    try:
        act(text)
    except PromptlibError as error:
        return error
    return None


_INSERTED = [
    *("[", "]", "{", "}", ": ", "\n", "- ", "&a ", "*a", "!x ", "'", '"', "|\n", "? ", "5", "1e999", "null"),
    *("\t", "\x01", "\ufeff", "é", "\U0001f600", "\u2028", "<<: ", "#", "---", "%", "true", "~"),
]


def _mutated(random: Random) -> str:
    text = random.choice(_FRONTS)
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(text))
        other = random.choice(_FRONTS)
        cut = random.randint(0, len(other))
        new = random.choice([random.choice(_INSERTED), other[cut : cut + 30], chr(random.randint(1, 0xD7FF))])
        text = text[:start] + new + text[start + random.randint(0, 12) :]
    return text


@settings(max_examples=_EXAMPLES // 100)
@given(st.integers(0, 2**32))
def test_mutated_front_matter_is_settings_or_one_error(seed):
    """Front matter of the prompts that ship, mutated, raises nothing but an error with its place."""
    random = Random(seed)  # noqa: S311  mutates test input
    for _ in range(100):
        text = _mutated(random)
        error = _error(_settings, text)
        assert error is None or (type(error) is TemplateError and error.path == "x.jinja"), text
        assert error is None or (error.line >= 2 and error.column >= 1), text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_settings_or_one_error(text):
    """No text as front matter raises anything else either."""
    error = _error(_settings, text)
    assert error is None or type(error) is TemplateError
