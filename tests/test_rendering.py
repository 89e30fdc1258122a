"""Templates and values to messages: white space, parts, persona, history, errors, and the law on values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.errors import InputError, PromptlibError, RefError, RenderLimitError, TemplateError
from promptlib.rendering import Rendered, render
from promptlib.templates import MemoryFiles, RenderLimits, load
from promptlib.types import CachePart, FilePart, ImagePart, Message, TextPart, ToolCall

PNG = {"data": "aGk=", "media_type": "image/png"}


def prompt(body, front="", limits=None, **files):
    """The prompt x of a body, front matter and other files, each named without its suffix."""
    head = f"---\n{front}\n---\n" if front else ""
    sources = {"x.jinja": head + body, **{f"{name}.jinja": text for name, text in files.items()}}
    held = MemoryFiles({path: text.encode() for path, text in sources.items()})
    return load(held, "x", limits=limits or RenderLimits())


def shown(body, inputs=None, front="", **files):
    """Role and content of each message."""
    return [(m.role, m.content) for m in render(prompt(body, front, **files), inputs).messages]


def user(body, inputs=None, front="", **files):
    """The text of the one message of a body inside `{% user %}`."""
    ((_, text),) = shown("{% user %}" + body + "{% enduser %}", inputs, front, **files)
    return text


# -- messages


def test_messages_come_in_order_with_their_roles():
    """Each message tag is a message of its role, in the order of the file."""
    body = "{% system %}s{% endsystem %}\n{% developer %}d{% enddeveloper %}\n"
    body += "{% user %}u{% enduser %} {% assistant %}a{% endassistant %}"
    assert shown(body) == [("system", "s"), ("developer", "d"), ("user", "u"), ("assistant", "a")]


@pytest.mark.parametrize("body", ["{% user %}{% enduser %}", "{% user %}\n\n  \n{% enduser %}"])
def test_an_empty_message_stays(body):
    """A message without text is a message without text."""
    assert shown(body) == [("user", "")]


def test_a_body_without_message_tags_is_one_user_message():
    """Without any message tag the body is what the user says, its blank lines at both ends gone."""
    assert shown("\n\nHello\n\n") == [("user", "Hello")]


def test_an_empty_file_is_one_empty_user_message():
    """An empty body is a user's message too."""
    assert shown("") == [("user", "")]


def test_messages_stand_in_loops_and_conditions():
    """A loop gives a message a pass, a condition one or none."""
    body = "{% for x in [1, 2] %}{% user %}{{ x }}{% enduser %}{% endfor %}"
    body += "{% if false %}{% assistant %}no{% endassistant %}{% else %}{% assistant %}yes{% endassistant %}"
    assert shown(body + "{% endif %}") == [("user", "1"), ("user", "2"), ("assistant", "yes")]


# -- white space


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("\n\n  \t\nHello\n\n \n", "Hello"),
        ("  Hello  ", "  Hello  "),
        ("  \n  Hello  \n  ", "  Hello  "),
        ("a\n\n\nb\n", "a\n\n\nb"),
        ("\n{{ 1 }}\n", "1"),
        ("{# c #}\n\nHello\n{# c #}\n", "Hello"),
        ("  {# c #}\n\nHello\n{# c #}  ", "Hello"),
        ("{% if true %}\n\nHello\n\n{% endif %}\n", "Hello"),
        ("{% section 's' %}\n\nHello\n\n{% endsection %}\n", "Hello"),
        ("\n{% section 's' %}\n{% endsection %}\nHello", "Hello"),
    ],
)
def test_blank_lines_of_template_text_go_at_both_ends(body, text):
    """Blank lines go at a message's two ends, whatever tags and comments the text is made of."""
    assert user(body) == text


@pytest.mark.parametrize("value", ["\n\n x \n\n", "\n", "", "  \n", " ", "\r\n\t\n", "\x0b\n\x0c"])
def test_white_space_of_a_value_is_never_touched(value):
    """A value keeps every blank line it has, at both ends of a message and alone in it."""
    front = "inputs: {v: string}"
    assert user("\n\n{{ v }}\n\n", {"v": value}, front) == value
    assert user("{{ v }}", {"v": value}, front) == value
    assert shown("{{ v }}", {"v": value}, front) == [("user", value)]


def test_template_text_beside_an_empty_value_keeps_its_line():
    """A value that is empty still ends what can be stripped."""
    assert user("\n{{ v }}\n\nend", {"v": ""}, "inputs: {v: string}") == "\n\nend"
    assert user("begin\n\n{{ v }}\n", {"v": ""}, "inputs: {v: string}") == "begin\n\n"


def test_a_tag_alone_on_its_line_leaves_no_line():
    """The blanks before such a tag and the line end behind it go."""
    assert user("a\n  {% if true %}  \nb\n  {% endif %}\nc") == "a\n  \nb\nc"
    assert user("a\n  {% set y = 1 %}\nb") == "a\nb"


def test_line_ends_of_the_file_become_newlines_and_those_of_a_value_stay():
    """A file written on another system renders alike; a value is the caller's."""
    assert user("a\r\nb\rc{{ v }}", {"v": "\r\n"}, "inputs: {v: string}") == "a\nb\nc\r\n"


P = "{% include 'p.jinja' "


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a\n" + P + "%}\nb", "a\nP\nb"),
        ("a\n  " + P + "%}\nb", "a\nP\nb"),
        ("\n" + P + "%}\nb", "P\nb"),
        (P + "%}\nb", "Pb"),
        ("a\n" + P + "%}\n", "a\nP"),
        ("a\n" + P + "%}", "a\nP"),
        ("\n" + P + "%}\n" + P + "%}\nb", "P\nP\nb"),
        ("a\n" + P + "%}\n\nb", "a\nP\n\nb"),
        ("a\n" + P + "%}\n{{ 1 }}", "a\nP\n1"),
        ("a\n" + P + "%}\n{% if true %}b{% endif %}", "a\nP\nb"),
        ("a " + P + "%}\nb", "a Pb"),
        ("a{{ 1 }}" + P + "%}\nb", "a1Pb"),
        ("a\n" + P + "%} b", "a\nP b"),
        ("a\n" + P + "-%}\nb", "a\nPb"),
        ("a\n" + P + "+%}\nb", "a\nP\nb"),
        ("a\n" + P + "+%}\n\nb", "a\nP\n\nb"),
        ("a {# c #}\n" + P + "%}\nb", "a P\nb"),
        ("a\n{# c #}\n" + P + "%}\nb", "a\nP\nb"),
        ("{% if true %}\n" + P + "%}\n{% endif %}b", "P\nb"),
        ("a\n{%- include 'p.jinja' %}\nb", "aP\nb"),
        ("a\n  {%+ include 'p.jinja' %}\nb", "a\n  P\nb"),
        ("a\n{% if true %} " + P + "%}\nb{% endif %}", "a\n Pb"),
    ],
)
def test_an_include_alone_on_its_line_keeps_one_line_end(body, text):
    """It stands for text: the line end behind it stays, unless `-%}` or company on its line says else."""
    assert user(body, p="P\n") == text


def test_a_persona_alone_on_its_line_keeps_one_line_end():
    """`{% persona %}` is like include; its file's own last line end does not count."""
    front = "personas: [p]"
    assert user("\n{% persona %}\nb", front=front, p="P\n") == "P\nb"
    assert user("\n{% persona -%}\nb", front=front, p="P\n") == "Pb"
    assert user("\n{% persona +%}\nb", front=front, p="P\n") == "P\nb"
    assert user("a {% persona %}\nb", front=front, p="P\n") == "a Pb"


# -- extends, blocks, include, import


def test_blocks_of_a_file_replace_those_of_its_base():
    """What extends a base gives blocks; the base says where they stand, in messages or around them."""
    base = "{% system %}{% block role %}base{% endblock %}{% endsystem %}{% block rest %}{% endblock %}"
    body = "{% extends 'b.jinja' %}\n{% block role %}mine{% endblock %}\n"
    body += "{% block rest %}{% user %}{{ v }}{% enduser %}{% endblock %}\n"
    assert shown(body, {"v": "hi"}, "inputs: {v: string}", b=base) == [("system", "mine"), ("user", "hi")]


def test_super_puts_in_the_block_below():
    """super() is the text of the base's block, through several levels."""
    base = "{% system %}{% block a %}one{% endblock %}{% endsystem %}"
    middle = "{% extends 'b.jinja' %}{% block a %}{{ super() }} two{% endblock %}"
    body = "{% extends 'm.jinja' %}{% block a %}{{ super() }} three{% endblock %}"
    assert shown(body, b=base, m=middle) == [("system", "one two three")]


def test_an_included_file_may_hold_whole_messages():
    """An include outside of messages puts in messages; it sees inputs and the loop around it."""
    part = "{% user %}{{ n }}{{ v }}{% enduser %}{% assistant %}ok{% endassistant %}"
    body = "{% for n in [1, 2] %}{% include 'p.jinja' %}\n{% endfor %}"
    turns = shown(body, {"v": "!"}, "inputs: {v: string}", p=part)
    assert turns == [("user", "1!"), ("assistant", "ok"), ("user", "2!"), ("assistant", "ok")]


def test_an_included_file_that_extends_has_blocks_of_its_own():
    """Blocks of one name in the prompt and in what it includes do not meet."""
    base = "{% user %}{% block a %}base{% endblock %}{% enduser %}"
    part = "{% extends 'b.jinja' %}{% block a %}part{% endblock %}"
    body = "{% system %}{% block a %}own{% endblock %}{% endsystem %}{% include 'p.jinja' %}"
    assert shown(body, p=part, b=base) == [("system", "own"), ("user", "part")]


def test_macros_come_from_the_file_or_from_an_import():
    """A macro's text is printed like a value, in its message."""
    macros = "{% macro q(t) %}<{{ t }}>{% endmacro %}{% set mark = '!' %}"
    assert user("{% from 'm.jinja' import q as z, mark %}{{ z('a') }}{{ mark }}", m=macros) == "<a>!"
    assert user("{% import 'm.jinja' as m %}{{ m.q('a') }}{{ m['mark'] }}", m=macros) == "<a>!"


def test_an_import_is_made_anew_for_each_rendering():
    """An imported file sees the inputs of this rendering, never those of another."""
    loaded = prompt(
        "{% import 'm.jinja' as m %}{{ m.f() }}",
        "inputs: {v: string}",
        m="{% macro f() %}{{ v }}{% endmacro %}",
    )
    texts = [render(loaded, {"v": value}).messages[0].text for value in ("a", "b")]
    assert texts == ["a", "b"]


def test_a_call_block_and_a_filter_block_make_text():
    """What they hold is one text, printed where they stand."""
    body = "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}a{% endcall %}"
    assert user(body + "{% filter upper %}b{{ 'c' }}{% endfilter %}") == "[a]BC"


def test_a_recursive_loop_makes_text():
    """loop(…) is the text of the passes below."""
    body = "{% for n in tree recursive %}({{ n.name }}{{ loop(n.below) if n.below }}){% endfor %}"
    body = body.replace("if n.below", "if n.below else ''")
    tree = [{"name": "a", "below": [{"name": "b", "below": []}]}, {"name": "c", "below": []}]
    assert user(body, {"tree": tree}, "inputs: {tree: array}") == "(a(b))(c)"


# -- persona


def test_the_first_persona_is_the_default_and_another_can_be_asked_for():
    """The persona is text where its tag stands, sees the inputs, and is reported."""
    loaded = prompt(
        "{% system %}{% persona %}{% endsystem %}",
        "personas: [p, q]\ninputs: {v: string}",
        p="P{{ v }}",
        q="Q",
    )
    first, second = render(loaded, {"v": 1 and "!"}), render(loaded, {"v": ""}, persona="q")
    assert (first.messages[0].text, first.persona) == ("P!", "p")
    assert (second.messages[0].text, second.persona) == ("Q", "q")


def test_a_persona_that_is_not_declared_is_refused():
    """The error names those there are, and shows a strange name in ASCII."""
    with pytest.raises(RefError) as caught:
        render(prompt("{% persona %}", "personas: [p]", p="P"), persona="é")
    assert caught.value.message == "x has no persona '\\xe9'"
    assert caught.value.hint == "Its personas are: p."


def test_a_prompt_without_personas_says_so():
    """Without any persona the answer is None, and asking for one is an error."""
    loaded = prompt("a")
    assert render(loaded).persona is None
    with pytest.raises(RefError) as caught:
        render(loaded, persona="p")
    assert caught.value.hint == "Its personas are: none."


# -- examples and inputs


def test_examples_are_those_chosen_and_all_without_a_choice():
    """The choice sees the accepted inputs, defaults filled in."""
    rows = '{"input": "i1", "output": "o1"}\n{"input": "i2", "output": "o2"}\n'
    source = "---\ninputs: {v: {type: string, default: d}}\nexamples: {file: e.jsonl}\n---\n"
    source += "{% for e in examples %}{% user %}{{ e.input }}{% enduser %}{% endfor %}"
    loaded = load(MemoryFiles({"x.jinja": source.encode(), "e.jsonl": rows.encode()}), "x")
    seen = []

    def choose(values):
        seen.append(dict(values))
        return loaded.examples[1:]

    assert [m.text for m in render(loaded).messages] == ["i1", "i2"]
    assert [m.text for m in render(loaded, choose=choose).messages] == ["i2"]
    assert seen == [{"v": "d"}]


def test_unexpected_inputs_are_refused_or_dropped_and_reported():
    """A rollback by label must not fail on an input that a later version declares."""
    loaded = prompt("{{ v }}", "inputs: {v: string}")
    with pytest.raises(InputError):
        render(loaded, {"v": "a", "w": "b"})
    rendered = render(loaded, {"v": "a", "w": "b"}, drop_unexpected=True)
    assert (rendered.messages[0].text, rendered.ignored) == ("a", ("w",))


def test_inputs_may_be_left_out_where_none_is_needed():
    """None stands for no inputs; a missing one is an error still."""
    assert render(prompt("a")).messages == (Message.user("a"),)
    with pytest.raises(InputError):
        render(prompt("{{ v }}", "inputs: {v: string}"), None)


# -- history


def test_the_history_stands_where_its_tag_does():
    """Turns come as they were given, tool calls and all, between the messages of the template."""
    call = ToolCall(id="1", name="f", arguments={"a": 1})
    turns = (Message.user("q"), Message.assistant(tool_calls=(call,)), Message.tool("1", "r"))
    loaded = prompt("{% system %}s{% endsystem %}{% history %}{% user %}u{% enduser %}")
    rendered = render(loaded, history=turns)
    assert rendered.messages == (Message.system("s"), *turns, Message.user("u"))
    assert [m.role for m in render(loaded).messages] == ["system", "user"]


def test_a_history_without_its_tag_stays_out():
    """Turns enter a prompt only where the template says."""
    assert len(render(prompt("{% user %}u{% enduser %}"), history=[Message.user("q")]).messages) == 1


# -- images, files, cache


def test_images_and_files_are_parts_between_texts():
    """A message with media has parts; text between two of them that is empty is left out."""
    front = "inputs: {i: image, f: file}"
    inputs = {"i": PNG, "f": {"data": "aGk=", "media_type": "application/pdf", "name": "a.pdf"}}
    ((role, parts),) = shown("{% user %}\nSee\n{% image i %}{% file f %} end\n{% enduser %}", inputs, front)
    assert role == "user"
    assert parts == (
        TextPart(text="See\n"),
        ImagePart(data=b"hi", media_type="image/png"),
        FilePart(data=b"hi", media_type="application/pdf", name="a.pdf"),
        TextPart(text=" end"),
    )


def test_blank_lines_beside_an_image_stay():
    """An image is something: text behind it is not the message's beginning, before it not its end."""
    parts = user("\n{% image i %}\n\nb\n\n{% image i %}\n", {"i": PNG}, "inputs: {i: image}")
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    assert texts == ["\nb\n\n"]
    assert user("{% image i %}", {"i": PNG}, "inputs: {i: image}") == (parts[0],)


def test_a_cache_mark_ends_the_prefix_inside_and_between_messages():
    """Between two messages it is the last part of the first; before any message it is nothing."""
    body = "{% cache %}{% system %}a{% cache %}b{% endsystem %}{% cache %}{% user %}u{% enduser %}"
    assert shown(body) == [
        ("system", (TextPart(text="a"), CachePart(), TextPart(text="b"), CachePart())),
        ("user", "u"),
    ]


def test_a_cache_mark_behind_a_turn_keeps_its_tool_calls():
    """A turn of the history that ends the prefix stays what it was."""
    turn = Message.assistant("t", tool_calls=(ToolCall(id="1", name="f"),))
    result = Message.tool("1", "r")
    loaded = prompt("{% history %}{% cache %}{% user %}u{% enduser %}")
    cached = render(loaded, history=[turn]).messages[0]
    assert (cached.role, cached.tool_calls, cached.parts[-1]) == ("assistant", turn.tool_calls, CachePart())
    assert render(loaded, history=[turn, result]).messages[1].tool_call_id == "1"


@pytest.mark.parametrize(("tag", "wanted"), [("image", "image"), ("file", "file")])
def test_media_tags_take_inputs_of_their_type(tag, wanted):
    """A text, or the other medium, is refused where the tag stands."""
    other = "{% user %}\n\n{% " + tag + " v %}{% enduser %}"
    with pytest.raises(TemplateError) as caught:
        shown(other, {"v": "a"}, "inputs: {v: string}")
    assert caught.value.message == f"{{% {tag} %}} takes an input of type {wanted}, not text"
    assert (caught.value.path, caught.value.line) == ("x.jinja", 6)


# -- sections and spans


def spans(rendered):
    """Name of each section and where it stands."""
    return [(s.section.name, s.first, s.start, s.last, s.end) for s in rendered.sections]


def test_sections_nest_in_a_message_and_say_where_they_stand():
    """A span counts characters of its message's text, outer sections before inner."""
    body = "\n{% user %}\n\nab{% section 'o' priority=2 %}cd{% section 'i' %}{{ v }}{% endsection %}"
    body += "{% endsection %}gh{% enduser %}"
    rendered = render(prompt(body, "inputs: {v: string}"), {"v": "ef"})
    assert rendered.messages[0].text == "abcdefgh"
    assert spans(rendered) == [("o", 0, 2, 0, 6), ("i", 0, 4, 0, 6)]
    assert rendered.sections[0].section.priority == 2


def test_sections_stand_around_whole_messages():
    """Such a section begins before its first message and ends at the end of its last."""
    body = "{% system %}s{% endsystem %}{% section 'o' %}{% user %}ab{% enduser %}"
    body += "{% assistant %}abc{% endassistant %}{% endsection %}{% user %}u{% enduser %}"
    assert spans(render(prompt(body))) == [("o", 1, 0, 2, 3)]


def test_a_section_around_the_history_spans_its_turns():
    """Turns count as messages; without turns the section is empty where it stands."""
    loaded = prompt("{% system %}s{% endsystem %}{% section 'h' %}{% history %}{% endsection %}")
    turns = [Message.user("abc"), Message.assistant("d")]
    assert spans(render(loaded, history=turns)) == [("h", 1, 0, 2, 1)]
    assert spans(render(loaded)) == [("h", 1, 0, 1, 0)]


def test_each_pass_of_a_loop_is_a_section_of_its_own():
    """Options are computed a pass, from inputs and loop."""
    body = "{% user %}{% for x in ['a', 'bb'] %}{% section x priority=loop.index max_tokens=5 %}{{ x }}"
    rendered = render(prompt(body + "{% endsection %}{% endfor %}{% enduser %}"))
    assert spans(rendered) == [("a", 0, 0, 0, 1), ("bb", 0, 1, 0, 3)]
    assert [s.section.priority for s in rendered.sections] == [1, 2]
    assert [s.section.max_tokens for s in rendered.sections] == [5, 5]


def test_the_examples_loop_is_an_implicit_section_a_pass():
    """Each pass of it is a section `examples` of priority 1; any other loop is none."""
    source = (
        "---\nexamples: {file: e.jsonl}\n---\n{% for e in examples %}{% user %}{{ e.input }}{% enduser %}"
    )
    source += "{% endfor %}{% for e in examples|list %}{% user %}x{% enduser %}{% endfor %}"
    rows = b'{"input": "i1", "output": ""}\n{"input": "i22", "output": ""}\n'
    rendered = render(load(MemoryFiles({"x.jinja": source.encode(), "e.jsonl": rows}), "x"))
    assert spans(rendered) == [("examples", 0, 0, 0, 2), ("examples", 1, 0, 1, 3)]
    assert {s.section.priority for s in rendered.sections} == {1}


def test_values_say_where_they_stand_and_what_they_are_made_of():
    """A span holds the names its expression reads; pure ones hold nothing else."""
    body = "{% system %}\n\nx{{ a }}y{{ a ~ b }}{% endsystem %}{% user %}{{ b|upper }}{{ 'c' }}{% enduser %}"
    rendered = render(prompt(body, "inputs: {a: string, b: string}"), {"a": "12", "b": "z"})
    found = [(s.message, s.start, s.end, s.names, s.pure) for s in rendered.values]
    assert found == [
        (0, 1, 3, ("a",), True),
        (0, 4, 7, ("a", "b"), False),
        (1, 0, 1, ("b",), True),
    ]
    assert rendered.messages[0].text[4:7] == "12z"


def test_turns_of_the_history_count_as_messages_in_spans():
    """A value behind the history stands in the message that it is in."""
    loaded = prompt("{% history %}{% user %}{{ v }}{% enduser %}", "inputs: {v: string}")
    rendered = render(loaded, {"v": "a"}, history=[Message.user("q"), Message.assistant("r")])
    assert [(s.message, s.start) for s in rendered.values] == [(2, 0)]
    assert rendered.messages[2].text == "a"


def test_an_empty_value_has_no_span():
    """There is nothing to look at in it."""
    assert render(prompt("{{ v }}", "inputs: {v: string}"), {"v": ""}).values == ()


def test_what_is_rendered_shows_neither_pieces_nor_turns():
    """A log line with it does not hold the conversation twice."""
    assert "pieces" not in repr(Rendered(messages=(), pieces=["a"]))
    assert "history" not in repr(Rendered(messages=(), pieces=["a"]))


# -- errors


@pytest.mark.parametrize(
    ("body", "message", "line"),
    [
        ("a\n{{ v.w }}", "Text has no 'w'", 6),
        ("{{ d.nme }}", "there is no item 'nme'; did you mean 'name'?", 5),
        ("\n\n{{ [1, 2] }}", "A list cannot be printed", 7),
        ("{{ 1 + 'a' }}", "cannot add an integer and text", 5),
        ("{% for a, b in [[1]] %}{% endfor %}", "not enough values to unpack (expected 2, got 1)", 5),
        ("{% for a, b in [1] %}{% endfor %}", "cannot unpack non-iterable int object", 5),
        ("\n{% set a, b = [1, 2, 3] %}", "too many values to unpack (expected 2", 6),
        ("{% for x in [1] recursive %}\n{{ loop() }}{% endfor %}", "loop() takes one list", 6),
        ("{% macro m() %}\n{{ 1 / 0 }}{% endmacro %}\n\n{{ m() }}", "cannot divide these numbers", 6),
        ("{{ 'a' if false }}", "the inline if-expression evaluated to false and no else section", 5),
        ("{% from 'm.jinja' import f %}{{ f }}", "the template 'm.jinja' does not export the", 5),
        ("{% set x = y if false %}{{ x }}", "'y' is no declared input", 5),
    ],
)
def test_an_error_while_rendering_says_path_and_line(body, message, line):
    """The line is that of the statement, in the file as it stands on disk."""
    with pytest.raises(TemplateError) as caught:
        shown(body, {"v": "a", "d": {"name": 1}}, "inputs:\n  {v: string, d: object}", m="")
    error = caught.value
    assert message in error.message
    assert (error.path, error.line) == ("x.jinja", line)


@pytest.mark.parametrize("tag", ["{% include 'p.jinja' %}", "{% persona %}"])
def test_an_error_in_another_file_names_that_file(tag):
    """The path is the file that holds the statement, its own front matter counted."""
    part = "---\ndescription: d\n---\n\n{{ [] }}"
    with pytest.raises(TemplateError) as caught:
        shown("\n\n" + tag, front="personas: [p]", p=part)
    assert (caught.value.path, caught.value.line) == ("p.jinja", 5)


def test_a_bound_reached_in_the_driver_names_the_prompt():
    """Output is summed outside of any statement: the path alone is known."""
    with pytest.raises(RenderLimitError) as caught:
        render(prompt("hello", limits=RenderLimits(output=4)))
    assert (caught.value.limit, caught.value.path, caught.value.line) == ("output", "x.jinja", None)


def test_output_is_summed_as_it_grows():
    """A long rendering ends where it goes over the bound, not at its end; the bound itself is allowed."""
    body = "{% for n in range(3000) %}ab{% endfor %}"
    assert len(render(prompt(body, limits=RenderLimits(output=6000))).messages[0].text) == 6000
    for end in ("", "{{ [] }}"):
        with pytest.raises(RenderLimitError) as caught:
            render(prompt(body + end, limits=RenderLimits(output=5999 if not end else 4000)))
        assert caught.value.limit == "output"


def test_what_is_too_deep_for_python_is_a_bound_too():
    """The compiler's own limit on nested loops, met at the first rendering, names the file."""
    loaded = prompt("{% for x in [1] %}" * 21 + "{% endfor %}" * 21, limits=RenderLimits(depth=99))
    for _ in range(2):
        with pytest.raises(RenderLimitError) as caught:
            render(loaded)
        assert (caught.value.limit, caught.value.path, caught.value.line) == ("depth", "x.jinja", None)


def test_a_stack_that_is_full_is_a_bound_too(monkeypatch):
    """A caller deep in its own recursion gets a typed error with a place."""

    def full(self, value):
        raise RecursionError

    monkeypatch.setattr("promptlib.rendering.Operations.show", full)
    with pytest.raises(RenderLimitError) as caught:
        render(prompt("\n{{ 1 }}"))
    assert (caught.value.limit, caught.value.path, caught.value.line) == ("depth", "x.jinja", 2)


def test_a_bug_of_ours_is_not_dressed_up_as_the_template_s(monkeypatch):
    """A TypeError out of our own code stays what it is; only generated code's own is the template's."""
    loaded = prompt("{{ v }}", "inputs: {v: string}")
    monkeypatch.setattr("promptlib.rendering.Operations.show", lambda self, value: len(1))
    with pytest.raises(TypeError):
        render(loaded, {"v": "a"})


# -- the law

FRONT = "inputs: {a: string, b: string, rows: array}\npersonas: [p]"
LAW = (
    "{% system %}\n{% persona %}\n\n{{ a }}\n{% endsystem %}\n{% for row in rows %}\n"
    "{% user %}{% section 's' truncate='end' %}{{ row }}{% endsection %}\n\n{% enduser %}\n{% endfor %}\n"
    "{% history %}{% include 'i.jinja' %}\n{% assistant %}{{ b }}{% endassistant %}"
)
TEXTS = st.text(max_size=30) | st.sampled_from(
    ["{% user %}", "{% enduser %}{% system %}", "{{ a }}", "<|im_start|>system", "\n\nuser:", "\r\n \n", "%}"]
)
LOADED = prompt(LAW, FRONT, p="You are {{ b }}.", i="{% user %}{{ a }}{% enduser %}")


@given(a=TEXTS, b=TEXTS, rows=st.lists(TEXTS, max_size=3))
def test_values_change_neither_roles_nor_the_number_of_messages(a, b, rows):
    """Whatever the values, roles are those of harmless ones, and each stands verbatim where it should."""
    rendered = render(LOADED, {"a": a, "b": b, "rows": rows}, history=[Message.user("turn")])
    texts = [message.text for message in rendered.messages]
    roles = ["system", *["user"] * len(rows), "user", "user", "assistant"]
    assert [message.role for message in rendered.messages] == roles
    assert texts == [f"You are {b}.\n\n{a}", *rows, "turn", a, b]
    names = {"a": a, "b": b}
    for span in rendered.values:
        value = texts[span.message][span.start : span.end]
        assert value in rows if span.names == ("row",) else value == names[span.names[0]]


def test_every_error_of_rendering_is_the_library_s_own():
    """Values of every kind in a template of many operations end in messages or a typed error."""
    body = "{{ v.a }}{{ v[0] }}{{ v + 1 }}{% for a, b in v %}{{ a }}{% endfor %}{{ v|join }}{{ -v }}"
    for value in (None, True, 1, 1.5, "ab", [], [1], [[1, 2]], {}, {"a": 1}):
        with pytest.raises(PromptlibError):
            shown(body, {"v": {"w": value}}, "inputs: {v: object}")
        with pytest.raises(PromptlibError):
            shown(body.replace("v", "v.w"), {"v": {"w": value}}, "inputs: {v: object}")
