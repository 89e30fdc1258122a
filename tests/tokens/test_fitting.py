"""A fitted prompt is within its budget, and only what may go is gone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlib.errors import BudgetExceeded
from promptlib.prompt import compose
from promptlib.templates import MemoryFiles, load
from promptlib.types import Budget, Message, Ref, ToolCall

PROMPT = """---
model: openai/gpt-4o-mini
inputs:
  question: string
  article: {type: string, default: ""}
  documents: {type: array, default: []}
examples: {file: rows.jsonl}
---
{% system %}Answer from the documents alone.{% endsystem %}
{% for example in examples %}
{% user %}Q: {{ example.input }}{% enduser %}
{% assistant %}{{ example.output }}{% endassistant %}
{% endfor %}
{% history %}
{% user %}
{% for document in documents %}
{% section "document" priority=loop.revindex + 2 truncate="end" min_tokens=5 %}
<doc>{{ document }}</doc>
{% endsection %}

{% endfor %}
{% section "article" priority=9 %}ARTICLE: {{ article }} END{% endsection %}

Question: {{ question }}
{% enduser %}
"""
ROWS = "\n".join(f'{{"input": "example {n}", "output": "answer {n}"}}' for n in range(3))
TEMPLATE = load(MemoryFiles({"x.jinja": PROMPT.encode(), "rows.jsonl": ROWS.encode()}), "x")


def fitted(limit, template=TEMPLATE, history=(), **inputs):
    values = {"question": "Why?", **inputs}
    budget = Budget(max_input_tokens=limit)
    return compose(template, Ref(name="x"), values, history=history, budget=budget)


def whole(**inputs):
    return compose(TEMPLATE, Ref(name="x"), {"question": "Why?", **inputs}, budget=False)


def chat(turns, words=6):
    return [
        Message(role="user" if turn % 2 == 0 else "assistant", content=f"turn {turn} " + "word " * words)
        for turn in range(turns)
    ]


def test_what_fits_is_left_as_it_is():
    """With room for all, the messages are those without a budget, and every part is kept."""
    prompt = fitted(5000, article="An article.", documents=["one", "two"])
    assert prompt.messages == whole(article="An article.", documents=["one", "two"]).messages
    assert {part.action for part in prompt.fit.parts} == {"kept"}
    assert prompt.fit.dropped == ()


def test_without_a_budget_there_is_no_fit():
    """A prompt without a budget is not fitted and says so."""
    assert whole().fit is None


def test_the_oldest_turns_go_first_and_the_newest_stay():
    """The history gives way from its beginning; its last turn is the last to go."""
    prompt = fitted(250, history=chat(40))
    texts = [message.text for message in prompt.messages]
    assert any("turn 39" in text for text in texts)
    assert not any("turn 0 " in text for text in texts)
    (history,) = [part for part in prompt.fit.parts if part.name == "history"]
    assert (history.action, history.turns > 0, history.reason != "") == ("cut", True, True)


def test_a_history_that_was_cut_begins_with_a_user():
    """What is left of the history begins with a user's turn, as providers demand."""
    prompt = fitted(250, history=chat(40))
    turns = [message for message in prompt.messages if message.text.startswith("turn")]
    assert turns[0].role == "user"


def test_history_goes_before_examples_and_examples_before_sections():
    """Priority 0 goes before priority 1, and that before the author's higher ones."""
    prompt = fitted(
        whole(documents=["short text"]).tokens().total, history=chat(10), documents=["short text"]
    )
    actions = {part.name: part.action for part in prompt.fit.parts}
    assert actions["history"] == "dropped"
    assert actions["examples"] == actions["document"] == "kept"


def test_the_last_example_goes_first():
    """Among examples the one that stands last goes first."""
    size = whole().tokens().total
    prompt = fitted(size - 8)
    left = [message.text for message in prompt.messages if message.text.startswith("Q:")]
    assert left == ["Q: example 0", "Q: example 1"]


def test_a_document_is_cut_at_a_sentence_and_its_frame_stays():
    """Only the value is cut, at the end of a sentence; the section's own text stands whole."""
    text = "The first sentence is here. " * 40
    prompt = fitted(200, documents=[text])
    body = prompt.messages[-1].text
    assert "<doc>The first" in body
    assert body.split("</doc>")[0].endswith("here.")
    (part,) = [part for part in prompt.fit.cut if part.name == "document"]
    assert part.after < part.before


def test_the_document_of_least_priority_is_cut_first():
    """Of two documents the one ranked lower gives way before the other is touched."""
    long = "A sentence of some words. " * 20
    prompt = fitted(260, documents=[long, long])
    first, second = [part for part in prompt.fit.parts if part.name == "document"]
    assert first.action == "kept"
    assert second.action in ("cut", "dropped")


def test_a_section_that_may_not_be_cut_goes_as_a_whole():
    """Truncate is no: the section is there with all its text, or not at all."""
    prompt = fitted(120, article="word " * 200)
    assert "ARTICLE" not in prompt.messages[-1].text
    assert "END" not in prompt.messages[-1].text
    assert "Question: Why?" in prompt.messages[-1].text


def test_what_is_left_below_the_minimum_is_dropped():
    """Where less than min_tokens could stay, the section goes."""
    prompt = fitted(
        whole().tokens().total - 30, documents=["one two three four five six seven eight nine ten " * 3]
    )
    assert "<doc>" not in prompt.messages[-1].text or count_doc(prompt) >= 5


def count_doc(prompt):
    (part,) = [part for part in prompt.fit.parts if part.name == "document"]
    return part.after


def test_a_call_is_never_parted_from_its_result():
    """Wherever the history is cut, each tool's result stands behind the call it answers."""
    turns = []
    for n in range(20):
        turns += [
            Message.user(f"question {n} " + "word " * 8),
            Message.assistant(tool_calls=(ToolCall(id=f"c{n}", name="look", arguments={"n": n}),)),
            Message.tool(f"c{n}", f"result {n} " + "word " * 8),
            Message.assistant(f"answer {n}"),
        ]
    for limit in range(150, 900, 50):
        messages = fitted(limit, history=turns).messages
        called = {call.id for message in messages for call in message.tool_calls}
        answered = {message.tool_call_id for message in messages if message.role == "tool"}
        assert called == answered


def test_what_cannot_fit_is_an_error_with_a_table():
    """When everything that may go is gone and it is still too long, the error says who takes what."""
    with pytest.raises(BudgetExceeded) as caught:
        fitted(50, question="word " * 200)
    assert caught.value.parts[0][0].startswith("user")
    assert "200" in str(caught.value) or str(caught.value.needed) in str(caught.value)


def test_max_tokens_holds_where_there_is_room():
    """A section's own maximum cuts it even when the budget would not."""
    body = '{% user %}{% section "a" max_tokens=20 truncate="end" %}{{ a }}{% endsection %}{% enduser %}'
    template = load(MemoryFiles({"x.jinja": f"---\ninputs: {{a: string}}\n---\n{body}".encode()}), "x")
    prompt = compose(
        template, Ref(name="x"), {"a": "One sentence. " * 50}, budget=Budget(max_input_tokens=9000)
    )
    (part,) = prompt.fit.cut
    assert part.after <= 20


@pytest.mark.parametrize(("where", "kept"), [("start", "ninth"), ("end", "first"), ("middle", "first")])
def test_the_side_that_goes_is_the_authors_choice(where, kept):
    """Truncate names the side that is cut away; the middle keeps both ends."""
    text = "The first point. " + "Something in between. " * 40 + "The ninth point."
    body = f'{{% user %}}{{% section "a" truncate="{where}" %}}{{{{ a }}}}{{% endsection %}}{{% enduser %}}'
    front = "model: openai/gpt-4o-mini\ninputs: {a: string}"
    template = load(MemoryFiles({"x.jinja": f"---\n{front}\n---\n{body}".encode()}), "x")
    prompt = compose(template, Ref(name="x"), {"a": text}, budget=Budget(max_input_tokens=90))
    shown = prompt.messages[0].text
    assert kept in shown
    assert (where != "middle") or "ninth" in shown


def test_consecutive_turns_share_their_beginning():
    """Over a chat of 200 turns, consecutive prompts share at least 90 % of their tokens as a prefix."""
    turns = chat(200, words=20)
    shares = []
    before = None
    for end in range(2, 200, 2):
        texts = [f"{m.role}{m.text}" for m in fitted(2000, history=turns[:end]).messages[:-1]]
        if before is not None:
            same = next(
                (i for i, (a, b) in enumerate(zip(before, texts, strict=False)) if a != b), len(before)
            )
            shares.append(sum(map(len, before[:same])) / sum(map(len, before)))
        before = texts
    assert sum(shares) / len(shares) >= 0.9


def test_extend_fits_again():
    """An agent's turns push the oldest history out, and the newest stay."""
    prompt = fitted(300, history=chat(10))
    for n in range(20):
        prompt = prompt.extend(Message.assistant(f"thought {n} " + "word " * 8), Message.user(f"go on {n}"))
    assert prompt.messages[-1].text == "go on 19"
    assert prompt.tokens().upper <= 300


words = st.lists(
    st.sampled_from(["word", "Satz.", "\u4e2d\u6587", "\n", "longer-token", "\U0001f600"]), max_size=60
)


@settings(deadline=None)
@given(
    limit=st.integers(30, 700),
    question=words.map(" ".join),
    article=words.map(" ".join),
    documents=st.lists(words.map(" ".join), max_size=4),
    turns=st.lists(st.tuples(st.sampled_from(["user", "assistant"]), words.map(" ".join)), max_size=8),
)
def test_a_fitted_prompt_is_within_its_budget_or_the_error_is_raised(
    limit, question, article, documents, turns
):
    """For any inputs, history and budget: within the limit or BudgetExceeded, fixed text untouched."""
    history = [Message(role=role, content=text) for role, text in turns]
    inputs = {"question": question, "article": article, "documents": documents}
    try:
        prompt = fitted(limit, history=history, **inputs)
    except BudgetExceeded as error:
        assert error.needed > limit  # noqa: PT017  either outcome is right, and each is checked
        return
    assert prompt.tokens().upper <= limit
    assert prompt.messages[0].text == "Answer from the documents alone."
    last = prompt.messages[-1].text
    assert last.endswith(f"Question: {question}")
    assert last.count("<doc>") == last.count("</doc>")
    assert ("ARTICLE: " in last) == (" END" in last)
    assert prompt == fitted(limit, history=history, **inputs)
