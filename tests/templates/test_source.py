"""A template file: split into front matter and body, and its body parsed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlib.errors import PromptlibError, RenderLimitError, SecurityError, TemplateError
from promptlib.templates import source as module
from promptlib.templates.environment import PromptEnvironment
from promptlib.templates.files import MemoryFiles
from promptlib.templates.limits import RenderLimits
from promptlib.templates.source import Source, body_error, parse_body, read_source
from promptlib.templates.template import load

_LIMITS = RenderLimits()
_EXAMPLES = 100_000 if os.environ.get("PROMPTLIB_NIGHTLY") else 2_000
_ROOT = Path(__file__).resolve().parents[2] / "templates"
_FILES = {
    path.relative_to(_ROOT).as_posix(): path.read_bytes() for path in _ROOT.rglob("*") if path.is_file()
}
_SOURCES = [data for path, data in sorted(_FILES.items()) if path.endswith(".jinja")]


def _read(data: bytes) -> Source:
    return read_source("x.jinja", data, _LIMITS)


def _refused(data: bytes, limits: RenderLimits = _LIMITS) -> PromptlibError:
    with pytest.raises(PromptlibError) as caught:
        parse_body(read_source("x.jinja", data, limits), PromptEnvironment(limits))
    return caught.value


# -- reading


@pytest.mark.parametrize(
    ("data", "front", "body", "line"),
    [
        (b"", None, "", 1),
        (b"hello\n", None, "hello\n", 1),
        (b"---\na: b\n---\nbody\n", "a: b\n", "body\n", 4),
        (b"---\n---\nbody", "", "body", 3),
        (b"---\n---", "", "", 2),
        (b"---  \na: b\n--- \t\nbody", "a: b\n", "body", 4),
        (b"---\r\na: b\r\n---\r\nx\r\ny\rz", "a: b\n", "x\ny\nz", 4),
        (b"---\ra: b\r---\rx", "a: b\n", "x", 4),
        (b"\xef\xbb\xbf---\na: b\n---\nx", "a: b\n", "x", 4),
        (b"---\na: |\n  x\n ---\n---\nbody\n---\nmore", "a: |\n  x\n ---\n", "body\n---\nmore", 6),
        (b"\n---\na: b\n---\n", None, "\n---\na: b\n---\n", 1),
        (b" ---\n", None, " ---\n", 1),
        (b"----\n", None, "----\n", 1),
        (b"--- a\n", None, "--- a\n", 1),
        (b"---", None, "---", 1),
        (b"---\n----\n---\n", "----\n", "", 4),
    ],
)
def test_a_file_is_split(data, front, body, line):
    """Front matter stands between two lines ---, at the file's beginning; lines end in newlines."""
    found = _read(data)
    assert (found.front, found.body, found.body_line, found.front_line) == (front, body, line, 2)
    assert found.path == "x.jinja"


@pytest.mark.parametrize("data", [b"---\n", b"---\na: b\n", b"---\na: b\n ---\n", b"---\na: b\n---x\n"])
def test_front_matter_is_closed(data):
    """Front matter without its end is an error at the file's first character, with what to do."""
    error = _refused(data)
    assert str(error) == (
        "x.jinja:1:1: the front matter is not closed\n  End it with a line that holds only ---."
    )


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xff", "1:1"),
        (b"a\n\xc3\xa9\xff", "2:2"),
        (b"\xef\xbb\xbf\n\xff", "2:1"),
        (b"a\r\nb\rc\xe4", "3:2"),
        (b"a\n\xf0\x9f\x98", "2:1"),
        (b"\xed\xa0\x80", "1:1"),
    ],
)
def test_a_file_is_utf_8(data, place):
    """The first byte that is no UTF-8 is told by line and column, with or without a byte order mark."""
    error = _refused(data)
    assert str(error) == f"x.jinja:{place}: the file is not UTF-8\n  Save it as UTF-8."


@pytest.mark.parametrize(
    ("data", "place"), [(b"\0", "1:1"), (b"a\n\xc3\xa9\0b\0", "2:2"), (b"---\n\0", "2:1")]
)
def test_a_file_holds_no_nul(data, place):
    """A NUL character is told by line and column."""
    assert str(_refused(data)) == f"x.jinja:{place}: the file holds a NUL character"


def test_the_size_of_a_file_is_bounded():
    """A file of just the bytes allowed is read, one more is refused before it is decoded."""
    limits = RenderLimits(template_bytes=10)
    assert read_source("x", b"x" * 10, limits).body == "x" * 10
    error = _refused(b"\xff" * 11, limits)
    assert isinstance(error, RenderLimitError)
    assert (error.limit, error.bound, error.path) == ("template_bytes", 10, "x.jinja")


# -- syntax


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{% usr %}", "1:4: unknown tag 'usr'\n  Did you mean 'user'?"),
        ("{%- usr %}", "1:5: unknown tag 'usr'\n  Did you mean 'user'?"),
        ("{% user %}{% endusr %}", "1:14: unknown tag 'endusr'\n  Did you mean 'enduser'?"),
        ("{% if x %}\n{% endfor %}", "2:4: unknown tag 'endfor'\n  Did you mean 'endif'?"),
        ("{% if x %}{% endsection %}", "1:14: unknown tag 'endsection'\n  Here may come: elif, else, endif."),
        ("a\n{% endfor %}", "2:4: unknown tag 'endfor'\n  No open tag ends here."),
        ("{% if x %}{% esle %}", "1:14: unknown tag 'esle'\n  Did you mean 'else'?"),
        (
            "{% zzz %}",
            "1:4: unknown tag 'zzz'\n  The tags are: assistant, block, cache, call, developer, extends, ",
        ),
        ("a\n {% user %}\nb", "2:5: the tag 'user' is not closed\n  End it with {% enduser %}."),
        ("{% if a %}{% endif %}\n{%- if b %}", "2:5: the tag 'if' is not closed\n  End it with {% endif %}."),
        ("{{ x", "1:1: unexpected end of template, expected 'end of print statement'"),
        ("{{ }}", "1:4: expected an expression, got 'end of print statement'"),
        ("a\n  {{ a b }}", "2:8: expected token 'end of print statement', got 'b'"),
        ("{# x", "1:1: missing end of comment tag"),
        ("{% block %}", "1:10: expected token 'name', got 'end of statement block'"),
        ("a\n\n{{ 1 + " + "9" * 5000 + " }}", "3:8: a number has more digits than can be read"),
        ("{{ 1e999 }}", "1:1: a number too large to be one"),
        ("{{ " + str(2**4096) + " }}", "1:1: an integer of more than 4096 bits"),
    ],
)
def test_syntax_errors_have_their_place(body, problem):
    """What cannot be parsed is told at path:line:column of the file, with what was meant."""
    error = _refused(body.encode())
    assert type(error) is TemplateError
    assert str(error).startswith(f"x.jinja:{problem}")


def test_lines_count_from_the_file_not_the_body():
    """Front matter above a body moves its lines down."""
    assert _refused(b"---\na: b\n---\n{% user %}\n {% usr %}{% enduser %}").place == "x.jinja:5:5"


def test_numbers_at_their_bounds_are_read():
    """The greatest integer of 4,096 bits and the greatest float are literals like any other."""
    for literal in (str(2**4096 - 1), "1.7976931348623157e308"):
        parse_body(_read(f"{{{{ {literal} }}}}".encode()), PromptEnvironment(_LIMITS))


@pytest.mark.parametrize(
    "hint", ["{{ " + "not " * 5000 + "a }}", "{% if a %}" * 2000, "{{ a" + ".b" * 40 + " }}"]
)
def test_depth_is_bounded(hint):
    """However a body nests, too deep is one error with its place, and no RecursionError."""
    error = _refused(b"\n" + hint.encode())
    assert isinstance(error, RenderLimitError)
    assert (error.limit, error.bound, error.place) == ("depth", 32, "x.jinja:2:1")


def test_a_stack_that_runs_out_before_parsing_began(monkeypatch):
    """Where Python's stack runs out at once, the body's first line is the place."""

    def overflow(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(module, "Parser", overflow)
    assert _refused(b"---\n---\nx").place == "x.jinja:3:1"


def test_the_number_of_nodes_is_bounded():
    """A tree of just the nodes allowed is parsed, one more node is refused at its line."""
    body = b"{{ a }}\n" * 3
    allowed = next(count for count in range(1, 99) if _fits(body, count))
    error = _refused(body, RenderLimits(nodes=allowed - 1))
    assert isinstance(error, RenderLimitError)
    assert (error.limit, error.bound) == ("nodes", allowed - 1)
    assert error.line is not None


def _fits(body: bytes, nodes: int) -> bool:
    limits = RenderLimits(nodes=nodes)
    try:
        parse_body(read_source("x.jinja", body, limits), PromptEnvironment(limits))
    except RenderLimitError:
        return False
    return True


# -- columns


@pytest.mark.parametrize(
    ("body", "line", "word", "column"),
    [
        ("a\n  b", 2, None, 3),
        ("a\n  b", 2, "b", 3),
        ("{{ x.name }} {{ name }}", 1, "name", 6),
        ("name {{ name }}", 1, "name", 9),
        ("{{ 'é' }} {{ b }}", 1, "b", 14),
        ("a\nplain text", 2, "text", 7),
        ("   x", 1, "absent", 4),
        ("", 1, None, 1),
        ("a", 9, "a", 1),
        ("{{ b }}{{ 'open", 1, "b", 4),
        (" {{ a }}\n{{ b }}", 1, "b", 2),
        ("{{ a }}\n{{ b\n}}{{ a }}", 3, "a", 6),
    ],
)
def test_columns_of_words(body, line, word, column):
    """A column is that of the first token that is the word, else of the word's text, else of the line's."""
    source = Source(path="x", body=body, body_line=7)
    error = body_error("m", source, PromptEnvironment(_LIMITS), line, word, hint="h")
    assert (error.path, error.line, error.column, error.hint) == ("x", 6 + line, column, "h")


# -- any file at all


_INSERTED = [
    *(
        b"{% ",
        b" %}",
        b"{{ ",
        b" }}",
        b"{#",
        b"#}",
        b"{% endif %}",
        b"{% if a %}",
        b"{% user %}",
        b"{% enduser %}",
    ),
    *(
        b"---\n",
        b"\n",
        b"'",
        b'"',
        b"(",
        b")",
        b"[",
        b"]",
        b"|",
        b".",
        b"~",
        b"9" * 5000,
        b"1e999",
        b"{% raw %}",
    ),
    *(
        b"\xff",
        b"\0",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
        b"\r",
        b"__class__",
        b"{% set a = ",
        b"{% include 'a' %}",
    ),
    *(
        b"{% for x in ",
        b"{% macro m(",
        b"{% call ",
        b"loop",
        b"self.",
        b"not " * 50,
        b"{%- ",
        b" -%}",
        b"*",
        b"**",
    ),
]


def _mutated(random: Random) -> bytes:
    data = random.choice(_SOURCES)
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(data))
        other = random.choice(_SOURCES)
        cut = random.randint(0, len(other))
        new = random.choice([random.choice(_INSERTED), other[cut : cut + 40], random.randbytes(2)])
        data = data[:start] + new + data[start + random.randint(0, 20) :]
    return data


def _error(data: bytes) -> PromptlibError | None:
    files = {**_FILES, "x.jinja": data}
    try:
        load(MemoryFiles(files), "x")
    except PromptlibError as error:
        return error
    return None


@settings(max_examples=_EXAMPLES // 50)
@given(st.integers(0, 2**32))
def test_a_mutated_file_loads_or_is_one_error(seed):
    """Prompts that ship, mutated, load or raise an error of promptlib that names a file."""
    random = Random(seed)  # noqa: S311  mutates test input
    for _ in range(50):
        data = _mutated(random)
        error = _error(data)
        # A path that personas may not have is refused before it is any file's.
        assert error is None or error.path or isinstance(error, SecurityError), data


@given(st.binary() | st.text(st.sampled_from("{}%#-'\"()[]|.,=~ \nab19_")).map(str.encode))
def test_any_bytes_load_or_are_one_error(data):
    """No bytes raise anything but an error of promptlib."""
    error = _error(data)
    assert error is None or error.path == "x.jinja"


def test_the_stack_is_as_it_was():
    """Errors of depth leave Python's own limit alone."""
    before = sys.getrecursionlimit()
    _refused(b"{% if a %}" * 2000)
    assert sys.getrecursionlimit() == before
