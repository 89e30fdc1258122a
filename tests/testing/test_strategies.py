"""inputs_strategy: what it makes fits, and reaches every kind of value."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from promptlib.rendering import render
from promptlib.templates import MemoryFiles, Template, load
from promptlib.templates.inputs import accept
from promptlib.testing import HOSTILE_TEXTS, inputs_strategy

_INPUTS = """\
inputs:
  text: string
  short: {type: string, minLength: 2, maxLength: 5}
  code: {type: string, pattern: "^[A-Z]{2}-[0-9]+$"}
  tone: {type: string, enum: [warm, dry]}
  fixed: {type: integer, const: 7}
  count: {type: integer, minimum: 3, maximum: 9, multipleOf: 3}
  over: {type: integer, exclusiveMinimum: 0, exclusiveMaximum: 2}
  ratio: {type: number, minimum: 0, maximum: 1}
  half: {type: number, multipleOf: 0.5}
  flag: boolean
  tags: {type: array, items: string, minItems: 1, maxItems: 3, uniqueItems: true}
  anything: {type: array}
  row:
    type: object
    properties: {title: {type: string, minLength: 1}, year: integer}
    required: [title]
    additionalProperties: false
  counts: {type: object, additionalProperties: integer, minProperties: 2, maxProperties: 4}
  open: {type: object, required: [key]}
  picture: image
  paper: file
  note?: string
  limit: {type: integer, default: 4}
"""


def _template(inputs: str) -> Template:
    return load(MemoryFiles({"p.jinja": f"---\n{inputs}---\nText".encode()}), "p")


ALL = _template(_INPUTS)
_ONE = st.deferred(lambda: inputs_strategy(ALL))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(_ONE)
def test_every_kind_of_input_fits_its_declaration(inputs: dict[str, Any]) -> None:
    """Whatever keywords an input has, rendering accepts the value."""
    assert render(ALL, inputs).messages[0].text == "Text"


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        ("note?: string", lambda found: "note" not in found),
        ("note?: string", lambda found: "note" in found and found["note"] is None),
        ("note?: string", lambda found: bool(found.get("note"))),
        ("text: string", lambda found: found["text"] == ""),
        ("text: string", lambda found: "{% system %}" in found["text"]),
        ("text: string", lambda found: any(ord(one) > 0xFFFF for one in found["text"])),
        ("count: {type: integer, minimum: 2, maximum: 4}", lambda found: found["count"] == 4),
        ("flag: boolean", lambda found: found["flag"] is False),
        ("tags: {type: array, items: string}", lambda found: not found["tags"]),
        ("tags: {type: array, items: string}", lambda found: len(found["tags"]) > 1),
        ("row: {type: object, properties: {a: string}}", lambda found: "a" in found["row"]),
        ("row: {type: object, properties: {a: string}}", lambda found: set(found["row"]) - {"a"}),
    ],
)
def test_the_interesting_values_are_reached(inputs: str, wanted: Any) -> None:
    """Missing, None, empty, hostile and boundary values all come up."""
    strategy = inputs_strategy(_template(f"inputs:\n  {inputs}\n"))
    # Any example will do: making it the smallest one takes seconds.
    any_one = settings(phases=[Phase.generate], max_examples=2_000, database=None)
    assert find(strategy, wanted, settings=any_one) is not None


@given(st.data())
def test_required_inputs_are_always_given(data: st.DataObject) -> None:
    """No input that is required is left out, and none is made up."""
    template = _template("inputs: {a: string, b?: string, c: {type: integer, default: 1}}\n")
    inputs = data.draw(inputs_strategy(template))
    assert {"a"} <= set(inputs) <= {"a", "b", "c"}


def test_no_inputs_give_no_inputs() -> None:
    """A prompt without inputs gets an empty mapping."""
    assert find(inputs_strategy(_template("description: x\n")), lambda _: True) == {}


def test_hostile_texts_can_be_inputs() -> None:
    """Each of them is text that an input may hold, and none is twice in the list."""
    template = _template("inputs: {text: string}\n")
    for text in HOSTILE_TEXTS:
        assert accept(template.inputs, {"text": text}, name="p").values == {"text": text}
    assert len(set(HOSTILE_TEXTS)) == len(HOSTILE_TEXTS)


_WITHOUT = """\
import sys
sys.modules["hypothesis"] = None
import promptlib.testing
assert promptlib.testing.assert_same_messages
try:
    promptlib.testing.inputs_strategy
except promptlib.PromptlibError as error:
    print(type(error).__name__, error.hint)
"""


def test_hypothesis_is_needed_for_strategies_alone() -> None:
    """Without Hypothesis the rest works, and a strategy is an error that says what to install."""
    done = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("MissingExtra pip install hypothesis", "")


def test_an_unknown_name_is_no_attribute() -> None:
    """A misspelt name is an AttributeError, as for any module."""
    import promptlib.testing

    with pytest.raises(AttributeError, match="input_strategy"):
        _ = promptlib.testing.input_strategy
