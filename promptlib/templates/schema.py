"""The part of JSON Schema that inputs use: read strictly from front matter, checked on plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

from promptlib.templates import patterns
from promptlib.templates.values import Way, shown, spelt
from promptlib.templates.yaml import Scalar
from promptlib.types import FilePart, ImagePart

ENOUGH = 100  # problems of one input that are told
TYPES = ("string", "integer", "number", "boolean", "array", "object")
MEDIA = ("image", "file")
_KEYWORDS: dict[str, dict[str, str]] = {
    "": {"type": "type", "title": "string", "description": "string", "enum": "list", "const": "value"},
    "string": {"minLength": "count", "maxLength": "count", "pattern": "pattern", "format": "string"},
    "integer": {
        "minimum": "number",
        "maximum": "number",
        "exclusiveMinimum": "number",
        "exclusiveMaximum": "number",
        "multipleOf": "number",
    },
    "boolean": {},
    "array": {"items": "schema", "minItems": "count", "maxItems": "count", "uniqueItems": "boolean"},
    "object": {
        "properties": "schemas",
        "required": "names",
        "additionalProperties": "schema or boolean",
        "minProperties": "count",
        "maxProperties": "count",
    },
    "image": {},
    "file": {},
}
_KEYWORDS["number"] = _KEYWORDS["integer"]


class Problem(Exception):
    """Something wrong in a declaration; `where` is the path of keys below it."""

    def __init__(self, message: str, where: tuple[Any, ...], hint: str | None = None) -> None:
        super().__init__(message)
        self.where = where
        self.hint = hint


def read_schema(raw: Any, where: tuple[Any, ...] = (), *, media: bool = False) -> dict[str, Any]:
    """A schema from front matter; a word alone is a type. Unknown keywords are a Problem."""
    if isinstance(raw, Scalar):
        raw = {"type": raw}
    if not isinstance(raw, dict):
        raise Problem("a schema is a type, or a mapping with one", where)
    kind = ""
    if "type" in raw:
        kind = _read_type(raw["type"], (*where, "type"), media=media)
    keywords = _KEYWORDS[""] | _KEYWORDS[kind]
    schema: dict[str, Any] = {"type": kind} if kind else {}
    for key, value in raw.items():
        if key not in keywords:
            raise Problem(_unknown(key, kind, keywords), (*where, key))
        if key != "type":
            schema[key] = _read_keyword(keywords[key], value, schema, (*where, key))
    return schema


def _unknown(key: str, kind: str, keywords: Mapping[str, str]) -> str:
    return f"'{shown(key)}' is no keyword of {kind or 'an input'}{near(key, keywords)}"


def _read_type(raw: Any, where: tuple[Any, ...], *, media: bool) -> str:
    allowed = TYPES + MEDIA if media else TYPES
    text = raw.text if isinstance(raw, Scalar) else ""
    if text not in allowed:
        meant = near(_NICKNAMES.get(text, text), allowed)
        raise Problem(f"'{shown(text)}' is no type; one of {', '.join(allowed)}{meant}", where)
    return text


_NICKNAMES = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "map": "object",
}


def _read_keyword(kind: str, value: Any, schema: dict[str, Any], where: tuple[Any, ...]) -> Any:
    simple = {"string": "string", "number": "number", "boolean": "boolean", "pattern": "string"}
    if kind in simple:
        found = typed(value, {"type": simple[kind]}, where)
        if found is None:
            raise Problem(f"this must be {article(simple[kind])}, not nothing", where)
        if kind == "pattern":
            _matcher(found, where)
        return found
    if kind == "count":
        count = typed(value, {"type": "integer"}, where)
        if count is None or count < 0:
            raise Problem("this is a count, from 0", where)
        return count
    if kind == "value":
        return typed(value, schema, where)
    if kind in ("list", "names"):
        if not isinstance(value, list):
            raise Problem("this is a list, as in [a, b]", where)
        item = {"type": "string"} if kind == "names" else schema
        return [typed(entry, item, (*where, index)) for index, entry in enumerate(value)]
    if kind == "schemas":
        if not isinstance(value, dict):
            raise Problem("this is a mapping of names to schemas", where)
        return {name: read_schema(entry, (*where, name)) for name, entry in value.items()}
    if kind == "schema or boolean" and isinstance(value, Scalar) and value.text in ("true", "false"):
        return value.text == "true"
    return read_schema(value, where)


def typed(raw: Any, schema: Mapping[str, Any], where: tuple[Any, ...]) -> Any:
    """A value written in front matter, read by the type declared for it; None for null or nothing."""
    if raw is None or (isinstance(raw, Scalar) and raw.plain and raw.text in ("", "null", "~")):
        return None
    kind = schema.get("type")
    if isinstance(raw, list) and kind in (None, "array"):
        items = schema.get("items", {})
        return [typed(item, items, (*where, index)) for index, item in enumerate(raw)]
    if isinstance(raw, dict) and kind in (None, "object"):
        properties = schema.get("properties", {})
        return {key: typed(item, properties.get(key, {}), (*where, key)) for key, item in raw.items()}
    if not isinstance(raw, Scalar):
        raise Problem(f"this must be {article(kind or '')}, not {_NAMES[type(raw)]}", where)
    if kind is None:
        return raw.value()
    if kind == "string":
        return raw.text
    found = raw.value()
    if not _is(found, kind):
        raise Problem(f"this must be {article(kind)}, not {raw.text[:40]!r}", where)
    return found


def article(kind: str) -> str:
    """A type's name with its article."""
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}"


_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _is(value: Any, kind: str) -> bool:
    return type(value) in _PYTHON.get(kind, ())


_NAMES = {
    str: "text",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
    type(None): "None",
    ImagePart: "an image",
    FilePart: "a file",
}


def check(value: Any, schema: Mapping[str, Any], way: Way) -> list[str]:
    """What is wrong with plain data, a line each with its way; empty when it fits.

    Looking stops soon after a hundred lines: a long list of the wrong type is one mistake.
    """
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        return [f"{spelt(way)}: it must be {article(kind)}, not {_NAMES[type(value)]}"]
    problems = [
        f"{spelt(way)}: {_CHECKS[key][1].format(limit)}"
        for key, limit in schema.items()
        if key in _CHECKS and not _CHECKS[key][0](value, limit)
    ]
    if type(value) is list and "items" in schema:
        for index, item in enumerate(value):
            problems += check(item, schema["items"], (way, index))
            if len(problems) > ENOUGH:
                break
    elif type(value) is dict:
        problems += _check_object(value, schema, way)
    return problems


def _check_object(value: dict[str, Any], schema: Mapping[str, Any], way: Way) -> list[str]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    required = [name for name in schema.get("required", ()) if name not in value]
    problems = [f"{spelt((way, name))}: it is required" for name in required]
    for name, item in value.items():
        if name in properties:
            problems += check(item, properties[name], (way, name))
        elif others is False:
            problems.append(f"{spelt((way, name))}: there is no such property{near(name, properties)}")
        elif others is not True:
            problems += check(item, others, (way, name))
        if len(problems) > ENOUGH:
            break
    return problems


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where a known word is close, else nothing."""
    found = get_close_matches(word, known, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _matcher(pattern: str, where: tuple[Any, ...]) -> None:
    if not patterns.is_valid(pattern):
        raise Problem("this is no pattern that can be matched in linear time", where)


def _multiple(value: Any, step: Any) -> bool:
    # As decimals: in binary, 0.3 is no multiple of 0.1.
    return not step or Fraction(str(value)) % Fraction(str(step)) == 0


def _unique(value: Any, wanted: bool) -> bool:  # noqa: FBT001  a keyword's value
    texts = [repr(item) for item in value]
    return not wanted or len(set(texts)) == len(texts)


_CHECKS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "enum": (lambda value, limit: value in limit, "it must be one of {}"),
    "const": (lambda value, limit: value == limit, "it must be {}"),
    "minLength": (lambda value, limit: len(value) >= limit, "it must have {} characters or more"),
    "maxLength": (lambda value, limit: len(value) <= limit, "it must have {} characters at most"),
    "pattern": (patterns.matches, "it must match the pattern {}"),
    "minimum": (lambda value, limit: value >= limit, "it must be {} or more"),
    "maximum": (lambda value, limit: value <= limit, "it must be {} at most"),
    "exclusiveMinimum": (lambda value, limit: value > limit, "it must be more than {}"),
    "exclusiveMaximum": (lambda value, limit: value < limit, "it must be less than {}"),
    "multipleOf": (_multiple, "it must be a multiple of {}"),
    "minItems": (lambda value, limit: len(value) >= limit, "it must have {} items or more"),
    "maxItems": (lambda value, limit: len(value) <= limit, "it must have {} items at most"),
    "uniqueItems": (_unique, "its items must differ"),
    "minProperties": (lambda value, limit: len(value) >= limit, "it must have {} properties or more"),
    "maxProperties": (lambda value, limit: len(value) <= limit, "it must have {} properties at most"),
}
