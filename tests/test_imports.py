"""What an import costs: counted in modules, and in CPU time against the two libraries it rests on."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

# Each of these is loaded by the function that needs it.
_HEAVY = {"click", "httpx", "psycopg", "rich", "sqlite3", "tiktoken", "xllamacpp", "yaml"}

_OURS = "import promptlib; promptlib.Registry"
_BASE = "import jinja2, pydantic; pydantic.BaseModel"
_ROUNDS = 7


def _loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh process holds after running `code`."""
    report = f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def _cpu_seconds(code: str) -> float:
    """User and system time of a fresh process that runs `code`."""
    child = subprocess.Popen([sys.executable, "-c", code])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_utime + usage.ru_stime


def test_import_loads_nothing_but_itself() -> None:
    """`import promptlib` loads no third-party module at all."""
    loaded = _loaded_by("import promptlib")
    assert "promptlib" in loaded
    assert loaded & (_HEAVY | {"jinja2", "pydantic"}) == set()


@pytest.mark.parametrize("code", [_OURS, "from promptlib import Message, Prompt, PromptlibError, Ref"])
def test_names_load_nothing_heavy(code: str) -> None:
    """What an application needs to render loads no HTTP, tokens, YAML, database or terminal."""
    assert _loaded_by(code) & _HEAVY == set()


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="CPU time of a child is measured with wait4")
def test_the_registry_costs_about_what_jinja2_and_pydantic_cost() -> None:
    """Importing and fetching Registry takes at most 1.2 times the CPU time of jinja2 and pydantic."""
    for code in (_OURS, _BASE):
        _cpu_seconds(code)  # writes the byte code
    # Interleaved, so that a busy moment falls on both; the best of each is the least disturbed.
    rounds = [(_cpu_seconds(_OURS), _cpu_seconds(_BASE)) for _ in range(_ROUNDS)]
    ours, base = (min(column) for column in zip(*rounds, strict=True))
    median = statistics.median(mine / theirs for mine, theirs in rounds)
    print(f"\nCPU to import: {ours:.3f} s against {base:.3f} s, median ratio {median:.2f}")  # noqa: T201  (the figure)
    assert min(ours / base, median) <= 1.2
