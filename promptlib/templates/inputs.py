"""Declared inputs: read from front matter, and what values they accept."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from keyword import iskeyword
from typing import Any, Literal, NamedTuple, TypeAlias

from promptlib.errors import InputError, TemplateError
from promptlib.templates.patterns import too_large
from promptlib.templates.schema import ENOUGH, Problem, article, check, near, read_schema, typed
from promptlib.templates.values import Copier, Refused, as_mapping, shown
from promptlib.templates.yaml import Scalar
from promptlib.types import FilePart, ImagePart

Guard: TypeAlias = Literal["allow", "flag", "refuse"]

# Jinja's own words and what every prompt has; Python's are asked of Python.
_RESERVED = frozenset(
    ["self", "super", "loop", "caller", "varargs", "kwargs", "examples", "history", "persona"]
    + ["true", "false", "none", "recursive", "namespace", "range"]
)
_OWN_KEYS = ("untrusted", "guard", "default", "description")
_MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One declared input.

    `schema` is the JSON Schema of its values (`type` may also be `image` or `file`); `default` is
    None where none is declared; `guard` says what happens to control strings and hidden characters
    found in a value; where it is None the registry's policy holds, and without one `flag` for an
    untrusted input, else `allow`.
    """

    name: str
    type: str
    required: bool
    schema: Mapping[str, Any]
    default: Any = None
    description: str = ""
    untrusted: bool = False
    guard: Guard | None = None
    line: int | None = field(default=None, compare=False)


class Accepted(NamedTuple):
    """Inputs as a template gets them: copied values by name, those dropped, the largest's size."""

    values: dict[str, Any]
    ignored: tuple[str, ...]
    largest: int


def read_inputs(
    raw: Mapping[str, Any], fail: Callable[[tuple[Any, ...], str, str | None], None]
) -> dict[str, Input]:
    """Declarations from front matter; `fail(where, message, hint)` collects what is wrong."""
    found: dict[str, Input] = {}
    if too_large(_patterns(raw)):
        fail(("inputs",), "the patterns of all inputs together are too large", "Repeat less in {…}.")
        return found
    for key, declared in raw.items():
        optional, name = key.endswith("?"), key.removesuffix("?")
        if problem := _name_problem(name):
            fail(("inputs", key), problem, None)
        elif name in found:
            fail(("inputs", key), f"the input {name!r} is declared twice", None)
        else:
            try:
                found[name] = _read_input(name, declared, optional=optional)
            except Problem as problem_found:
                fail(("inputs", key, *problem_found.where), str(problem_found), problem_found.hint)
    return found


def _patterns(raw: Any) -> Iterator[str]:
    """All patterns of declarations, before any is compiled."""
    if isinstance(raw, list):
        for item in raw:
            yield from _patterns(item)
    elif isinstance(raw, dict):
        for key, item in raw.items():
            if key == "pattern" and isinstance(item, Scalar):
                yield item.text
            yield from _patterns(item)


def _name_problem(name: str) -> str | None:
    if not (name.isascii() and name.isidentifier() and name[0].isalpha() and name == name.lower()):
        return f"{name[:60]!a} is no input name; use a-z, 0-9 and underscore, beginning with a letter"
    if name in _RESERVED or iskeyword(name):
        return f"the name {name!r} is reserved"
    return None


def _read_input(name: str, declared: Any, *, optional: bool) -> Input:
    fields = dict(declared) if isinstance(declared, dict) else {"type": declared}
    own = {key: fields.pop(key) for key in _OWN_KEYS if key in fields}
    schema = read_schema(fields, media=True)
    if "type" not in schema:
        raise Problem("an input needs a type", ())
    untrusted = typed(own.get("untrusted"), {"type": "boolean"}, ("untrusted",)) or False
    guard = typed(own.get("guard"), {"type": "string"}, ("guard",))
    if guard not in (None, "allow", "flag", "refuse"):
        raise Problem("guard is one of allow, flag, refuse", ("guard",))
    default = typed(own.get("default"), schema, ("default",))
    if default is not None and (wrong := _wrong_default(default, schema)):
        raise Problem("; ".join(wrong), ("default",))
    return Input(
        name=name,
        type=schema["type"],
        required=not optional and default is None,
        schema=schema,
        default=default,
        description=typed(own.get("description"), {"type": "string"}, ("description",)) or "",
        untrusted=untrusted,
        guard=guard,
    )


def _wrong_default(default: Any, schema: Mapping[str, Any]) -> list[str]:
    try:
        return check(Copier().copy(default, "the default"), schema, "the default")
    except Refused as refused:
        return [str(refused)]


def accept(
    declared: Mapping[str, Input], given: Any, *, name: str, unexpected: Literal["refuse", "drop"] = "refuse"
) -> Accepted:
    """Copy and check the inputs of one rendering; InputError names all that is wrong at once."""
    problems: list[str] = []
    ignored: tuple[str, ...] = ()
    copier = Copier()
    values: dict[str, Any] = {}
    try:
        mapping = as_mapping(given)
    except Refused as refused:
        raise InputError(str(refused), problems=(str(refused),)) from None
    for key, item in declared.items():
        value = mapping.get(key, _MISSING)
        if value is _MISSING and item.required:
            problems.append(f"{key}: it is required" + _misspelt(key, mapping, declared))
            continue
        try:
            values[key] = _one(item, value, copier, problems)
        except Refused as refused:
            problems.append(str(refused))
    extra = [str(key) for key in mapping if key not in declared]
    if unexpected == "refuse":
        told = extra[: ENOUGH + 1]
        problems += [f"{shown(key)}: there is no such input{near(key, declared)}" for key in told]
    else:
        ignored = tuple(sorted(extra))
    if problems:
        raise _unfit(problems, name, declared)
    return Accepted(values=values, ignored=ignored, largest=copier.size)


def _unfit(problems: list[str], name: str, declared: Mapping[str, Input]) -> InputError:
    # A line each: a value that an enum names may hold line ends of its own.
    lines = [" ".join(problem.splitlines()) for problem in problems]
    told = lines[:ENOUGH]
    if len(lines) > ENOUGH:
        told.append("and more")
    between = " " if len(told) == 1 else "\n  "
    return InputError(
        f"the inputs do not fit {name}:{between}" + "\n  ".join(told),
        problems=tuple(told),
        hint=f"It takes: {_signature(declared)}." if declared else "It takes no inputs.",
    )


def _one(item: Input, value: Any, copier: Copier, problems: list[str]) -> Any:
    if value is _MISSING or (value is None and not item.required):
        # Copied too, so that what one rendering gets is no other's.
        return copier.copy(item.default, item.name)
    if item.type in ("image", "file"):
        return media(value, item.type, item.name)
    found = copier.copy(value, item.name)
    # Checking nothing but the type of a text is most of what prompts do.
    if type(found) is not str or item.type != "string" or len(item.schema) > 1:
        problems += check(found, item.schema, item.name)
    return found


def _signature(declared: Mapping[str, Input]) -> str:
    return ", ".join(f"{item.name}{'' if item.required else '?'} ({item.type})" for item in declared.values())


def _misspelt(name: str, given: Mapping[str, Any], declared: Mapping[str, Input]) -> str:
    found = get_close_matches(name, [str(key) for key in given if key not in declared][:ENOUGH], n=1)
    return f"; {found[0]!a} was given" if found else ""


# -- images and files

_FIELDS = {"media_type", "url", "data", "name", "type"}
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
}


def media(value: Any, kind: str, name: str) -> ImagePart | FilePart:
    """An image or file from a part, bytes, a URL or `data:` URL, or `{media_type, url or data}`."""
    part = ImagePart if kind == "image" else FilePart
    if type(value) is part:
        return value
    if isinstance(value, bytes | bytearray):
        return part(data=bytes(value), media_type=_sniff(bytes(value), kind, name))
    fields = {"url": value} if isinstance(value, str) else value
    if not isinstance(fields, dict) or not set(fields) <= _FIELDS or fields.get("type", kind) != kind:
        raise Refused(
            f"{name}: {article(kind)} is bytes, a URL, or a dict of media_type and url or data (base64)"
        )
    found = _media_fields(fields, kind, name)
    if kind == "file" and isinstance(title := fields.get("name"), str):
        return FilePart(name=Copier().copy(title, name), **found)
    return part(**found)


def _media_fields(fields: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    url, data, media_type = fields.get("url"), fields.get("data"), _media_type(fields.get("media_type"))
    if isinstance(url, str) and url.startswith("data:"):
        head, _, data = url.removeprefix("data:").partition(",")
        media_type = media_type or _media_type(head.removesuffix(";base64"))
    if isinstance(data, str):
        try:
            data = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(f"{name}: the data is no base64") from None
    if isinstance(data, bytes) and data:
        return {"data": bytes(data), "media_type": media_type or _sniff(data, kind, name)}
    if not isinstance(url, str) or not url.startswith(("https://", "http://")) or not url.isprintable():
        raise Refused(f"{name}: {article(kind)} needs data, or a URL that begins with https://")
    anything = "image/*" if kind == "image" else "application/*"
    return {"url": str.__str__(url), "media_type": media_type or anything}


def _media_type(value: Any) -> str | None:
    return str.__str__(value) if isinstance(value, str) and value.isprintable() and "/" in value else None


def _sniff(data: bytes, kind: str, name: str) -> str:
    for signature, media_type in _SIGNATURES.items():
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if kind == "image":
        raise Refused(f"{name}: the bytes are no PNG, JPEG, GIF or WebP; give a dict with its media_type")
    return "application/octet-stream"


__all__ = ["Accepted", "Guard", "Input", "TemplateError", "accept", "media", "read_inputs"]
