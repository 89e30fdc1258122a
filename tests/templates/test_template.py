"""Loading: every file a prompt names, linked once, frozen under one digest, compiled when first used."""

from __future__ import annotations

import hashlib
import threading

import pytest

from promptlib.errors import PromptlibError, RenderLimitError, TemplateError
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, RenderLimits, load
from promptlib.templates.limits import Meter
from promptlib.templates.operations import Operations
from promptlib.types import canonical_json


class Held(MemoryFiles):
    """Files in memory that note what was read."""

    def __init__(self, files):
        super().__init__({path: text.encode() for path, text in files.items()})
        self.read_paths = []

    def read(self, path):
        self.read_paths.append(path)
        return super().read(path)


def load_files(body, front="", limits=None, **others):
    """The prompt a/x of a body; other files by path, `__` for `/`, suffix left out."""
    head = f"---\n{front}\n---\n" if front else ""
    files = {"a/x.jinja": head + body}
    files |= {f"{name.replace('__', '/')}.jinja": text for name, text in others.items()}
    return load(Held(files), "a/x", limits=limits or RenderLimits())


def problems(body, front="", **others):
    """Path, line, column and message of each problem, in order."""
    with pytest.raises(TemplateError) as caught:
        load_files(body, front, **others)
    found = caught.value.problems or (caught.value,)
    return [(p.path, p.line, p.column, p.message) for p in found]


# -- what a prompt is made of


def test_files_are_all_that_a_release_would_freeze():
    """Template, partials of every kind, personas, examples and tools, each with its SHA-256."""
    front = "personas: [people/*, q]\nexamples: {file: e.jsonl}\ntools: [../tools/t.json]\ncases: c.jsonl"
    files = {
        "a/x.jinja": f"---\n{front}\n---\n{{% extends 'b.jinja' %}}{{% import 'm.jinja' as m %}}",
        "b.jinja": "{% include 'i.jinja' %}",
        "i.jinja": "{% from 'm.jinja' import f %}{% include 'i2.jinja' %}",
        "i2.jinja": "",
        "m.jinja": "{% macro f() %}{% endmacro %}",
        "people/one.jinja": "{% include 'i2.jinja' %}",
        "people/two.jinja": "",
        "q.jinja": "",
        "a/e.jsonl": '{"input": 1, "output": 2}\n',
        "a/c.jsonl": "",
        "tools/t.json": '{"name": "t", "description": "d"}',
        "unused.jinja": "",
    }
    held = Held(files)
    loaded = load(held, "a/x")
    named = sorted(set(files) - {"a/c.jsonl", "unused.jinja"})
    assert list(loaded.files) == named
    assert loaded.files == {path: hashlib.sha256(files[path].encode()).hexdigest() for path in named}
    assert sorted(held.read_paths) == named
    assert dict(loaded.personas) == {
        "people/one": "people/one.jinja",
        "people/two": "people/two.jinja",
        "q": "q.jinja",
    }
    assert [tool.name for tool in loaded.tools] == ["t"]
    assert loaded.rows == [{"input": 1, "output": 2, "tags": [], "id": None}]
    assert (loaded.name, loaded.path, loaded.implicit, loaded.output) == ("a/x", "a/x.jinja", True, None)
    manifest = {"format": 1, "entry": "a/x.jinja", "files": dict(loaded.files)}
    assert loaded.digest == hashlib.sha256(canonical_json(manifest).encode()).hexdigest()


def test_the_digest_changes_with_any_file_and_with_nothing_else():
    """A changed part is another version; a file that is not named is none of it."""
    digests = {
        load_files("{% include 'p.jinja' %}", p=part, unused=unused).digest
        for part, unused in [("a", "1"), ("a", "2"), ("b", "1")]
    }
    assert len(digests) == 2


def test_a_schema_of_the_output_is_kept():
    """`output: {schema}` is the schema that an answer is asked for."""
    schema = "output: {schema: {type: object, properties: {a: {type: string}}}}"
    assert load_files("a", schema).output == {"type": "object", "properties": {"a": {"type": "string"}}}


def test_messages_in_a_part_make_the_prompt_explicit_and_in_a_persona_nothing():
    """Only the files that the document is made of count."""
    assert not load_files("{% include 'p.jinja' %}", p="{% user %}{% enduser %}").implicit
    assert not load_files("{% extends 'p.jinja' %}", p="{% user %}{% enduser %}").implicit
    found = problems("text{% persona %}", "personas: [p]", p="{% user %}{% enduser %}")
    assert [problem[3] for problem in found] == ["a persona holds text, no messages, history or persona"]


def test_a_prompt_without_front_matter_has_none_of_it():
    """Every key may be left out."""
    loaded = load_files("a")
    assert (loaded.personas, loaded.examples, loaded.tools, dict(loaded.inputs)) == ({}, (), (), {})


# -- what it names


@pytest.mark.parametrize(
    ("tag", "column"),
    [
        ("{% include name %}", 4),
        ("{% include ['p.jinja', 'q.jinja'] %}", 4),
        ("{% include 'p' ~ '.jinja' %}", 4),
        ("{% include 1 %}", 4),
        ("{% include 'p.jinja' ignore missing %}", 4),
        ("{% include 'p.jinja' without context %}", 4),
        ("{% import name as m %}", 4),
        ("{% from name import m %}", 4),
        ("{% extends name %}", 4),
    ],
)
def test_a_path_is_written_out(tag, column):
    """A computed, optional or blind name is refused at its tag, with the reason."""
    with pytest.raises(TemplateError) as caught:
        load_files("\n" + tag, "inputs: {name: string}", p="", q="")
    error = caught.value
    assert (error.path, error.line, error.column) == ("a/x.jinja", 5, column)
    assert error.message == "this tag takes one path, written out as text"
    assert error.hint == "Nothing here may be computed, optional or without context."


@pytest.mark.parametrize("tag", ["include 'n.jinja'", "import 'n.jinja' as m", "extends 'n.jinja'"])
def test_a_file_that_is_missing_is_named_at_its_tag(tag):
    """The path is as it is written; the hint says from where it counts."""
    with pytest.raises(TemplateError) as caught:
        load_files("text\n{% " + tag + " %}")
    error = caught.value
    assert (error.path, error.line, error.column) == ("a/x.jinja", 2, 4)
    assert error.message == "n.jinja: there is no such file"
    assert error.hint == "Paths are written from the templates' root, suffix included."


def test_a_file_missing_in_a_part_is_named_in_that_part():
    """The place is where the name stands."""
    assert problems("{% include 'p.jinja' %}", p="\n{% include 'n.jinja' %}")[0][:3] == ("p.jinja", 2, 4)


@pytest.mark.parametrize("path", ["../p.jinja", "/p.jinja", "a/../../p.jinja", ""])
def test_a_path_stays_under_the_root(path):
    """A path that leaves it, or is none, is refused where it stands."""
    assert problems("{% include '" + path + "' %}", p="")[0][:3] == ("a/x.jinja", 1, 4)


def test_a_path_may_be_written_with_dots_inside_the_root():
    """Two ways to write one path are one file."""
    loaded = load_files("{% include 'a/../p.jinja' %}{% include 'p.jinja' %}", p="P")
    assert list(loaded.files) == ["a/x.jinja", "p.jinja"]
    assert render(loaded).messages[0].text == "PP"


def test_an_error_inside_a_part_is_told_in_the_part():
    """A part that cannot be read keeps its own place."""
    found = problems("{% include 'p.jinja' %}", p="---\ninputs: {}\n---\n\n{% if %}")
    assert found[0][:2] == ("p.jinja", 5)
    found = problems("{% include 'p.jinja' %}", p="a\n\0")
    assert found == [("p.jinja", 2, 1, "the file holds a NUL character")]


def test_an_error_inside_a_persona_is_told_in_the_persona():
    """A persona that is there but wrong is not called missing."""
    assert problems("{% persona %}", "personas: [p]", p="a\n\0")[0][:2] == ("p.jinja", 2)


def test_each_file_is_linked_once():
    """However often it is named, it is read and parsed once."""
    files = {
        "x.jinja": "{% include 'p.jinja' %}{% include 'q.jinja' %}{% include 'p.jinja' %}",
        "p.jinja": "{% include 'q.jinja' %}",
        "q.jinja": "",
    }
    held = Held(files)
    load(held, "x")
    assert sorted(held.read_paths) == ["p.jinja", "q.jinja", "x.jinja"]


# -- personas


def test_a_persona_that_is_missing_is_told_with_its_path():
    """The message has the name as declared, the hint the file."""
    with pytest.raises(TemplateError) as caught:
        load_files("{% persona %}", "personas: [people/nobody]")
    assert caught.value.message == "there is no persona 'people/nobody'"
    assert caught.value.hint == "Its file would be people/nobody.jinja, under the templates' root."
    assert (caught.value.path, caught.value.line) == ("a/x.jinja", 1)


@pytest.mark.parametrize("pattern", ["people/*", "peopl?/one", "people/[!o]ne"])
def test_a_pattern_that_matches_nothing_is_an_error(pattern):
    """A prompt whose personas went away is not silently without."""
    found = problems("{% persona %}", f"personas: ['{pattern}']", people__one__deeper="")
    assert found[0] == ("a/x.jinja", 1, None, f"no persona matches {pattern!r}")


def test_a_persona_may_be_a_part_as_well():
    """A file that is a persona and is included is read as both."""
    loaded = load_files("{% persona %}{% include 'p.jinja' %}", "personas: [p]", p="P")
    assert render(loaded).messages[0].text == "PP"


# -- circles and depth


@pytest.mark.parametrize(
    ("body", "files", "place", "circle"),
    [
        ("{% include 'a/x.jinja' %}", {}, ("a/x.jinja", 1), "a/x.jinja -> a/x.jinja"),
        (
            "{% include 'p.jinja' %}",
            {"p": "\n{% include 'a/x.jinja' %}"},
            ("p.jinja", 2),
            "a/x.jinja -> p.jinja -> a/x.jinja",
        ),
        (
            "{% include 'p.jinja' %}",
            {"p": "{% extends 'q.jinja' %}", "q": "{% import 'p.jinja' as m %}"},
            ("q.jinja", 1),
            "p.jinja -> q.jinja -> p.jinja",
        ),
        (
            "{% include 'p.jinja' %}{% include 'q.jinja' %}",
            {"p": "{% include 'q.jinja' %}", "q": "{% from 'q.jinja' import f %}"},
            ("q.jinja", 1),
            "q.jinja -> q.jinja",
        ),
    ],
)
def test_files_that_name_each_other_in_a_circle_are_refused(body, files, place, circle):
    """The circle is written out, at the tag that closes it."""
    found = problems(body, **files)
    assert [problem[3] for problem in found] == [f"these files name each other in a circle: {circle}"]
    assert found[0][:2] == place


def test_a_circle_behind_a_persona_is_refused():
    """Personas are files of the prompt like others."""
    message = problems("{% persona %}", "personas: [p]", p="{% include 'p.jinja' %}")[0][3]
    assert message.endswith("p.jinja -> p.jinja")


def test_a_file_named_twice_is_no_circle():
    """Two ways to one file are fine."""
    load_files("{% include 'p.jinja' %}{% include 'q.jinja' %}", p="{% include 'q.jinja' %}", q="")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_longest_chain_is_what_is_bounded(order):
    """A short way to a file does not hide a long one."""
    names = ["{% include 'p1.jinja' %}", "{% include 'p3.jinja' %}"]
    parts = {"p1": "{% include 'p2.jinja' %}", "p2": "{% include 'p3.jinja' %}", "p3": ""}
    body = "".join(names[index] for index in order)
    load_files(body, limits=RenderLimits(includes=4), **parts)
    with pytest.raises(RenderLimitError) as caught:
        load_files(body, limits=RenderLimits(includes=3), **parts)
    assert (caught.value.limit, caught.value.bound, caught.value.path) == ("includes", 3, "a/x.jinja")


# -- partials


def test_a_partial_has_description_and_inputs_at_most():
    """What else stands in its front matter would have no effect, and is refused at its line."""
    load_files("{% include 'p.jinja' %}", p="---\ndescription: d\ninputs: {}\n---\n")
    found = problems("{% include 'p.jinja' %}", p="---\ndescription: d\nmodel: a/b\ntags: [t]\n---\n")
    assert [(path, line) for path, line, _, _ in found] == [("p.jinja", 3), ("p.jinja", 4)]
    assert found[0][3].endswith("a partial has description and inputs at most, not 'model'")


def test_a_partial_needs_the_inputs_it_declares():
    """It sees the prompt's inputs; one that the prompt does not declare is told at load."""
    part = "---\ninputs: {v: string}\n---\n{{ v }}"
    load_files("{% include 'p.jinja' %}", "inputs: {v: string}", p=part)
    message = "this partial needs the input 'v', which a/x.jinja does not declare"
    assert ("p.jinja", 1, None, message) in problems("{% include 'p.jinja' %}", p=part)


def test_mistakes_in_a_partials_inputs_are_told_in_the_partial():
    """A wrong type stands in the file that has it."""
    assert problems("{% include 'p.jinja' %}", p="---\ninputs: {v: strng}\n---\n")[0][:2] == ("p.jinja", 2)


def test_the_prompt_itself_is_no_partial_of_its_own():
    """Its front matter may have every key."""
    load_files("a", "model: a/b\ntags: [t]")


def test_mistakes_in_front_matter_and_in_names_of_files_are_told_together():
    """One run tells both, each with its place."""
    found = problems("{% include 'n.jinja' %}", "modl: a/b")
    assert [problem[:2] for problem in found] == [("a/x.jinja", 2), ("a/x.jinja", 4)]
    found = problems("{% include 'n.jinja' %}", "personas: [p]")
    assert [problem[:2] for problem in found] == [("a/x.jinja", 1), ("a/x.jinja", 4)]


def test_a_name_must_be_one():
    """What is loaded is a prompt's name, and never a path."""
    for name in ("../x", "a/x.jinja/", "A", ""):
        with pytest.raises(PromptlibError):
            load(MemoryFiles({"a/x.jinja": b""}), name)


# -- compiling


def test_nothing_is_compiled_before_the_first_rendering(monkeypatch):
    """Loading parses and checks; code is generated and run when a value comes."""
    loaded = load_files("{{ 1 + 1 }}")
    assert loaded.program.environment.programs == {}
    render(loaded)
    assert set(loaded.program.environment.programs) == {"a/x.jinja"}


def test_a_prompt_is_compiled_once_whatever_thread_asks(monkeypatch):
    """Sixteen first renderings at once give the same text, and compile each file once."""
    loaded = load_files("{% for n in range(3) %}{% include 'p.jinja' %}{% endfor %}", p="{{ n }}")
    added = []
    add = loaded.program.environment.add
    gate = threading.Barrier(16)

    def slow(path, tree):
        added.append(path)
        add(path, tree)

    monkeypatch.setattr(loaded.program.environment, "add", slow)
    texts = []

    def run():
        gate.wait()
        texts.append(render(loaded).messages[0].text)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["012"] * 16
    assert sorted(added) == ["a/x.jinja", "p.jinja"]


def test_a_thread_that_waited_does_not_compile_again():
    """What another thread has compiled in the meantime is used as it is."""
    program = load_files("{{ 1 }}").program

    class Lock:
        def __enter__(self):
            program._compile()
            program._files = None

        def __exit__(self, *_):
            pass

    program._lock = Lock()
    values = {"#operations": Operations(Meter(RenderLimits()))}
    assert [piece for run in program.start("a/x.jinja", values) for piece in run if piece] == ["1"]


def test_code_that_grows_with_the_square_of_the_template_is_refused(monkeypatch):
    """The error at the first rendering names the file whose code is too long."""
    monkeypatch.setattr("promptlib.templates.environment._CODE_SIZE", 2000)
    loaded = load_files("{% include 'p.jinja' %}", p="{% set a = 1 %}" * 50)
    with pytest.raises(RenderLimitError) as caught:
        render(loaded)
    assert (caught.value.limit, caught.value.bound, caught.value.path) == ("nodes", 10_000, "p.jinja")


def test_text_between_messages_is_gone_before_it_is_rendered():
    """Blank text beside the tags is taken away once, at compile time, and no visible text with it."""
    body = (
        "{% user %}\n\n a\n\n{% enduser %}\n \n{% user %}{% section 's' %}\n\nb{% endsection %}{% enduser %}"
    )
    pieces = render(load_files(body)).pieces
    assert [piece for piece in pieces if type(piece) is str] == [" a", "\nb"]


def test_only_the_loop_over_examples_is_marked():
    """A loop over anything else, and a recursive one, leaves no implicit section."""
    body = "{% for e in [1] %}{% endfor %}{% for e in examples recursive %}{% endfor %}"
    assert render(load_files(body)).sections == ()
