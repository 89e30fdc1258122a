"""The data files beside a template: examples, cases and tools."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import TemplateError
from promptlib.templates.tables import Case, Example, read_cases, read_examples, read_tool
from promptlib.types import Tool


def _refused(read, data):
    with pytest.raises(TemplateError) as caught:
        read("x.jsonl", data)
    return str(caught.value)


def test_examples():
    """A row is an example: input and output as JSON has them, tags and id where given."""
    data = b'{"input": {"a": [1]}, "output": "x"}\r\n\n  \n'
    data += b'{"input": 5, "output": null, "tags": ["t"], "id": "i"}'
    assert read_examples("x.jsonl", data) == (
        Example(input={"a": [1]}, output="x"),
        Example(input=5, output=None, tags=("t",), id="i"),
    )
    assert read_examples("x.jsonl", b"\xef\xbb\xbf") == ()


def test_an_example_as_templates_see_it():
    """All four fields, the tags as a list."""
    example = Example(input=1, output=2, tags=("t",))
    assert example.to_dict() == {"input": 1, "output": 2, "tags": ["t"], "id": None}


def test_cases():
    """A row is a case; without an id, its line is its name."""
    data = b'\n{"input": {"a": 1}}\n{"id": "x", "input": {}, "expected": [1]}\n'
    assert read_cases("x.jsonl", data) == (Case(id="2", input={"a": 1}), Case(id="x", input={}, expected=[1]))


def test_tools():
    """A tool has a name, and a description and parameters where given."""
    assert read_tool("x.json", b'\xef\xbb\xbf{"name": "look-up_2"}') == Tool(name="look-up_2")
    row = {"name": "_", "description": "d", "parameters": {"type": "object"}}
    assert read_tool("x.json", json.dumps(row).encode()) == Tool(**row)
    assert read_tool("x.json", json.dumps({"name": "a" * 64}).encode()).name == "a" * 64


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("[1]", "x.jsonl:2: this is no JSON object"),
        ('"a"', "x.jsonl:2: this is no JSON object"),
        ('{"input": 1}', "x.jsonl:2: the row has no 'output'"),
        ('{"output": 1}', "x.jsonl:2: the row has no 'input'"),
        (
            '{"input": 1, "output": 2, "tag": 1}',
            "x.jsonl:2: unknown key 'tag'; the keys are input, output, tags, id",
        ),
        (
            '{"input": 1, "output": 2, "\\n": 1}',
            "x.jsonl:2: unknown key '\\n'; the keys are input, output, tags, id",
        ),
        ('{"input": 1, "output": 2, "tags": "a"}', "x.jsonl:2: tags is a list of texts"),
        ('{"input": 1, "output": 2, "tags": ["a", 1]}', "x.jsonl:2: tags is a list of texts"),
        ('{"input": 1, "output": 2, "id": 1}', "x.jsonl:2: id is text"),
        ('{"input": 1, "output": }', "x.jsonl:2:24: this is no JSON: Expecting value"),
        ("x", "x.jsonl:2:1: this is no JSON: Expecting value"),
        ('{"input": NaN, "output": 1}', "x.jsonl:2: this is no JSON: NaN is no JSON number"),
        ('{"input": -Infinity, "output": 1}', "x.jsonl:2: this is no JSON: -Infinity is no JSON number"),
        (
            '{"input": 1e999, "output": 1}',
            "x.jsonl:2: the row.input: NaN and infinity are no numbers for a prompt",
        ),
        (
            '{"input": "\\ud800", "output": 1}',
            "x.jsonl:2: the row.input: the text holds half of a surrogate pair at",
        ),
        ("[" * 100_000, "x.jsonl:2: this is no JSON: maximum recursion depth exceeded"),
        ('{"input": ' + "[" * 70 + "]" * 70 + "}", "x.jsonl:2: the row.input[0][0]"),
    ],
)
def test_broken_examples(row, message):
    """What is wrong with a row is told with its line, and with its column where it is no JSON."""
    data = b'{"input": 1, "output": 2}\n' + row.encode()
    assert _refused(read_examples, data).startswith(message)


def test_a_row_that_is_not_utf_8():
    """Bytes that are no text are told with their line."""
    assert _refused(read_examples, b"\n\n\xff") == "x.jsonl:3: this is not UTF-8"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"input": [1]}', "x.jsonl:1: input is an object of the prompt's inputs"),
        ('{"id": "a"}', "x.jsonl:1: the row has no 'input'"),
        ('{"input": {}, "id": 5}', "x.jsonl:1: id is text"),
        ('{"input": {}, "output": 5}', "x.jsonl:1: unknown key 'output'; the keys are input, id, expected"),
    ],
)
def test_broken_cases(row, message):
    """A case needs an object of inputs, and knows three keys."""
    assert _refused(read_cases, row.encode()) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "x.jsonl: this is no JSON object"),
        ('{"description": "d"}', "x.jsonl: the row has no 'name'"),
        (
            '{"name": "a", "type": 1}',
            "x.jsonl: unknown key 'type'; the keys are name, description, parameters",
        ),
        ('{\n "name": a}', "x.jsonl:2:10: this is no JSON: Expecting value"),
        ('{"name": "a", "description": 1}', "x.jsonl: description is text and parameters a JSON Schema"),
        ('{"name": "a", "parameters": []}', "x.jsonl: description is text and parameters a JSON Schema"),
    ],
)
def test_broken_tools(text, message):
    """What is wrong with a tool is told, with its place where it is no JSON."""
    assert _refused(read_tool, text.encode()) == message


@pytest.mark.parametrize("name", ["", "a b", "a.b", "é", "a\n", "a" * 65, 5, None])
def test_names_of_tools(name):
    """A tool has a name that every provider takes."""
    data = json.dumps({"name": name}).encode()
    assert _refused(read_tool, data) == "x.jsonl: a tool's name is a-z, A-Z, 0-9, _ and -, 64 at most"


@given(st.binary() | st.text().map(lambda text: json.dumps({"input": {}, "output": text}).encode()[:-1]))
def test_any_bytes_are_read_or_refused(data):
    """No bytes raise anything but TemplateError."""
    for read in (read_examples, read_cases, read_tool):
        try:
            read("x", data)
        except TemplateError as error:
            found = error.path
        else:
            found = "x"
        assert found == "x"
