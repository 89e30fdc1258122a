"""Generated code: every operation goes through the metered ones, and nothing is computed before its time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from jinja2 import nodes

from promptlib.errors import RenderLimitError, TemplateError
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, RenderLimits, load
from promptlib.templates.compiler import (
    OPERATIONS_KEY,
    Generator,
    RenderContext,
    is_mark,
    is_persona,
    provenance,
)
from promptlib.templates.environment import PromptEnvironment
from promptlib.templates.limits import Meter
from promptlib.templates.marks import Section
from promptlib.templates.operations import Operations
from promptlib.templates.template import _prepare

GOLDEN = Path(__file__).parent / "compiled.txt"
SMALL = """{% system %}
You are {{ name|title }}.
{% endsystem %}
{% for row in rows %}
{% user %}{% section "row" priority=1 %}{{ row.text ~ '!' }}{% endsection %}{% enduser %}
{% endfor %}
{% user %}
{{ rows[0]['text'][:3] + name }}
{% if total > 1 + 2 * 3 and total is even %}
{% include "more.jinja" %}

{% endif %}
{% enduser %}
"""


def generator(body):
    """The generator of a body, its code written."""
    environment = PromptEnvironment()
    tree = environment.parse(body)
    _prepare(tree)
    found = Generator(environment, "x.jinja", "x.jinja")
    found.visit(tree)
    return found


def code(body):
    return generator(body).stream.getvalue()


def lines(body):
    """The stripped lines of the root function's code."""
    return [line.strip() for line in code(body).splitlines()]


def rendered(body, inputs=None, front="", limits=None, **files):
    head = f"---\n{front}\n---\n" if front else ""
    sources = {"x.jinja": head + body, **{f"{name}.jinja": text for name, text in files.items()}}
    held = MemoryFiles({path: text.encode() for path, text in sources.items()})
    return render(load(held, "x", limits=limits or RenderLimits()), inputs)


def text(body, inputs=None, front="", **files):
    return rendered(body, inputs, front, **files).messages[0].text


def test_generated_code_is_what_it_was():
    """Rendering rests on private hooks of Jinja: a version that calls them otherwise is seen here first."""
    assert code(SMALL) + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_the_golden_template_renders():
    """What the golden code says is what comes out."""
    front = "inputs: {name: string, rows: array, total: integer}"
    inputs = {"name": "ada", "rows": [{"text": "hello"}], "total": 8}
    found = rendered(SMALL, inputs, front, more="more")
    assert [(m.role, m.text) for m in found.messages] == [
        ("system", "You are Ada."),
        ("user", "hello!"),
        ("user", "helada\nmore"),
    ]


# -- what calls what


@pytest.mark.parametrize(
    ("expression", "call"),
    [
        ("a + b", "p_add(a, b, )"),
        ("a - b", "p_sub(a, b, )"),
        ("a * b", "p_mul(a, b, )"),
        ("a / b", "p_div(a, b, )"),
        ("a // b", "p_floordiv(a, b, )"),
        ("a % b", "p_mod(a, b, )"),
        ("a ** b", "p_pow(a, b, )"),
        ("-a", "p_neg(a, )"),
        ("+a", "p_pos(a, )"),
        ("a ~ b ~ 1", "p_concat((a, b, 1, ))"),
        ("a == b", "p_compare(a, 'eq', b)"),
        ("a != b", "p_compare(a, 'ne', b)"),
        ("a < b <= 1", "p_compare(a, 'lt', b, 'lteq', 1)"),
        ("a > b >= 1", "p_compare(a, 'gt', b, 'gteq', 1)"),
        ("a in b", "p_compare(a, 'in', b)"),
        ("a not in b", "p_compare(a, 'notin', b)"),
        ("a.b", "p_attr(a, 'b')"),
        ("a['b']", "p_item(a, 'b', )"),
        ("a[b]", "p_item(a, b, )"),
        ("a[1:2:3]", "p_slice(a, 1, 2, 3, )"),
        ("a[:b]", "p_slice(a, None, b, None, )"),
        ("a[::]", "p_slice(a, None, None, None, )"),
        ("[a, b]", "p_made([a, b, ])"),
        ("(a, b)", "p_made([a, b, ])"),
        ("{'a': b}", "p_display({'a': b})"),
        ("a|trim", "p_made(t_1(p, a))"),
        ("a|trim(b)", "p_made(t_1(p, a, b))"),
        ("a|replace(old=b, new='c')", "p_made(t_1(p, a, old=b, new='c'))"),
        ("a is defined", "t_1(p, a)"),
        ("a is even", "t_1(p, a)"),
        ("a is divisibleby(b)", "t_1(p, a, b)"),
        ("a(b, c=1)", "p_call(a, b, c=1)"),
        ("not a", "(not a)"),
        ("a and b", "(a and b)"),
        ("a if b else 1", "(a if b else 1)"),
    ],
)
def test_each_expression_is_one_metered_call(expression, call):
    """No operator, lookup, display or call is Python's own, but truth and choice."""
    written = code("{{ " + expression + " }}")
    for name in "ab":
        written = written.replace(
            f"(undefined(name='{name}') if l_0_{name} is missing else l_0_{name})", name
        )
    printed = next(line.strip() for line in written.splitlines() if "p_show(" in line)
    assert printed == f"V0, p_show({call}, ),"


def test_only_what_a_file_uses_is_fetched():
    """Fetching all operations in every function would cost more than most prompts do."""

    def fetched(body):
        return {line.split(" = p.")[1] for line in lines(body) if line.startswith("p_") and " = p." in line}

    assert fetched("{% set b = a %}") == set()
    assert fetched("{{ a }}") == {"show"}
    assert fetched("{{ a.b }}") == {"show", "attr"}
    assert fetched("{{ a[1] }}") == {"show", "item", "slice"}
    assert fetched("{% set b = a|trim %}") == {"made"}
    assert fetched("{% set b = {} %}{% set c = [1] %}{% set d = (1, 2) %}") == {"display", "made"}
    assert fetched("{% for b in a %}{% endfor %}") == {"buffer", "passes"}
    assert fetched("{% macro m() %}{% endmacro %}") == {"buffer"}
    assert fetched("{% set b %}{% endset %}") == {"buffer", "made"}
    assert fetched("{% filter trim %}{% endfilter %}") == {"buffer", "made"}
    assert fetched("{% set b = a() %}") == {"call"}
    assert fetched("{% call a() %}{% endcall %}") == {"buffer", "call"}
    assert fetched("{% if a == 1 %}{% endif %}") == {"compare"}
    assert fetched("{% set b = a ~ 1 %}") == {"concat"}


def test_every_function_of_a_file_fetches_what_it_calls():
    """Blocks are functions of their own."""
    written = code("{% block b %}{{ x + 1 }}{% endblock %}")
    assert written.count("p_add = p.add") == 2
    assert written.count("p = context.operations") == 2


# -- nothing is folded


@pytest.mark.parametrize(
    "body",
    [
        "{{ 'a'|center(100000000) }}",
        "{{ 9 ** (9 ** 7) }}",
        "{{ 'a' * 100000000 }}",
        "{% if false %}{{ range(100000000)|join }}{% endif %}",
        "{% set a = 'a' * 100000000 ~ 'b' %}",
        "{{ [1] * 100000000 }}",
        "{{ 'a'|upper }}{{ 1 + 1 }}{{ -1 }}{{ 2 > 1 }}{{ 'a' ~ 'b' }}",
    ],
)
def test_nothing_is_computed_when_it_is_compiled(body):
    """Constants stay expressions, in dead branches too."""
    start = time.thread_time()
    written = code(body)
    assert time.thread_time() - start < 0.5
    assert len(written) < 5000
    assert "p_" in written
    assert "'A'" not in written


def test_literals_are_printed_like_values():
    """A literal goes through show() as well, behind a mark without names."""
    pieces = rendered("{{ 'a' }}b{{ 1 }}").pieces
    assert [str.__str__(piece) for piece in pieces if type(piece) is str] == ["a", "b", "1"]


# -- output


def test_runs_of_output_are_one_step_of_the_stream():
    """Text, marks and values between two statements are yielded together."""
    assert code("a{{ b }}c{% user %}d{{ e }}{% enduser %}").count("yield (") == 1
    assert code("a{% if b %}c{% endif %}d").count("yield (") == 3


def test_the_persona_is_a_step_of_its_own():
    """It is another file's stream, put in where it stands."""
    written = lines("{% user %}a{% persona %}b{% enduser %}")
    assert "yield from p.persona(context)" in written
    assert written.count("yield (") == 2


def test_in_a_buffer_values_come_without_marks():
    """Jinja joins a buffer to one text; the marks would be lost, and are not made."""
    macro = "{% macro m(a) %}x{{ a }}{% endmacro %}"
    assert "p_show(l_1_a, )," in code(macro)
    assert generator(macro).printed == []
    assert "t_1 = p_buffer()" in code(macro)
    assert "t_1.extend((" in code(macro)


def test_what_jinja_prints_by_itself_has_marks_too():
    """The text of a call block, a filter block and a recursive loop is a printed value with its names."""
    front = "inputs: {v: string, rows: array}"
    call = "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ v }}{% endcall %}"
    found = rendered(call, {"v": "ab", "rows": []}, front)
    assert [(s.names, s.pure, s.end) for s in found.values] == [(("m", "v"), False, 2)]
    found = rendered("{% filter upper %}{{ v }}{% endfilter %}", {"v": "ab", "rows": []}, front)
    assert [(s.names, s.pure) for s in found.values] == [(("v",), False)]
    found = rendered("{% for r in rows recursive %}{{ r }}{% endfor %}", {"v": "", "rows": ["ab"]}, front)
    assert [(s.names, s.pure) for s in found.values] == [(("r", "rows"), False)]


def test_such_text_inside_a_buffer_is_just_text():
    """A call block in a macro, and a filter block in a set block."""
    body = "{% macro m() %}[{{ caller() }}]{% endmacro %}"
    body += "{% macro n() %}{% call m() %}a{% endcall %}{% endmacro %}{{ n() }}"
    assert text(body) == "[a]"
    assert text("{% set x %}{% filter upper %}b{% endfilter %}{% endset %}{{ x }}") == "B"


def test_a_file_that_extends_gives_no_output_of_its_own():
    """Only its blocks are written."""
    assert "yield (" not in code("{% extends 'b.jinja' %}\n\n{# c #}\n").split("parent_template.root")[0]
    assert (
        text("{% extends 'b.jinja' %}\n\n{% block a %}x{% endblock %}\n", b="<{% block a %}{% endblock %}>")
        == "<x>"
    )


def test_blocks_and_includes_pass_their_pieces_on():
    """In the stream as they are; in a buffer they extend it."""
    part = "{{ v }}{% cache %}"
    found = rendered("a{% include 'p.jinja' %}", {"v": "b"}, "inputs: {v: string}", p=part)
    assert [span.names for span in found.values] == [("v",)]
    assert found.messages[0].text == "ab"
    body = "{% set x %}{% include 'p.jinja' %}{% block b %}{{ v }}{% endblock %}{% endset %}[{{ x }}]"
    assert text(body, {"v": "b"}, "inputs: {v: string}", p="{{ v }}") == "[bb]"


# -- filter and set blocks


def test_a_filter_block_works_on_what_was_buffered():
    """Its filters chain, with arguments, and what they make is paid for."""
    assert text("{% filter trim|replace('a', 'b') %} a{{ 'a' }} {% endfilter %}") == "bb"
    assert text("{% set x | upper %}a{{ 'b' }}{% endset %}{{ x }}") == "AB"
    with pytest.raises(RenderLimitError) as caught:
        rendered("{% filter center(9) %}a{% endfilter %}", limits=RenderLimits(value=8))
    assert caught.value.limit == "value"
    with pytest.raises(RenderLimitError):
        rendered("{% set x %}{{ 'abcd' }}{{ 'abcde' }}{% endset %}", limits=RenderLimits(value=8))


# -- marks of tags with arguments


def test_a_section_written_out_is_a_constant():
    """Its mark is made once, when the file is compiled."""
    found = generator("{% user %}{% section 'a' priority=2 truncate='end' %}{% endsection %}{% enduser %}")
    (mark,) = found.printed
    assert (type(mark), mark.name, mark.priority, mark.truncate) == (Section, "a", 2, "end")
    assert "section" not in found.stream.getvalue().replace("end_section", "")


@pytest.mark.parametrize(
    "options", ["n", "'a' priority=n", "'a' priority=-1", "'a' priority=1 min_tokens=2 max_tokens=n"]
)
def test_a_section_with_a_computed_option_is_made_each_time(options):
    """One expression among constants is enough."""
    found = generator("{% section " + options + " %}{% endsection %}")
    assert found.printed == []
    assert "M_section(p, " in found.stream.getvalue()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("1", "a section's name is text, not an integer"),
        ("'a' truncate='up'", "truncate is one of no, start, middle, end"),
        ("'a' min_tokens='5'", "a section's min_tokens is an integer from 0, not text"),
        ("'a' priority=true", "a section's priority is an integer from 0, not a boolean"),
    ],
)
def test_a_wrong_section_is_told_with_its_line(options, message):
    """Also where all its options are constants."""
    with pytest.raises(TemplateError) as caught:
        rendered("{% user %}\n\n{% section " + options + " %}{% endsection %}{% enduser %}")
    assert (caught.value.message, caught.value.path, caught.value.line) == (message, "x.jinja", 3)


# -- what loops run over, what imports see


def test_what_a_loop_runs_over_is_paid_for():
    """In plain loops, filtered ones, and at each level of a recursive one."""
    limits = RenderLimits(iterations=3)
    rendered("{% for x in [1, 2] if x > 1 %}{% endfor %}", limits=limits)
    for body in (
        "{% for x in [1, 2, 3] if x > 5 %}{% endfor %}",
        "{% for x in [1, 2, 3] recursive %}{% endfor %}",
        "{% for x in [[1, 2]] recursive %}{{ loop(x) if x is sequence else '' }}{% endfor %}",
    ):
        with pytest.raises(RenderLimitError) as caught:
            rendered(body, limits=limits)
        assert caught.value.limit == "iterations"


def test_a_loop_over_examples_is_paid_for_like_any_other():
    """Also in else branches and nested bodies."""
    body = "{% if true %}{% for x in [1] %}{% for y in 'ab' %}{% endfor %}{% endfor %}{% endif %}"
    with pytest.raises(TemplateError) as caught:
        rendered(body)
    assert caught.value.message == "cannot loop over text"


def test_names_unpack_what_a_loop_or_set_gives():
    """Targets stay Python's own tuples."""
    body = "{% for a, (b, c) in rows %}{{ a }}{{ b }}{{ c }}{% endfor %}{% set d, e = 'xy' %}{{ e }}"
    assert text(body, {"rows": [[1, [2, 3]]]}, "inputs: {rows: array}") == "123y"


def test_imports_see_the_context():
    """With or without saying so, names set before included; `without context` says nothing else."""
    macro = "{% macro f() %}{{ v }}{{ w }}{% endmacro %}"
    for how in ("", " with context", " without context"):
        body = "{% set w = '!' %}{% from 'm.jinja' import f" + how + " %}{{ f() }}"
        assert text(body, {"v": "a"}, "inputs: {v: string}", m=macro) == "a!"


# -- the context


def test_a_context_is_paid_for_and_knows_its_operations():
    """Each file that is put in costs an iteration, so that doubling includes end."""
    environment = PromptEnvironment()
    operations = Operations(Meter(RenderLimits(iterations=1)))
    parent = {OPERATIONS_KEY: operations, "a": 1}
    context = RenderContext(environment, parent, "x.jinja", {"b": "block"})
    assert context.operations is operations
    assert (context.parent, context.name, context.environment) == (parent, "x.jinja", environment)
    assert (context.vars, context.exported_vars, context.globals_keys) == ({}, set(), set())
    assert context.blocks == {"b": ["block"]}
    assert context.eval_ctx is environment.eval_ctx
    assert (context.resolve("a"), context.get_all()) == (1, parent)
    with pytest.raises(RenderLimitError):
        RenderContext(environment, parent, "x.jinja", {})
    assert not OPERATIONS_KEY.isidentifier()


def test_includes_that_double_are_bounded():
    """Thirty files that each include the next twice would run for years."""
    files = {f"p{n}": f"{{% include 'p{n + 1}.jinja' %}}" * 2 for n in range(30)}
    with pytest.raises(RenderLimitError) as caught:
        rendered("{% include 'p0.jinja' %}", **files, p30="")
    assert caught.value.limit == "iterations"


# -- what expressions hold


def expression(source):
    tree = PromptEnvironment().parse("{{ " + source + " }}")
    return tree.body[0].nodes[0]


@pytest.mark.parametrize(
    ("source", "names", "pure"),
    [
        ("a", ("a",), True),
        ("a.b['c'][0]", ("a",), True),
        ("a|upper|trim", ("a",), True),
        ("a.b|tojson", ("a",), True),
        ("a[b]", ("a", "b"), True),
        ("a|trim('x')", ("a",), False),
        ("a|sort(reverse=true)", ("a",), False),
        ("a|default", ("a",), False),
        ("a|replace('a', b)", ("a", "b"), False),
        ("a ~ b", ("a", "b"), False),
        ("m(a)", ("a", "m"), False),
        ("'a'", (), False),
        ("'a'|upper", (), False),
        ("[a]", ("a",), False),
        ("a if b else c", ("a", "b", "c"), False),
    ],
)
def test_where_an_expressions_text_comes_from(source, names, pure):
    """The names it reads; pure where its text can hold nothing but what they hold."""
    assert provenance(expression(source)) == (names, pure)


def test_marks_are_told_from_values():
    """Only tags of ours are marks; of these only one is the persona."""
    tree = PromptEnvironment().parse("{{ a }}{% cache %}{% image a %}{% persona %}{{ b() }}")
    pieces = [node for output in tree.body for node in output.nodes]
    assert [is_mark(piece) for piece in pieces] == [False, True, True, True, False]
    assert [is_persona(output) for output in tree.body] == [False, False, False, True, False]


def test_an_operator_that_jinja_adds_is_not_let_through():
    """A comparison that is none of the known ones cannot be compiled."""
    environment = PromptEnvironment()
    compare = nodes.Compare(nodes.Const(1), [nodes.Operand("is", nodes.Const(1))])
    tree = nodes.Template([nodes.Output([compare], lineno=1)], lineno=1).set_environment(environment)
    with pytest.raises(nodes.Impossible):
        Generator(environment, "x", "x").visit(tree)
