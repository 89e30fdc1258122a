"""Values on their way into a template: copied as plain data, or refused by name."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import re
import uuid
from collections import OrderedDict, UserDict, UserString
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, field_serializer
from pydantic.dataclasses import dataclass as pydantic_dataclass

from promptlib.templates import values
from promptlib.templates.limits import INTEGER_BITS, NESTING, Meter, RenderLimits
from promptlib.templates.values import Copier, Refused, as_mapping, shown, spelt
from promptlib.types import FilePart, ImagePart

_PLAIN = {str, int, float, bool, type(None), list, dict}
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**INTEGER_BITS) + 1, 2**INTEGER_BITS - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT
)
_JSON = st.recursive(
    _SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(_TEXT, below, max_size=4)
)


def _id(value: Any) -> str:
    """A name for a case that is the same in every process."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


class _Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not what it holds"


class _Whole(int):
    def __int__(self) -> int:
        return 99


class _Real(float):
    def __float__(self) -> float:
        return 99.0


class _List(list):
    def __iter__(self) -> Any:
        return iter(["not what it holds"])


class _Pair(tuple):
    __slots__ = ()

    def __iter__(self) -> Any:
        return iter(["not what it holds"])


class _Dict(dict):
    def items(self) -> Any:
        return [("not", "what it holds")]


class _Colour(enum.Enum):
    RED = "red"


class _Level(enum.IntEnum):
    HIGH = 3


class _Odd(enum.Enum):
    THING = object()


class _Article(BaseModel):
    title: str
    when: dt.date
    tags: tuple[str, ...] = ()


def _copy(value: Any) -> Any:
    return Copier().copy(value, "x")


def _types(value: Any) -> set[type]:
    found = {type(value)}
    if type(value) is list:
        found.update(*map(_types, value))
    if type(value) is dict:
        found.update(*map(_types, value), *map(_types, value.values()))
    return found


def _containers(value: Any) -> set[int]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = {id(value)} if isinstance(value, list | dict) else set()
    return own.union(*map(_containers, below))


def _nested(levels: int) -> Any:
    value: Any = "core"
    for _ in range(levels):
        value = [value]
    return value


@given(_JSON)
def test_plain_data_is_copied_unchanged(value):
    """Plain data comes out equal, of plain types, and in no container of the caller's."""
    copied = _copy(value)
    assert copied == value
    assert repr(copied) == repr(value)
    assert _types(copied) <= _PLAIN
    assert not _containers(copied) & _containers(value)


@given(_JSON, _JSON)
def test_the_size_is_what_the_meter_weighs(first, second):
    """The size after several inputs is the weight of the heaviest, as rendering weighs it."""
    copier, meter = Copier(), Meter(RenderLimits())
    assert copier.size == 0
    weights = [meter.weigh(copier.copy(value, "x")) for value in (first, second)]
    assert copier.size == max(weights)


@pytest.mark.parametrize(
    ("value", "weight"),
    [
        *(("", 1), ("abc", 4), ("é", 2), (5, 1), (0.5, 1), (None, 1), (False, 1), ([], 1), ({}, 1)),
        *(([1, "ab"], 5), ({"a": None, "é": [0.5]}, 8), (dt.date(2026, 1, 1), 11), (_Whole(5), 1)),
        (ImagePart(url="https://a/b", media_type="image/png"), 1),
    ],
    ids=_id,
)
def test_weights(value, weight):
    """A value and a key weigh one each, and texts their characters besides; the heaviest input counts."""
    copier = Copier()
    copied = copier.copy(value, "x")
    assert copier.size == weight == Meter(RenderLimits()).weigh(copied)
    copier.copy("", "lighter")
    assert copier.size == weight
    copier.copy([[[[[[[[[["heavier"]]]]]]]]]], "heavier")
    assert copier.size == max(weight, 18)


@pytest.mark.parametrize(
    ("given_value", "copied"),
    [
        (_Text("a"), "a"),
        (_Text("ä"), "ä"),
        (_Whole(7), 7),
        (_Real(0.5), 0.5),
        (_List([1, 2]), [1, 2]),
        (_Pair([1, 2]), [1, 2]),
        (_Dict(a=1), {"a": 1}),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        ({_Text("key"): 1}, {"key": 1}),
        ((1, ("a",)), [1, ["a"]]),
    ],
)
def test_subclasses_become_their_base(given_value, copied):
    """A subclass of a plain type is copied by the base's own methods, whatever it overrides."""
    found = _copy(given_value)
    assert found == copied
    assert _types(found) <= _PLAIN


@pytest.mark.parametrize(
    ("given_value", "copied"),
    [
        (dt.date(2026, 11, 23), "2026-11-23"),
        (dt.datetime(2026, 11, 23, 8, 5, tzinfo=dt.UTC), "2026-11-23T08:05:00+00:00"),
        (dt.time(8, 5), "08:05:00"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (decimal.Decimal("1.10"), "1.10"),
        (_Colour.RED, "red"),
        (_Level.HIGH, 3),
        (
            _Article(title="T", when=dt.date(2026, 1, 2), tags=("a",)),
            {"title": "T", "when": "2026-01-02", "tags": ["a"]},
        ),
    ],
)
def test_well_known_objects_become_their_json(given_value, copied):
    """Dates, times, UUID, Decimal, Enum and pydantic models become what JSON says for them."""
    found = _copy({"deep": [given_value]})["deep"][0]
    assert found == copied
    assert _types(found) <= _PLAIN


def test_what_a_values_own_method_says_is_copied_too():
    """A date whose isoformat gives an object of the caller's brings nothing of it in."""

    class Day(dt.date):
        def isoformat(self) -> Any:
            return self.said

    day = Day(2026, 1, 1)
    day.said = _Text("2026")
    assert type(_copy(day)) is str
    day.said = object()
    with pytest.raises(Refused, match="x: object is no plain data"):
        _copy(day)


def test_images_and_files_go_in_as_they_are():
    """Parts are frozen, and stay the very objects."""
    image, file = ImagePart(url="https://a/b", media_type="image/png"), FilePart(data=b"x", media_type="a/b")
    found = _copy([image, file])
    assert found[0] is image
    assert found[1] is file


@pytest.mark.parametrize(
    "value",
    [
        *(object(), object, int, len, lambda: None, iter([]), (n for n in ()), {1}, frozenset(), range(2)),
        *(b"bytes", bytearray(b"x"), 1j, SimpleNamespace(a=1), UserDict(a=1), UserString("a")),
        *(MappingProxyType({"a": 1}), dt.timedelta(1), re.compile("a"), _Odd.THING, Ellipsis, _Article),
    ],
    ids=_id,
)
def test_anything_else_is_refused(value):
    """Objects, types, callables, iterators, sets and bytes are refused with their place and type."""
    kind = "object" if value is _Odd.THING else type(value).__name__
    with pytest.raises(Refused) as caught:
        Copier().copy({"a": [0, value]}, "x")
    assert str(caught.value).startswith(f"x.a[1]: {kind} is no plain data; give text, numbers")


def test_dataclasses_are_no_plain_data():
    """Neither a dataclass nor pydantic's kind of one is dumped: only models are."""

    @dataclass
    class Plain:
        a: int = 1

    @pydantic_dataclass
    class Checked:
        a: int = 1

    for value in (Plain(), Checked()):
        with pytest.raises(Refused, match="is no plain data"):
            _copy(value)


def test_an_object_cannot_claim_to_be_a_model():
    """Attributes that only an instance has make no pydantic model of it."""
    liar = SimpleNamespace(__pydantic_serializer__=1, model_dump=dict)
    with pytest.raises(Refused, match="SimpleNamespace is no plain data"):
        _copy(liar)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), _Real("nan")])
def test_nan_and_infinity_are_refused(value):
    """What is no number for JSON is none for a prompt."""
    with pytest.raises(Refused, match=re.escape("x[0]: NaN and infinity are no numbers for a prompt")):
        _copy([value])


def test_integers_are_bounded():
    """4,096 bits go in, one more does not."""
    most = 2**INTEGER_BITS - 1
    assert _copy(most) == most
    assert _copy(-most) == -most
    for value in (most + 1, -most - 1, _Whole(most + 1)):
        with pytest.raises(Refused, match=r"^x: the integer has more than 4096 bits$"):
            _copy(value)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("ab\ud800", "x: the text holds half of a surrogate pair at character 2"),
        (["\udfff"], "x[0]: the text holds half of a surrogate pair at character 0"),
        ({"a": _Text("ä\ud800")}, "x.a: the text holds half of a surrogate pair at character 1"),
        ({"b": {"\ud800": 1}}, "x.b: the text holds half of a surrogate pair at character 0"),
    ],
)
def test_half_a_surrogate_pair_is_refused(value, place):
    """Text that no encoding can write is refused, in values and in keys, with its place."""
    with pytest.raises(Refused) as caught:
        _copy(value)
    assert str(caught.value) == place


@pytest.mark.parametrize("key", [1, None, 1.5, True, (1,), b"a"])
def test_keys_are_text(key):
    """A key that is no text is refused, and its type named."""
    with pytest.raises(Refused, match=f"x.a: the keys of an object must be text, not {type(key).__name__}"):
        _copy({"a": {key: 1}})


def test_nesting_is_bounded():
    """Sixty-four levels go in, one more does not, however they are made."""
    assert _copy(_nested(NESTING)) == _nested(NESTING)
    with pytest.raises(Refused, match="lists and objects nest deeper than 64 levels, or hold themselves"):
        _copy(_nested(NESTING + 1))
    as_dict: Any = 1
    for _ in range(NESTING):
        as_dict = _Dict(a=as_dict)
    assert _copy(as_dict)
    with pytest.raises(Refused, match="nest deeper"):
        _copy({"a": as_dict})


def test_scalars_of_all_kinds_may_stand_at_the_deepest_level():
    """The bound is on containers: what they hold at the last level may be a date or an enum."""
    for value in (_Colour.RED, dt.date(2026, 1, 1), _Text("a"), 1):
        found = value
        for _ in range(NESTING):
            found = [found]
        assert _copy(found)


def test_what_holds_itself_is_refused():
    """A list, a dict or a model that leads back to itself is refused, not followed for ever."""
    ring: list[Any] = []
    ring.append({"ring": ring})

    class Mirror(BaseModel):
        def model_dump(self, **_: Any) -> Any:
            return [self]

    for value in (ring, Mirror()):
        with pytest.raises(Refused, match=r"^x.*or hold themselves$"):
            _copy(value)


def test_the_number_of_values_is_bounded(monkeypatch):
    """All inputs of one rendering together hold a bounded number of values, the bound included."""
    monkeypatch.setattr(values, "_MAX_NODES", 10)
    copier = Copier()
    copier.copy([1, 2, 3, 4], "a")
    copier.copy([1, 2, 3, 4], "b")
    with pytest.raises(Refused, match=r"^c: the inputs hold more than 10 values$"):
        copier.copy([], "c")


def test_the_usual_bound_is_a_million_values():
    """A million values go in."""
    assert len(_copy([0] * 999_999)) == 999_999
    with pytest.raises(Refused, match=r"more than 1,000,000 values$"):
        _copy([0] * 1_000_000)


def test_a_long_key_is_not_repeated_for_each_value_below_it():
    """The way to a value costs nothing: a key of a megabyte over many values is copied at once."""
    key = "k" * 1_000_000
    meter = Meter(RenderLimits(cpu_seconds=1.0))
    _copy({key: [0] * 100_000})
    meter.look()


def test_an_error_shows_keys_cut_and_escaped():
    """A key in an error is cut at sixty characters, and cannot break out of its line."""
    with pytest.raises(Refused) as caught:
        _copy({"a\nb": {"k" * 61: [object()]}})
    assert str(caught.value).startswith(f"x.a\\nb.{'k' * 60}[0]: object is")
    assert shown("é'") == "é'"
    assert shown(5) == "5"
    assert spelt((("x", "a"), 3)) == "x.a[3]"


@given(_TEXT, st.sampled_from([object(), float("nan"), {1: 2}]))
def test_an_error_never_repeats_the_value(text, wrong):
    """Texts beside what is refused stand in no error."""
    secret = f"secret-{text}-secret"
    with pytest.raises(Refused) as caught:
        _copy([secret, wrong])
    assert "secret" not in str(caught.value)


def test_a_model_that_cannot_be_dumped_is_refused():
    """A serializer that fails gives a refusal that does not repeat what it says."""

    class Broken(BaseModel):
        secret: str = "s3cret"

        @field_serializer("secret")
        def fail(self, value: str) -> str:
            raise ValueError(value)

    with pytest.raises(Refused, match=r"^x\[0\]: Broken cannot be dumped as JSON$"):
        _copy([Broken()])
    with pytest.raises(Refused, match=r"^inputs: Broken cannot be dumped as JSON$"):
        as_mapping(Broken())


class _Lazy(Mapping):
    def __getitem__(self, key: str) -> int:
        return {"a": 1}[key]

    def __iter__(self) -> Any:
        return iter("a")

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ({"a": 1}, {"a"}),
        (_Dict(a=1), {"a"}),
        (_Lazy(), {"a"}),
        (MappingProxyType({"a": 1}), {"a"}),
        (_Article(title="T", when=dt.date(2026, 1, 2)), {"title", "when", "tags"}),
    ],
)
def test_inputs_are_one_mapping_or_model(inputs, names):
    """Any mapping, and any pydantic model, gives inputs by name."""
    assert set(as_mapping(inputs)) == names


def test_a_model_is_dumped_in_json_mode():
    """The fields of a model given as the inputs are JSON values."""
    assert as_mapping(_Article(title="T", when=dt.date(2026, 1, 2)))["when"] == "2026-01-02"


@pytest.mark.parametrize("inputs", [None, 1, "a", [("a", 1)], _Article, object()], ids=_id)
def test_other_inputs_are_refused(inputs):
    """What is neither a mapping nor a model is refused by its type."""
    with pytest.raises(
        Refused, match=f"inputs are one mapping or one pydantic model, not {type(inputs).__name__}"
    ):
        as_mapping(inputs)


def test_what_values_say_of_themselves_nests_64_deep():
    """A model that says another, which says another, is followed for 64 steps and no further."""

    class Chain(BaseModel):
        left: int

        def model_dump(self, **_: Any) -> Any:
            return Chain(left=self.left - 1) if self.left else "end"

    assert _copy(Chain(left=NESTING - 1)) == "end"
    with pytest.raises(Refused, match="or hold themselves"):
        _copy(Chain(left=NESTING + 1))
