"""The prompts that ship: each loads, is described, renders its cases as recorded, and keeps its shape.

The recorded messages are in `tests/golden/<prompt>.json`, a message's text as a list of lines.
`PROMPTLIB_GOLDEN=write` records them anew; read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib import Message, Prompt, Registry, ToolCall
from promptlib.models import lookup
from promptlib.templates.schema import check
from promptlib.templates.tables import Case, read_cases
from promptlib.testing import HOSTILE_TEXTS, inputs_strategy

_ROOT = Path(__file__).resolve().parent.parent
_TEMPLATES = _ROOT / "templates"
_GOLDEN = Path(__file__).resolve().parent / "golden"
_WRITE = os.environ.get("PROMPTLIB_GOLDEN") == "write"

PROMPTS = Registry.open(_TEMPLATES)
NAMES = PROMPTS.names()
CASES = {
    name: read_cases(path, (_TEMPLATES / path).read_bytes())
    for name in NAMES
    if (path := PROMPTS.get(name).settings.cases)
}
_EACH = [pytest.param(name, case, id=f"{name}-{case.id}") for name, cases in CASES.items() for case in cases]

each_prompt = pytest.mark.parametrize("name", NAMES)
each_case = pytest.mark.parametrize(("name", "case"), _EACH)

# A conversation as an application keeps it, with a tool call and its result.
_HISTORY = (
    Message.user("Hello, where is A-10482?"),
    Message.assistant(
        tool_calls=(ToolCall(id="c1", name="look_up_order", arguments={"order_number": "A-10482"}),)
    ),
    Message.tool("c1", '{"status": "shipped", "expected": "2026-11-25"}'),
    Message.assistant("It has been shipped and should arrive on Wednesday."),
)


def _personas(name: str) -> Sequence[str | None]:
    return tuple(PROMPTS.get(name).personas) or (None,)


def _has_history(name: str) -> bool:
    return "{% history %}" in PROMPTS.get(name).linked[f"{name}.jinja"].source.body


# What each prompt has -------------------------------------------------------------------------


def test_the_promised_prompts_ship() -> None:
    """The six tasks are there, and the personas that they and others may name."""
    tasks = {"answer_from_documents", "answer_policy_question", "chat_assistant"}
    assert {*tasks, "classify_ticket", "reason_step_by_step", "summarize"} <= set(NAMES)
    personas = {f"personas/{name}" for name in ("accountant", "editor", "hr_manager", "plain_language")}
    assert personas <= {persona for name in NAMES for persona in _personas(name)}


@each_prompt
def test_a_prompt_says_what_it_and_each_input_is_for(name: str) -> None:
    """Descriptions stand on the prompt and on every input; a model and a budget are set."""
    template = PROMPTS.get(name)
    settings = template.settings
    assert settings.description
    assert [item.name for item in template.inputs.values() if not item.description] == []
    assert lookup(settings.model) is not None
    assert settings.budget.max_input_tokens
    assert settings.params["max_output_tokens"]


@each_prompt
def test_the_cases_show_every_input(name: str) -> None:
    """There are three cases or more, with ids of their own, and each input is given in one of them."""
    cases = CASES[name]
    assert len(cases) >= 3
    assert len({case.id for case in cases}) == len(cases)
    assert {key for case in cases for key in case.input} == set(PROMPTS.get(name).inputs)


@each_prompt
def test_a_persona_describes_itself(name: str) -> None:
    """A persona's file has a description in its front matter."""
    template = PROMPTS.get(name)
    fronts = {path: template.linked[path].source.front or "" for path in template.personas.values()}
    described = re.compile(r"^description: \S", flags=re.MULTILINE)
    assert [path for path, front in fronts.items() if not described.search(front)] == []


def test_summarize_needs_an_article_and_nothing_else() -> None:
    """`summarize` has one required input."""
    template = PROMPTS.get("summarize")
    assert [item.name for item in template.inputs.values() if item.required] == ["article"]


@each_case
def test_a_case_fits_its_budget_and_the_local_model(name: str, case: Case) -> None:
    """A case is rendered within the prompt's budget, for its own model and for the one in this process."""
    for persona in _personas(name):
        for model in (None, "local/smollm2"):
            assert PROMPTS.render(name, case.input, persona=persona, model=model).messages


# What they render -----------------------------------------------------------------------------


def _recorded(prompt: Prompt) -> list[dict[str, Any]]:
    # As lines, so that a reviewer sees which line changed.
    plain = [message.to_dict() for message in prompt.messages]
    return [{**one, "content": one["content"].split("\n")} for one in plain]


def _all_renderings(name: str) -> Iterator[tuple[str, Prompt]]:
    for case in CASES[name]:
        for persona in _personas(name):
            yield (
                " / ".join(filter(None, (case.id, persona))),
                PROMPTS.render(name, case.input, persona=persona),
            )
    if _has_history(name):
        first = CASES[name][0]
        yield f"{first.id} / with history", PROMPTS.render(name, first.input, history=_HISTORY)


@each_prompt
def test_the_messages_are_those_recorded(name: str) -> None:
    """Every case, with every persona, renders what `tests/golden/` holds, to the last character."""
    path = _GOLDEN / f"{name}.json"
    found = {title: _recorded(prompt) for title, prompt in _all_renderings(name)}
    if _WRITE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(path.read_text(encoding="utf-8"))


def test_examples_have_as_many_points_as_are_asked_for() -> None:
    """The examples of `summarize` show three points when three are asked for, and five for five."""
    for bullets in (3, 4, 5):
        prompt = PROMPTS.render("summarize", {"article": "Text.", "bullets": bullets})
        shown = [message.text for message in prompt.messages if message.role == "assistant"]
        assert [text.count("- ") for text in shown] == [bullets, bullets]


def test_examples_of_the_classifier_fit_its_schema() -> None:
    """Each example's output is an answer that the output schema allows, its evidence quoted exactly."""
    template = PROMPTS.get("classify_ticket")
    assert template.output is not None
    for example in template.examples:
        assert check(example.output, template.output, "output") == []
        assert example.output["evidence"] in example.input["ticket"]
    categories = {example.output["category"] for example in template.examples}
    assert categories == set(template.output["properties"]["category"]["enum"])


def test_examples_of_the_classifier_are_chosen_by_the_ticket() -> None:
    """The example nearest to the ticket stands last, next to it."""
    prompt = PROMPTS.render("classify_ticket", {"ticket": "A dark mode would be nice at night."})
    assert "dark mode" in prompt.messages[-3].text
    assert '"feature_request"' in prompt.messages[-2].text


def test_the_answer_line_can_be_read_by_a_program() -> None:
    """The pattern in `reason_step_by_step` finds the last answer of a reply, and no step's."""
    metadata = PROMPTS.get("reason_step_by_step").settings.metadata
    reply = "Steps:\n1. Suppose ANSWER: 5.\nCheck: wrong.\nANSWER: 5\nCorrected.\nANSWER: 10:00"
    assert re.findall(metadata["answer_pattern"], reply, flags=re.MULTILINE)[-1] == "10:00"
    assert metadata["no_answer"] in PROMPTS.render("reason_step_by_step", {"problem": "?"}).messages[0].text


def test_documents_give_way_from_the_last() -> None:
    """The documents are sections of their own, the first of the highest priority; all may be cut."""
    case = CASES["answer_from_documents"][0]
    spans = PROMPTS.render("answer_from_documents", case.input).source.rendered.sections
    assert [span.section.priority for span in spans] == [3, 2, 1]
    assert {span.section.truncate for span in spans} == {"end"}


def test_the_persona_is_all_that_differs() -> None:
    """The HR manager and the accountant get the same task, the same policy and another adviser."""
    case = CASES["answer_policy_question"][0]
    manager, accountant = (
        PROMPTS.render("answer_policy_question", case.input, persona=f"personas/{persona}")
        for persona in ("hr_manager", "accountant")
    )
    assert manager.messages[1] == accountant.messages[1]
    first, second = (prompt.messages[0].text.split("\n", 1) for prompt in (manager, accountant))
    assert first[0] != second[0]
    assert first[1] == second[1]


# The law --------------------------------------------------------------------------------------


def _texts(value: Any) -> Iterator[str]:
    """Every text within a value; the keys of objects are declared, so they are no text of a user."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


@cache
def _harmless(name: str) -> tuple[tuple[str, ...], dict[str, set[int]]]:
    """The roles for harmless inputs, and by input the messages in which its texts are printed."""
    inputs: dict[str, Any] = {}
    for case in CASES[name]:
        inputs = {**case.input, **inputs}
    prompt = PROMPTS.render(name, inputs, budget=False)
    printed = [
        (span.message, prompt.messages[span.message].text[span.start : span.end])
        for span in prompt.source.rendered.values
    ]
    places = {
        key: {index for index, text in printed if text in set(_texts(value))} for key, value in inputs.items()
    }
    return tuple(message.role for message in prompt.messages), places


_TURNS = st.lists(
    st.builds(
        lambda role, pieces: Message(role=role, content="".join(pieces)),
        st.sampled_from(["user", "assistant"]),
        st.lists(st.sampled_from(HOSTILE_TEXTS) | st.text(st.characters(exclude_categories=["Cs"]))),
    ),
    max_size=3,
)


@each_prompt
def test_every_text_has_one_message_to_stand_in(name: str) -> None:
    """Each input that holds text is printed, and in one message only."""
    _, places = _harmless(name)
    texts = {key for case in CASES[name] for key, value in case.input.items() if any(_texts(value))}
    assert {key: len(places[key]) for key in texts} == dict.fromkeys(texts, 1)


@each_prompt
@given(data=st.data())
def test_no_value_changes_the_messages(name: str, data: st.DataObject) -> None:
    """Whatever the inputs hold, roles and number of messages stay, and each text stands verbatim."""
    inputs = data.draw(inputs_strategy(PROMPTS.get(name)), label="inputs")
    persona = data.draw(st.sampled_from(_personas(name)), label="persona")
    roles, places = _harmless(name)
    prompt = PROMPTS.render(name, inputs, persona=persona, budget=False)
    assert tuple(message.role for message in prompt.messages) == roles
    for key, value in inputs.items():
        for text in _texts(value):
            assert [index for index in places[key] if text not in prompt.messages[index].text] == []


@pytest.mark.parametrize("name", [name for name in NAMES if _has_history(name)])
@given(data=st.data(), turns=_TURNS)
def test_no_turn_of_the_history_changes_the_other_messages(
    name: str, data: st.DataObject, turns: list[Message]
) -> None:
    """Turns of a conversation are put in as they are, and nothing else moves."""
    inputs = data.draw(inputs_strategy(PROMPTS.get(name)), label="inputs")
    alone = PROMPTS.render(name, inputs, budget=False).messages
    whole = PROMPTS.render(name, inputs, history=turns, budget=False).messages
    start = _place_of_history(name)
    assert whole == (*alone[:start], *turns, *alone[start:])


def _place_of_history(name: str) -> int:
    marked = Message.user("here")
    return PROMPTS.render(name, CASES[name][0].input, history=[marked]).messages.index(marked)
