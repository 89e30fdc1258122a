"""The page on security tells what the attacks show and what the code bounds."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promptlib.templates import RenderLimits

pytest.importorskip("resource", reason="the attacks run in bounded processes, which need POSIX")

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_ATTACKS = _PAGE[_PAGE.index("<!-- attacks: begin") : _PAGE.index("<!-- attacks: end")]
_STALLING = "A template stalls or fills the process"
_GOT_THROUGH = {"silent", "ESCAPE", "INJECTED", "hang/OOM"}


def run(*arguments):
    """The words by class, attack and library, as the script finds them now."""
    command = [sys.executable, "-m", "scripts.attacks", "--json", *arguments]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def tables(text):
    """The rows of each table of a text, as dicts by its header, under the bold line above it."""
    found, title, header = {}, "", None
    for line in text.splitlines():
        if line.startswith("**"):
            title, header = line.strip("*"), None
        elif line.startswith("|") and not line.startswith("|---"):
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            if header is None:
                header, found[title] = cells, []
            else:
                found[title].append(dict(zip(header, cells, strict=True)))
    return found


def column(library):
    """What the page says of a library, by class and attack."""
    return {
        name: {row["attack"]: row[library] for row in rows}
        for name, rows in tables(_ATTACKS).items()
        if "attack" in rows[0]
    }


def only(words, library):
    return {name: {title: row[library] for title, row in rows.items()} for name, rows in words.items()}


def test_the_page_has_every_attack_and_what_promptlib_makes_of_it_today():
    """The table has a row for each attack, no other, and promptlib's column is what a run gives now."""
    found = only(run("--library", "promptlib"), "promptlib")
    assert column("promptlib") == found
    words = [word for rows in found.values() for word in rows.values()]
    assert set(words) == {"stopped", "text"}
    assert len(words) > 50


def test_every_attack_that_does_not_stall_gets_through_plain_jinja():
    """An attack that works nowhere would prove nothing; plain Jinja2 falls to each, as the page says."""
    shown = column("jinja2")
    quick = [argument for name in shown if name != _STALLING for argument in ("--only", name)]
    found = only(run("--library", "jinja2", *quick), "jinja2")
    assert found == {name: rows for name, rows in shown.items() if name != _STALLING}
    assert {word for rows in found.values() for word in rows.values()} <= _GOT_THROUGH
    assert set(shown[_STALLING].values()) == {"hang/OOM"}


def test_the_sums_on_the_page_are_those_of_its_rows():
    """Of each class none got through promptlib, out of as many attacks as the class has rows."""
    shown = tables(_ATTACKS)["Attacks that got through"]
    assert {row["class"]: row["promptlib"] for row in shown} == {
        name: f"0 of {len(rows)}" for name, rows in column("promptlib").items()
    }


def test_the_page_lists_every_bound_with_its_default():
    """The table of bounds has the fields of RenderLimits, in order, with their defaults."""
    shown = re.findall(r"^\| `(\w+)` \| ([\d,.]+) \|", _PAGE, flags=re.MULTILINE)
    defaults = [(field.name, field.default) for field in dataclasses.fields(RenderLimits)]
    assert [(name, float(value.replace(",", ""))) for name, value in shown] == defaults
