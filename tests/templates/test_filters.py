"""Each filter does what its line of the documentation says, on plain data, within the bounds."""

from __future__ import annotations

import inspect
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import UndefinedError
from jinja2.runtime import StrictUndefined

from promptlib.errors import PromptlibError, RenderLimitError, TemplateError
from promptlib.templates import RenderLimits
from promptlib.templates.filters import FILTERS, PURE, TESTS
from promptlib.templates.limits import Meter
from promptlib.templates.operations import Operations
from promptlib.types import ImagePart

MISSING = StrictUndefined("'gone' is undefined")


def metered(**bounds):
    return Operations(Meter(RenderLimits(**bounds)))


def apply(name, value, *args, **options):
    return FILTERS[name](metered(), value, *args, **options)


def refused(name, *args, **options):
    """The message of the TemplateError."""
    with pytest.raises(TemplateError) as caught:
        apply(name, *args, **options)
    return caught.value.message


ROWS = [{"n": 2, "t": "b"}, {"n": 1, "t": "a"}, {"n": 2, "t": "c"}]


@pytest.mark.parametrize(
    ("name", "args", "found"),
    [
        ("upper", ["aB"], "AB"),
        ("lower", ["aB"], "ab"),
        ("capitalize", ["aB c"], "Ab c"),
        ("title", ["the lord's ring-bearer élan"], "The Lord'S Ring-Bearer Élan"),
        ("title", ["ABC"], "Abc"),
        ("trim", [" a \n"], "a"),
        ("trim", ["xax", "x"], "a"),
        ("trim", ["xyaxy", "yx" * 500], "a"),
        ("trim", [" a ", ""], " a "),
        ("trim", [chr(300) + "a", "".join(map(chr, range(300, 400)))], "a"),
        ("replace", ["aaa", "a", "b"], "bbb"),
        ("replace", ["aaa", "a", "b", 2], "bba"),
        ("replace", ["aaa", "a", "b", 0], "aaa"),
        ("replace", ["ab", "", "-"], "-a-b-"),
        ("center", ["ab", 6], "  ab  "),
        ("center", ["ab"], "ab".center(80)),
        ("center", ["ab", -1], "ab"),
        ("indent", ["a\nb\n\nc"], "a\n    b\n\n    c"),
        ("indent", ["a\nb", 2, True], "  a\n  b"),
        ("indent", ["a\n\nb", "> ", True, True], "> a\n> \n> b"),
        ("indent", ["a\nb", 0], "a\nb"),
        ("indent", ["a\nb", -1], "a\nb"),
        ("indent", ["a\nb", 2000], "a\n" + " " * 1000 + "b"),
        ("truncate", ["abc", 3], "abc"),
        ("truncate", ["ab cd ef", 7], "ab..."),
        ("truncate", ["ab cd ef", 7, True], "ab c..."),
        ("truncate", ["ab cd ef", 7, False, ""], "ab cd"),
        ("truncate", ["abcdef", 5], "ab..."),
        ("truncate", ["abcdef", 0], "..."),
        ("truncate", ["a" * 256], "a" * 252 + "..."),
        ("truncate", ["a" * 255], "a" * 255),
        ("wordcount", ["one, two\nthree"], 3),
        ("wordcount", [""], 0),
        ("string", [1.5], "1.5"),
        ("string", ["a"], "a"),
        ("abs", [-2], 2),
        ("abs", [-2.5], 2.5),
        ("int", ["42"], 42),
        ("int", [" -4_2\n"], -42),
        ("int", [2.9], 2),
        ("int", [True], 1),
        ("int", ["4.2"], 0),
        ("int", ["x", 7], 7),
        ("int", [[], None], None),
        ("int", [None], 0),
        ("int", ["9" * 1233], int("9" * 1233)),
        ("int", ["9" * 1234, "no"], "no"),
        ("int", ["0" * 1299 + "1"], 1),
        ("int", ["0" * 1300 + "1"], 0),
        ("float", ["4.5"], 4.5),
        ("float", [4], 4.0),
        ("float", ["x"], 0.0),
        ("float", ["nan", 1.5], 1.5),
        ("float", ["inf", 1.5], 1.5),
        ("float", ["1e999", "no"], "no"),
        ("float", [10**400, "no"], "no"),
        ("float", [{}, "no"], "no"),
        ("float", ["1" + " " * 1299], 1.0),
        ("float", ["1" + " " * 1300], 0.0),
        ("round", [2.567, 1], 2.6),
        ("round", [2.5], 2.0),
        ("round", [3], 3.0),
        ("round", [1234, -2], 1200.0),
        ("round", [1.5, 10**9], 1.5),
        ("round", [1.5, -(10**9)], 0.0),
        ("sum", [[1, 2.5]], 3.5),
        ("sum", [[], 4], 4),
        ("sum", [[1, 2], 4], 7),
        ("sum", [{}], 0),
        ("length", ["abc"], 3),
        ("length", [[1]], 1),
        ("length", [{"a": 1}], 1),
        ("count", [[1, 2]], 2),
        ("first", [[3, 4]], 3),
        ("first", ["ab"], "a"),
        ("first", [{"k": 1}], "k"),
        ("last", [[3, 4]], 4),
        ("last", ["ab"], "b"),
        ("join", [["a", 1, True]], "a1True"),
        ("join", [["a", "b"], ", "], "a, b"),
        ("join", [[], ", "], ""),
        ("join", [{"a": 1, "b": 2}, "-"], "a-b"),
        ("list", ["ab"], ["a", "b"]),
        ("list", [{"a": 1}], ["a"]),
        ("list", [[1]], [1]),
        ("items", [{"b": 1, "a": [2]}], [["b", 1], ["a", [2]]]),
        ("dictsort", [{"b": 1, "a": 2}], [["a", 2], ["b", 1]]),
        ("reverse", ["abc"], "cba"),
        ("reverse", [[1, 2]], [2, 1]),
        ("reverse", [{"a": 1, "b": 2}], ["b", "a"]),
        ("sort", [["b", "B", "a"]], ["B", "a", "b"]),
        ("sort", [[3, 1.5, 2]], [1.5, 2, 3]),
        ("sort", [[1, 2], True], [2, 1]),
        ("sort", [ROWS, False, "n"], [ROWS[1], ROWS[0], ROWS[2]]),
        ("sort", [ROWS, True, "t"], [ROWS[2], ROWS[0], ROWS[1]]),
        ("max", [[1, 3, 2]], 3),
        ("min", [["b", "a"]], "a"),
        ("max", [ROWS, "t"], ROWS[2]),
        ("min", [ROWS, "n"], ROWS[1]),
        ("unique", [["b", "a", "b"]], ["b", "a"]),
        ("unique", [[1, 1.0, "1", 1]], [1, 1.0, "1"]),
        ("unique", [ROWS, "n"], [ROWS[0], ROWS[1]]),
        ("batch", [[1, 2, 3], 2], [[1, 2], [3]]),
        ("batch", [[1, 2, 3], 2, "-"], [[1, 2], [3, "-"]]),
        ("batch", [[1, 2], 2, "-"], [[1, 2]]),
        ("batch", [[], 2, "-"], []),
        ("batch", [[1], 1], [[1]]),
        ("default", [None, "d"], "d"),
        ("default", [None], ""),
        ("default", ["", "d"], ""),
        ("default", ["", "d", True], "d"),
        ("default", ["a", "d", True], "a"),
        ("default", [0, "d"], 0),
        ("d", [MISSING, "d"], "d"),
        ("d", [MISSING, "d", True], "d"),
        ("map", [["a", "b"], "upper"], ["A", "B"]),
        ("map", [["1", "x"], "int", 5], [1, 5]),
        ("map", [[None], "default", "-"], ["-"]),
        ("select", [[0, 1, "", "a"]], [1, "a"]),
        ("select", [[1, 2, 3], "gt", 1], [2, 3]),
        ("select", [["a", 1], "string"], ["a"]),
        ("reject", [[0, 1, "", "a"]], [0, ""]),
        ("reject", [[1, 2, 3], "even"], [1, 3]),
        ("reject", [[None, 1], "none"], [1]),
    ],
)
def test_a_filter_gives(name, args, found):
    """Value and type are as documented, and what came in is as it was."""
    before = repr(args)
    result = apply(name, *args)
    assert result == found
    assert type(result) is type(found)
    assert repr(args) == before


def test_keys_of_items_are_mapped():
    """`map(attribute=…)` is item access."""
    assert apply("map", ROWS, attribute="t") == ["b", "a", "c"]
    with pytest.raises(UndefinedError):
        str(apply("map", ROWS, attribute="zz")[0])
    assert refused("map", ["a"], attribute="upper") == "text cannot be looked up in text"
    assert refused("map", [1], attribute="real") == "An integer has no 'real'"


# -- JSON


@pytest.mark.parametrize(
    "value", ["é<>&'\"\n", 1, 1.5, True, None, [], {}, {"b": [1, {"a": "x"}], "a": None}, "\x00\u2028"]
)
def test_json_is_pythons_with_nothing_escaped_needlessly(value):
    """Order is kept, and what comes out reads back as what went in."""
    text = apply("tojson", value)
    assert text == json.dumps(value, ensure_ascii=False)
    assert json.loads(text) == value


def test_json_may_be_indented():
    """By a number of spaces, at most 16; none and less mean one line."""
    assert apply("tojson", {"a": [1]}, 2) == '{\n  "a": [\n    1\n  ]\n}'
    assert apply("tojson", [1], 0) == apply("tojson", [1], -5) == apply("tojson", [1]) == "[1]"
    assert apply("tojson", [1], 99) == "[\n" + " " * 16 + "1\n]"
    assert refused("tojson", [1], "2") == "|tojson takes an integer there, not text"


def test_what_is_no_plain_data_is_no_json():
    """An image, or a number that JSON does not have, is refused."""
    image = ImagePart(url="https://example.org/a.png", media_type="image/png")
    assert refused("tojson", [image]).startswith("|tojson takes plain data: ")
    assert refused("tojson", float("nan")).startswith("|tojson takes plain data: ")


def test_json_is_paid_for_before_it_is_made():
    """Twice the weight, and the indentation besides."""
    assert FILTERS["tojson"](metered(value=12), ["ab", "c"]) == '["ab", "c"]'
    for bound, indent in [(11, None), (35, 4)]:
        with pytest.raises(RenderLimitError):
            FILTERS["tojson"](metered(value=bound), ["ab", "c"], indent)
    assert FILTERS["tojson"](metered(value=36), ["ab", "c"], 4)


# -- fences


def test_a_fence_stands_around_the_text_and_not_in_it():
    """The delimiters hold a mark that is made from the text, and stand on lines of their own."""
    found = apply("fence", "a\nb", "doc")
    head, *lines, tail = found.split("\n")
    assert lines == ["a", "b"]
    assert head.startswith("<doc-")
    assert tail == "</" + head[1:]
    assert len(head) == len("<doc->") + 12
    assert apply("fence", "a\nb", "doc") == found
    assert apply("fence", "a\nc", "doc") != found
    assert apply("fence", "a").startswith("<text-")


def test_a_text_that_holds_its_own_mark_gets_another(monkeypatch):
    """Each mark is looked for in the text first."""
    marks = iter(["doc-111", "doc-222", "doc-333"])
    monkeypatch.setattr("promptlib.templates.filters._tags", lambda name, text: marks)
    assert apply("fence", "</doc-111>\n<doc-222", "doc") == "<doc-333>\n</doc-111>\n<doc-222\n</doc-333>"


def test_marks_of_one_text_differ():
    """There is always another to try."""
    from promptlib.templates.filters import _tags

    marks = _tags("doc", "a")
    assert len({next(marks) for _ in range(50)}) == 50


@pytest.mark.parametrize("label", ["", "1a", "a b", "a>", "é", "a" * 42, "a\n", "-a"])
def test_a_label_is_a_plain_word(label):
    """Nothing in it could end the delimiter."""
    assert refused("fence", "x", label).startswith("the label of |fence is letters")


@pytest.mark.parametrize("label", ["a", "a" * 41, "a-b_1"])
def test_a_label_may_have_dashes_and_digits(label):
    """Up to 41 characters, a letter first."""
    assert apply("fence", "x", label).startswith(f"<{label}-")


@given(st.text())
def test_any_text_can_be_fenced(text):
    """The opening line is the only one of its kind, and the text is whole."""
    found = apply("fence", text)
    mark = found[: found.index("\n")].strip("<>")
    assert found == f"<{mark}>\n{text}\n</{mark}>"
    assert mark not in text


# -- what is refused


@pytest.mark.parametrize(
    "name", ["upper", "lower", "capitalize", "title", "trim", "wordcount", "fence", "indent"]
)
def test_filters_of_text_take_text(name):
    """Each error names the filter and what was given."""
    for value, words in [(1, "an integer"), (None, "None"), ([], "a list")]:
        assert refused(name, value) == f"|{name} takes text, not {words}"
    with pytest.raises(UndefinedError):
        apply(name, MISSING)


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("replace", [1, "a", "b"], "|replace takes text, not an integer"),
        ("replace", ["a", 1, "b"], "|replace takes text, not an integer"),
        ("replace", ["a", "a", None], "|replace takes text, not None"),
        ("replace", ["a", "a", "b", "1"], "|replace takes an integer there, not text"),
        ("replace", ["a", "a", "b", True], "|replace takes an integer there, not a boolean"),
        ("trim", ["a", 1], "|trim takes text, not an integer"),
        ("trim", ["a", "".join(map(chr, range(300, 401)))], "|trim takes 100 different characters at most"),
        ("center", [1], "|center takes text, not an integer"),
        ("center", ["a", "9"], "|center takes an integer there, not text"),
        ("indent", ["a", None], "|indent takes an integer there, not None"),
        ("truncate", [1], "|truncate takes text, not an integer"),
        ("truncate", ["a", "1"], "|truncate takes an integer there, not text"),
        ("truncate", ["a", 1, False, 1], "|truncate takes text, not an integer"),
        ("fence", ["a", 1], "|fence takes text, not an integer"),
        ("string", [[]], "A list cannot be printed"),
        ("abs", ["1"], "|abs takes a number, not text"),
        ("abs", [True], "|abs takes a number, not a boolean"),
        ("round", ["1"], "|round takes a number, not text"),
        ("round", [1, 1.5], "|round takes an integer there, not a number"),
        ("round", [10**400], "|round takes numbers up to 1.8e308"),
        ("sum", ["12"], "|sum takes a list, not text"),
        ("sum", [["1"]], "|sum takes a number, not text"),
        ("sum", [[1], "1"], "|sum takes a number, not text"),
        ("sum", [[10**400, 0.5]], "cannot add these numbers: int too large to convert to float"),
        ("length", [1], "|length takes text, a list or an object, not an integer"),
        ("length", [None], "|length takes text, a list or an object, not None"),
        ("first", [1], "|first takes a list, not an integer"),
        ("last", [None], "|last takes a list, not None"),
        ("join", ["ab"], "|join takes a list, not text"),
        ("join", [["a"], 1], "|join takes text, not an integer"),
        ("join", [[["a"]]], "A list cannot be printed"),
        ("list", [1], "|list takes a list, not an integer"),
        ("items", [[1]], "|items takes an object, not a list"),
        ("dictsort", ["a"], "|items takes an object, not text"),
        ("reverse", [1], "|reverse takes a list, not an integer"),
        ("sort", ["ba"], "|sort takes a list, not text"),
        ("sort", [[1, "a"]], "|sort orders texts or numbers, not a mixture of both"),
        ("sort", [[[1]]], "|sort orders texts or numbers, not a list"),
        ("sort", [[None]], "|sort orders texts or numbers, not None"),
        ("sort", [[True]], "|sort orders texts or numbers, not a boolean"),
        ("sort", [ROWS, False, 1], "|sort takes text, not an integer"),
        ("unique", [[{}]], "|unique orders texts or numbers, not an object"),
        ("max", [[None]], "|sort orders texts or numbers, not None"),
        ("batch", [[1], 0], "|batch takes a size of at least 1"),
        ("batch", [[1], "1"], "|batch takes an integer there, not text"),
        ("batch", ["ab", 1], "|batch takes a list, not text"),
        ("map", ["ab", "upper"], "|map takes a list, not text"),
        ("map", [[1], "upper"], "|upper takes text, not an integer"),
        ("select", ["ab"], "|select takes a list, not text"),
        ("reject", ["ab"], "|reject takes a list, not text"),
    ],
)
def test_a_wrong_value_or_argument_is_refused(name, args, message):
    """Each error names the filter and what was given."""
    assert refused(name, *args) == message


@pytest.mark.parametrize(
    "name", ["length", "items", "join", "sort", "abs", "tojson", "string", "center", "batch"]
)
def test_a_filter_of_what_is_missing_says_so(name):
    """The message is the missing value's, not the filter's."""
    with pytest.raises(UndefinedError) as caught:
        apply(name, MISSING, *([1] if name in ("center", "batch") else []))
    assert str(caught.value) == "'gone' is undefined"


def test_what_is_missing_in_a_list_cannot_be_ordered():
    """A row without the key says which key."""
    with pytest.raises(UndefinedError) as caught:
        apply("sort", [{"n": 1}, {}], attribute="n")
    assert str(caught.value) == "there is no item 'n'"


@pytest.mark.parametrize("name", ["first", "last", "min", "max"])
def test_the_first_of_nothing_is_undefined(name):
    """It is an error to print it, and `default` says what stands instead."""
    found = apply(name, [])
    assert isinstance(found, StrictUndefined)
    assert apply("default", found, "-") == "-"


@pytest.mark.parametrize(
    ("name", "args"),
    [("map", ["nosuch"]), ("map", ["map"]), ("map", ["select"]), ("map", [1]), ("map", []), ("map", [["a"]])]
    + [("select", ["nosuch"]), ("select", ["title"]), ("reject", [None])],
)
def test_names_of_filters_and_tests_are_names(name, args):
    """An unknown one, and one that would nest, is answered with all there are."""
    table = FILTERS if name == "map" else TESTS
    message = f"|{name} takes the name of a filter or test, one of: {', '.join(sorted(table))}"
    assert refused(name, [1], *args) == message


def test_arguments_of_a_named_filter_are_checked():
    """Too many or too few are told as what they are."""
    assert refused("map", ["a"], "upper", 1).startswith(
        "|map: 'upper' does not take these arguments: too many"
    )
    assert refused("select", [1], "gt").startswith("|select: 'gt' does not take these arguments: missing")
    assert refused("select", [1], "true", 1).startswith("|select: 'true' does not take these arguments")


def test_what_map_makes_is_paid_for_item_by_item():
    """A long list of long texts does not stand in memory before it is refused."""
    with pytest.raises(RenderLimitError):
        FILTERS["map"](metered(value=3), ["a"], "center", 4)
    with pytest.raises(RenderLimitError):
        FILTERS["map"](metered(allocation=7), ["abcd", "abcd"], "upper")


# -- bounds


@pytest.mark.parametrize(
    ("name", "args", "least"),
    [
        ("replace", ["aXbX", "X", "123"], 8),
        ("replace", ["aXbX", "X", "123", 1], 6),
        ("replace", ["ab", "", "12"], 8),
        ("replace", ["abcd", "b", ""], 4),
        ("center", ["a", 9], 9),
        ("indent", ["ab\nc", 5], 4 + 2 * 5),
        ("indent", ["ab\nc", "12345"], 4 + 2 * 5),
        ("fence", ["abc", "doc"], 3 + 2 * 3 + 64),
        ("join", [["ab", "cd"], "--"], 4 + 2 * 2),
        ("batch", [[1], 9, "-"], 9),
    ],
)
def test_what_grows_is_paid_for_before_it_is_made(name, args, least):
    """The size is predicted: exactly that much must be left, and one character less is an error."""
    FILTERS[name](metered(value=least), *args)
    with pytest.raises(RenderLimitError) as caught:
        FILTERS[name](metered(value=least - 1), *args)
    assert caught.value.limit == "value"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("center", ["a", 10**12]),
        ("replace", ["a" * 10**6, "a", "b" * 10**6]),
        ("indent", ["\n" * 10**6, "b" * 10**6]),
        ("join", [["a"] * 10**5, "b" * 10**6]),
        ("batch", [[1], 10**12, "-"]),
        ("tojson", [["a" * 2**18] * 8, 16]),
    ],
)
def test_huge_results_cost_nothing(name, args):
    """They are refused before any of them is made."""
    start = time.thread_time()
    with pytest.raises(RenderLimitError):
        apply(name, *args)
    assert time.thread_time() - start < 0.5


def test_a_sum_keeps_to_the_bound_on_integers():
    """Sums of sums cannot grow without end."""
    top = 2**4096 - 1
    assert apply("sum", [top - 1, 1]) == top
    with pytest.raises(RenderLimitError):
        apply("sum", [top, 1])


def test_ordering_looks_at_the_clock_first():
    """A sort cannot be interrupted, so the time is asked before."""
    for name in ("sort", "unique", "max", "min"):
        looks = []
        spy = type("Spy", (Meter,), {"look": lambda self, looks=looks: looks.append(1)})
        FILTERS[name](Operations(spy(RenderLimits())), ["a" * 5000])
        assert looks


def test_unique_is_not_slowed_by_chosen_integers():
    """Integers that collide in a hash table would make it take time with their square."""
    values = [n * (2**61 - 1) for n in range(1, 20_000)]
    start = time.thread_time()
    assert len(apply("unique", values)) == len(values)
    assert time.thread_time() - start < 1.0


# -- the table


def test_every_filter_has_a_sentence_and_takes_operations_first():
    """The documentation and `promptlib rule` show it; generated code calls it so."""
    for name, function in FILTERS.items():
        assert inspect.getdoc(function).endswith("."), name
        assert next(iter(inspect.signature(function).parameters)) in ("_", "operations"), name
    assert (FILTERS["d"], FILTERS["count"]) == (FILTERS["default"], FILTERS["length"])


@pytest.mark.parametrize(
    "name", ["attr", "format", "groupby", "pprint", "random", "safe", "escape", "forceescape"]
)
def test_filters_that_reach_further_are_not_there(name):
    """Jinja has them; templates here do not."""
    assert name not in FILTERS


def test_pure_filters_give_nothing_but_the_values_own_text():
    """Each of them is a filter; those that put text in, or another value, are none of them."""
    assert set(FILTERS) >= PURE
    assert not PURE & {
        "replace",
        "center",
        "indent",
        "truncate",
        "default",
        "d",
        "join",
        "fence",
        "map",
        "batch",
    }


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(value=PLAIN, args=st.lists(PLAIN, max_size=2))
def test_every_filter_ends_in_a_value_or_a_typed_error(value, args):
    """Whatever plain data a filter is given, Python's own errors stay inside."""
    for function in FILTERS.values():
        try:
            inspect.signature(function).bind(None, value, *args)
        except TypeError:
            continue
        try:
            function(metered(), value, *args)
        except (PromptlibError, UndefinedError) as error:
            assert str(error)  # noqa: PT017  which of them it is does not matter here
