"""promptlib's own tags as marks, and what may stand in the token stream before any of it is parsed."""

from __future__ import annotations

import pytest
from jinja2.runtime import StrictUndefined

from promptlib.errors import RenderLimitError, SecurityError, TemplateError
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, RenderLimits, load
from promptlib.templates.grammar import MARKS, Tags
from promptlib.templates.limits import Meter
from promptlib.templates.marks import CACHE, CLOSE, END_SECTION, EXAMPLE, HISTORY, Open, Section
from promptlib.templates.operations import Operations
from promptlib.types import FilePart, ImagePart


def load_body(body, limits=None, front=""):
    head = f"---\n{front}\n---\n" if front else ""
    held = MemoryFiles({"x.jinja": (head + body).encode(), "p.jinja": b"P"})
    return load(held, "x", limits=limits or RenderLimits())


def problem(body, front=""):
    """Place, message and hint of the only problem."""
    with pytest.raises(TemplateError) as caught:
        load_body(body, front=front)
    error = caught.value
    return error.line, error.column, error.message, error.hint


def marks(body, front="", inputs=None):
    """The marks of a body's stream, and its texts."""
    pieces = render(load_body(body, front=front), inputs).pieces
    return [piece if type(piece) is str else type(piece).__name__ for piece in pieces]


# -- tags


def test_each_tag_is_its_mark():
    """Messages open and close, sections begin and end, history and cache stand alone."""
    body = "{% system %}a{% endsystem %}{% section 's' %}{% history %}{% endsection %}{% cache %}"
    assert marks(body) == ["Open", "a", "Close", "Section", "History", "EndSection", "Cache"]


def test_the_marks_that_code_names_are_there():
    """Every name of the table is an attribute of the extension, the right one."""
    tags = Tags.__new__(Tags)
    assert all(hasattr(tags, name) for name in MARKS)
    for role in ("system", "developer", "user", "assistant"):
        mark = getattr(tags, f"open_{role}")
        assert (type(mark), mark.role) == (Open, role)
    assert (tags.close, tags.end_section, tags.history) == (CLOSE, END_SECTION, HISTORY)
    assert (tags.cache, tags.example) == (CACHE, EXAMPLE)


@pytest.mark.parametrize("tag", ["system", "developer", "user", "assistant"])
def test_a_message_tag_that_is_not_closed_is_named(tag):
    """With its place and its end."""
    line, column, message, hint = problem("a\n {% " + tag + " %}\nHi")
    assert (line, column) == (2, 5)
    assert message == f"the tag {tag!r} is not closed"
    assert hint == f"End it with {{% end{tag} %}}."


def test_a_section_that_is_not_closed_is_named():
    """Also inside a message."""
    line, _, message, _ = problem("{% user %}{% section 's' %}a{% enduser %}")
    assert line == 1
    assert "enduser" in message
    assert problem("{% section 's' %}a")[2] == "the tag 'section' is not closed"


def test_a_tag_after_another_is_closed_by_name():
    """Tags that were closed are forgotten: the message names the one that is open."""
    assert problem("{% user %}a{% enduser %}{% system %}b")[2] == "the tag 'system' is not closed"
    assert problem("{% user %}{% section 's' %}{% endsection %}a")[2] == "the tag 'user' is not closed"


def test_message_tags_take_no_arguments():
    """What else stands in them is an error at its line."""
    assert problem("\n{% user 'a' %}b{% enduser %}")[0] == 2
    assert problem("\n{% history 1 %}")[0] == 2


# -- sections


def sections(source, inputs=None, front=""):
    body = "{% user %}{% section " + source + " %}a{% endsection %}{% enduser %}"
    return [span.section for span in render(load_body(body, front=front), inputs).sections]


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("'s'", ("s", 0, None, None, "no")),
        ("'s' priority=2", ("s", 2, None, None, "no")),
        ("'s' priority=-2", ("s", -2, None, None, "no")),
        ("'s' min_tokens=1 max_tokens=0", ("s", 0, 1, 0, "no")),
        ("'s' truncate='middle' priority=1", ("s", 1, None, None, "middle")),
        ("v ~ 's' priority=n * 2 max_tokens=n truncate=t", ("vs", 6, None, 3, "start")),
    ],
)
def test_a_section_has_a_name_and_options(source, fields):
    """Options stand in any order, and are expressions over inputs."""
    front = "inputs: {v: string, n: integer, t: string}"
    (found,) = sections(source, {"v": "v", "n": 3, "t": "start"}, front)
    assert isinstance(found, Section)
    assert (found.name, found.priority, found.min_tokens, found.max_tokens, found.truncate) == fields


@pytest.mark.parametrize(
    ("source", "column", "word"),
    [("'s' prio=1", 26, "prio"), ("'s' priority=1 priority=2", 26, "priority"), ("'s' x", 26, "x")],
)
def test_options_are_known_and_given_once(source, column, word):
    """The error points at the option and lists what there is."""
    body = "{% user %}\n{% section " + source + " %}a{% endsection %}{% enduser %}"
    line, found, message, _ = problem(body)
    assert (line, found) == (2, body.split("\n")[1].index(word) + 1)
    listed = "priority, min_tokens, max_tokens, truncate"
    assert message == f"a section takes each of {listed} once, not {word!r}"


@pytest.mark.parametrize("source", ["", "'s' priority", "'s' priority 1", "'s', priority=1"])
def test_a_section_that_cannot_be_read_is_a_syntax_error(source):
    """At its line."""
    assert problem("{% user %}\n{% section " + source + " %}a{% endsection %}{% enduser %}")[0] == 2


TAGS = Tags.__new__(Tags)
OPERATIONS = Operations(Meter(RenderLimits()))
MISSING = StrictUndefined("'gone' is undefined")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (1, {}, "a section's name is text, not an integer"),
        ("s", {"truncate": "all"}, "truncate is one of no, start, middle, end"),
        ("s", {"truncate": None}, "truncate is one of no, start, middle, end"),
        ("s", {"priority": "1"}, "a section's priority is an integer from 0, not text"),
        ("s", {"priority": 1.0}, "a section's priority is an integer from 0, not a number"),
        ("s", {"max_tokens": True}, "a section's max_tokens is an integer from 0, not a boolean"),
        ("s", {"max_tokens": -1}, "a section's max_tokens is an integer from 0, not an integer"),
        ("s", {"min_tokens": None}, "a section's min_tokens is an integer from 0, not None"),
    ],
)
def test_a_sections_options_are_checked(name, options, message):
    """When they are known, which may be at rendering only."""
    with pytest.raises(TemplateError) as caught:
        TAGS.section(OPERATIONS, name, **options)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "call",
    [
        lambda: TAGS.section(OPERATIONS, MISSING),
        lambda: TAGS.section(OPERATIONS, "s", priority=MISSING),
        lambda: TAGS.image(OPERATIONS, MISSING),
        lambda: TAGS.file(OPERATIONS, MISSING),
    ],
)
def test_what_is_missing_in_a_tag_says_so(call):
    """The message is the missing value's."""
    with pytest.raises(Exception, match="'gone' is undefined"):
        call()


# -- media


def test_images_and_files_are_marks_with_their_part():
    """Each takes an input of its own type."""
    image = ImagePart(url="https://example.org/a.png", media_type="image/png")
    document = FilePart(data=b"", media_type="application/pdf")
    assert TAGS.image(OPERATIONS, image).part is image
    assert TAGS.file(OPERATIONS, document).part is document
    body = "{% user %}{% image v.a if false else v %}{% enduser %}"
    assert marks(body, "inputs: {v: image}", {"v": image}) == ["Open", "Media", "Close"]
    for call, value, message in [
        (TAGS.image, document, "{% image %} takes an input of type image, not a file"),
        (TAGS.file, image, "{% file %} takes an input of type file, not an image"),
        (TAGS.image, None, "{% image %} takes an input of type image, not None"),
        (TAGS.file, "a.pdf", "{% file %} takes an input of type file, not text"),
    ]:
        with pytest.raises(TemplateError) as caught:
            call(OPERATIONS, value)
        assert caught.value.message == message


# -- the token stream


@pytest.mark.parametrize(
    ("body", "line", "column", "name"),
    [
        ("{{ _a }}", 1, 4, "_a"),
        ("\n{{ a.__class__ }}", 2, 6, "__class__"),
        ("{{ self }}", 1, 4, "self"),
        ("{{ self.block() }}", 1, 4, "self"),
        ("{% set _a = 1 %}", 1, 8, "_a"),
        ("{% macro m(_a) %}{% endmacro %}", 1, 12, "_a"),
        ("{% from 'p.jinja' import _a %}", 1, 26, "_a"),
        ("{% for _ in [] %}{% endfor %}", 1, 8, "_"),
        ("{{ 1|_a }}", 1, 6, "_a"),
        ("{{ {'a': 1}._a }}", 1, 13, "_a"),
    ],
)
def test_names_that_begin_with_an_underscore_are_refused(body, line, column, name):
    """Wherever they stand, at their place; so is self."""
    with pytest.raises(SecurityError) as caught:
        load_body(body)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert error.message == f"the name {name!r} may not be used"
    assert error.hint == "Names that begin with an underscore, and self, are not for templates."


def test_underscores_in_text_and_in_names_are_fine():
    """Only a name's first character counts."""
    assert (
        render(load_body("_a {{ '__class__' }}{% set a_b_ = 1 %}{{ a_b_ }}")).messages[0].text
        == "_a __class__1"
    )


def test_half_a_surrogate_pair_is_refused():
    """No text of a template can fail to be encoded later."""
    line, _, message, _ = problem("\n{{ '\\ud800' }}")
    assert (line, message) == (2, "a text holds half of a surrogate pair")
    assert render(load_body("{{ '\\U0001f600' }}")).messages[0].text == "\U0001f600"


@pytest.mark.parametrize(("opening", "closing"), ["()", "[]", "{}"])
def test_brackets_nest_to_the_bound_on_depth(opening, closing):
    """They leave no node behind, so tokens are counted; what is closed does not count."""

    def body(depth):
        inner = "1" if opening != "{" else ""
        if opening == "{":
            inner = "{'a': " * (depth - 1) + "{}" + "}" * (depth - 1)
            return "{% set x = " + inner + " %}"
        return "{% set x = " + opening * depth + inner + closing * depth + " %}"

    limits = RenderLimits(depth=8)
    if opening == "(":
        load_body(body(8), limits)
    load_body("{% set x = " + " ~ ".join([body(2)[11:-3]] * 3) + " %}", limits)
    with pytest.raises(RenderLimitError) as caught:
        load_body(body(9), limits)
    assert (caught.value.limit, caught.value.bound, caught.value.line) == ("depth", 8, 1)


def test_tokens_are_bounded_by_four_times_the_nodes():
    """A file of tokens that make no nodes is refused before it is parsed."""
    # {% set x = 1 %}: block_begin, set, x, assign, 1, block_end; each pair of brackets is two more.
    load_body("{% set x = " + "(" * 17 + "1" + ")" * 17 + " %}", RenderLimits(nodes=10, depth=99))
    with pytest.raises(RenderLimitError) as caught:
        load_body("{% set x = " + "(" * 17 + "1" + ")" * 17 + " %}a", RenderLimits(nodes=10, depth=99))
    assert (caught.value.limit, caught.value.bound) == ("nodes", 10)


def test_parsing_ends_where_a_bound_is_reached():
    """A file of a hundred thousand brackets is refused at once."""
    with pytest.raises(RenderLimitError) as caught:
        load_body("{{ " + "(" * 100_000)
    assert (caught.value.limit, caught.value.path) == ("depth", "x.jinja")


# -- line ends behind tags that stand for text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a\n{% include 'p.jinja' %}\nb", "a\nP\nb"),
        ("a\n{% persona %}\nb", "a\nP\nb"),
        ("a\n{% if true %}\nb{% endif %}", "a\nb"),
        ("a\n{% set include = 1 %}\nb", "a\nb"),
        ("a\n{% include\n'p.jinja' %}\nb", "a\nP\nb"),
        ("{{ 1 }}\n{% include 'p.jinja' %}\nb", "1\nP\nb"),
        ("{{ 1 }} {% include 'p.jinja' %}\nb", "1 Pb"),
        ("{{ 1\n}} {% include 'p.jinja' %}\nb", "1 Pb"),
        ("a{% if true %}\n{% include 'p.jinja' %}\n{% endif %}b", "aP\nb"),
        ("{% raw %}a{% endraw %} {% include 'p.jinja' %}\nb", "a Pb"),
        ("{% include 'p.jinja' %}\n{% if true %}\n{% include 'p.jinja' %}\n{% endif %}", "P\nP"),
        ("{% include 'p.jinja' %}\n\n\n{% include 'p.jinja' %}", "P\n\n\nP"),
        ("{% include 'p.jinja' %}\n{{ 1 }}", "P\n1"),
        ("a\n\n  {% include 'p.jinja' -%}\n\n b", "a\n\nPb"),
    ],
)
def test_a_line_end_comes_back_behind_text(body, text):
    """A tag that is alone on its line and stands for text keeps one; no other does."""
    found = render(load_body(body, front="personas: [p]")).messages[0].text
    assert found == text


def test_lines_of_errors_stay_right_behind_a_line_end_that_came_back():
    """What is put into the token stream moves no line."""
    assert problem("{% include 'p.jinja' %}\n{{ zz }}")[0] == 2
    assert problem("{% include 'p.jinja' %}\na\n\n{{ zz }}")[0] == 4


# -- names


@pytest.mark.parametrize("name", ["größe", "имя", "名", "a" * 100])
def test_a_name_may_be_of_any_script(name):
    """A name that Python would not rewrite is the author's choice."""
    load_body(f"{{% set {name} = 1 %}}{{{{ {name} }}}}")


@pytest.mark.parametrize(
    ("name", "plain"), [("\ufb01", "fi"), ("\uff41", "a"), ("u\u0308ber", "über"), ("\u2115", "N")]
)
def test_a_name_that_python_would_rewrite_is_refused(name, plain):
    """In generated code two spellings would be one variable, one block or one argument."""
    line, column, message, hint = problem(f"x\n{{% set {name} = 1 %}}")
    assert (line, column) == (2, 8)
    assert message == f"the name {name!a} can be written in a simpler way"
    assert hint == f"Write {plain!r}."


def test_a_very_long_name_is_refused_and_not_repeated():
    """An error message is no place for a hundred thousand characters of a template."""
    assert problem("{{ " + "a" * 101 + " }}") == (1, 4, "a name of more than 100 characters", None)
