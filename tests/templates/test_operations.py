"""What templates can do to values: plain data by exact type, everything made paid for beforehand."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import UndefinedError
from jinja2.runtime import StrictUndefined
from jinja2.utils import Namespace

from promptlib.errors import RenderLimitError, SecurityError, TemplateError
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, RenderLimits, load
from promptlib.templates.limits import Meter
from promptlib.templates.operations import GLOBALS, Operations, check_defined, kind_of
from promptlib.types import FilePart, ImagePart

MISSING = StrictUndefined("'gone' is undefined")
IMAGE = ImagePart(url="https://example.org/a.png", media_type="image/png")
FILE = FilePart(data=b"", media_type="application/pdf")
NEITHER = (None, True, "a", [], {}, IMAGE)  # no integer and no number


class Text(str):
    """A text that is not exactly one."""

    __slots__ = ()


@pytest.fixture
def do():
    return Operations(Meter(RenderLimits()))


def metered(**bounds):
    return Operations(Meter(RenderLimits(**bounds)))


def allotted(do):
    """Characters that were paid for so far."""
    return do.meter._allocated


def refused(message, call, *args, **kwargs):
    """The TemplateError of a call, by its whole message."""
    with pytest.raises(TemplateError) as caught:
        call(*args, **kwargs)
    assert caught.value.message == message
    return caught.value


def reaches(limit, call, *args, **kwargs):
    with pytest.raises(RenderLimitError) as caught:
        call(*args, **kwargs)
    assert caught.value.limit == limit


def undefined(message, call, *args):
    with pytest.raises(UndefinedError) as caught:
        call(*args)
    assert str(caught.value) == message


def rendered(body, inputs=None, front="", **files):
    head = f"---\n{front}\n---\n" if front else ""
    sources = {"x.jinja": head + body, **{f"{name}.jinja": text for name, text in files.items()}}
    loaded = load(MemoryFiles({path: text.encode() for path, text in sources.items()}), "x")
    return render(loaded, inputs).messages[0].text


# -- words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a", "text"),
        (1, "an integer"),
        (1.5, "a number"),
        (True, "a boolean"),
        (None, "None"),
        ([], "a list"),
        ({}, "an object"),
        (IMAGE, "an image"),
        (FILE, "a file"),
        (Namespace(), "a namespace"),
        (Text("a"), "something that is no plain data"),
        (object(), "something that is no plain data"),
    ],
)
def test_values_have_names_that_authors_know(value, words):
    """Errors speak of text and lists, not of Python's classes."""
    assert kind_of(value) == words


def test_what_the_runtime_offers_has_names_too():
    """Macros, loops, blocks and imported files are named where they cannot be printed."""
    for body, words in [
        ("{% macro m() %}{% endmacro %}{{ m }}", "A macro"),
        ("{% for x in [1] %}{{ loop }}{% endfor %}", "The loop"),
        ("{% import 'm.jinja' as m %}{{ m }}", "An imported file"),
        ("{{ namespace() }}", "A namespace"),
        ("{% extends 'b.jinja' %}{% block a %}{{ super }}{% endblock %}", "A block"),
    ]:
        with pytest.raises(TemplateError) as caught:
            rendered(body, m="", b="{% block a %}{% endblock %}")
        assert caught.value.message == f"{words} cannot be printed"


def test_an_undefined_value_says_what_is_missing():
    """Whatever is done to it, the message is its own; anything else passes."""
    undefined("'gone' is undefined", check_defined, MISSING)
    check_defined(None)


# -- printing


@pytest.mark.parametrize(
    ("value", "text"), [("a\n", "a\n"), (1, "1"), (-1.5, "-1.5"), (True, "True"), (False, "False"), ("", "")]
)
def test_text_numbers_and_booleans_are_printed(do, value, text):
    """They print as Python prints them, and cost nothing until something is made of them."""
    assert do.show(value) == text
    assert allotted(do) == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "None cannot be printed"),
        ([1], "A list cannot be printed"),
        ({}, "An object cannot be printed"),
        (Text("a"), "Something that is no plain data cannot be printed"),
        (Namespace(), "A namespace cannot be printed"),
    ],
)
def test_what_has_no_one_text_is_not_printed(do, value, message):
    """The hint names filters that say how."""
    assert "|tojson, |join(', ')" in refused(message, do.show, value).hint


@pytest.mark.parametrize(("value", "kind"), [(IMAGE, "An image"), (FILE, "A file")])
def test_media_are_not_printed(do, value, kind):
    """The hint names their tags."""
    hint = refused(f"{kind} cannot be printed", do.show, value).hint
    assert hint == "Use {% image name %} or {% file name %}."


def test_printing_what_is_missing_says_so(do):
    """Nothing renders as nothing."""
    undefined("'gone' is undefined", do.show, MISSING)


def test_joined_output_is_paid_for_and_its_buffer_let_go():
    """A buffer is watched while it grows, and no longer when it has become a text."""
    do = metered(value=4)
    outer, inner = do.buffer(), do.buffer()
    assert do.meter.buffers == [outer, inner]
    inner += ["ab", "cd"]
    assert do.join(inner) == "abcd"
    assert allotted(do) == 4
    assert do.meter.buffers[0] is outer
    assert len(do.meter.buffers) == 1
    assert do.join(["x"]) == "x"
    assert len(do.meter.buffers) == 1
    reaches("value", do.join, ["abc", "de"])
    assert metered().join([]) == ""


# -- item access


def test_a_dot_is_item_access(do):
    """The key comes first, whatever methods a dict has; a missing one is undefined with a near name."""
    value = {"items": 1, "name": None}
    assert do.attr(value, "items") == 1
    assert do.attr(value, "name") is None
    undefined("there is no item 'nam'; did you mean 'name'?", check_defined, do.attr(value, "nam"))
    undefined("there is no item 'zz'", check_defined, do.attr(value, "zz"))
    undefined("there is no item 'keys'", check_defined, do.attr({}, "keys"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a", "Text has no 'upper'"),
        ([], "A list has no 'upper'"),
        (None, "None has no 'upper'"),
        (1, "An integer has no 'upper'"),
        (Text(), "Something that is no plain data has no 'upper'"),
        (range, "Something that is no plain data has no 'upper'"),
        (IMAGE, "An image has no 'upper'"),
    ],
)
def test_nothing_else_has_attributes(do, value, message):
    """No method and no attribute of a Python object is reachable."""
    for access in (do.attr, do.item) if not isinstance(value, str | list) else (do.attr,):
        assert "filters do the work of methods" in refused(message, access, value, "upper").hint


def test_a_namespace_has_what_was_put_in():
    """Its own attributes, which begin with underscores, stay hidden."""
    do, space = metered(), Namespace(a=1)
    assert do.attr(space, "a") == do.item(space, "a") == 1
    undefined("the namespace has no 'b' yet", check_defined, do.attr(space, "b"))
    for name in ("__class__", "_Namespace__attrs"):
        refused(f"A namespace has no {name!r}", do.attr, space, name)


def test_an_imported_file_has_what_it_exports():
    """Neither Python's attributes nor the stream of its body."""
    macros = "{% macro f() %}F{% endmacro %}{% set a = 1 %}"
    assert rendered("{% import 'm.jinja' as m %}{{ m.f() }}{{ m['a'] }}", m=macros) == "F1"
    for access, message in [
        ("m.b", "the imported file defines no 'b'"),
        ("m['_body_stream']", "An imported file has no '_body_stream'"),
        ("m['__name__']", "An imported file has no '__name__'"),
    ]:
        with pytest.raises(TemplateError) as caught:
            rendered("{% import 'm.jinja' as m %}{{ " + access + " }}", m=macros)
        assert caught.value.message == message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index", "12"),
        ("index0", "01"),
        ("revindex", "21"),
        ("revindex0", "10"),
        ("first", "TrueFalse"),
        ("last", "FalseTrue"),
        ("length", "22"),
        ("depth", "11"),
        ("depth0", "00"),
        ("previtem|d('-')", "-a"),
        ("nextitem|d('-')", "b-"),
    ],
)
def test_the_loop_has_its_eleven_names(name, text):
    """What Jinja documents as data of the loop is there."""
    assert rendered("{% for x in ['a', 'b'] %}{{ loop." + name + " }}{% endfor %}") == text


@pytest.mark.parametrize("name", ["cycle", "changed", "nosuch"])
def test_the_loop_has_nothing_else(name):
    """Its methods are not for templates."""
    with pytest.raises(TemplateError) as caught:
        rendered("{% for x in ['a'] %}{{ loop." + name + " }}{% endfor %}")
    assert caught.value.message == f"The loop has no {name!r}"


def test_lists_and_texts_have_items_by_integer(do):
    """Negative ones count from the end; one too far is undefined and says how long the value is."""
    assert do.item(["a", "b"], 1) == do.item("ab", -1) == "b"
    undefined("there is no item 2: a list of 2", check_defined, do.item(["a", "b"], 2))
    undefined("there is no item -3: text of 2", check_defined, do.item("ab", -3))
    undefined(f"there is no item {10**30}: text of 2", check_defined, do.item("ab", 10**30))


@pytest.mark.parametrize(
    ("value", "key", "message"),
    [
        (["a"], "0", "text cannot be looked up in a list"),
        ("a", "0", "text cannot be looked up in text"),
        (["a"], True, "a boolean cannot be looked up in a list"),
        ("a", 0.0, "a number cannot be looked up in text"),
        (1, 0, "an integer cannot be looked up in an integer"),
        (None, None, "None cannot be looked up in None"),
        ({"a": 1}, [], "a list cannot be looked up in an object"),
        ({"a": 1}, {}, "an object cannot be looked up in an object"),
        (Namespace(), 1, "an integer cannot be looked up in a namespace"),
    ],
)
def test_what_cannot_be_looked_up_is_refused(do, value, key, message):
    """Each error names both kinds."""
    refused(message, do.item, value, key)


def test_an_object_is_looked_up_by_any_simple_key(do):
    """Keys are texts, so any other simple key is a missing one."""
    assert do.item({"a": 1}, "a") == 1
    for key in (1, 1.5, None, True):
        undefined(f"there is no item {key!r}", check_defined, do.item({"a": 1}, key))
    undefined("'gone' is undefined", do.item, MISSING, 0)
    undefined("'gone' is undefined", do.item, MISSING, "a")
    undefined("'gone' is undefined", do.item, [], MISSING)


def test_a_missing_item_costs_nothing_until_it_is_missed(do):
    """`default` asks for items of long objects in long loops; a near name is sought for the error alone."""
    value = {f"kee{n}{'x' * 50}": n for n in range(20_000)}
    start = time.thread_time()
    for _ in range(2_000):
        do.attr(value, "keex")
    assert time.thread_time() - start < 0.5


def test_near_names_are_sought_among_few_and_short_keys(do):
    """Comparing long texts, or very many, would take time that no bound sees."""

    def message(value, key):
        with pytest.raises(UndefinedError) as caught:
            check_defined(do.item(value, key))
        return str(caught.value)

    many = {f"{n:04}": n for n in range(199)}
    assert "did you mean" in message({**many, "article": 1}, "artcle")
    assert "did you mean" not in message({**many, "0199": 1, "article": 1}, "artcle")
    assert "did you mean" in message({"a" * 60: 1}, "a" * 59)
    assert "did you mean" not in message({"a" * 61: 1}, "a" * 60)
    assert "did you mean" in message({"a" * 59: 1}, "a" * 60)
    assert "did you mean" not in message({"a" * 60: 1}, "a" * 61)


# -- slices


@pytest.mark.parametrize(
    ("bounds", "found"),
    [((1, None, None), "bcd"), ((None, 1, None), "a"), ((None, None, -1), "dcba"), ((-2, 10**30, 1), "cd")],
)
def test_lists_and_texts_are_sliced(do, bounds, found):
    """As in Python, with bounds left out or far off; the result is paid for."""
    assert do.slice("abcd", *bounds) == found
    assert allotted(do) == 4
    assert do.slice(list("abcd"), *bounds) == list(found)
    assert allotted(do) == 4 + 1 + 2 * len(found)


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (1, (None, None, None), "an integer cannot be sliced"),
        ({}, (None, None, None), "an object cannot be sliced"),
        ("a", ("0", None, None), "a slice needs integers, not text"),
        ("a", (None, 1.0, None), "a slice needs integers, not a number"),
        ("a", (None, None, True), "a slice needs integers, not a boolean"),
        ("a", (None, None, 0), "a slice needs a step other than 0"),
    ],
)
def test_a_wrong_slice_is_refused(do, value, bounds, message):
    """Each error names what was given."""
    refused(message, do.slice, value, *bounds)


def test_a_slice_of_or_by_what_is_missing_says_so(do):
    """The message is that of the missing value."""
    undefined("'gone' is undefined", do.slice, MISSING, None, None, None)
    undefined("'gone' is undefined", do.slice, "a", None, MISSING, None)


# -- making values


def test_what_is_made_is_paid_for(do):
    """A text costs its length, a list or dict its weight, numbers nothing."""
    for value, cost in [("abc", 3), (["ab"], 4), ({"a": "b"}, 5), (7, 0), (None, 0), (Text("abc"), 0)]:
        before = allotted(do)
        assert do.made(value) is value
        assert allotted(do) - before == cost
    reaches("value", metered(value=3).made, ["ab"])
    reaches("value", metered(value=3).made, {"a": 1})


def test_an_object_written_out_has_texts_as_keys(do):
    """As JSON demands."""
    assert do.display({"a": 1}) == {"a": 1}
    assert allotted(do) == 4
    refused("the key of an object must be text, not an integer", do.display, {"a": 1, 2: 2})


def test_texts_are_joined_as_they_print(do):
    """`~` prints each side, and refuses what cannot be printed."""
    assert do.concat(("a", 1, True, 1.5)) == "a1True1.5"
    assert allotted(do) == 9
    refused("A list cannot be printed", do.concat, ("a", []))
    reaches("value", metered(value=3).concat, ("ab", "cd"))
    assert metered(value=4).concat(("ab", "cd")) == "abcd"


# -- arithmetic


def test_plus_joins_texts_and_lists(do):
    """Two of a kind; what comes out is paid for before it is made."""
    assert do.add("ab", "c") == "abc"
    assert allotted(do) == 3
    assert do.add(["a"], [1]) == ["a", 1]
    assert allotted(do) == 3 + 3 + 2
    reaches("value", metered(value=3).add, "ab", "cd")
    assert metered(value=4).add("ab", "cd") == "abcd"
    reaches("value", metered(value=4).add, ["a"], [1])
    assert metered(value=5).add(["a"], [1]) == ["a", 1]


@pytest.mark.parametrize(
    ("left", "right", "kinds"),
    [
        ("a", 1, "text and an integer"),
        (1, "a", "an integer and text"),
        ("a", ["b"], "text and a list"),
        (["b"], "a", "a list and text"),
        (1, True, "an integer and a boolean"),
        (True, 1, "a boolean and an integer"),
        (None, 1.5, "None and a number"),
        ({}, {}, "an object and an object"),
    ],
)
def test_other_kinds_do_not_add(do, left, right, kinds):
    """The error names both."""
    refused(f"cannot add {kinds}", do.add, left, right)


NUMBERS = [(7, 2), (-7, 2), (7.5, 2), (7, 0.5), (0, 3)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("add", lambda a, b: a + b),
        ("sub", lambda a, b: a - b),
        ("mul", lambda a, b: a * b),
        ("div", lambda a, b: a / b),
        ("floordiv", lambda a, b: a // b),
        ("mod", lambda a, b: a % b),
        ("pow", lambda a, b: a**b),
    ],
)
def test_numbers_do_what_numbers_do(do, name, expected):
    """Each operator gives Python's result, in Python's type."""
    for left, right in NUMBERS:
        if name == "pow" and left < 0 and type(right) is float:
            continue
        found = getattr(do, name)(left, right)
        assert found == expected(left, right)
        assert type(found) is type(expected(left, right))


def test_signs_are_for_numbers(do):
    """-x and +x of a number are its negative and itself."""
    assert (do.neg(3), do.neg(-1.5), do.pos(3), do.pos(-1.5)) == (-3, 1.5, 3, -1.5)
    refused("cannot negate an integer and text", do.neg, "a")
    refused("cannot add an integer and a boolean", do.pos, True)


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("sub", "subtract"),
        ("div", "divide"),
        ("floordiv", "divide"),
        ("mod", "divide"),
        ("pow", "raise"),
        ("mul", "multiply"),
    ],
)
def test_operators_but_plus_are_for_numbers(do, name, verb):
    """No other kind, on either side; not even text formatting with %."""
    for value in NEITHER:
        if name != "mul" or type(value) not in (str, list):
            refused(f"cannot {verb} {kind_of(value)} and an integer", getattr(do, name), value, 1)
            refused(f"cannot {verb} an integer and {kind_of(value)}", getattr(do, name), 1, value)
    undefined("'gone' is undefined", getattr(do, name), MISSING, 1)
    undefined("'gone' is undefined", getattr(do, name), 1, MISSING)
    refused(f"cannot {verb} something that is no plain data and an integer", getattr(do, name), Decimal(1), 1)
    refused(
        f"cannot {verb} an integer and something that is no plain data", getattr(do, name), 1, Fraction(1)
    )


@pytest.mark.parametrize(
    ("name", "left", "right", "reason"),
    [
        ("div", 1, 0, "division by zero"),
        ("floordiv", 1, 0, "integer division or modulo by zero"),
        ("mod", 1, 0, "integer modulo by zero"),
        ("pow", 0, -1, "0.0 cannot be raised to a negative power"),
        ("pow", -8, 0.5, "the result is not real"),
        ("mul", 1e308, 10, "the result is too large"),
        ("add", 1.7e308, 1.7e308, "the result is too large"),
        ("sub", -1.7e308, 1.7e308, "the result is too large"),
        ("add", 10**400, 0.5, "int too large to convert to float"),
        ("div", 10**400, 1, "integer division result too large for a float"),
    ],
)
def test_a_number_that_is_none_is_an_error(do, name, left, right, reason):
    """Neither infinity nor NaN nor an imaginary number comes out of arithmetic."""
    with pytest.raises(TemplateError) as caught:
        getattr(do, name)(left, right)
    assert caught.value.message.startswith("cannot ")
    # How Python words these differs between its versions.
    assert "these numbers: " in caught.value.message
    if reason.startswith("the result"):
        assert caught.value.message.endswith(reason)


TOP = 2**4096 - 1  # the greatest integer of 4096 bits


def test_integers_have_at_most_4096_bits(do):
    """The greatest one comes out of each operator, and nothing greater."""
    assert do.add(TOP - 1, 1) == TOP
    reaches("value", do.add, TOP, 1)
    assert do.sub(-TOP, 0) == -TOP
    reaches("value", do.sub, -TOP, 1)
    assert do.neg(TOP) == -TOP
    assert do.mul(2**4000, 2**95) == 2**4095
    reaches("value", do.mul, 2**4000, 2**96)
    assert do.mul(TOP, 1) == TOP
    assert do.mul(0, TOP) == 0
    assert do.pow(2, 4095) == 2**4095
    reaches("value", do.pow, 2, 4096)
    assert do.pow(3, 2584) == 3**2584
    reaches("value", do.pow, 3, 2585)
    assert do.pow(1, TOP) == do.pow(-1, TOP - 1) == 1
    assert do.pow(0, TOP) == 0
    assert do.pow(2, -2) == 0.25
    assert do.pow(TOP, 0) == 1


@pytest.mark.parametrize(("left", "right"), [(9, 9**9), (2, TOP), (-3, 10**9), (TOP, TOP)])
def test_a_power_too_large_is_never_computed(do, left, right):
    """The size is known before: seconds and gigabytes are not spent."""
    start = time.thread_time()
    reaches("value", do.pow, left, right)
    assert time.thread_time() - start < 0.1


def test_a_product_is_bounded_exactly(do):
    """Two factors of 2,048 bits make 4,095 or 4,096, and of one bit more each too many."""
    assert do.mul(2**2048 - 1, 2**2048 - 1).bit_length() == 4096
    reaches("value", do.mul, 2**2048, 2**2048)


def test_texts_and_lists_are_repeated_on_either_side(do):
    """What comes out is paid for before it is made; a negative number of times gives nothing."""
    assert do.mul("ab", 2) == do.mul(2, "ab") == "abab"
    assert do.mul(["a"], 2) == do.mul(2, ["a"]) == ["a", "a"]
    assert do.mul("ab", 0) == do.mul("ab", -1) == ""
    # A text costs its length, a list of one short text weighs three.
    assert allotted(do) == 2 * (2 * 2) + 2 * (2 * 3)
    reaches("value", metered(value=3).mul, "ab", 2)
    assert metered(value=4).mul("ab", 2) == "abab"
    reaches("value", do.mul, "a", 10**12)
    reaches("value", do.mul, 10**12, [1])
    assert do.mul("", 10**12) == ""
    refused("cannot multiply text and a number", do.mul, "a", 1.5)
    refused("cannot multiply text and a number", do.mul, 1.5, "a")
    refused("cannot multiply a list and a boolean", do.mul, ["a"], True)
    refused("cannot multiply text and text", do.mul, "a", "b")


# -- comparing


@pytest.mark.parametrize(
    ("name", "left", "right", "found"),
    [
        ("eq", 1, 1.0, True),
        ("eq", "a", 1, False),
        ("eq", None, None, True),
        ("ne", "a", "b", True),
        ("ne", "a", "a", False),
        ("lt", 1, 2, True),
        ("lt", 2, 2, False),
        ("lteq", 2, 2, True),
        ("lteq", 3, 2, False),
        ("gt", "b", "a", True),
        ("gt", "a", "a", False),
        ("gteq", "a", "a", True),
        ("gteq", "a", "b", False),
        ("in", "a", "ab", True),
        ("in", "c", ["ab"], False),
        ("in", "a", {"a": 1}, True),
        ("notin", "c", "ab", True),
        ("notin", 1, [1], False),
    ],
)
def test_values_compare(do, name, left, right, found):
    """Each operator is Python's, on plain data."""
    assert do.compare(left, name, right) is found


def test_comparisons_chain(do):
    """`a < b < c` asks about neighbours, and stops at the first that does not hold."""
    assert do.compare(1, "lt", 2, "lt", 3)
    assert not do.compare(1, "lt", 3, "lt", 2)
    assert not do.compare(3, "lt", 2, "lt", "x")
    assert do.compare(1, "lt", 3, "gt", 2)


@pytest.mark.parametrize(
    ("name", "left", "right", "kinds"),
    [
        ("lt", 1, "a", "an integer with text"),
        ("gteq", [], {}, "a list with an object"),
        ("in", 1, "abc", "an integer with text"),
        ("in", "a", 1, "text with an integer"),
        ("notin", [], {}, "a list with an object"),
    ],
)
def test_what_does_not_compare_is_refused(do, name, left, right, kinds):
    """The error names both kinds."""
    refused(f"cannot compare {kinds}", do.compare, left, name, right)


def test_comparing_what_is_missing_says_so(do):
    """On either side, and in the middle of a chain."""
    undefined("'gone' is undefined", do.compare, MISSING, "eq", 1)
    undefined("'gone' is undefined", do.compare, 1, "eq", MISSING)
    undefined("'gone' is undefined", do.compare, 1, "eq", 1, "eq", MISSING)


def test_comparing_large_values_looks_at_the_clock():
    """Sizes of both sides count; small ones do not look."""
    looks = []
    spy = type("Spy", (Meter,), {"look": lambda self: looks.append(1)})
    watch = Operations(spy(RenderLimits()))
    watch.compare("a" * 2000, "eq", "b" * 2096)
    assert looks == []
    watch.compare("a" * 2000, "eq", "b" * 2097)
    assert looks == [1]
    watch.compare(["a" * 4095], "eq", [])
    watch.compare({"a": "b" * 4095}, "eq", 1)
    assert looks == [1, 1, 1]
    watch.compare(1, "eq", ["a"])
    assert looks == [1, 1, 1]


def test_comparing_what_holds_itself_over_and_over_is_bounded(do):
    """A list doubled fifty times compares in no time to anything: its weight stops it."""
    value = ["a"]
    for _ in range(50):
        value = [value, value]
    reaches("value", do.compare, value, "eq", value)


# -- loops


def test_lists_and_keys_are_looped_over(do):
    """A list is itself, an object its keys; each pass is paid for."""
    value = [1, 2]
    assert do.passes(value) is value
    assert do.passes({"a": 1, "b": 2}) == ["a", "b"]
    assert do.meter._iterations == 4
    reaches("iterations", metered(iterations=1).passes, [1, 2])
    reaches("iterations", metered(iterations=1).passes, {"a": 1, "b": 2})


@pytest.mark.parametrize(
    ("value", "kind"), [("ab", "text"), (None, "None"), (3, "an integer"), (range(3), "something that")]
)
def test_nothing_else_is_looped_over(do, value, kind):
    """A text is no list of characters; the hint shows how to allow for None."""
    with pytest.raises(TemplateError) as caught:
        do.passes(value)
    assert caught.value.message.startswith(f"cannot loop over {kind}")
    assert "{% for x in value or [] %}" in caught.value.hint
    undefined("'gone' is undefined", do.passes, MISSING)


# -- calls


@pytest.mark.parametrize(
    ("callee", "words"),
    [
        ("a", "Text"),
        (len, "Something that is no plain data"),
        (1, "An integer"),
        (Namespace(), "A namespace"),
    ],
)
def test_nothing_is_called_but_macros_and_two_functions(do, callee, words):
    """A callable object is as dead as a text."""
    with pytest.raises(SecurityError) as caught:
        do.call(callee)
    assert caught.value.message == f"{words} cannot be called"
    assert "range(), namespace()" in caught.value.hint
    undefined("'gone' is undefined", do.call, MISSING)


def test_a_copy_of_an_allowed_function_is_not_allowed(do):
    """What may be called is known by identity."""
    with pytest.raises(SecurityError):
        do.call(lambda *_: None)
    with pytest.raises(SecurityError):
        do.call(None)
    assert do.call(GLOBALS["range"], 2) == [0, 1]


def test_macros_are_called_to_a_bounded_depth():
    """A macro that calls itself ends in a typed error; afterwards others can be called as deep again."""
    body = "{% macro m(n) %}{{ m(n - 1) if n else '.' }}{% endmacro %}{{ m(31) }}{{ m(31) }}"
    assert rendered(body) == ".."
    with pytest.raises(RenderLimitError) as caught:
        rendered(body.replace("31", "32"))
    assert caught.value.limit == "calls"


def test_calls_end_where_they_fail(do):
    """What a failed call took of the depth is given back."""
    macro_error = "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=1) }}"
    with pytest.raises(TemplateError) as caught:
        rendered(macro_error)
    assert caught.value.message == "macro 'm' takes no keyword argument 'b'"
    assert do.meter._depth == 0


def test_a_call_costs_an_iteration():
    """As much as a pass of a loop."""
    body = "{% macro m() %}{% endmacro %}{{ m() }}{{ m() }}"
    held = MemoryFiles({"x.jinja": body.encode()})
    render(load(held, "x", limits=RenderLimits(iterations=3)))
    with pytest.raises(RenderLimitError) as caught:
        render(load(held, "x", limits=RenderLimits(iterations=2)))
    assert caught.value.limit == "iterations"


@pytest.mark.parametrize("call", ["loop()", "loop(1, 2)", "loop([], a=1)"])
def test_a_recursive_loop_takes_one_list(call):
    """Anything else says so, where Jinja would fail in its own way."""
    with pytest.raises(TemplateError) as caught:
        rendered("{% for x in [1] recursive %}{{ " + call + " }}{% endfor %}")
    assert caught.value.message == "loop() takes one list"


def test_a_recursive_loop_runs_over_lists_and_keys():
    """What it is called with is looped over like anything else, and paid for."""
    assert rendered("{% for x in [{'a': 1}] recursive %}{{ x if x == 'a' else loop(x) }}{% endfor %}") == "a"
    with pytest.raises(TemplateError) as caught:
        rendered("{% for x in ['abc'] recursive %}{{ loop(x) }}{% endfor %}")
    assert caught.value.message == "cannot loop over text"
    with pytest.raises(TemplateError) as caught:
        rendered("{% for x in ['abc'] %}{{ loop([]) }}{% endfor %}")
    assert "recursive" in caught.value.message


def test_super_takes_no_arguments():
    """Its text is that of the block below, paid for like any other."""
    body = "{% extends 'b.jinja' %}{% block a %}{{ super() }}{% endblock %}"
    assert rendered(body, b="{% block a %}b{{ 1 }}{% endblock %}") == "b1"
    for call in ("super(1)", "super(a=1)"):
        with pytest.raises(TemplateError) as caught:
            rendered(body.replace("super()", call), b="{% block a %}{% endblock %}")
        assert caught.value.message == "super() takes no arguments"


# -- global functions


def test_range_is_a_list_of_integers(do):
    """One, two or three integers; the list is paid for before it is made."""
    call, make = do.call, GLOBALS["range"]
    assert call(make, 3) == [0, 1, 2]
    assert call(make, 1, 3) == [1, 2]
    assert call(make, 3, 0, -2) == [3, 1]
    assert allotted(do) == 3 + 2 + 2
    reaches("value", metered(value=3).call, make, 4)
    reaches("value", call, make, 10**30)
    assert call(make, -(10**30)) == []


def test_a_wrong_range_is_refused(do):
    """Each with its reason."""
    make = GLOBALS["range"]
    refused("range() takes integers, not text", do.call, make, "3")
    refused("range() takes integers, not a boolean", do.call, make, True)
    refused("range() takes its integers without names", do.call, make, stop=3)
    undefined("'gone' is undefined", do.call, make, MISSING)
    for bounds in ((), (1, 2, 3, 4), (1, 2, 0)):
        with pytest.raises(TemplateError) as caught:
            do.call(make, *bounds)
        assert "range" in caught.value.message


def test_a_namespace_takes_named_values(do):
    """What it is made with is what it has."""
    space = do.call(GLOBALS["namespace"], a=1, callee=2, self=3, _=4)
    assert [do.attr(space, name) for name in ("a", "callee", "self")] == [1, 2, 3]
    refused("namespace() takes values with names, as in namespace(a=1)", do.call, GLOBALS["namespace"], {})
    assert set(GLOBALS) == {"range", "namespace"}


# -- laws

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
ERRORS = (TemplateError, RenderLimitError, UndefinedError)


@given(left=PLAIN, right=PLAIN)
def test_operations_end_in_a_value_or_a_typed_error(left, right):
    """Whatever plain data meets, Python's own errors stay inside."""
    do = metered()
    calls = [lambda n=n: getattr(do, n)(left, right) for n in ("add", "sub", "mul", "div", "floordiv")]
    calls += [lambda n=n: getattr(do, n)(left, right) for n in ("mod", "pow", "item")]
    calls += [lambda n=n: do.compare(left, n, right) for n in ("eq", "lt", "gteq", "in", "notin")]
    calls += [lambda: do.neg(left), lambda: do.show(left), lambda: do.passes(left), lambda: do.call(left)]
    calls += [lambda: do.slice(left, right, None, None), lambda: do.concat((left, right))]
    for call in calls:
        try:
            call()
        except ERRORS as error:
            assert str(error)  # noqa: PT017  which of them it is does not matter here
