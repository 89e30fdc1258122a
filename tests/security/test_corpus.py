"""The shared corpus of bad inputs, where it is there: templates, names, front matter and values."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import Stranger, _special
from jinja2 import Environment
from jinja2.exceptions import TemplateError as JinjaError

from promptlib.errors import InputError, PromptlibError
from promptlib.findings import find
from promptlib.registry.refs import parse_ref
from promptlib.rendering import render
from promptlib.templates import DirectoryFiles, MemoryFiles, load

HERE = Path(__file__).parent
CORPUS = HERE.parents[2] / "shared" / "corpus" / "bad_inputs.json"
CASES = json.loads(CORPUS.read_text())["cases"] if CORPUS.is_file() else []

pytestmark = pytest.mark.skipif(not CASES, reason="the shared corpus is not here")

# Mended in Jinja 3.1.4, so that plain Jinja refuses it too (CVE-2024-34064).
MENDED = {"S25"}


def cases(group, target=None):
    chosen = [case for case in CASES if case["cls"] == group and target in (None, case["target"])]
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


def text_of(case):
    if "gen" not in case:
        return case["text"]
    prefix, unit, times, suffix = case["gen"]
    return prefix + unit * times + suffix


def others(case):
    """The files that the cases about loaders need: `a` and `b` that extend each other."""
    if "loader" not in (case.get("target2"), case["target"]):
        return {}
    return {"a": "{% extends 'b.jinja' %}", "b": "{% extends 'a.jinja' %}"}


@pytest.fixture(scope="module")
def answers():
    """Every case of ssti and dos that is a template, in one process of its own."""
    chosen = [case for case in CASES if case["cls"] in ("ssti", "dos") and case["target"] == "template"]
    lines = "".join(
        json.dumps(
            {
                "id": case["id"],
                "text": text_of(case).replace("'a'", "'a.jinja'") if others(case) else text_of(case),
                "vars": case.get("vars", {}),
                "files": others(case),
            }
        )
        + "\n"
        for case in chosen
    )
    done = subprocess.run(
        [sys.executable, str(HERE / "hostile.py")],
        input=lines,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
        env={**os.environ, "PL_CANARY": "canary-7c1f"},
    )
    assert "canary-7c1f" not in done.stdout
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


@cases("ssti", "template")
def test_no_template_reaches_python(answers, case):
    """Each way out of the sandbox ends in a typed error, and the process goes on."""
    answer = answers[case["id"]]
    assert answer["outcome"] != "text", answer
    assert not answer["outcome"].startswith("untyped"), answer
    assert answer["usable"]


@cases("ssti", "template")
def test_the_way_out_exists_in_plain_jinja(case):
    """The same template on a plain environment gives what it should not."""
    if case["id"] in MENDED:
        pytest.skip("Jinja itself has mended this one")
    variables = {name: _special(value) for name, value in case.get("vars", {}).items()}
    os.environ.setdefault("PL_CANARY", "canary-7c1f")
    try:
        shown = Environment().from_string(case["text"]).render(**variables)  # noqa: S701
    except JinjaError as error:
        pytest.fail(f"plain Jinja refuses it: {error}")
    except (AttributeError, KeyError, TypeError) as error:
        # The walk went through Python's own attributes before the end was missing.
        shown = str(error)
    assert shown


@cases("dos", "template")
def test_no_template_stalls_or_fills_the_process(answers, case):
    """Each case ends within 2 s and parses in 1 s, by a typed error or by finishing where it may."""
    answer = answers[case["id"]]
    assert not answer["outcome"].startswith("untyped"), answer
    assert answer["outcome"] != "text" or "finishes" in case["expect"], answer
    assert answer["render"] <= 2.5, answer
    assert answer["parse"] <= 1, answer
    assert answer["usable"]


def test_all_of_them_together_grow_one_process_by_at_most_256_mib(answers):
    """One process that has run every case is at most 256 MiB larger than after the first."""
    sizes = [answer["megabytes"] for answer in answers.values()]
    assert max(sizes) - min(sizes) <= 256


@cases("path", "name")
def test_a_name_that_is_none_opens_no_file(case):
    """Each malformed name is refused as a reference and as a prompt, without a resolved path shown."""
    # As a reference, what stands behind an @ is a label.
    uses = [lambda name: load(MemoryFiles({}), name), *([] if "@" in case["text"] else [parse_ref])]
    for use in uses:
        with pytest.raises(PromptlibError) as caught:
            use(case["text"])
        assert "/etc" not in str(caught.value).replace(ascii(case["text"])[1:-1], "")


def test_a_link_out_of_the_folder_is_not_read(tmp_path):
    """A symbolic link to a file outside is refused, whatever the file is called."""
    (tmp_path / "secret").write_text("canary-7c1f")
    root = tmp_path / "templates"
    root.mkdir()
    (root / "x.jinja").symlink_to(tmp_path / "secret")
    with pytest.raises(PromptlibError) as caught:
        load(DirectoryFiles(root), "x")
    assert "canary" not in str(caught.value)


def test_a_fifo_in_place_of_a_file_blocks_nothing(tmp_path):
    """A named pipe is refused at once; opening it for reading would wait for a writer."""
    os.mkfifo(tmp_path / "x.jinja")
    with pytest.raises(PromptlibError, match="regular"):
        load(DirectoryFiles(tmp_path), "x")


@cases("ssti", "template_name")
def test_a_name_is_never_evaluated(case):
    """A name with braces is refused before anything is compiled."""
    with pytest.raises(PromptlibError):
        load(MemoryFiles({f"{case['text']}.jinja": case["body"].encode()}), case["text"])


@cases("yaml", "frontmatter")
def test_front_matter_is_read_strictly(case):
    """What another YAML reader would guess, expand or repeat is an error, or stays text."""
    os.environ.setdefault("PL_CANARY", "canary-7c1f")
    files = MemoryFiles({"x.jinja": f"---\n{text_of(case)}\n---\n{{{{ a }}}}".encode()})
    if case["id"] == "Y23":
        assert render(load(files, "x"), {}).messages[0].text == "{{ 7*7 }}"
        return
    with pytest.raises(PromptlibError) as caught:
        load(files, "x")
    assert "canary" not in str(caught.value)


@cases("yaml", "frontmatter")
def test_scalars_of_free_metadata_keep_their_text(case):
    """Under metadata, where any key may stand, no text turns into a boolean, a number or a time."""
    lines = case["text"].splitlines()
    if case["id"] not in ("Y03", "Y05", "Y07"):
        pytest.skip("this case is no mapping of plain scalars")
    front = "metadata:\n" + "".join(f"  {line}\n" for line in lines)
    template = load(MemoryFiles({"x.jinja": f"---\n{front}---\nhi".encode()}), "x")
    assert template.settings.metadata == dict(line.split(": ") for line in lines)


VALUE = MemoryFiles(
    {
        "x.jinja": b"---\ninputs: {v: {type: string, untrusted: true}}\n---\n"
        b"{% system %}Be kind.{% endsystem %}\n{% user %}<{{ v }}>{% enduser %}\n"
    }
)


@cases("value", "user_value")
def test_a_value_stays_a_value(case):
    """Roles and number of messages are those of a harmless value, and text stands verbatim."""
    template = load(VALUE, "x")
    value = case["text"]
    if isinstance(value, str) and value.startswith("$repeat:"):
        _, unit, times = value[1:].split(":")
        value = unit * int(times)
    value = Stranger() if value == "$obj_secret_repr" else value
    if not isinstance(value, str) or "\ud800" in value or not _encodable(value):
        with pytest.raises(InputError, match="v") as caught:
            render(template, {"v": value})
        assert "hunter2" not in str(caught.value)
        return
    system, user = render(template, {"v": value}).messages
    assert (system.role, system.text, user.role, user.text) == ("system", "Be kind.", "user", f"<{value}>")


@cases("value", "user_value")
def test_what_people_do_not_see_is_found(case):
    """Control strings and hidden characters of the corpus are findings; ordinary text is none."""
    text, expect = case["text"], case["expect"]
    if not isinstance(text, str) or not _encodable(text) or text.startswith("$"):
        pytest.skip("no text")
    marked = "special-token" in expect or "guard reports" in expect or "markers" in case["why"].lower()
    if marked:
        assert list(find(text)) != []


def _encodable(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
