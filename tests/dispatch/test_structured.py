"""Structured answers."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydantic import BaseModel

from promptlib.dispatch.structured import parsed, schema_of
from promptlib.errors import ConfigurationError, InvalidOutput
from promptlib.providers.openai import to_openai
from promptlib.types import Message, Reply, Request, ToolCall


class Point(BaseModel):
    """A place on a page."""

    x: int
    label: str = "here"


class Drawing(BaseModel):
    """Points, and notes by name."""

    points: list[Point]
    properties: Point | None = None


class Notes(BaseModel):
    """Free keys, which strict mode does not know."""

    notes: dict[str, str]


def _reply(text: str, **more: Any) -> Reply:
    request = Request(messages=(), model="echo/echo")
    return Reply(
        message=Message.assistant(text, **more.pop("message", {})), prompt=request, model="m", **more
    )


@pytest.mark.parametrize(("model", "strict"), [(Point, True), (Drawing, True), (Notes, False)])
def test_the_schema_of_a_model_is_closed(model: Any, strict: bool) -> None:  # noqa: FBT001
    """Every object requires all it names and allows no others, so that OpenAI enforces it."""
    request = Request(messages=(), model="openai/m", output=schema_of(model))
    assert to_openai(request)["response_format"]["json_schema"]["strict"] is strict


def test_a_field_called_properties_is_a_field() -> None:
    """Names that are also keywords of JSON Schema do not confuse it."""
    schema = schema_of(Drawing)
    assert schema["required"] == ["points", "properties"]
    assert schema["$defs"]["Point"]["required"] == ["x", "label"]
    assert "default" not in schema["$defs"]["Point"]["properties"]["label"]


@pytest.mark.parametrize("output", [dict, "Point", Point(x=1), 5])
def test_what_is_no_model_class_is_refused(output: Any) -> None:
    """Only a pydantic model class says what is wanted."""
    with pytest.raises(ConfigurationError, match="not a pydantic model class"):
        schema_of(output)


def test_the_value_is_an_instance() -> None:
    """With a class the value is validated; without one it is the JSON, or None if there is none."""
    assert parsed(_reply('{"x": 1}'), Point) == Point(x=1)
    assert parsed(_reply('{"x": 1}'), None) == {"x": 1}
    assert parsed(_reply("no JSON"), None) is None


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"x": "CANARY"}', ""])
def test_an_answer_that_does_not_fit_is_a_typed_error(text: str) -> None:
    """The error says what does not fit, holds the answer, and survives pickling."""
    with pytest.raises(InvalidOutput, match="does not fit Point") as caught:
        parsed(_reply(text), Point)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own
    assert (again.text, again.problems) == (text, caught.value.problems)
    assert again.problems


def test_a_cut_answer_says_so() -> None:
    """An answer that ended by its length asks for more room."""
    with pytest.raises(InvalidOutput) as caught:
        parsed(_reply('{"x"', finish_reason="length"), Point)
    assert "max_output_tokens" in str(caught.value)


def test_no_value_was_meant() -> None:
    """A tool call, a refusal and a blocked answer have no value, and that is no error."""
    call = {"tool_calls": (ToolCall(id="1", name="f"),)}
    assert parsed(_reply("", message=call, finish_reason="tool_calls"), Point) is None
    assert parsed(_reply("no", finish_reason="refusal"), Point) is None
    assert parsed(_reply("", finish_reason="content_filter"), Point) is None
