"""`promptlib render`: the messages that a prompt becomes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from promptlib.cli._commands import PromptCommand, model_option, ref_argument
from promptlib.cli._inputs import Asked, render
from promptlib.cli._notes import say_notes
from promptlib.cli._output import end_line, say, write, write_heading, write_json
from promptlib.cli._reading import Reader
from promptlib.cli._session import Session

if TYPE_CHECKING:
    from promptlib import Message
    from promptlib.types import Part

_EXAMPLES = (
    "promptlib render summarize --var article=@article.txt --var bullets=3",
    "promptlib render summarize --case launch --json",
)


@click.command(cls=PromptCommand, examples=_EXAMPLES)
@ref_argument()
@model_option()
@click.pass_obj
def command(session: Session, ref: str, model: str | None, asked: Asked) -> None:
    """Render a prompt and print its messages; nothing is sent."""
    prompt = render(session.open(), session.files(), ref, asked, Reader(), model=model)
    say_notes(prompt)
    if session.json:
        write_json(prompt.to_dict())
        return
    for index, message in enumerate(prompt.messages):
        write("\n" if index else "")
        _show(message)
    say(f"{prompt.ref}, for {prompt.model or 'no model'}")


def _show(message: Message) -> None:
    result = "" if message.tool_call_id is None else f", of {message.tool_call_id}"
    write_heading(f"--- {message.role}{result} ---")
    body = "".join(map(_part, message.parts))
    if body:
        write(body)
        end_line(body)
    for call in message.tool_calls:
        write(f"[call {call.id}: {call.name} {json.dumps(dict(call.arguments), ensure_ascii=False)}]\n")


def _part(part: Part) -> str:
    fields = part.to_dict()
    if fields["type"] == "text":
        return str(fields["text"])
    if fields["type"] == "cache":
        return "[cache]\n"
    where = fields.get("url") or f"{len(getattr(part, 'data', None) or b''):,} bytes"
    return f"[{fields['type']} {fields['media_type']}, {where}]\n"
