"""Rendering the few-shot summariser: promptlib, bare sandboxed Jinja2, banks and langchain-core."""

import json

import pytest
from compare import medians, table
from jinja2 import DictLoader
from jinja2.sandbox import SandboxedEnvironment

from promptlib.rendering import render
from promptlib.templates import MemoryFiles, load

pytestmark = pytest.mark.benchmark

WORDS = "The council has approved a second bridge over the river after nine years of argument. "
EXAMPLES = [
    {"input": {"article": WORDS * (n + 2)}, "output": "- Bridge approved\n- Nine years\n- " + WORDS[:40]}
    for n in range(3)
]
INPUTS = {"article": WORDS * 40, "audience": "commuters"}
PERSONA = "You are the editor of a city newspaper. You write short sentences."

SUMMARIZE = """---
description: Summarise an article
inputs:
  article: {type: string, minLength: 1}
  bullets: {type: integer, minimum: 3, maximum: 5, default: 5}
  audience?: string
personas: [editor]
examples: {file: examples.jsonl}
---
{% system %}
{% persona %}
Summarise the article in {{ bullets }} bullet points{% if audience %} for {{ audience }}{% endif %}.
{% endsystem %}
{% for example in examples %}
{% user %}<article>{{ example.input.article }}</article>{% enduser %}
{% assistant %}{{ example.output }}{% endassistant %}
{% endfor %}
{% user %}
{% section "article" priority=5 truncate="end" %}<article>{{ article }}</article>{% endsection %}
{% enduser %}
"""
BARE = """{% include "editor" %}

Summarise the article in {{ bullets }} bullet points{% if audience %} for {{ audience }}{% endif %}.
{% for example in examples %}
<article>{{ example.input.article }}</article>
{{ example.output }}
{% endfor %}
<article>{{ article }}</article>
"""
BANKS = """{% chat role="system" %}
{{ persona }}
Summarise the article in {{ bullets }} bullet points{% if audience %} for {{ audience }}{% endif %}.
{% endchat %}
{% for example in examples %}
{% chat role="user" %}<article>{{ example.input.article }}</article>{% endchat %}
{% chat role="assistant" %}{{ example.output }}{% endchat %}
{% endfor %}
{% chat role="user" %}<article>{{ article }}</article>{% endchat %}
"""


def ours():
    rows = "\n".join(map(json.dumps, EXAMPLES)).encode()
    files = {"summarize.jinja": SUMMARIZE.encode(), "editor.jinja": PERSONA.encode(), "examples.jsonl": rows}
    template = load(MemoryFiles(files), "summarize")
    return lambda: render(template, INPUTS).messages


def bare_jinja():
    environment = SandboxedEnvironment(loader=DictLoader({"bare": BARE, "editor": PERSONA}))
    template = environment.get_template("bare")
    return lambda: template.render(bullets=5, examples=EXAMPLES, **INPUTS)


def banks(*, distinct: bool):
    prompt = pytest.importorskip("banks").Prompt(BANKS)
    counter = iter(range(10**9))

    def run():
        # banks keeps what it rendered for a context: given the same one again it renders nothing,
        # which is shown beside. A new article each time is what an application has.
        article = f"{next(counter)} {INPUTS['article']}" if distinct else INPUTS["article"]
        return prompt.chat_messages(
            {**INPUTS, "article": article, "bullets": 5, "examples": EXAMPLES, "persona": PERSONA}
        )

    return run


def langchain():
    prompts = pytest.importorskip("langchain_core.prompts")
    shot = prompts.ChatPromptTemplate.from_messages(
        [("human", "<article>{article}</article>"), ("ai", "{output}")]
    )
    shots = prompts.FewShotChatMessagePromptTemplate(
        examples=[{"article": row["input"]["article"], "output": row["output"]} for row in EXAMPLES],
        example_prompt=shot,
    )
    chain = prompts.ChatPromptTemplate.from_messages(
        [
            ("system", "{persona}\nSummarise the article in {bullets} bullet points for {audience}."),
            shots,
            ("human", "<article>{article}</article>"),
        ]
    )
    return lambda: chain.format_messages(persona=PERSONA, bullets=5, **INPUTS)


def test_a_few_shot_prompt_costs_at_most_twice_bare_jinja_and_less_than_both_peers():
    """The few-shot summariser renders in at most 2 times bare Jinja2, and faster than banks and langchain."""
    times = medians(
        {
            "promptlib": ours(),
            "bare sandboxed jinja2 (text only)": bare_jinja(),
            "banks (same context, its cache)": banks(distinct=False),
            "banks (a new article each time)": banks(distinct=True),
            "langchain-core (f-strings)": langchain(),
        }
    )
    print(table("few-shot summariser", times, "bare sandboxed jinja2 (text only)"))
    mine = times["promptlib"]
    assert mine <= 2 * times["bare sandboxed jinja2 (text only)"]
    assert mine < times["banks (a new article each time)"]
    assert mine < times["langchain-core (f-strings)"]


def test_all_subjects_give_the_same_conversation():
    """What is timed is the same work: the same eight texts in the same order."""
    mine = [message.text for message in ours()()]
    assert len(mine) == 8
    assert [message.content for message in langchain()()] == mine
    assert [_banks_text(message) for message in banks(distinct=False)()] == mine
    assert all(text in bare_jinja()() for text in mine[1:])


def _banks_text(message):
    content = message.content
    return (content if isinstance(content, str) else content[0].text).strip()
