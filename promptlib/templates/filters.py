"""The filters that templates may use: each a line or a few, on plain data, metered.

They bear Jinja's names and do what Jinja's do on plain data. Jinja's own are not used: some reach
attributes of objects, some build values of any size before anybody can look.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

from jinja2.runtime import Undefined

from promptlib.errors import TemplateError
from promptlib.templates.arguments import integer_of, items_of, number_of, text_of, wrong_arguments
from promptlib.templates.limits import INTEGER_BITS
from promptlib.templates.operations import Operations, check_defined, kind_of
from promptlib.templates.predicates import TESTS, TRUTH

__all__ = ["FILTERS", "PURE"]

FILTERS: dict[str, Callable[..., Any]] = {}

# Filters whose result holds no text but the value's own.
PURE = frozenset(
    ["abs", "capitalize", "first", "float", "int", "last", "list", "lower", "max", "min", "reverse"]
    + ["round", "sort", "string", "sum", "title", "tojson", "trim", "unique", "upper"]
)

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")
_TRIMMED = 100  # different characters that |trim takes off
_WORD = re.compile(r"\w+")
_NUMERAL = 1300  # characters of a text that may stand for a number; 4096 bits are 1,234 digits


def _filter(function: Callable[..., Any]) -> Callable[..., Any]:
    FILTERS[function.__name__.strip("_")] = function
    return function


# -- text


@_filter
def upper(_: Operations, value: Any) -> Any:
    """The text in capitals."""
    return text_of(value, "upper").upper()


@_filter
def lower(_: Operations, value: Any) -> Any:
    """The text in small letters."""
    return text_of(value, "lower").lower()


@_filter
def capitalize(_: Operations, value: Any) -> Any:
    """The first letter in capitals, the rest in small letters."""
    return text_of(value, "capitalize").capitalize()


@_filter
def title(_: Operations, value: Any) -> Any:
    """Each word beginning with a capital."""
    return _WORD.sub(lambda word: word[0].capitalize(), text_of(value, "title"))


@_filter
def trim(_: Operations, value: Any, chars: Any = None) -> Any:
    """The text without white space, or the characters given, at its ends."""
    if chars is not None and len(set(text_of(chars, "trim"))) > _TRIMMED:
        # Each character of the text is looked for among them: many times many would never end.
        raise TemplateError(f"|trim takes {_TRIMMED} different characters at most")
    return text_of(value, "trim").strip(chars and "".join(set(chars)))


@_filter
def replace(operations: Operations, value: Any, old: Any, new: Any, count: Any = -1) -> Any:
    """Each `old` as `new`, `count` times at most."""
    text, old, new = text_of(value, "replace"), text_of(old, "replace"), text_of(new, "replace")
    times = text.count(old)
    if type(count) is int and count >= 0:
        times = min(times, count)
    operations.meter.allot(len(text) + times * max(0, len(new) - len(old)))
    return text.replace(old, new, integer_of(count, "replace"))


@_filter
def center(operations: Operations, value: Any, width: Any = 80) -> Any:
    """The text in the middle of a field of `width` characters."""
    operations.meter.allot(max(integer_of(width, "center"), 0))
    return text_of(value, "center").center(width)


@_filter
def indent(operations: Operations, value: Any, width: Any = 4, first: Any = False, blank: Any = False) -> Any:  # noqa: FBT002  Jinja's own order of arguments
    """Each line but the first moved right by `width` spaces, or by the text given."""
    text = text_of(value, "indent")
    prefix = width if type(width) is str else " " * min(max(integer_of(width, "indent"), 0), 1000)
    lines = text.split("\n")
    operations.meter.allot(len(text) + len(lines) * len(prefix))
    head, *rest = lines
    moved = [prefix + line if line.strip() or blank else line for line in rest]
    return "\n".join([prefix + head if first else head, *moved])


@_filter
def truncate(_: Operations, value: Any, length: Any = 255, killwords: Any = False, end: Any = "...") -> Any:  # noqa: FBT002  Jinja's own order of arguments
    """At most `length` characters, cut at a word unless `killwords`, with `end` behind the cut."""
    text, length, end = text_of(value, "truncate"), integer_of(length, "truncate"), text_of(end, "truncate")
    if len(text) <= length:
        return text
    cut = text[: max(length - len(end), 0)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


@_filter
def wordcount(_: Operations, value: Any) -> Any:
    """How many words the text has."""
    return len(_WORD.findall(text_of(value, "wordcount")))


@_filter
def string(operations: Operations, value: Any) -> Any:
    """The value as text, as printing it gives."""
    return operations.show(value)


@_filter
def tojson(operations: Operations, value: Any, indent: Any = None) -> Any:
    """The value as JSON: order kept, nothing escaped that JSON does not demand."""
    check_defined(value)
    weight = operations.meter.weigh(value)
    steps = 0 if indent is None else min(max(integer_of(indent, "tojson"), 0), 16)
    # Indentation adds at most the depth times the step to each node.
    operations.meter.allot(2 * weight + weight * steps)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=steps or None)
    except (TypeError, ValueError) as error:
        raise TemplateError(f"|tojson takes plain data: {error}") from None


@_filter
def fence(operations: Operations, value: Any, label: Any = "text") -> Any:
    """The text between `<label-id>` and `</label-id>` on lines of their own; the id is not in the text.

    The id is made from the text, so that the same text gives the same prompt.
    """
    text, name = text_of(value, "fence"), text_of(label, "fence")
    if not _LABEL.fullmatch(name):
        raise TemplateError("the label of |fence is letters, digits, dash and underscore")
    operations.meter.allot(len(text) + 2 * len(name) + 64)
    tag = next(tag for tag in _tags(name, text) if tag not in text)
    return f"<{tag}>\n{text}\n</{tag}>"


def _tags(name: str, text: str) -> Iterator[str]:
    data = text.encode()
    for attempt in count():
        yield f"{name}-{hashlib.sha256(b'%d:' % attempt + data).hexdigest()[:12]}"


# -- numbers


@_filter
def _abs(_: Operations, value: Any) -> Any:
    """The number without its sign."""
    return abs(number_of(value, "abs"))


@_filter
def _int(_: Operations, value: Any, default: Any = 0) -> Any:
    """The integer a text or number stands for, else `default`."""
    if type(value) is str and len(value) > _NUMERAL:
        return default
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return found if found.bit_length() <= INTEGER_BITS else default


@_filter
def _float(_: Operations, value: Any, default: Any = 0.0) -> Any:
    """The number a text or integer stands for, else `default`."""
    if type(value) is str and len(value) > _NUMERAL:
        return default
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return default
    return found if math.isfinite(found) else default


@_filter
def _round(_: Operations, value: Any, precision: Any = 0) -> Any:
    """The number rounded to `precision` digits, at most 15 either way."""
    digits = min(max(integer_of(precision, "round"), -15), 15)
    try:
        return round(float(number_of(value, "round")), digits)
    except OverflowError:
        raise TemplateError("|round takes numbers up to 1.8e308") from None


@_filter
def _sum(operations: Operations, value: Any, start: Any = 0) -> Any:
    """The sum of a list of numbers."""
    found = number_of(start, "sum")
    for item in items_of(value, "sum"):
        found = operations.add(found, number_of(item, "sum"))
    return found


# -- lists and objects


@_filter
def length(_: Operations, value: Any) -> Any:
    """How many characters, items or keys there are."""
    if type(value) not in (str, list, dict):
        check_defined(value)
        raise TemplateError(f"|length takes text, a list or an object, not {kind_of(value)}")
    return len(value)


@_filter
def first(operations: Operations, value: Any) -> Any:
    """The first item or character."""
    return operations.item(value if type(value) is str else items_of(value, "first"), 0)


@_filter
def last(operations: Operations, value: Any) -> Any:
    """The last item or character."""
    return operations.item(value if type(value) is str else items_of(value, "last"), -1)


@_filter
def join(operations: Operations, value: Any, separator: Any = "") -> Any:
    """The items' texts with the separator between them."""
    texts = [operations.show(item) for item in items_of(value, "join")]
    between = text_of(separator, "join")
    operations.meter.allot(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


@_filter
def _list(_: Operations, value: Any) -> Any:
    """The items, or the characters of a text, or the keys of an object, as a list."""
    return list(value) if type(value) is str else list(items_of(value, "list"))


@_filter
def items(_: Operations, value: Any) -> Any:
    """The `[key, value]` pairs of an object, in its order."""
    if type(value) is not dict:
        check_defined(value)
        raise TemplateError(f"|items takes an object, not {kind_of(value)}")
    return [[key, item] for key, item in value.items()]


@_filter
def dictsort(operations: Operations, value: Any) -> Any:
    """The `[key, value]` pairs of an object, by key."""
    return sorted(items(operations, value), key=lambda pair: str(pair[0]))


@_filter
def reverse(_: Operations, value: Any) -> Any:
    """The list or text from its end to its start."""
    return value[::-1] if type(value) is str else items_of(value, "reverse")[::-1]


def _keyed(operations: Operations, value: Any, name: str, attribute: Any) -> list[tuple[Any, Any]]:
    found = items_of(value, name)
    operations.meter.work(operations.meter.weigh(found))
    if attribute is None:
        return [(item, item) for item in found]
    key = text_of(attribute, name)
    return [(operations.item(item, key), item) for item in found]


def _by_key(operations: Operations, value: Any, name: str, attribute: Any) -> Any:
    keyed = _keyed(operations, value, name, attribute)
    for key, _item in keyed:
        check_defined(key)
        if type(key) not in (str, int, float):
            raise TemplateError(f"|{name} orders texts or numbers, not {kind_of(key)}")
    return keyed


@_filter
def sort(operations: Operations, value: Any, reverse: Any = False, attribute: Any = None) -> Any:  # noqa: FBT002  Jinja's own order of arguments
    """The items in order, by themselves or by one key of each; capitals before small letters."""
    keyed = _by_key(operations, value, "sort", attribute)
    try:
        return [item for _, item in sorted(keyed, key=lambda pair: pair[0], reverse=bool(reverse))]
    except TypeError:
        raise TemplateError("|sort orders texts or numbers, not a mixture of both") from None


@_filter
def _max(operations: Operations, value: Any, attribute: Any = None) -> Any:
    """The greatest item."""
    return last(operations, sort(operations, value, attribute=attribute))


@_filter
def _min(operations: Operations, value: Any, attribute: Any = None) -> Any:
    """The least item."""
    return first(operations, sort(operations, value, attribute=attribute))


@_filter
def unique(operations: Operations, value: Any, attribute: Any = None) -> Any:
    """The items without repeats, each where it first stood."""
    seen: dict[Any, Any] = {}
    for key, item in _by_key(operations, value, "unique", attribute):
        # Text keys: integers chosen to collide would make this quadratic.
        seen.setdefault(f"{type(key).__name__}:{key}", item)
    return list(seen.values())


@_filter
def batch(operations: Operations, value: Any, size: Any, fill: Any = None) -> Any:
    """The items in lists of `size`, the last filled up where `fill` is given."""
    found, count = items_of(value, "batch"), integer_of(size, "batch")
    if count < 1:
        raise TemplateError("|batch takes a size of at least 1")
    rows = [found[start : start + count] for start in range(0, len(found), count)]
    if rows and fill is not None:
        operations.meter.allot(count)
        rows[-1] = rows[-1] + [fill] * (count - len(rows[-1]))
    return rows


@_filter
def default(_: Operations, value: Any, fallback: Any = "", boolean: Any = False) -> Any:  # noqa: FBT002  Jinja's own order of arguments
    """`fallback` where the value is missing or None, or with `true` also where it is empty."""
    empty = isinstance(value, Undefined) or value is None
    return fallback if empty or (boolean and not value) else value


FILTERS["d"] = default
FILTERS["count"] = length


@_filter
def _map(operations: Operations, value: Any, name: Any = None, *args: Any, attribute: Any = None) -> Any:
    """Each item through a filter by name, or one key of each item."""
    if attribute is not None:
        return [item for item, _ in _keyed(operations, value, "map", attribute)]
    function = _named(FILTERS, name, "map", args)
    return [operations.made(function(operations, item, *args)) for item in items_of(value, "map")]


@_filter
def select(operations: Operations, value: Any, name: Any = "true", *args: Any) -> Any:
    """The items for which a test by name holds; without a name, those that are not empty."""
    return list(_tested(operations, value, "select", name, args, wanted=True))


@_filter
def reject(operations: Operations, value: Any, name: Any = "true", *args: Any) -> Any:
    """The items for which a test by name does not hold."""
    return list(_tested(operations, value, "reject", name, args, wanted=False))


def _tested(
    operations: Operations, value: Any, filter_name: str, name: Any, args: tuple[Any, ...], *, wanted: bool
) -> Iterable[Any]:
    function = TRUTH if name == "true" and not args else _named(TESTS, name, filter_name, args)
    return [
        item for item in items_of(value, filter_name) if bool(function(operations, item, *args)) is wanted
    ]


def _named(
    table: dict[str, Callable[..., Any]], name: Any, by: str, args: tuple[Any, ...]
) -> Callable[..., Any]:
    if type(name) is not str or name not in table or name in ("map", "select", "reject"):
        raise TemplateError(f"|{by} takes the name of a filter or test, one of: {', '.join(sorted(table))}")
    if wrong := wrong_arguments(table[name], len(args)):
        raise TemplateError(f"|{by}: {name!r} does not take these arguments: {wrong}")
    return table[name]
