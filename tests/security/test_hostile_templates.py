"""No template reaches Python, stalls the process or fills it: the project's own cases."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hostile import HARMLESS, TEMPLATES, Stranger
from jinja2 import Environment

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def answers():
    """Every case, run one after another in one process of its own."""
    return run_cases([{"id": name, "text": text} for name, text in TEMPLATES.items()])


def run_cases(cases, seconds=240):
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run(
        [sys.executable, str(HERE / "hostile.py")],
        input=lines,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=True,
    )
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_hostile_template_ends_in_a_typed_error_soon_and_small(answers, name):
    """Each case ends in promptlib's own error within 2 s, parses in 1 s, and the process goes on."""
    answer = answers[name]
    assert not answer["outcome"].startswith("untyped"), answer
    assert answer["outcome"] != "text" or name in HARMLESS, answer
    assert answer["render"] <= 2.5, answer  # the bound is 2 s on the clock of the thread
    assert answer["parse"] <= 1, answer
    assert answer["usable"]


def test_all_hostile_templates_together_grow_the_process_by_little(answers):
    """After every case in one process, its greatest size ever is at most 256 MiB above the first's."""
    sizes = [answer["megabytes"] for answer in answers.values()]
    assert max(sizes) - min(sizes) <= 256


@pytest.mark.parametrize(
    ("text", "leaked"),
    [
        ("{{ ''.__class__.__mro__[1].__subclasses__()|length > 0 }}", "True"),
        ("{{ lipsum.__globals__['os'].sep }}", "/"),
        ("{{ user.password }}", "hunter2"),
        ("{{ user.delete() }}", "gone"),
        ("{{ '%05d' % 1 }}", "00001"),
        ("{{ self.__init__.__globals__.__builtins__.__name__ }}", "builtins"),
        ("{{ (kind|string)[:6] }}{{ kind.format('{0.__class__}', 1) }}", "int"),
    ],
)
def test_the_same_attacks_succeed_on_plain_jinja(text, leaked):
    """Each way in works on a plain environment, so stopping it means something."""
    assert leaked in Environment().from_string(text).render(user=Stranger(), kind=str)  # noqa: S701
