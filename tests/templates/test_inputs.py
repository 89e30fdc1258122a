"""Declared inputs: how they are read, and what values they accept."""

from __future__ import annotations

import base64
import copy
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from promptlib.errors import InputError
from promptlib.templates.inputs import Input, accept, media, read_inputs
from promptlib.templates.schema import ENOUGH
from promptlib.templates.values import Refused
from promptlib.templates.yaml import parse
from promptlib.types import FilePart, ImagePart

_PNG = b"\x89PNG\r\n\x1a\n-and-more"
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_TEXT, below, max_size=3),
    max_leaves=6,
)
_IMAGE = ImagePart(url="https://a/b", media_type="image/png")
_FILE = FilePart(data=b"x", media_type="a/b", name="n.txt")
_BY_TYPE = {
    "string": _TEXT,
    "integer": st.integers(),
    "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "array": st.lists(_JSON, max_size=3),
    "object": st.dictionaries(_TEXT, _JSON, max_size=3),
    "image": st.just(_IMAGE),
    "file": st.just(_FILE),
}
_NOT_PLAIN = "no plain data; give text, numbers, booleans, lists, dicts, dates or a pydantic model"
_NOT_PLAIN = "no plain data; give text, numbers, booleans, lists, dicts, dates or a pydantic model"
_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def _read(text: str) -> tuple[dict[str, Input], list[tuple[Any, ...]]]:
    problems: list[tuple[Any, ...]] = []
    tree = parse("inputs:\n" + "".join(f"  {line}\n" for line in text.splitlines()), "x.jinja").tree
    found = read_inputs(tree["inputs"], lambda where, message, hint: problems.append((where, message)))
    return found, problems


def _declared(text: str) -> dict[str, Input]:
    found, problems = _read(text)
    assert problems == []
    return found


def _problem(text: str) -> tuple[Any, ...]:
    _, problems = _read(text)
    assert len(problems) == 1
    return problems[0]


def _refused(text: str, values: Any, **options: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        accept(_declared(text), values, name="greet", **options)
    return caught.value


# -- reading declarations


def test_all_that_can_be_declared():
    """Each key of a declaration is read by its own type; the rest is the schema of the values."""
    found = _declared(
        "a: {type: string, minLength: 1, description: '5', untrusted: true, guard: refuse}\n"
        "b?: integer\n"
        "c: {type: number, default: 5}\n"
    )
    assert found == {
        "a": Input(
            name="a",
            type="string",
            required=True,
            schema={"type": "string", "minLength": 1},
            description="5",
            untrusted=True,
            guard="refuse",
        ),
        "b": Input(name="b", type="integer", required=False, schema={"type": "integer"}),
        "c": Input(name="c", type="number", required=False, schema={"type": "number"}, default=5),
    }
    assert found["b"].untrusted is False
    assert found["b"].description == ""


@pytest.mark.parametrize(
    "name", ["a", "article", "a1", "a_", "z_9_y", "match", "model", "params", "in_", "nones"]
)
def test_names_that_inputs_may_have(name):
    """Small letters, digits and underscores, beginning with a letter."""
    assert set(_declared(f"{name}: string")) == {name}
    assert set(_declared(f"{name}?: string")) == {name}


@pytest.mark.parametrize(
    "name", ["A", "aB", "_a", "'1a'", "a-b", "a b", "ä", "''", "a.b", "ª", "a??", "'?'", "'a\\b'"]
)
def test_names_that_inputs_may_not_have(name):
    """Anything else is no input name, and the reason says what one is."""
    (where, message) = _problem(f"{name}: string")
    shown = name.strip("'")
    assert where == ("inputs", shown)
    assert message == (
        f"{shown.removesuffix('?')!a} is no input name; use a-z, 0-9 and underscore, beginning with a letter"
    )


@pytest.mark.parametrize(
    "name",
    [
        *("self", "super", "loop", "caller", "varargs", "kwargs", "examples", "history", "persona"),
        *("'true'", "'false'", "none", "in", "is", "and", "or", "not", "if", "else", "recursive"),
        *("namespace", "range", "class", "def", "lambda", "async", "return", "import"),
    ],
)
def test_reserved_names(name):
    """Python's and Jinja's words, and the names every prompt has, are no inputs."""
    name = name.strip("'")
    for key in (name, f"{name}?"):
        assert _problem(f"'{key}': string") == (("inputs", key), f"the name {name!r} is reserved")


def test_allowed_globals_are_reserved():
    """No input hides a function that templates call."""
    from promptlib.templates.environment import GLOBALS

    for name in GLOBALS:
        assert _problem(f"{name}: string")[1] == f"the name {name!r} is reserved"


def test_a_long_name_is_cut_in_the_error():
    """An error repeats sixty characters of a name at most."""
    assert _problem(f"{'A' * 61}: string")[1].startswith(f"'{'A' * 60}' is no input name")


def test_an_input_is_declared_once():
    """`a` and `a?` are the same input."""
    found, problems = _read("a: string\na?: string")
    assert problems == [(("inputs", "a?"), "the input 'a' is declared twice")]
    assert found["a"].required


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (
            "a:",
            ("type",),
            "'' is no type; one of string, integer, number, boolean, array, object, image, file",
        ),
        ("a: strin", ("type",), "did you mean 'string'?"),
        ("a: []", ("type",), "'' is no type; one of string,"),
        ("a: {}", (), "an input needs a type"),
        ("a: {description: x}", (), "an input needs a type"),
        ("a: {type: string, minLenght: 1}", ("minLenght",), "did you mean 'minLength'?"),
        ("a: {type: string, untrusted: maybe}", ("untrusted",), "this must be a boolean, not 'maybe'"),
        ("a: {type: string, untrusted: [true]}", ("untrusted",), "this must be a boolean, not a list"),
        ("a: {type: string, guard: deny}", ("guard",), "guard is one of allow, flag, refuse"),
        ("a: {type: string, guard: {a: b}}", ("guard",), "this must be a string, not an object"),
        ("a: {type: string, description: [x]}", ("description",), "this must be a string, not a list"),
        ("a: {type: integer, default: five}", ("default",), "this must be an integer, not 'five'"),
        ("a: {type: integer, default: '5'}", ("default",), "this must be an integer, not '5'"),
        ("a: {type: integer, default: 5.0}", ("default",), "this must be an integer, not '5.0'"),
        ("a: {type: number, default: 1e999}", ("default",), "this must be a number, not '1e999'"),
        ("a: {type: string, default: [x]}", ("default",), "this must be a string, not a list"),
        ("a: {type: array, default: {x: y}}", ("default",), "this must be an array, not an object"),
        ("a: {type: image, default: x}", ("default",), "this must be an image, not 'x'"),
        ("a: {type: integer, minimum: 3, default: 2}", ("default",), "the default: it must be 3 or more"),
        (
            "a: {type: array, items: integer, default: [1, x]}",
            ("default", 1),
            "this must be an integer, not 'x'",
        ),
        (
            f"a: {{type: integer, default: {2**4096}}}",
            ("default",),
            "the default: the integer has more than 4096",
        ),
    ],
)
def test_broken_declarations(text, where, message):
    """What is wrong in a declaration is told at the key where it stands."""
    found = _problem(text)
    assert found[0] == ("inputs", "a", *where)
    assert message in found[1]


def test_all_that_is_wrong_with_a_default():
    """A default is checked by its schema, and all it breaks is told."""
    text = "a: {type: string, minLength: 3, pattern: '^x', default: ab}"
    assert _problem(text)[1] == (
        "the default: it must have 3 characters or more; the default: it must match the pattern ^x"
    )


def test_one_broken_declaration_does_not_hide_the_next():
    """Problems of all inputs are collected, and the sound ones read."""
    found, problems = _read("a: strin\nB: string\nc: string\nd: {}")
    assert set(found) == {"c"}
    assert [where[1] for where, _ in problems] == ["a", "B", "d"]


@pytest.mark.parametrize(
    ("text", "required", "default"),
    [
        ("a: string", True, None),
        ("a?: string", False, None),
        ("a: {type: string, default: x}", False, "x"),
        ("a?: {type: string, default: x}", False, "x"),
        ("a: {type: string, default: ''}", False, ""),
        ("a: {type: boolean, default: false}", False, False),
        ("a: {type: integer, default: 0}", False, 0),
        ("a: {type: string, default: no}", False, "no"),
        ("a: {type: string, default: 1.10}", False, "1.10"),
        ("a: {type: array, default: []}", False, []),
        ("a: {type: string, default: null}", True, None),
        ("a: {type: string, default: 'null'}", False, "null"),
        ("a: {type: string, default: }", True, None),
    ],
)
def test_who_is_required(text, required, default):
    """An input is required unless its name has a ? or it has a default; null is none."""
    found = _declared(text)["a"]
    assert (found.required, found.default) == (required, default)


# -- accepting values


@given(st.data())
def test_values_of_the_declared_type_are_accepted_unchanged(data):
    """A value of the declared type comes out as it went in, and nothing else does."""
    kind = data.draw(st.sampled_from(sorted(_BY_TYPE)))
    value = data.draw(_BY_TYPE[kind])
    found = accept(_declared(f"a: {kind}"), {"a": value}, name="greet")
    assert repr(found.values) == repr({"a": value})
    assert found.ignored == ()


@given(st.data())
def test_values_of_another_type_are_refused_by_name(data):
    """A value of any other type is refused: True is no integer, 5.0 is none, None is nothing."""
    kind = data.draw(st.sampled_from(sorted(_PYTHON)))
    value = data.draw(_JSON.filter(lambda value: type(value) not in _PYTHON[kind]))
    error = _refused(f"first: string\na: {kind}", {"first": "x", "a": value})
    article = "an" if kind[0] in "aio" else "a"
    assert len(error.problems) == 1
    assert error.problems[0].startswith(f"a: it must be {article} {kind}, not ")
    assert error.message == f"the inputs do not fit greet: {error.problems[0]}"


@pytest.mark.parametrize(
    ("kind", "value", "is_not"),
    [
        *(("integer", True, "a boolean"), ("integer", 5.0, "a number"), ("integer", "5", "text")),
        *(("number", True, "a boolean"), ("boolean", 1, "an integer"), ("string", 5, "an integer")),
        *(("string", None, "None"), ("array", {}, "an object"), ("object", [], "a list")),
        ("string", _IMAGE, "an image"),
        ("object", _FILE, "a file"),
    ],
)
def test_types_are_strict(kind, value, is_not):
    """Nothing is turned into the declared type; the error names the type that was given."""
    assert f"a: it must be a{'n' * (kind[0] in 'aio')} {kind}, not {is_not}" in str(
        _refused(f"a: {kind}", {"a": value})
    )


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), _JSON))
def test_nothing_of_the_callers_is_reachable(values):
    """What is accepted shares no container with what was given, and a change of it changes nothing given."""
    before = copy.deepcopy(values)
    declared = {name: Input(name=name, type="", required=True, schema={}) for name in values}
    found = accept(declared, values, name="greet").values
    assert repr(found) == repr(values)
    for value in found.values():
        _spoil(value)
    assert repr(values) == repr(before)


def _spoil(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _spoil(item)
        value.append("spoilt")
    elif isinstance(value, dict):
        for item in value.values():
            _spoil(item)
        value["spoilt"] = True


def test_a_default_is_copied_for_each_rendering():
    """A change to what one rendering got as a default is not seen by the next."""
    declared = _declared("a: {type: array, default: [1]}\nb?: string")
    accept(declared, {}, name="greet").values["a"].append(2)
    assert accept(declared, {}, name="greet").values == {"a": [1], "b": None}


@pytest.mark.parametrize(
    ("text", "given_values", "accepted"),
    [
        ("a?: string", {}, None),
        ("a?: string", {"a": None}, None),
        ("a?: string", {"a": ""}, ""),
        ("a: {type: string, default: x}", {}, "x"),
        ("a: {type: string, default: x}", {"a": None}, "x"),
        ("a: {type: string, default: x}", {"a": "y"}, "y"),
    ],
)
def test_optional_inputs(text, given_values, accepted):
    """A missing optional input, or None for it, is its default, which is None where none is declared."""
    assert accept(_declared(text), given_values, name="greet").values == {"a": accepted}


def test_keywords_are_checked():
    """A text is checked against the keywords of its schema, a nested value against those below."""
    text = "a: {type: string, maxLength: 2}\nb?: {type: array, items: {type: string, enum: [x, y]}}"
    assert accept(_declared(text), {"a": "ab", "b": ["x"]}, name="greet").values == {"a": "ab", "b": ["x"]}
    error = _refused(text, {"a": "abc", "b": ["x", "z"]})
    assert error.problems == (
        "a: it must have 2 characters at most",
        "b[1]: it must be one of ['x', 'y']",
    )


def test_all_problems_are_told_at_once():
    """Missing, mistyped, refused and unexpected inputs come in one error, a line each, with a hint."""
    error = _refused(
        "article: string\nbullets: integer\nwhen?: object\nlast: string",
        {"artcle": "x", "bullets": "3", "when": object(), "zzz": 1, 5: 6},
    )
    assert error.problems == (
        "article: it is required; 'artcle' was given",
        "bullets: it must be an integer, not text",
        f"when: object is {_NOT_PLAIN}",
        "last: it is required",
        "artcle: there is no such input; did you mean 'article'?",
        "zzz: there is no such input",
        "5: there is no such input",
    )
    assert error.message == "the inputs do not fit greet:\n  " + "\n  ".join(error.problems)
    assert error.hint == "It takes: article (string), bullets (integer), when? (object), last (string)."


def test_a_prompt_without_inputs_says_so():
    """The hint of a prompt that declares nothing is that it takes nothing."""
    error = _refused("a: string", {})
    assert error.message == "the inputs do not fit greet: a: it is required"
    with pytest.raises(InputError) as caught:
        accept({}, {"a": 1}, name="greet")
    assert caught.value.hint == "It takes no inputs."
    assert accept({}, {}, name="greet").values == {}


def test_what_is_given_for_another_input_is_no_misspelling():
    """A name that is declared is not offered as the misspelling of one that is missing."""
    assert _refused("article: string\narticles: string", {"articles": "x"}).problems == (
        "article: it is required",
    )


def test_unexpected_inputs_can_be_dropped():
    """With `drop`, unexpected inputs are left out and named, sorted; the rest is checked as ever."""
    found = accept(_declared("a: string"), {"z": 1, "b": object(), "a": "x"}, name="greet", unexpected="drop")
    assert found.values == {"a": "x"}
    assert found.ignored == ("b", "z")
    error = _refused("a: string", {"b": 1}, unexpected="drop")
    assert error.problems == ("a: it is required",)


def test_the_largest_input_is_weighed():
    """`largest` is the weight of the heaviest input, a default's included."""
    declared = _declared("a: string\nb?: {type: array, default: [xxxxxxxx]}")
    assert accept(declared, {"a": "x" * 99}, name="greet").largest == 100
    assert accept(declared, {"a": "x"}, name="greet").largest == 10


def test_inputs_may_be_a_model():
    """One pydantic model is dumped and checked like a mapping; other things are refused whole."""

    class Given(BaseModel):
        a: str = "x"

    assert accept(_declared("a: string"), Given(), name="greet").values == {"a": "x"}
    error = _refused("a: string", ["x"])
    assert error.problems == ("inputs are one mapping or one pydantic model, not list",)
    assert error.message == error.problems[0]


@given(st.text(st.characters() | st.sampled_from("\n\ud800\x1b\u2028"), min_size=1))
def test_an_unexpected_name_cannot_break_out_of_its_line(name):
    """Whatever a name holds, each problem is one printable line."""
    error = _refused("zz?: string", {name: 1})
    assert len(error.problems) == 1
    assert error.problems[0].isprintable()


def test_a_line_end_in_a_schema_makes_no_second_problem():
    """A value that the schema names is told on one line."""
    assert _refused('a: {type: string, const: "x\\ny"}', {"a": "z"}).problems == ("a: it must be x y",)


def test_many_problems_are_told_in_part():
    """A hundred problems are told, then `and more`; with exactly a hundred nothing is added."""
    values = {f"x{index:03}": 1 for index in range(ENOUGH)}
    assert len(_refused("a?: string", values).problems) == ENOUGH
    error = _refused("a?: string", {**values, "one": 1})
    assert len(error.problems) == ENOUGH + 1
    assert error.problems[-2:] == ("x099: there is no such input", "and more")
    error = _refused("a: {type: array, items: integer}", {"a": ["x"] * 300_000})
    assert len(error.problems) == ENOUGH + 1


def test_hundred_thousand_unexpected_inputs_are_refused_at_once():
    """The hints do not cost time for each name."""
    started = time.thread_time()
    _refused("a: string", {f"a{index}": 1 for index in range(100_000)})
    assert time.thread_time() - started < 1


def test_a_mapping_is_read_by_name_only():
    """Any mapping will do, and is asked for what is declared."""

    class Lazy(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            return {"a": "x"}[key]

        def __iter__(self) -> Any:
            return iter("a")

        def __len__(self) -> int:
            return 1

    assert accept(_declared("a: string"), Lazy(), name="greet").values == {"a": "x"}


# -- images and files


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (_PNG, "image/png"),
        (b"\xff\xd8\xff-", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF1234WEBPVP8", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_bytes_say_what_they_are(data, media_type):
    """The first bytes of an image or a PDF give its media type, whether raw, in base64 or in a URL."""
    for value in (data, bytearray(data), {"data": data}, {"data": _b64(data)}, f"data:;base64,{_b64(data)}"):
        found = media(value, "image", "a")
        assert found == ImagePart(data=data, media_type=media_type)
        assert type(found.data) is bytes


@pytest.mark.parametrize("data", [b"RIFF1234WAVE", b"RIFX1234WEBP", b"hello", b""])
def test_other_bytes(data):
    """Unknown bytes are no image; as a file they are just bytes."""
    with pytest.raises(
        Refused, match="a: the bytes are no PNG, JPEG, GIF or WebP; give a dict with its media"
    ):
        media(data, "image", "a")
    assert media(data, "file", "a") == FilePart(data=data, media_type="application/octet-stream")


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("https://a/b", ImagePart(url="https://a/b", media_type="image/*")),
        ("http://a/b", ImagePart(url="http://a/b", media_type="image/*")),
        ({"url": "https://a/b"}, ImagePart(url="https://a/b", media_type="image/*")),
        ({"url": "https://a/b", "media_type": "image/x"}, ImagePart(url="https://a/b", media_type="image/x")),
        ({"data": b"x", "media_type": "image/x"}, ImagePart(data=b"x", media_type="image/x")),
        ({"data": _PNG, "media_type": "png"}, ImagePart(data=_PNG, media_type="image/png")),
        ({"data": _PNG, "media_type": "image/\nx"}, ImagePart(data=_PNG, media_type="image/png")),
        ({"data": _PNG, "media_type": 5}, ImagePart(data=_PNG, media_type="image/png")),
        (f"data:image/x;base64,{_b64(b'x')}", ImagePart(data=b"x", media_type="image/x")),
        (
            {"url": f"data:image/x;base64,{_b64(b'x')}", "media_type": "image/y"},
            ImagePart(data=b"x", media_type="image/y"),
        ),
        (_IMAGE, _IMAGE),
    ],
)
def test_images_in_all_their_forms(value, part):
    """An image is bytes, a URL, a data URL, a dict or a part; what media type it is said to be, it has."""
    assert media(value, "image", "a") == part


def test_a_url_without_a_type_is_any_file():
    """The media type of a file behind a URL is left open."""
    assert media("https://a/b", "file", "a") == FilePart(url="https://a/b", media_type="application/*")


@pytest.mark.parametrize(
    "part",
    [
        _IMAGE,
        ImagePart(data=_PNG, media_type="image/png"),
        _FILE,
        FilePart(url="https://a", media_type="a/b"),
    ],
)
def test_a_part_is_read_back_from_its_dict(part):
    """What `to_dict` gives is accepted again, the name of a file included."""
    kind = "image" if isinstance(part, ImagePart) else "file"
    assert media(part.to_dict(), kind, "a") == part
    assert media(part, kind, "a") is part


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("image", _FILE), ("file", _IMAGE), ("image", 5), ("image", None), ("image", [_PNG])),
        *(("image", {"url": "https://a", "more": 1}), ("file", {"type": "image", "url": "https://a"})),
    ],
)
def test_what_is_no_image_or_file(kind, value):
    """Other types, unknown keys and the other kind of part are refused by the input's name."""
    article = "an image" if kind == "image" else "a file"
    with pytest.raises(
        Refused, match=f"^pic: {article} is bytes, a URL, or a dict of media_type and url or data"
    ):
        media(value, kind, "pic")


@pytest.mark.parametrize(
    "value",
    [
        *("", "file:///etc/passwd", "javascript:1", "/etc/passwd", "ftp://a/b", "https:/a", "https://a\nb"),
        *("data:image/png;base64,", {"data": ""}, {"data": b""}, {}, {"url": 5}, {"data": 5}, {"url": None}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_where_an_image_may_come_from(value):
    """Neither another scheme nor a path nor nothing is a place for an image."""
    with pytest.raises(Refused, match=r"^pic: an image needs data, or a URL that begins with https://"):
        media(value, "image", "pic")


@pytest.mark.parametrize(
    "value", ["data:image/png;base64,a", {"data": "ä"}, {"data": "a=b"}, {"data": "YQ==\n"}]
)
def test_data_is_base64(value):
    """Text that is no base64 is refused."""
    with pytest.raises(Refused, match=r"^pic: the data is no base64$"):
        media(value, "image", "pic")


def test_nothing_of_the_callers_text_types_gets_in():
    """URL, media type and name of a part are plain texts, whatever was given."""

    class Text(str):
        __slots__ = ()

    found = media({"url": Text("https://a"), "media_type": Text("a/b"), "name": Text("n")}, "file", "a")
    assert isinstance(found, FilePart)
    assert {type(found.url), type(found.media_type), type(found.name)} == {str}
    assert media({"url": "https://a", "name": 5}, "file", "a") == FilePart(
        url="https://a", media_type="application/*"
    )


def test_a_broken_image_is_told_with_the_other_problems():
    """An image is checked like any input, and named."""
    error = _refused("pic: image\na: integer", {"pic": b"no image", "a": "x"})
    assert [problem.split(":")[0] for problem in error.problems] == ["pic", "a"]
    assert accept(_declared("pic?: image"), {}, name="greet").values == {"pic": None}
