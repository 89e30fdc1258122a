"""`promptlib render`: the messages that a prompt becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptlib.cli._commands import PromptCommand, model_option, ref_argument
from promptlib.cli._inputs import Asked, render
from promptlib.cli._output import heading, say, write, write_json
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
    if session.json:
        write_json(prompt.to_dict())
    else:
        write("\n".join(map(_shown, prompt.messages)))
        say(f"{prompt.ref}, for {prompt.model or 'no model'}")


def _shown(message: Message) -> str:
    title = message.role if message.tool_call_id is None else f"{message.role}, of {message.tool_call_id}"
    calls = [f"[call {call.id}: {call.name} {dict(call.arguments)}]" for call in message.tool_calls]
    body = "".join(map(_part, message.parts))
    lines = [heading(f"--- {title} ---"), *([body.removesuffix("\n")] if body else []), *calls]
    return "".join(f"{line}\n" for line in lines)


def _part(part: Part) -> str:
    fields = part.to_dict()
    if fields["type"] == "text":
        return str(fields["text"])
    if fields["type"] == "cache":
        return "[cache]\n"
    where = fields.get("url") or f"{len(getattr(part, 'data', None) or b''):,} bytes"
    return f"[{fields['type']} {fields['media_type']}, {where}]\n"
