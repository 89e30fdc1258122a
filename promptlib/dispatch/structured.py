"""Structured answers: the schema a pydantic model asks for, and the value a reply holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from promptlib.errors import ConfigurationError, InvalidOutput
from promptlib.types import Reply

__all__ = ["parsed", "schema_of"]

_MOST_PROBLEMS = 5


def schema_of(output: Any) -> Mapping[str, Any]:
    """The JSON Schema of a pydantic model class, closed so that providers can enforce it.

    Objects with properties require all of them and allow no others, as OpenAI's strict mode demands:
    a field with a default is then always given by the model.

    Raises:
        ConfigurationError: `output` is no pydantic model class.
    """
    describe = getattr(output, "model_json_schema", None)
    if not isinstance(output, type) or describe is None:
        raise ConfigurationError(
            f"output is {output!r}, not a pydantic model class",
            hint="give a subclass of pydantic.BaseModel, or say `output: {schema: …}` in the front matter",
        )
    closed: Mapping[str, Any] = _closed(describe())
    return closed


def parsed(reply: Reply, output: Any) -> Any:
    """The value of a structured answer.

    With a pydantic model class, an instance of it; without one, the JSON of the text. None where no
    text was meant to be the value: the model called a tool, refused, or was blocked. Without a class
    a text that is no JSON is None too, since nothing was promised about it.

    Raises:
        InvalidOutput: The text does not fit the class.
    """
    if reply.tool_calls or reply.finish_reason in {"refusal", "content_filter", "error"}:
        return None
    if output is None:
        return _json(reply.text)
    return _instance(reply, output)


def _instance(reply: Reply, output: Any) -> Any:
    from pydantic import ValidationError

    try:
        return output.model_validate_json(reply.text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    problems = tuple(f"{'.'.join(map(str, one['loc'])) or 'text'}: {one['msg']}" for one in found)
    raise InvalidOutput(
        f"the answer does not fit {output.__name__}: {'; '.join(problems[:_MOST_PROBLEMS])}",
        text=reply.text,
        problems=problems,
        model=reply.model,
        request_id=reply.request_id,
        hint=_hint(reply),
    )


def _hint(reply: Reply) -> str:
    if reply.finish_reason == "length":
        return "the answer was cut off: allow more max_output_tokens"
    return "send it again, or describe the fields in the prompt; the answer is in .text"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed_value(key, value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema and "additionalProperties" not in schema:
        found["additionalProperties"] = False
        found["required"] = list(schema["properties"])
        # A default says that the field may be left out, which it no longer may.
        found["properties"] = {name: _without_default(one) for name, one in found["properties"].items()}
    return found


def _closed_value(key: str, value: Any) -> Any:
    # Below these keys stand names and values, which only look like schemas.
    if key in {"properties", "$defs"} and isinstance(value, dict):
        return {name: _closed(one) for name, one in value.items()}
    return value if key in {"enum", "const", "default", "examples"} else _closed(value)


def _without_default(schema: Any) -> Any:
    return (
        {key: value for key, value in schema.items() if key != "default"}
        if isinstance(schema, dict)
        else schema
    )
