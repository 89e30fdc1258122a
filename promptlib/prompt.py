"""Prompt: a request that knows where it came from, and the one way in which it is composed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from promptlib.assembly import Draft
from promptlib.errors import BudgetExceeded, InputError, RefError
from promptlib.findings import Policy, family_of
from promptlib.guard import Flag, guard_values
from promptlib.models import Model, lookup
from promptlib.project import Project
from promptlib.rendering import Rendered
from promptlib.rendering import render as render_template
from promptlib.templates.marks import Section
from promptlib.templates.template import Template
from promptlib.tokens import count
from promptlib.tokens.examples import select
from promptlib.tokens.fit_report import Fit, FitPart, Fitted
from promptlib.tokens.fitting import fit
from promptlib.tokens.requests import Scale, surely_fits
from promptlib.types import Budget, Message, Ref, Request, TokenCount, Tool

__all__ = ["Prompt", "Source", "compose", "read_history"]

_ROWS = 12  # parts that the message of BudgetExceeded shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Everything one prompt was composed from, so that it can be extended or fitted again."""

    template: Template
    project: Project | None
    rendered: Rendered
    budget: Budget | Literal[False] | None
    added: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Request):
    """A rendered prompt: messages and settings ready to send, with their provenance.

    `ref` says what was rendered; `fit` what was kept, cut or dropped for a budget, None without
    one; `flags` what the guard found; `ignored_inputs` the inputs that were given but not declared.
    """

    ref: Ref
    fit: Fit | None = None
    flags: tuple[Flag, ...] = ()
    ignored_inputs: tuple[str, ...] = ()
    source: Source = field(repr=False, compare=False)

    def tokens(self) -> TokenCount:
        """Tokens of the whole context for the prompt's model; an estimate where no model is known."""
        return count(self, self.facts)

    @property
    def facts(self) -> Model | None:
        """What is known of the prompt's model, the project's own facts first; None if nothing is."""
        return lookup(self.model, self.source.project)

    def extend(self, *messages: Message) -> Prompt:
        """The next turn: the same prompt with messages behind it, fitted to the same budget again.

        Raises:
            BudgetExceeded: the longer prompt does not fit.
        """
        added = (*self.source.added, *messages)
        source = replace(self.source, added=added)
        # From what was rendered, not from what was left of it: a turn that was cut may fit again.
        return _fitted(replace(self, messages=(*source.rendered.messages, *added), fit=None, source=source))

    def to_openai(self) -> dict[str, Any]:
        """Keyword arguments for the official SDK's `chat.completions.create`, as plain data."""
        from promptlib.providers.openai import to_openai

        return to_openai(self)

    def to_dict(self) -> dict[str, Any]:
        """The prompt as plain data: `ref`, `model`, `params`, `tools`, `messages`, `tokens`."""
        return {
            "ref": self.ref.to_dict(),
            "model": self.model,
            "params": dict(self.params),
            "tools": [tool.to_dict() for tool in self.tools],
            "messages": [message.to_dict() for message in self.messages],
            "tokens": self.tokens().to_dict(),
        }


def compose(
    template: Template,
    ref: Ref,
    inputs: Any = None,
    *,
    persona: str | None = None,
    history: Sequence[Message | Mapping[str, Any]] = (),
    model: str | None = None,
    params: Mapping[str, Any] | None = None,
    tools: Sequence[Tool | Mapping[str, Any]] | None = None,
    budget: Budget | Literal[False] | None = None,
    guard: Policy | None = None,
    project: Project | None = None,
    drop_unexpected: bool = False,
) -> Prompt:
    """Select examples, render, guard, and hold to the budget; what is given beats the front matter.

    `guard` is the policy for inputs whose declaration names none, and for the history; `project`
    holds facts about models of its own.
    """
    settings = template.settings
    rendered = render_template(
        template,
        inputs,
        persona=persona,
        history=read_history(history, settings.history.roles),
        choose=_chooser(template),
        drop_unexpected=drop_unexpected,
    )
    chosen_model = settings.model if model is None else model
    limit = _budget(template, budget)
    prompt = Prompt(
        messages=rendered.messages,
        model=chosen_model,
        params={**settings.params, **(params or {})},
        tools=template.tools if tools is None else tuple(map(_tool, tools)),
        output=template.output,
        ref=replace(ref, persona=rendered.persona, model=chosen_model),
        flags=guard_values(template, rendered, family_of(chosen_model), guard),
        ignored_inputs=rendered.ignored,
        source=Source(template=template, rendered=rendered, budget=limit, project=project),
    )
    return _fitted(prompt)


def _chooser(template: Template) -> Callable[[Mapping[str, Any]], Any] | None:
    declared = template.settings.examples
    if declared is None or (declared.select.by in ("all", "first") and declared.select.k is None):
        return None
    return lambda values: select(template.examples, declared.select, values)


def read_history(history: Sequence[Any], roles: Sequence[str]) -> tuple[Message, ...]:
    """Turns of a conversation as messages; InputError names the turn that is wrong."""
    if isinstance(history, str | bytes | Mapping) or not isinstance(history, Sequence):
        message = "history is a list of messages"
        raise InputError(message, problems=(message,))
    return tuple(_turn(item, f"history[{index}]", roles) for index, item in enumerate(history))


def _turn(item: Any, where: str, roles: Sequence[str]) -> Message:
    try:
        message = item if isinstance(item, Message) else Message.from_dict(item)
    except InputError as error:
        text = f"{where}: {error.message}"
        raise InputError(text, problems=(text,), hint="A turn is a Message or {role, content}.") from None
    problem = None
    if message.role not in roles:
        problem = f"{where}: a {message.role} message is no turn of this prompt's history"
    elif not _encodable(message.text):
        problem = f"{where}: the text holds half of a surrogate pair"
    if problem:
        hint = f"Its roles are {', '.join(roles)}; history.roles in the front matter may allow others."
        raise InputError(problem, problems=(problem,), hint=hint)
    return message


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tool(given: Tool | Mapping[str, Any]) -> Tool:
    if isinstance(given, Tool):
        return given
    try:
        return Tool(**given)
    except TypeError:
        message = "a tool is a Tool, or a dict of name, description and parameters"
        raise InputError(message, problems=(message,)) from None


# -- the budget


def _budget(template: Template, given: Budget | Literal[False] | None) -> Budget | Literal[False] | None:
    if given is not None:
        return given
    declared = template.settings.budget
    if declared.max_input_tokens is None and declared.reserve_output_tokens is None:
        return None
    return Budget(
        max_input_tokens=declared.max_input_tokens, reserve_output_tokens=declared.reserve_output_tokens
    )


def _fitted(prompt: Prompt) -> Prompt:
    """The prompt within its budget; BudgetExceeded where what may go is not enough."""
    source = prompt.source
    if not source.budget:
        return prompt
    limit = _limit(source.budget, prompt, prompt.facts)
    items = source.rendered.items
    settings = source.template.settings.history
    capped = [item for item in _sections(items) if item.max_tokens is not None]
    if not capped and settings.max_tokens is None and surely_fits(prompt, prompt.facts, limit):
        return replace(prompt, fit=_all_kept(items, source, limit))
    scale = Scale(prompt, prompt.facts)
    fitted = fit(
        items,
        source.added,
        limit,
        count=scale.message,
        count_text=scale.text,
        overhead=scale.overhead,
        history_priority=settings.priority,
        history_max=settings.max_tokens,
    )
    if fitted.fit.tokens is not None and fitted.fit.tokens > limit:
        raise _exceeded(prompt, fitted, limit)
    return replace(prompt, messages=fitted.messages, fit=fitted.fit)


def _sections(items: Sequence[Draft | Message | str]) -> Iterator[Section]:
    for item in items:
        yield from (
            mark for mark in (item.pieces if isinstance(item, Draft) else [item]) if isinstance(mark, Section)
        )


def _all_kept(items: Sequence[Draft | Message | str], source: Source, limit: int) -> Fit:
    parts = [(section.name, section.priority) for section in _sections(items)]
    if source.rendered.history:
        parts.append(("history", source.template.settings.history.priority))
    kept = (
        FitPart(name=name, priority=priority, action="kept", before=None, after=None)
        for name, priority in parts
    )
    return Fit(limit=limit, tokens=None, parts=tuple(kept))


def _exceeded(prompt: Prompt, fitted: Fitted, limit: int) -> BudgetExceeded:
    needed = fitted.fit.tokens or 0
    rows = [
        (f"{message.role} {index}", tokens)
        for index, (message, tokens) in enumerate(zip(fitted.messages, fitted.tokens, strict=True), 1)
    ]
    rows.append(("overhead", needed - sum(fitted.tokens)))
    rows.sort(key=lambda row: -row[1])
    table = "\n".join(f"  {tokens:>9,}  {name}" for name, tokens in rows[:_ROWS])
    return BudgetExceeded(
        f"{prompt.ref.name} needs {needed:,} tokens with all gone that may go, and has {limit:,}\n{table}",
        limit=limit,
        needed=needed,
        parts=tuple(rows),
        hint="Put what may go into a section, shorten an input, raise the budget, or pass budget=False.",
    )


def _limit(budget: Budget, prompt: Prompt, model: Model | None) -> int:
    """The tokens a budget gives: its maximum, and no more than the model takes beside the answer."""
    reserve = budget.reserve_output_tokens
    if reserve is None:
        declared = prompt.params.get("max_output_tokens")
        reserve = declared if isinstance(declared, int) else 0
    window = model.context_window - reserve if model is not None and model.context_window else None
    limits = [budget.max_input_tokens, window, model.max_input if model is not None else None]
    known = [limit for limit in limits if limit is not None]
    if not known:
        raise RefError(
            f"the context window of {prompt.model or 'no model'} is not known",
            hint="Give Budget(max_input_tokens=...), or the model's facts in [tool.promptlib.models].",
        )
    return min(known)
