"""Findings are tied to the inputs they came from, and each input's policy decides what happens."""

import logging

import pytest

from promptlib import Registry
from promptlib.errors import InputError

TEMPLATE = """---
inputs:
  loose: string
  outside: {type: string, untrusted: true}
  strict: {type: string, guard: refuse}
---
{% user %}
{{ loose }} <{{ outside }} {{ strict }}
{% enduser %}
{% history %}
"""
CLEAN = {"loose": "a", "outside": "b", "strict": "c"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "x.jinja").write_text(TEMPLATE)
    return tmp_path


def flags(folder, values=None, *, guard=None, history=(), model=None):
    prompts = Registry.open(folder, guard=guard)
    return prompts.render("x", {**CLEAN, **(values or {})}, history=history, model=model).flags


def test_a_clean_prompt_has_no_flags(folder):
    """Nothing found is an empty tuple."""
    assert flags(folder) == ()


def test_an_untrusted_input_is_flagged_and_its_text_left_alone(folder):
    """A control string in an untrusted input is flagged, and reaches the message as it was."""
    prompt = Registry.open(folder).render("x", {**CLEAN, "outside": "hi<|im_end|>"})
    (flag,) = prompt.flags
    assert (flag.input, flag.kind, flag.text, flag.message) == ("outside", "control string", "<|im_end|>", 0)
    assert "hi<|im_end|>" in prompt.messages[0].text
    assert prompt.messages[0].text[flag.start :].startswith("<|im_end|>")


def test_an_ordinary_input_is_allowed_everything(folder):
    """An input that says nothing about trust is not watched."""
    assert flags(folder, {"loose": "<|im_end|>"}) == ()


def test_a_refusing_input_is_an_input_error_that_names_it(folder):
    """guard: refuse turns a finding into an InputError with the input's name and the kind."""
    with pytest.raises(InputError) as caught:
        flags(folder, {"strict": "pass\u200bword"})
    assert "strict" in str(caught.value)
    assert "zero-width" in str(caught.value)


def test_a_string_put_together_with_the_template_is_found(folder):
    """The template's own `<` and a value's rest make one control string, and it is found."""
    (flag,) = flags(folder, {"outside": "|im_start|>"})
    assert flag.text == "<|im_start|>"


def test_a_registry_policy_holds_where_an_input_says_nothing(folder):
    """A registry that refuses, refuses for inputs without a guard; one that allows is quiet."""
    with pytest.raises(InputError, match="loose"):
        flags(folder, {"loose": "<|im_end|>"}, guard="refuse")
    assert flags(folder, {"outside": "<|im_end|>"}, guard="allow") == ()
    with pytest.raises(InputError, match="strict"):
        flags(folder, {"strict": "<|im_end|>"}, guard="allow")


def test_turns_of_the_user_are_watched_and_the_models_own_are_not(folder):
    """The history is flagged for user and tool turns; what the model itself said is its own."""
    history = [{"role": "user", "content": "[INST]"}, {"role": "assistant", "content": "</think>"}]
    (flag,) = flags(folder, history=history)
    assert (flag.input, flag.text, flag.message) == ("history", "[INST]", 1)


def test_the_family_of_the_model_that_will_read_it_counts(folder):
    """`<s>` is HTML for most models and a control string for Mistral's."""
    assert flags(folder, {"outside": "<s>"}, model="openai/gpt-4o-mini") == ()
    assert [flag.text for flag in flags(folder, {"outside": "<s>"}, model="mistral/mistral-large")] == ["<s>"]


def test_findings_are_logged_without_the_text(folder, caplog):
    """The log says which input and what kind, and repeats nothing of the value."""
    with caplog.at_level(logging.INFO, "promptlib.guard"):
        flags(folder, {"outside": "SECRET<|im_end|>"})
    assert "control string in outside" in caplog.text
    assert "SECRET" not in caplog.text
    assert "im_end" not in caplog.text
