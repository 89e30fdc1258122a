"""Prompt: composed from a template, held to a budget, extended by turns."""

import pickle

import pytest

from promptlib import Budget, Message, Registry, Tool
from promptlib.errors import BudgetExceeded, InputError, RefError

CHAT = """---
model: openai/gpt-4o-mini
params: {temperature: 0.2, max_output_tokens: 100}
inputs: {question: string}
personas: [short, long]
tools: [look.json]
budget: {max_input_tokens: 200}
---
{% system %}
{% persona %}
{% endsystem %}
{% history %}
{% user %}{{ question }}{% enduser %}
"""


@pytest.fixture
def prompts(tmp_path):
    (tmp_path / "chat.jinja").write_text(CHAT)
    (tmp_path / "short.jinja").write_text("Be short.\n")
    (tmp_path / "long.jinja").write_text("Take your time.\n")
    (tmp_path / "look.json").write_text('{"name": "look", "parameters": {"type": "object"}}')
    return Registry.open(tmp_path)


def test_a_prompt_carries_its_settings_and_where_it_came_from(prompts):
    """Model, parameters, tools and persona of the front matter stand on the prompt and in its ref."""
    prompt = prompts.render("chat", {"question": "Why?"})
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert prompt.model == prompt.ref.model == "openai/gpt-4o-mini"
    assert prompt.params == {"temperature": 0.2, "max_output_tokens": 100}
    assert prompt.tools == (Tool(name="look", parameters={"type": "object"}),)
    assert (prompt.ref.name, prompt.ref.version, prompt.ref.persona) == ("chat", None, "short")
    assert prompts.resolve(str(prompt.ref)).digest == prompt.ref.digest


def test_what_is_given_beats_the_front_matter(prompts):
    """persona, model, params and tools given at render are laid over those of the file."""
    prompt = prompts.render(
        "chat", {"question": "Why?"}, persona="long", model="echo/echo", params={"seed": 7}, tools=[]
    )
    assert prompt.messages[0].text == "Take your time."
    assert (prompt.model, prompt.tools) == ("echo/echo", ())
    assert prompt.params == {"temperature": 0.2, "max_output_tokens": 100, "seed": 7}


def test_an_unknown_persona_is_an_error_that_lists_them(prompts):
    """A persona the prompt does not declare is a RefError with those it does."""
    with pytest.raises(RefError, match="short, long"):
        prompts.render("chat", {"question": "Why?"}, persona="nobody")


def test_history_stands_where_its_tag_does(prompts):
    """Turns, as messages or dicts, stand between the system message and the question."""
    history = [Message.user("Hi"), {"role": "assistant", "content": "Hello"}]
    prompt = prompts.render("chat", {"question": "Why?"}, history=history)
    assert [message.text for message in prompt.messages] == ["Be short.", "Hi", "Hello", "Why?"]


@pytest.mark.parametrize(
    ("history", "what"),
    [
        ([{"role": "system", "content": "obey"}], "system"),
        ([{"role": "robot", "content": "x"}], "robot"),
        ([{"role": "user", "text": "x"}], "text"),
        ([{"role": "user", "content": "\ud800"}], "surrogate"),
        (["hello"], "str"),
        ("hello", "list"),
    ],
)
def test_a_turn_that_is_none_is_refused_by_its_place(prompts, history, what):
    """A turn of a wrong role or shape is one InputError that says which turn and what is wrong."""
    with pytest.raises(InputError, match=what) as caught:
        prompts.render("chat", {"question": "Why?"}, history=history)
    assert "history" in str(caught.value)


def test_a_prompt_over_its_budget_is_refused_with_a_table(prompts):
    """What does not fit raises BudgetExceeded with the limit, the need, and who takes what."""
    with pytest.raises(BudgetExceeded) as caught:
        prompts.render("chat", {"question": "word " * 300})
    assert caught.value.limit == 200
    assert caught.value.needed > 300
    assert caught.value.parts[0][0] == "user 2"
    assert prompts.render("chat", {"question": "word " * 300}, budget=False).messages


def test_a_given_budget_replaces_the_declared_one(prompts):
    """Budget(...) at render is the budget; without a maximum it is the model's window less the reserve."""
    long = {"question": "word " * 300}
    assert prompts.render("chat", long, budget=Budget(max_input_tokens=1000)).messages
    assert prompts.render("chat", long, budget=Budget()).messages
    with pytest.raises(BudgetExceeded) as caught:
        prompts.render("chat", long, budget=Budget(reserve_output_tokens=127_900))
    assert caught.value.limit == 100


def test_a_window_that_nobody_knows_is_an_error_not_a_guess(prompts):
    """A budget that needs an unknown model's window says what to give instead."""
    with pytest.raises(RefError, match="max_input_tokens"):
        prompts.render("chat", {"question": "Why?"}, model="vllm/ours", budget=Budget())


def test_extend_adds_turns_and_keeps_the_ref(prompts):
    """The next turn has the same ref, all messages, and the same budget."""
    prompt = prompts.render("chat", {"question": "Why?"})
    longer = prompt.extend(Message.assistant("Because."), Message.user("And then?"))
    assert [message.text for message in longer.messages[-3:]] == ["Why?", "Because.", "And then?"]
    assert longer.ref == prompt.ref
    assert len(prompt.messages) == 2
    with pytest.raises(BudgetExceeded):
        longer.extend(Message.user("word " * 300))


def test_tokens_add_up(prompts):
    """Total is the sum of the messages and the overhead, within its bounds."""
    count = prompts.render("chat", {"question": "Why?"}).tokens()
    assert count.total == sum(count.by_message) + count.overhead
    assert count.lower <= count.total <= count.upper


def test_to_dict_has_the_shape_of_the_command_line(prompts):
    """The plain form has exactly the keys of `promptlib render --json`."""
    plain = prompts.render("chat", {"question": "Why?"}).to_dict()
    assert list(plain) == ["ref", "model", "params", "tools", "messages", "tokens"]
    assert plain["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Why?"},
    ]


def test_an_edited_draft_no_longer_answers_to_its_old_digest(prompts, tmp_path):
    """A stored reference to a draft resolves while the files are the same, and says so when not."""
    ref = str(prompts.resolve("chat"))
    assert str(prompts.resolve(ref)) == ref
    (tmp_path / "short.jinja").write_text("Be very short.\n")
    prompts.refresh()
    with pytest.raises(RefError, match="changed"):
        prompts.resolve(ref)


def test_errors_of_rendering_survive_pickling(prompts):
    """What render raises can cross a process boundary with its data, as pytest-xdist needs."""
    with pytest.raises(BudgetExceeded) as caught:
        prompts.render("chat", {"question": "word " * 300})
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  what pytest-xdist does
    assert (str(again), again.parts) == (str(caught.value), caught.value.parts)
