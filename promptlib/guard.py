"""The guard of one prompt: which findings touch a value, and what its input's policy makes of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from promptlib.assembly import ValueSpan
from promptlib.errors import InputError
from promptlib.findings import Kind, Policy, find
from promptlib.rendering import Rendered
from promptlib.templates.inputs import Input
from promptlib.templates.template import Template

__all__ = ["Flag", "guard_values"]

_log = logging.getLogger("promptlib.guard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that the guard found in a value.

    `input` is the input it came from, or `history`; `kind` is `control string`, `tag character`,
    `bidirectional control`, `zero-width` or `control character`; `text` is what was found, at
    character `start` of the text of message `message` (from 0).
    """

    input: str
    kind: Kind
    text: str
    message: int
    start: int


def guard_values(
    template: Template, rendered: Rendered, family: str | None, default: Policy | None
) -> tuple[Flag, ...]:
    """What the guard finds in values that are not allowed everything; InputError where one is refused."""
    policies = {name: _policy(declared, default) for name, declared in template.inputs.items()}
    watched = {name for name, policy in policies.items() if policy != "allow"}
    turns = default or "flag"
    if not watched and (turns == "allow" or not rendered.history):
        return ()
    flags = (*_in_values(template, rendered, family, watched), *_in_history(rendered, family, turns))
    refused = [flag for flag in flags if policies.get(flag.input, turns) == "refuse"]
    if refused:
        problems = tuple(f"{flag.input}: it holds a {flag.kind}, {flag.text[:40]!a}" for flag in refused)
        raise InputError(
            f"the guard of {template.name} refuses: " + "; ".join(problems),
            problems=problems,
            hint="Remove it from the value, or set the input's guard to flag or allow.",
        )
    if flags:
        kinds = ", ".join(sorted({f"{flag.kind} in {flag.input}" for flag in flags}))
        _log.info("%s: the guard found %s", template.name, kinds)
    return flags


def _policy(declared: Input, default: Policy | None) -> Policy:
    return declared.guard or default or ("flag" if declared.untrusted else "allow")


def _in_values(
    template: Template, rendered: Rendered, family: str | None, watched: set[str]
) -> Iterator[Flag]:
    """Findings that touch a value; the whole message is searched, as a string may be put together."""
    if not watched:
        return
    spans: dict[int, list[ValueSpan]] = {}
    for span in rendered.values:
        spans.setdefault(span.message, []).append(span)
    for index, held in spans.items():
        for finding in find(rendered.messages[index].text, family):
            touched = [span for span in held if span.start < finding.end and finding.start < span.end]
            names = {name for span in touched for name in span.names}
            sources = {source for name in names for source in template.origins.get(name, ())}
            for source in sorted(sources & watched):
                yield Flag(
                    input=source, kind=finding.kind, text=finding.text, message=index, start=finding.start
                )


def _in_history(rendered: Rendered, family: str | None, policy: Policy) -> Iterator[Flag]:
    if policy == "allow":
        return
    turns = {id(turn) for turn in rendered.history if turn.role != "assistant"}
    for index, message in enumerate(rendered.messages):
        if id(message) in turns:
            for finding in find(message.text, family):
                yield Flag(
                    input="history", kind=finding.kind, text=finding.text, message=index, start=finding.start
                )
