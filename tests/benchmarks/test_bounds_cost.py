"""What the bounds cost: promptlib's metered environment against the same mark stream on Jinja's own sandbox.

Both copy and check the same inputs, run the same templates to the same marks, and assemble messages
from them; the stock side has Jinja's own code generator, item access, filters, loops and calls, and
no bound on anything. It is what promptlib would be without `templates/compiler.py`,
`templates/operations.py` and `templates/limits.py`.
"""

import pytest
from compare import medians, table
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptlib.messages import text_message
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, load
from promptlib.templates.grammar import Tags, _keep_line_ends
from promptlib.templates.inputs import accept
from promptlib.templates.marks import Close, Open, without_first_lines, without_last_lines

pytestmark = pytest.mark.benchmark

WORDS = "The council has approved a second bridge over the river after nine years of argument. "

TINY = (
    "inputs: {name: string, question: string, tone: {type: string, default: calm}}",
    """{% system %}
You are {{ name }}. Your tone is {{ tone }}.
{% endsystem %}
{% user %}Hello{% enduser %}
{% assistant %}Hello, what can I do?{% endassistant %}
{% user %}{{ question }}{% enduser %}
{% assistant %}{% endassistant %}
""",
    {"name": "Ada", "question": "How much leave do I have?"},
)
FEW_SHOT = (
    "inputs: {rows: array, article: string}",
    """{% system %}Summarise the article.{% endsystem %}
{% for row in rows %}
{% user %}<article>{{ row.input.article }}</article>{% enduser %}
{% assistant %}{{ row.output }}{% endassistant %}
{% endfor %}
{% user %}<article>{{ article }}</article>{% enduser %}
""",
    {
        "rows": [{"input": {"article": WORDS * 9}, "output": WORDS * 2 + str(n)} for n in range(40)],
        "article": WORDS * 9,
    },
)
MACROS = (
    "inputs: {rows: array}",
    """{% macro field(label, value) %}{{ label|upper }}: {{ value|trim|default('none') }}{% endmacro %}
{% user %}
{% for row in rows %}
- {{ field(row.label, row.value) }} ({{ loop.index }}/{{ loop.length }}, {{ row.value|length }})
{% endfor %}
{% enduser %}
""",
    {"rows": [{"label": f"field {n}", "value": f" {WORDS[: n + 10]} "} for n in range(40)]},
)


class Value(str):
    """A printed value in the stock stream."""

    __slots__ = ()

    def __str__(self):
        return self


class StockTags(Tags):
    """The same tags, without a look at the tokens and without operations to pass."""

    def filter_stream(self, stream):
        return _keep_line_ends(iter(stream))


def stock(front, body, inputs):
    """The same prompt on the stock sandbox, with marks and values apart in its stream."""
    declared = load(MemoryFiles({"x.jinja": f"---\n{front}\n---\n{body}".encode()}), "x").inputs
    environment = ImmutableSandboxedEnvironment(
        extensions=[StockTags],
        finalize=lambda value: value if isinstance(value, Open | Close) else Value(value),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.from_string(body)

    def run():
        values = accept(declared, inputs, name="x").values
        return _assembled(list(template.root_render_func(template.new_context(values))))

    return run


def _assembled(pieces):
    found = []
    start = 0
    for index, piece in enumerate(pieces):
        kind = type(piece)
        if kind is Open:
            start = index
        elif kind is Close:
            inner = pieces[start + 1 : index]
            if inner and type(inner[0]) is str:
                inner[0] = without_first_lines(inner[0])
            if inner and type(inner[-1]) is str:
                inner[-1] = without_last_lines(inner[-1])
            found.append(text_message(pieces[start].role, "".join(inner)))
    return tuple(found)


def ours(front, body, inputs):
    """The prompt as promptlib renders it."""
    template = load(MemoryFiles({"x.jinja": f"---\n{front}\n---\n{body}".encode()}), "x")
    return lambda: render(template, inputs).messages


@pytest.mark.parametrize("prompt", [TINY, FEW_SHOT, MACROS], ids=["tiny", "few-shot", "macros"])
def test_bounds_cost_at_most_a_tenth(prompt, request):
    """Every bound together costs at most 10 % over the same mark stream on the stock sandbox."""
    mine, theirs = ours(*prompt), stock(*prompt)
    assert mine() == theirs()
    times = medians({"promptlib, bounded": mine, "stock sandbox, marks, no bounds": theirs}, rounds=41)
    print(table(request.node.callspec.id, times, "stock sandbox, marks, no bounds"))
    assert times["promptlib, bounded"] <= 1.1 * times["stock sandbox, marks, no bounds"]
