"""`promptlib run`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from promptlib.cli._watch import fingerprint

_KEYS = [
    "ref",
    "model",
    "params",
    "tools",
    "messages",
    "tokens",
    "text",
    "usage",
    "cost",
    "finish_reason",
    "latency_ms",
]
_USAGE_KEYS = [
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "kind",
]


@pytest.mark.parametrize("stream", [[], ["--stream"]], ids=["whole", "stream"])
def test_it_prints_the_answer(project: Path, cli: Any, stream: list[str]) -> None:
    """The answer is on stdout with one line end; usage, cost, reason and time are a line on stderr."""
    shown = cli("run", "greet", "--case", "ann", *stream)
    assert (shown.code, shown.out) == (0, "Hello Ann, 1 times\n")
    line = r"echo/echo: about \d+ tokens in, about \d+ out, \$0, stop, [\d.]+ m?s\n"
    assert re.fullmatch(line, shown.err)


@pytest.mark.parametrize("stream", [[], ["--stream"]], ids=["whole", "stream"])
def test_as_json(project: Path, cli: Any, stream: list[str]) -> None:
    """What `render` prints, and exactly five keys more, streamed or not."""
    shown = cli("run", "greet", "--case", "ann", "--json", *stream)
    found = shown.json
    assert (shown.code, list(found)) == (0, _KEYS)
    rendered = cli("render", "greet", "--case", "ann", "--json").json
    assert {key: found[key] for key in rendered} == rendered
    assert list(found["usage"]) == _USAGE_KEYS
    assert (found["text"], found["cost"], found["finish_reason"]) == ("Hello Ann, 1 times", 0.0, "stop")
    assert isinstance(found["latency_ms"], float)


def test_the_model_of_the_command_line_counts(project: Path, cli: Any) -> None:
    """`--model` gives a prompt without a model one."""
    assert cli("run", "plain", "--model", "echo/echo").out == "Say hello.\n"


@pytest.mark.parametrize(
    ("model", "kind"), [("openai/gpt-4o", "AuthenticationError"), ("nobody/knows", "ProviderError")]
)
def test_what_cannot_be_sent_is_an_error_of_the_provider(
    project: Path, cli: Any, monkeypatch: pytest.MonkeyPatch, model: str, kind: str
) -> None:
    """A missing key and an unknown provider are exit code 1, with the next step."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    shown = cli("run", "plain", "--model", model, "--json")
    assert (shown.code, shown.json["error"]["type"]) == (1, kind)


def test_a_prompt_without_a_model_is_not_sent(project: Path, cli: Any) -> None:
    """Without a model anywhere, nothing is sent."""
    shown = cli("run", "plain")
    assert (shown.code, shown.out) == (1, "")
    assert "model" in shown.err


class _Changes:
    """Stands for waiting: makes one change each time, then is interrupted."""

    def __init__(self, *changes: Any) -> None:
        self._changes = [*changes]
        self.watched: list[set[str]] = []

    def __call__(self, before: Mapping[str, Any]) -> str:
        self.watched.append({Path(path).name for path in before})
        assert before == fingerprint(before), "it would not wait"
        if not self._changes:
            raise KeyboardInterrupt
        self._changes.pop(0)()
        return "templates/greet.jinja"


def test_watching_runs_again_after_each_change(
    project: Path, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed persona or value is in the next answer; a mistake is told, and mended by the next change."""
    prompt, name = project / "templates/greet.jinja", project / "name.txt"
    text = prompt.read_text()
    name.write_text("Ann")
    changes = _Changes(
        lambda: name.write_text("Eve"),
        lambda: prompt.write_text("{% system %}"),
        lambda: prompt.write_text(text.replace("Hello", "Welcome")),
    )
    monkeypatch.setattr("promptlib.cli.run.wait_for_change", changes)
    shown = cli("run", "greet", "--var", "name=@name.txt", "--watch")
    assert shown.code == 130
    assert shown.out.splitlines() == ["Hello Ann, 1 times", "Hello Eve, 1 times", "Welcome Eve, 1 times"]
    assert "error: greet.jinja:1:" in shown.err
    made_of = {"greet.jinja", "greet.examples.jsonl", "butler.jinja", "pirate.jinja", "wave.json", "name.txt"}
    assert changes.watched[0] == changes.watched[1] == changes.watched[3] == made_of
    assert changes.watched[2] > made_of  # while it is broken, nobody knows what it is made of


def test_a_case_is_watched_too(project: Path, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--case`, the file of cases is among the files that are watched."""
    changes = _Changes()
    monkeypatch.setattr("promptlib.cli.run.wait_for_change", changes)
    cli("run", "greet", "--case", "ann", "--watch")
    assert "greet.cases.jsonl" in changes.watched[0]


def test_watching_as_a_process(project: Path) -> None:
    """A file that is written while the command waits makes it run again; Ctrl-C ends it."""
    words = ["run", "plain", "--model", "echo/echo", "--watch"]
    process = subprocess.Popen(
        [sys.executable, "-m", "promptlib.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "Say hello.\n"
    (project / "templates/plain.jinja").write_text("Say goodbye.\n")
    assert process.stdout.readline() == "Say goodbye.\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "plain.jinja has changed" in err


@pytest.fixture
def local(project: Path, local_model: Path) -> list[str]:
    """Arguments that let the local model answer the same each time, in a few tokens."""
    del local_model
    (project / "templates/short.jinja").write_text(
        "---\nmodel: local/smollm2\nparams: {temperature: 0, seed: 7, max_output_tokens: 12}\n---\n"
        "What is the capital of France?\n"
    )
    return ["run", "short"]


@pytest.mark.local_model
def test_a_model_answers_the_same_streamed_or_not(local: list[str], process: Any) -> None:
    """At temperature 0 with a seed, the same text and usage in another process, streamed or whole."""
    first, again, streamed = (process(*local, "--json", *more) for more in ([], [], ["--stream"]))
    answers = [json.loads(shown.out) for shown in (first, again, streamed)]
    assert answers[0]["text"]
    assert [answer["text"] for answer in answers] == [answers[0]["text"]] * 3
    assert [answer["usage"] for answer in answers] == [answers[0]["usage"]] * 3
    assert (list(answers[0]), answers[0]["cost"]) == (_KEYS, 0.0)


@pytest.mark.local_model
def test_a_model_prints_the_same_text_as_it_comes(local: list[str], cli: Any) -> None:
    """What is printed piece by piece is what is printed whole."""
    assert cli(*local, "--stream").out == cli(*local).out
