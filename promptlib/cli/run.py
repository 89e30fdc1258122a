"""`promptlib run`: send a prompt, and print the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from promptlib.cli._commands import PromptCommand, model_option, ref_argument
from promptlib.cli._failures import report
from promptlib.cli._inputs import Asked, render
from promptlib.cli._notes import say_notes
from promptlib.cli._output import end_line, say, write, write_json
from promptlib.cli._reading import Reader
from promptlib.cli._session import Session
from promptlib.cli._watch import fingerprint, wait_for_change
from promptlib.errors import PromptlibError

if TYPE_CHECKING:
    from promptlib import Client, Prompt, Reply, Usage

_EXAMPLES = (
    "promptlib run summarize --var article=@article.txt",
    "promptlib run summarize --case launch --model local/smollm2 --stream",
    "promptlib run summarize --case launch --watch",
)


_SECOND = 1000  # milliseconds


@click.command(cls=PromptCommand, examples=_EXAMPLES)
@ref_argument()
@model_option()
@click.option("--stream", is_flag=True, help="Print the answer as it comes.")
@click.option("--watch", is_flag=True, help="Run again whenever a file that it is made of changes.")
@click.pass_obj
def command(
    session: Session, ref: str, model: str | None, asked: Asked, *, stream: bool, watch: bool
) -> None:
    """Send a prompt to its model and print the answer.

    Usage, cost in US dollars, the reason of its end and the time it took go to stderr. Keys come
    from the environment, such as OPENAI_API_KEY.
    """
    from promptlib import Client

    run = Run(session=session, ref=ref, model=model, asked=asked, stream=stream, reader=Reader())
    with Client() as client:
        if not watch:
            run.once(client)
        while watch:
            run.until_change(client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is run, and how the answer is printed."""

    session: Session
    ref: str
    model: str | None
    asked: Asked
    stream: bool
    reader: Reader

    def once(self, client: Client) -> None:
        """Render, send, print."""
        registry = self.session.open()
        prompt = render(registry, self.session.files(), self.ref, self.asked, self.reader, model=self.model)
        say_notes(prompt)
        reply = self._streamed(client, prompt) if self.stream else client.send(prompt)
        if self.session.json:
            write_json({**prompt.to_dict(), **_outcome(reply)})
        elif not self.stream:
            _print(reply.text)
        _print_calls(reply, as_json=self.session.json)
        say(_summary(reply))

    def until_change(self, client: Client) -> None:
        """Run once, its error reported, and return when a file that it is made of has changed."""
        before = fingerprint(self._files())
        try:
            self.once(client)
        except PromptlibError as error:
            report(error, as_json=self.session.json)
        changed = wait_for_change({path: before.get(path) for path in self._made_of()})
        say(f"{changed} has changed")

    def _streamed(self, client: Client, prompt: Prompt) -> Reply:
        text = ""
        with client.stream(prompt) as stream:
            try:
                for delta in stream:
                    text += delta.text
                    if not self.session.json:
                        write(delta.text, flush=True)
            finally:
                # Whatever follows, an error too, begins on a line of its own.
                if not self.session.json and text:
                    end_line(text)
            return stream.reply

    def _files(self) -> list[str]:
        """Everything in the registry's folder, and what the options name."""
        files = self.session.files()
        return [*(str(files.root / path) for path in files.paths()), *self.asked.paths()]

    def _made_of(self) -> list[str]:
        """The files that this prompt is made of; all, while it cannot be loaded."""
        files = self.session.files()
        try:
            template = self.session.open().get(self.ref)
        except PromptlibError:
            return self._files()
        cases = template.settings.cases if self.asked.case is not None else None
        named = [*template.files, *([_beside(template.path, cases)] if cases else [])]
        return [*(str(files.root / path) for path in named), *self.asked.paths()]


def _beside(path: str, name: str) -> str:
    from promptlib.templates.names import resolve_path

    return resolve_path(name, path)


# -- printing


def _print(text: str) -> None:
    if text:
        write(text)
        end_line(text)


def _print_calls(reply: Reply, *, as_json: bool) -> None:
    for call in () if as_json else reply.tool_calls:
        write_json({"tool_call": call.to_dict()})


def _outcome(reply: Reply) -> dict[str, Any]:
    return {
        "text": reply.text,
        "usage": reply.usage.to_dict(),
        "cost": reply.cost,
        "finish_reason": reply.finish_reason,
        "latency_ms": reply.latency_ms,
    }


def _summary(reply: Reply) -> str:
    cost = "cost unknown" if reply.cost is None else f"${reply.cost:.6f}".rstrip("0").rstrip(".")
    parts = [_tokens(reply.usage), cost, reply.finish_reason, _time(reply.latency_ms)]
    return f"{reply.model}: {', '.join(filter(None, parts))}"


def _time(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds:.0f} ms" if milliseconds < _SECOND else f"{milliseconds / _SECOND:.1f} s"


def _tokens(usage: Usage) -> str:
    about = "about " if usage.kind == "estimate" else ""
    given, answered = (
        "unknown" if number is None else f"{about}{number:,}"
        for number in (usage.input_tokens, usage.output_tokens)
    )
    cached = f" ({usage.cached_input_tokens:,} cached)" if usage.cached_input_tokens else ""
    return f"{given} tokens in{cached}, {answered} out"
