"""The one environment: what it knows, what it refuses, and how a file runs in it."""

import pytest
from jinja2 import nodes
from jinja2.exceptions import TemplateNotFound
from jinja2.runtime import StrictUndefined

from promptlib.errors import RenderLimitError
from promptlib.templates import RenderLimits, environment
from promptlib.templates.compiler import OPERATIONS_KEY, Generator, RenderContext
from promptlib.templates.environment import PromptEnvironment
from promptlib.templates.filters import FILTERS
from promptlib.templates.grammar import Tags
from promptlib.templates.limits import DEFAULT_LIMITS, Meter
from promptlib.templates.marks import CLOSE, Open, Printed
from promptlib.templates.operations import GLOBALS, Operations
from promptlib.templates.predicates import TESTS


def started(env, path, **values):
    operations = Operations(Meter(DEFAULT_LIMITS))
    return list(env.start(path, {**GLOBALS, **values, OPERATIONS_KEY: operations}))


def added(env, path, body):
    env.add(path, env.parse(body))
    return env


def test_it_knows_only_what_promptlib_gives_it():
    """Filters, tests, globals and tags are promptlib's own, and nothing else of Jinja's is there."""
    env = PromptEnvironment()
    assert (env.filters, env.tests, env.globals) == (FILTERS, TESTS, GLOBALS)
    assert list(env.extensions) == [Tags.identifier]
    assert env.limits == DEFAULT_LIMITS
    assert PromptEnvironment(RenderLimits(depth=3)).limits.depth == 3


def test_its_tables_are_its_own():
    """What one environment is given reaches no other."""
    PromptEnvironment().filters["new"] = str
    PromptEnvironment().globals["new"] = str
    assert "new" not in FILTERS
    assert "new" not in PromptEnvironment().filters
    assert "new" not in PromptEnvironment().globals


def test_its_settings_are_the_formats():
    """Blocks are trimmed, escaping does not exist, undefined is strict, nothing is folded or cached."""
    env = PromptEnvironment()
    assert (env.trim_blocks, env.lstrip_blocks, env.keep_trailing_newline) == (True, True, False)
    assert (env.autoescape, env.optimized, env.is_async, env.cache) == (False, False, False, None)
    assert (env.undefined, env.newline_sequence, env.sandboxed) == (StrictUndefined, "\n", True)
    assert (env.code_generator_class, env.context_class) == (Generator, RenderContext)


def test_a_file_it_was_not_given_does_not_exist():
    """Only files that were added can be had, by exactly their path."""
    env = added(PromptEnvironment(), "a.jinja", "{{ x }}")
    assert env.get_template("a.jinja") is env.programs["a.jinja"]
    for name in ("b.jinja", "A.jinja", "/etc/passwd", ""):
        with pytest.raises(TemplateNotFound) as caught:
            env.get_template(name)
        assert caught.value.__cause__ is None
        assert caught.value.name == name


def test_a_file_runs_to_pieces_with_its_marks():
    """Text, marks and printed values come in order, a value behind the mark that says what it reads."""
    env = added(PromptEnvironment(), "a.jinja", "{% user %}Hi {{ name }}!{% enduser %}")
    pieces = [piece for run in started(env, "a.jinja", name="Ada") for piece in run]
    opened, text, printed, value, rest, closed = pieces
    assert (type(opened), opened.role, text, value, rest) == (Open, "user", "Hi ", "Ada", "!")
    assert (type(printed), printed.names, printed.pure) == (Printed, ("name",), True)
    assert closed is CLOSE


def test_each_printed_value_has_a_mark_of_its_own():
    """Two expressions have two marks, each with its own names."""
    env = added(PromptEnvironment(), "a.jinja", "{{ a }}{{ b ~ '!' }}")
    marks = [
        piece for run in started(env, "a.jinja", a="1", b="2") for piece in run if type(piece) is Printed
    ]
    assert [(mark.names, mark.pure) for mark in marks] == [(("a",), True), (("b",), False)]


def test_a_file_of_text_alone_runs_without_code(monkeypatch):
    """Plain text needs no context; what holds anything else runs its code."""
    env = added(PromptEnvironment(), "plain.jinja", "Be kind.\nBe short.")
    added(env, "value.jinja", "Be {{ x }}")
    added(env, "block.jinja", "{% if x %}a{% endif %}")
    added(env, "tag.jinja", "a{% cache %}")
    added(env, "empty.jinja", "")
    monkeypatch.setattr(environment, "RenderContext", None)
    assert [piece for run in started(env, "plain.jinja") for piece in run] == ["Be kind.\nBe short."]
    assert [piece for run in started(env, "empty.jinja") for piece in run] == []
    for path in ("value.jinja", "block.jinja", "tag.jinja"):
        with pytest.raises(TypeError):
            started(env, path, x="x")


def test_code_that_grows_too_large_is_refused(monkeypatch):
    """The generated source is bounded, the bound included, by the bound on nodes."""
    env = PromptEnvironment(RenderLimits(nodes=77))
    tree = env.parse("{{ x }}")
    generator = Generator(env, "a.jinja", "a.jinja")
    generator.visit(env.parse("{{ x }}"))
    size = len(generator.stream.getvalue())
    monkeypatch.setattr(environment, "_CODE_SIZE", size)
    env.add("a.jinja", tree)
    monkeypatch.setattr(environment, "_CODE_SIZE", size - 1)
    with pytest.raises(RenderLimitError) as caught:
        env.add("b.jinja", env.parse("{{ x }}"))
    assert (caught.value.limit, caught.value.bound) == ("nodes", 77)
    assert "b.jinja" not in env.programs


def test_the_usual_bound_on_code_is_four_mebibytes():
    """The bound is far above what any template within the other bounds makes of itself."""
    assert environment._CODE_SIZE == 4 * 1024 * 1024


def test_compiled_files_know_the_globals_and_their_own_name():
    """A compiled file is named by its path, and may call the two globals."""
    env = added(PromptEnvironment(), "a.jinja", "{{ range(3)|join }}")
    assert env.programs["a.jinja"].name == "a.jinja"
    assert env.programs["a.jinja"].globals == GLOBALS
    assert "".join(started(env, "a.jinja")[0]) == "012"
    assert isinstance(env.eval_ctx, nodes.EvalContext)
    assert env.eval_ctx.autoescape is False
