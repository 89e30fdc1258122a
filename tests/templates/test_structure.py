"""The rules on messages, marks and names, which hold for a prompt and all files it names before it runs."""

from __future__ import annotations

import pytest

from promptlib.errors import TemplateError
from promptlib.templates import MemoryFiles, load

STARS = "arguments are written out; * and ** are not for templates"
LOST = "Write it outside of them; these tags cannot pass through what Jinja joins to one text."
OUTSIDE = "text outside the message tags"
U = "{% user %}u{% enduser %}"


def load_body(body, front="", **files):
    head = f"---\n{front}\n---\n" if front else ""
    sources = {"x.jinja": head + body, **{f"{name}.jinja": text for name, text in files.items()}}
    return load(MemoryFiles({path: text.encode() for path, text in sources.items()}), "x")


def problems(body, front="", **files):
    """Path, line, column and message of each problem, in order."""
    with pytest.raises(TemplateError) as caught:
        load_body(body, front, **files)
    found = caught.value.problems or (caught.value,)
    return [(p.path, p.line, p.column, p.message) for p in found]


def only(body, front="", **files):
    """Place and message of the only problem."""
    (problem,) = problems(body, front, **files)
    return problem


def hint(body, front="", **files):
    with pytest.raises(TemplateError) as caught:
        load_body(body, front, **files)
    return caught.value.hint


# -- text and messages


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [
        ("Hello\n" + U, 1, 1),
        (U + "\n\n  Hello", 3, 3),
        (U + "\n{{ 'a' }}", 2, 1),
        ("{% if true %}Hello{% endif %}" + U, 1, 1),
        ("{% if true %}{% elif true %}Hello{% endif %}" + U, 1, 1),
        ("{% if true %}{% else %}\nHello{% endif %}" + U, 2, 1),
        ("{% for x in [1] %}\nHello{% endfor %}" + U, 2, 1),
        ("{% for x in [1] %}{% else %}\nHello{% endfor %}" + U, 2, 1),
        ("{% with %}\nHello{% endwith %}" + U, 2, 1),
        ("{% section 's' %}\nHello{% endsection %}" + U, 2, 1),
        ("{% filter upper %}a{% endfilter %}" + U, 1, 1),
        (U + "\n{% macro m() %}{{ caller() }}{% endmacro %}\n{% call m() %}a{% endcall %}", 3, 1),
        ("{% block b %}\nHello{% endblock %}" + U, 2, 1),
    ],
)
def test_text_outside_of_messages_is_an_error(body, line, column):
    """Wherever text would stand between messages, it is found before anything is rendered."""
    assert only(body) == ("x.jinja", line, column, OUTSIDE)
    assert "{% system %}, {% user %}" in hint(body)


@pytest.mark.parametrize(
    "body",
    [
        U + " \n\t\n" + U,
        "{# Hello #}" + U,
        "{% set a = 1 %}" + U,
        "{% set a %}Hello{% endset %}" + U,
        "{% macro m() %}Hello{{ 1 }}{% endmacro %}" + U,
        "{% cache %}{% section 's' %}{% history %}{% endsection %}" + U,
        "{% if true %}" + U + "{% else %}" + U + "{% endif %}",
        "{% with a = 1 %}" + U + "{% endwith %}",
        "{% user %}{% section 's' %}{% persona %}{% cache %}{% endsection %}{% enduser %}",
        "{% for x in [1] %}{% user %}{% for y in [1] %}a{% else %}b{% endfor %}{% enduser %}{% endfor %}",
    ],
)
def test_what_may_stand_between_messages_does(body):
    """White space, comments, definitions, sections, history and cache are no text."""
    load_body(body, "personas: [p]", p="P")


@pytest.mark.parametrize(
    ("body", "column", "tag"),
    [
        ("{% user %}{% developer %}{% enddeveloper %}{% enduser %}", 14, "developer"),
        ("{% user %}{% if true %}{% system %}{% endsystem %}{% endif %}{% enduser %}", 27, "system"),
        ("{% user %}{% with %}{% assistant %}{% endassistant %}{% endwith %}{% enduser %}", 24, "assistant"),
    ],
)  # fmt: skip
def test_messages_do_not_nest(body, column, tag):
    """A message inside a message is one problem, at the inner tag; what follows is read as it stands."""
    assert only(body + U) == ("x.jinja", 1, column, f"a message inside a message: '{tag}'")


def test_text_behind_a_nested_message_is_still_inside():
    """The outer message ends at its own end, so that one mistake is one problem."""
    assert len(problems("{% user %}{% system %}a{% endsystem %} text{% enduser %}")) == 1
    found = problems("{% user %}{% system %}a{% endsystem %} text{% enduser %}\nmore")
    assert [problem[3] for problem in found] == ["a message inside a message: 'system'", OUTSIDE]


@pytest.mark.parametrize("tag", ["image v", "file v", "persona"])
def test_some_tags_stand_inside_a_message(tag):
    """An image, a file or the persona is part of what a message says."""
    name = tag.split()[0]
    front = "personas: [p]\ninputs: {v: image}"
    found = only("{% " + tag + " %}" + U, front, p="P")
    assert found == ("x.jinja", 5, 4, f"{{% {name} %}} stands inside a message")


def test_the_history_stands_between_messages():
    """Its turns are messages of their own."""
    found = only("{% user %}{% history %}{% enduser %}")
    assert found == ("x.jinja", 1, 14, "history stands between messages, not inside one")


def test_a_body_without_messages_is_inside_of_one():
    """There text, images and the persona may stand, and the history may not."""
    load_body("a{% image v %}{% persona %}", "personas: [p]\ninputs: {v: image}", p="P")
    assert only("a\n{% history %}")[3] == "history stands between messages, not inside one"


def test_the_persona_needs_one_to_put_in():
    """A prompt that declares none is told how."""
    assert only("{% persona %}") == ("x.jinja", 1, 4, "there is no persona to put in")
    assert hint("{% persona %}") == "Declare them in the front matter: personas: [personas/editor]."


# -- where marks get lost


@pytest.mark.parametrize("tag", ["user", "section 's'", "image v", "file v", "persona", "cache", "history"])
@pytest.mark.parametrize(
    ("opening", "closing", "kind"),
    [
        ("{% macro m() %}", "{% endmacro %}", "a macro"),
        ("{% set s %}", "{% endset %}", "a set block"),
        ("{% filter upper %}", "{% endfilter %}", "a filter block"),
        ("{% macro m() %}{% endmacro %}{% call m() %}", "{% endcall %}", "a call block"),
        ("{% for x in [] recursive %}", "{% endfor %}", "a recursive loop"),
        ("{% macro m() %}{% if true %}", "{% endif %}{% endmacro %}", "a macro"),
        ("{% set s %}{% for x in [] %}", "{% endfor %}{% endset %}", "a set block"),
    ],
)
def test_no_tag_of_ours_stands_where_marks_get_lost(tag, opening, closing, kind):
    """What Jinja joins to one text cannot hold a message, a section, media, history or a cache mark."""
    name = tag.split()[0]
    end = f"{{% end{name} %}}" if name in ("user", "section") else ""
    body = opening + "{% " + tag + " %}" + end + closing
    if kind in ("a filter block", "a call block", "a recursive loop"):
        body = "{% system %}" + body + "{% endsystem %}"
    found = only(body, "personas: [p]\ninputs: {v: image}", p="P")
    assert (found[0], found[1], found[3]) == ("x.jinja", 5, f"the tag {name!r} would be lost inside {kind}")
    assert hint(body, "personas: [p]\ninputs: {v: image}", p="P") == LOST


def test_behind_what_is_joined_tags_stand_again():
    """The rule ends with the block that it is about."""
    load_body("{% set s %}a{% endset %}{% macro m() %}b{% endmacro %}" + U)
    load_body("{% user %}{% filter upper %}a{% endfilter %}{% section 's' %}{% endsection %}{% enduser %}")
    load_body("{% for x in [] %}" + U + "{% endfor %}")


def test_else_of_a_recursive_loop_is_not_joined():
    """Only the passes of it are."""
    load_body("{% for x in [] recursive %}{% else %}" + U + "{% endfor %}")


def test_a_block_that_super_puts_in_is_joined():
    """Without super() a base's block may hold messages, even where it is replaced."""
    base = "{% block b %}" + U + "{% endblock %}"
    load_body("{% extends 'b.jinja' %}{% block b %}{% system %}s{% endsystem %}{% endblock %}", b=base)
    body = "{% extends 'b.jinja' %}{% block b %}{% system %}{{ super() }}{% endsystem %}{% endblock %}"
    message = "the tag 'user' would be lost inside a block that super() puts in"
    assert only(body, b=base) == ("b.jinja", 1, 17, message)


# -- extends


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("\nlost", "text outside the blocks of a file that extends another is lost"),
        ("\n{{ 1 }}", "text outside the blocks of a file that extends another is lost"),
        ("\n{% if true %}{% endif %}", "only blocks, macros, imports and set may stand beside extends"),
        ("\n{% include 'p.jinja' %}", "only blocks, macros, imports and set may stand beside extends"),
        ("\n{% extends 'p.jinja' %}", "a file extends one other file"),
        ("\n{% macro m() %}{% cache %}{% endmacro %}", "the tag 'cache' would be lost inside a macro"),
        ("\n{% set s %}{% cache %}{% endset %}", "the tag 'cache' would be lost inside a set block"),
    ],
)
def test_beside_extends_stand_definitions_only(body, message):
    """What a file that extends says outside of its blocks would never be rendered."""
    found = only("{% extends 'b.jinja' %}" + body, b=U, p="")
    assert (found[0], found[3]) == ("x.jinja", message)


def test_definitions_beside_extends_are_fine():
    """Blocks, macros, imports, set and white space."""
    body = "{% extends 'b.jinja' %}\n\n{% set a = 1 %}{% set b %}x{% endset %}{% import 'm.jinja' as m %}"
    body += "{% from 'm.jinja' import f %}{% macro g() %}y{% endmacro %}{% block b %}" + U + "{% endblock %}"
    load_body(body, b="{% block b %}{% endblock %}", m="{% macro f() %}{% endmacro %}")


def test_rules_hold_for_the_document_as_it_is_linked():
    """A block is read where the base has it, in whichever file it stands."""
    base = "{% user %}{% block inside %}{% endblock %}{% enduser %}{% block outside %}{% endblock %}"
    load_body("{% extends 'b.jinja' %}{% block inside %}text{% endblock %}", b=base)
    found = only("{% extends 'b.jinja' %}{% block outside %}text{% endblock %}", b=base)
    assert found == ("x.jinja", 1, 1, OUTSIDE)
    found = only("{% extends 'b.jinja' %}{% block inside %}" + U + "{% endblock %}", b=base)
    assert found[3] == "a message inside a message: 'user'"


def test_the_nearest_version_of_a_block_counts():
    """A base's version that is replaced is not read, one that is not replaced is."""
    base = "{% block a %}text{% endblock %}{% block b %}{% endblock %}"
    middle = "{% extends 'b.jinja' %}{% block a %}" + U + "{% endblock %}"
    load_body("{% extends 'm.jinja' %}", m=middle, b=base)
    assert only("{% extends 'b.jinja' %}{% block b %}" + U + "{% endblock %}", b=base)[0] == "b.jinja"


# -- what is included, imported or a persona


def test_an_included_file_is_read_where_it_stands():
    """The same file may be right inside of a message and wrong outside."""
    load_body("{% user %}{% include 'p.jinja' %}{% enduser %}", p="text")
    body = "{% user %}{% include 'p.jinja' %}{% enduser %}{% include 'p.jinja' %}{% include 'p.jinja' %}"
    assert only(body, p="text") == ("p.jinja", 1, 1, OUTSIDE)
    assert only("{% user %}{% include 'p.jinja' %}{% enduser %}", p=U)[3].startswith("a message inside")
    found = only("{% set s %}{% include 'p.jinja' %}{% endset %}", p=U)
    assert found == ("p.jinja", 1, 4, "the tag 'user' would be lost inside a set block")


def test_blocks_of_an_included_file_are_its_own():
    """They are read in the included file, and through what it extends, not in the prompt's."""
    assert only(U + "{% include 'p.jinja' %}", p="{% block b %}lost{% endblock %}")[0] == "p.jinja"
    part = "{% extends 'b.jinja' %}{% block a %}lost{% endblock %}"
    assert only(U + "{% include 'p.jinja' %}", p=part, b="{% block a %}{% endblock %}")[0] == "p.jinja"
    body = "{% block a %}" + U + "{% endblock %}{% user %}{% include 'p.jinja' %}{% enduser %}"
    load_body(body, p="{% block a %}text{% endblock %}")
    body = "{% include 'p.jinja' %}{% block a %}text{% endblock %}"
    assert only(body, p="{% block a %}" + U + "{% endblock %}")[:2] == ("x.jinja", 1)


def test_files_that_include_others_twice_are_read_once():
    """Thirty levels that double would otherwise be read a thousand million times."""
    files = {f"p{n}": f"{{% include 'p{n + 1}.jinja' %}}" * 2 for n in range(30)}
    assert only(U + "{% include 'p0.jinja' %}", **files, p30="text") == ("p30.jinja", 1, 1, OUTSIDE)


@pytest.mark.parametrize(
    "part", ["text", "{{ 1 }}", U, "{% if true %}{% endif %}", "{% block b %}{% endblock %}"]
)
def test_an_imported_file_only_defines(part):
    """Its output would be made and thrown away."""
    for tag in ("{% import 'm.jinja' as m %}", "{% from 'm.jinja' import f %}"):
        found = problems(tag + U, m="{% macro f() %}{% endmacro %}\n" + part)
        assert found[0] == ("m.jinja", 2, 1, "a file that is imported holds macros and set only")


def test_macros_of_an_imported_file_hold_no_marks():
    """They are joined to text like macros of the prompt's own."""
    for part in (
        "{% macro f() %}{% user %}{% enduser %}{% endmacro %}",
        "{% macro f() %}{% block b %}{% cache %}{% endblock %}{% endmacro %}",
    ):
        assert "would be lost inside a" in only("{% from 'm.jinja' import f %}" + U, m=part)[3]


def test_an_imported_file_may_import():
    """Macros and set, of any kind, and white space."""
    part = (
        "{% import 'n.jinja' as n %}\n{% from 'n.jinja' import g %}{% set a = 1 %}{% set b %}t{% endset %}\n"
    )
    load_body("{% import 'm.jinja' as m %}" + U, m=part + "{# c #}", n="{% macro g() %}t{% endmacro %}")


@pytest.mark.parametrize(
    ("persona", "files", "path"),
    [
        (U, {}, "p.jinja"),
        ("a{% history %}", {}, "p.jinja"),
        ("a{% persona %}", {}, "p.jinja"),
        ("a{% include 'q.jinja' %}", {"q": "b{% persona %}"}, "q.jinja"),
        ("a{% include 'q.jinja' %}", {"q": U}, "q.jinja"),
        ("{% extends 'q.jinja' %}", {"q": "{% history %}"}, "q.jinja"),
    ],
)
def test_a_persona_holds_text(persona, files, path):
    """No messages, no history and no persona, in itself or in what it includes and extends."""
    found = only("{% user %}{% persona %}{% enduser %}", "personas: [p]", p=persona, **files)
    assert (found[0], found[3]) == (path, "a persona holds text, no messages, history or persona")


def test_a_persona_may_use_inputs_sections_and_parts():
    """What a message may hold, a persona may."""
    persona = "{{ v }}{% section 's' %}{% include 'q.jinja' %}{% endsection %}{% cache %}"
    load_body("{% persona %}", "personas: [p]\ninputs: {v: string}", p=persona, q="text")


# -- names


@pytest.mark.parametrize(
    ("body", "column", "message", "wanted"),
    [
        ("{{ artcle }}", 4, "'artcle' is no declared input", "Did you mean 'article'?"),
        ("{{ zzz }}", 4, "'zzz' is no declared input", "Declare it in the front matter under inputs."),
        ("{{ article|uper }}", 12, "unknown filter 'uper'", "Did you mean 'upper'?"),
        ("{{ article is strng }}", 15, "unknown test 'strng'", "Did you mean 'string'?"),
        ("{{ article|center(1, 2) }}", 12, "the filter 'center' does not take these arguments: too", None),
        ("{{ article|trim(x=1) }}", 12, "the filter 'trim' does not take these arguments: got an", None),
        ("{{ article is divisibleby }}", 15, "the test 'divisibleby' does not take these arguments: ", None),
        ("{{ article is eq(1, 2) }}", 15, "the test 'eq' does not take these arguments: too many", None),
        ("{{ range(*[1]) }}", 1, STARS, None),
        ("{{ range(**{}) }}", 1, STARS, None),
        ("{{ article|trim(*[1]) }}", 1, STARS, None),
        ("{{ article is eq(1, **{}) }}", 1, STARS, None),
        ("{% autoescape 1 %}{% endautoescape %}", 4, "unknown tag 'autoescape'", None),
        ("{% if true %}{% extends 'b.jinja' %}{% endif %}", 17, "{% extends %} stands at the top of a", None),
    ],
)  # fmt: skip
def test_names_and_arguments_are_checked_before_anything_runs(body, column, message, wanted):
    """Each has its place, and a near name where there is one."""
    found = only(body, "inputs: {article: string}", b="")
    assert found[:3] == ("x.jinja", 4, column)
    assert found[3].startswith(message)
    assert wanted is None or hint(body, "inputs: {article: string}", b="") == wanted


def test_an_unknown_filter_without_a_near_one_lists_all():
    """The hint is the list of what there is."""
    assert hint("{{ 1|zzzzzz }}").startswith("There are: abs, batch, ")
    assert hint("{{ 1 is zzzzzz }}").startswith("There are: boolean, ")


@pytest.mark.parametrize(
    "body",
    [
        "{% set a = 1 %}{{ a }}",
        "{% set a %}x{% endset %}{{ a }}",
        "{% for a, b in [[1, 2]] %}{{ a }}{{ b }}{{ loop.index }}{% endfor %}",
        "{% with a = 1 %}{{ a }}{% endwith %}",
        "{% macro a(b, c=1) %}{{ b }}{{ c }}{{ caller() }}{% endmacro %}{% call a(1) %}{% endcall %}",
        "{% macro a() %}{{ caller(1) }}{% endmacro %}{% call(b) a() %}{{ b }}{% endcall %}",
        "{% import 'm.jinja' as a %}{{ a.f() }}",
        "{% from 'm.jinja' import f %}{{ f() }}",
        "{% from 'm.jinja' import f as a %}{{ a() }}",
        "{% set a = namespace(b=1) %}{% set a.b = 2 %}{{ a.b }}{{ range(2)|join }}",
        "{% block a %}{{ super() if false else '' }}{% endblock %}{% for e in examples %}{% endfor %}",
        "{% set a = 1 %}{% include 'p.jinja' %}",
    ],
)
def test_a_name_may_come_from_anywhere_in_the_prompt(body):
    """Whatever gives a name a value makes it known, in every file of the prompt."""
    load_body(body, m="{% macro f() %}{% endmacro %}", p="{{ a }}")


def test_a_name_under_its_old_name_is_not_known():
    """`import f as a` gives a, and no f."""
    body = "{% from 'm.jinja' import f as a %}{{ f() }}"
    assert only(body, m="{% set b = 1 %}")[3] == "'f' is no declared input"


def test_all_problems_are_told_at_once():
    """A file with three mistakes is corrected once, not three times."""
    found = problems("{{ a }}\n{{ b|nope }}\n{% persona %}")
    assert sorted(problem[1] for problem in found) == [1, 2, 2, 3]


# -- what Jinja would only see when it compiles


@pytest.mark.parametrize(
    ("body", "column", "message"),
    [
        (
            "{% block a %}{% endblock %}{% block a %}{% endblock %}",
            10,
            "the block 'a' stands twice in this file",
        ),
        ("{{ namespace(a=1, a=2) }}", 14, "the argument 'a' stands twice"),
        ("{{ 'x'|center(width=1, width=2) }}", 15, "the argument 'width' stands twice"),
        ("{{ 4 is divisibleby(by=2, by=2) }}", 21, "the argument 'by' stands twice"),
        ("{% macro m(a, a) %}{% endmacro %}", 12, "the parameter 'a' stands twice"),
        (
            "{% macro m() %}{% endmacro %}{% call(b, b) m() %}{% endcall %}",
            38,
            "the parameter 'b' stands twice",
        ),
        ("{% macro m(caller) %}{{ caller }}{% endmacro %}", 12, "the parameter 'caller' needs a default"),
        (
            "{% macro m() %}{% endmacro %}{% call m(caller=1) %}{% endcall %}",
            40,
            "a call block gives 'caller' itself",
        ),
        (
            "{% for loop in [1] %}{% endfor %}",
            8,
            "'loop' is what a loop knows of itself; choose another name",
        ),
        (
            "{% for i in [1] %}{% set loop = 1 %}{% endfor %}",
            26,
            "'loop' is what a loop knows of itself; choose another name",
        ),
    ],
)
def test_what_cannot_be_compiled_is_told_when_it_is_loaded(body, column, message):
    """No prompt loads that fails at its first rendering, whatever its inputs are."""
    assert only(body) == ("x.jinja", 1, column, message)


@pytest.mark.parametrize("body", ["{% macro m(a, caller=none) %}{% endmacro %}", "{{ range(1)|join('a') }}"])
def test_a_default_for_the_caller_is_enough(body):
    """A macro may be called with and without a call block."""
    load_body(body)


# -- what takes time


def test_enough_problems_are_enough():
    """A file of thousands of mistakes is told of its first hundred, and soon."""
    found = problems("".join(f"{{{{ zz{n} }}}}" for n in range(3000)))
    assert [message for *_, message in found] == [f"'zz{n}' is no declared input" for n in range(100)]


def test_missing_files_are_told_up_to_a_hundred():
    """The same holds for files that are named and not there."""
    found = problems("".join(f"{{% include 'p{n}.jinja' %}}" for n in range(300)))
    assert len(found) == 100


def test_what_was_meant_is_looked_for_a_few_times():
    """Comparing many names with many others takes time, so the first twenty problems have a hint."""
    with pytest.raises(TemplateError) as caught:
        load_body("{% set zebra = 1 %}" + "".join(f"{{{{ zebr{n} }}}}" for n in range(30)))
    hints = [problem.hint for problem in caught.value.problems]
    assert hints[:20] == ["Did you mean 'zebra'?"] * 20
    assert hints[20:] == ["Declare it in the front matter under inputs."] * 10


def test_blocks_within_blocks_are_checked_once_for_each_kind_of_place():
    """Six files that each override fourteen blocks within each other are checked at once."""
    opening = "".join(f"{{% block b{n} %}}{{{{ super() }}}}" for n in range(14))
    body = opening + "{% endblock %}" * 14
    files = {f"f{n}": f"{{% extends 'f{n + 1}.jinja' %}}{body}" for n in range(1, 5)}
    load_body("{% extends 'f1.jinja' %}" + body, **files, f5=body.replace("{{ super() }}", "y"))


def test_a_block_is_checked_in_each_file_that_includes_one_of_its_name():
    """Blocks of one name in two files are two blocks: each is checked where it stands."""
    p = "{% block a %}{% history %}{% endblock %}"
    found = only("{% user %}{% block a %}x{% endblock %}{% include 'p.jinja' %}{% enduser %}", p=p)
    assert found[0] == "p.jinja"
