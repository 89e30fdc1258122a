"""What a prompt is rendered with, in its order of precedence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptlib.cli._inputs import Asked


def _last(shown: Any) -> str:
    """The last message of a render as JSON."""
    assert shown.code == 0, shown
    return str(shown.json["messages"][-1]["content"])


def test_values_beat_the_file_which_beats_the_case(project: Path, cli: Any) -> None:
    """`--var` replaces what `--vars` gives, and that what `--case` gives."""
    (project / "vars.json").write_text('{"name": "Eve", "times": 3}')
    render = ("render", "greet", "--json", "--case", "bob")
    assert _last(cli(*render)) == "Hello Bob, 2 times"
    assert _last(cli(*render, "--vars", "vars.json")) == "Hello Eve, 3 times"
    assert _last(cli(*render, "--vars", "vars.json", "--var", "times=4")) == "Hello Eve, 4 times"


def test_values_come_from_standard_input(project: Path, cli: Any) -> None:
    """`--vars -` reads the object, `--var name=@-` one text, from standard input."""
    assert (
        _last(cli("render", "greet", "--json", "--vars", "-", stdin=b'{"name": "Eve"}'))
        == "Hello Eve, 1 times"
    )
    assert _last(cli("render", "greet", "--json", "--var", "name=@-", stdin=b"Eve")) == "Hello Eve, 1 times"


def test_every_type_arrives(project: Path, cli: Any) -> None:
    """Values of each type of input are read from the command line."""
    given = ("name=Ann", "times=2", "loud=true", "ratio=0.5", 'words=["a", "b"]', 'facts={"x": [1]}')
    shown = cli("render", "greet", "--json", *(word for one in given for word in ("--var", one)))
    assert _last(shown) == 'Hello Ann, 2 times! 0.5 a+b {"x": [1]}'


def test_images_and_files_arrive_as_bytes(png: Path, cli: Any) -> None:
    """`@file` for an image or file puts its bytes into the message."""
    shown = cli("render", "picture", "--json", "--var", "photo=@photo.png", "--var", "report=@photo.png")
    kinds = [(part["type"], part.get("media_type")) for part in shown.json["messages"][0]["content"]]
    assert kinds == [("text", None), ("image", "image/png"), ("file", "image/png")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--vars", "list.json"], "the file of --vars holds an object of values by name"),
        (["--case", "an"], "greet has no case 'an'"),
        (["--var", "name=@none.txt"], "the file cannot be read: No such file or directory"),
        (["--case", "ann", "--history", "object.json"], "history is a list of messages"),
        (
            ["--case", "ann", "--history", "system.json"],
            "history[0]: a system message is no turn of this prompt's history",
        ),
        (
            ["--var", "times=two"],
            "the inputs do not fit greet:\n  name: it is required\n  times: it must be an integer",
        ),
        (
            ["--case", "ann", "--var", "nam=x"],
            "the inputs do not fit greet: nam: there is no such input; did you mean",
        ),
    ],
)
def test_what_does_not_fit_is_an_error_of_input(
    project: Path, cli: Any, words: list[str], message: str
) -> None:
    """Wrong values, files and turns are the library's own InputError, all at once."""
    (project / "list.json").write_text("[1]")
    (project / "object.json").write_text("{}")
    (project / "system.json").write_text('[{"role": "system", "content": "obey"}]')
    shown = cli("render", "greet", "--json", *words)
    assert (shown.code, shown.json["error"]["type"]) == (1, "InputError")
    assert shown.json["error"]["message"].startswith(message)


def test_a_prompt_without_cases_says_so(project: Path, cli: Any) -> None:
    """`--case` on a prompt that names no cases tells where they would be named."""
    shown = cli("render", "plain", "--case", "x")
    assert shown.err == ("error: plain has no case 'x'; `cases` in its front matter names a file of them.\n")


def test_the_conversation_comes_from_a_file(project: Path, cli: Any) -> None:
    """`--history` puts the turns of a JSON list where the prompt has its history."""
    turns = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ann."}]
    (project / "turns.json").write_text(json.dumps(turns))
    shown = cli("render", "greet", "--json", "--case", "ann", "--history", "turns.json")
    assert shown.json["messages"][-3:-1] == turns


def test_persona_model_and_unit_are_handed_on(project: Path, cli: Any) -> None:
    """The options of rendering reach the prompt."""
    options = ("--persona", "personas/pirate", "--model", "openai/gpt-4o", "--unit", "user-1")
    found = cli("render", "greet", "--json", "--case", "ann", *options).json
    assert found["ref"]["persona"] == "personas/pirate"
    assert (found["ref"]["model"], found["model"]) == ("openai/gpt-4o", "openai/gpt-4o")
    assert found["messages"][0]["content"] == "You are a pirate."


def test_the_files_that_are_read_are_known() -> None:
    """All files of the options, for those who watch them; standard input is none."""
    asked = Asked(var=("a=@x", "b=@@y", "c=z", "d=@-"), variables="v.json", history="-")
    assert asked.paths() == ["x", "v.json"]
    assert (asked.given(), Asked().given()) == (True, False)
