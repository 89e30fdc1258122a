"""Every way in which an input's text can reach a printed name is followed."""

import pytest

from promptlib.templates import MemoryFiles, load

FRONT = "---\ninputs: {a: string, b: string, rows: array}\n---\n"


def origins(body, **files):
    sources = {"x.jinja": FRONT + body, **{f"{name}.jinja": text for name, text in files.items()}}
    return load(MemoryFiles({path: text.encode() for path, text in sources.items()}), "x").origins


@pytest.mark.parametrize(
    ("body", "name", "reached"),
    [
        ("{% set x = a %}{{ x }}{{ b }}{{ rows|length }}", "x", {"a"}),
        ("{% set x = a %}{% set y = x ~ '!' %}{{ y }}", "y", {"a"}),
        ("{% set x %}<{{ a }}>{% endset %}{{ x }}", "x", {"a"}),
        ("{% for row in rows %}{{ row }}{% endfor %}", "row", {"rows"}),
        ("{% for k, v in rows %}{{ v }}{% endfor %}", "v", {"rows"}),
        ("{% for row in rows %}{{ loop.previtem }}{% endfor %}", "loop", {"rows"}),
        ("{% with x = b %}{{ x }}{% endwith %}", "x", {"b"}),
        ("{% macro m(t) %}{{ t }}{% endmacro %}{{ m(a) }}", "t", {"a"}),
        ("{% macro m() %}{{ b }}{% endmacro %}{{ m() }}", "m", {"b"}),
        ("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ a }}{% endcall %}", "caller", {"a"}),
        ("{% set ns = namespace() %}{% set ns.x = a %}{{ ns.x }}", "ns", {"a"}),
    ],
)
def test_a_name_reaches_back_to_the_inputs_it_holds(body, name, reached):
    """set, for, with, macros, calls and namespaces are followed back to the inputs."""
    assert reached <= origins(body)[name]


def test_an_imported_macro_reaches_what_its_caller_gives_it():
    """A macro of another file, under its own name, another name or a module's, is followed too."""
    macro = "{% macro show(t) %}{{ t }}{% endmacro %}"
    assert "a" in origins("{% from 'm.jinja' import show as s %}{{ s(a) }}", m=macro)["s"]
    assert "a" in origins("{% import 'm.jinja' as m %}{{ m.show(a) }}", m=macro)["t"]


def test_inputs_that_never_meet_are_kept_apart():
    """An input that reaches a name through nothing is not among its origins."""
    assert origins("{% set x = a %}{{ x }}{{ b }}{{ rows|length }}")["x"] == {"a"}


def test_a_long_chain_of_names_is_followed_at_once():
    """Each name is handed on once: a thousand names in the wrong order take no thousand rounds."""
    chain = "".join(f"{{% set n{index} = n{index + 1} %}}" for index in range(1000))
    found = origins(chain + "{% set n1000 = a ~ b %}{{ n0 }}")
    assert found["n0"] == found["n1000"] == {"a", "b"}


def test_names_that_read_each_other_share_their_inputs():
    """A circle of names ends, and all of it has what any of it reads."""
    found = origins("{% set x = a %}{% set y = x %}{% set x = y ~ b %}{% set z = 1 %}{{ y }}")
    assert (found["x"], found["y"], found["z"]) == ({"a", "b"}, {"a", "b"}, set())
