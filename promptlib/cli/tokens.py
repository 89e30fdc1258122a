"""`promptlib tokens`: how many tokens prompts take, and how much room models leave them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from promptlib.cli._commands import PromptCommand, model_option, ref_argument
from promptlib.cli._failures import say_error
from promptlib.cli._inputs import Asked, cases, render
from promptlib.cli._output import table, write, write_json
from promptlib.cli._reading import Reader
from promptlib.cli._session import Session
from promptlib.errors import PromptlibError

if TYPE_CHECKING:
    from promptlib import Prompt, Registry

_EXAMPLES = (
    "promptlib tokens",
    "promptlib tokens summarize --var article=@article.txt",
    "promptlib tokens summarize --case launch --model openai/gpt-4o --model anthropic/claude-sonnet-4-5",
)


@click.command(cls=PromptCommand, examples=_EXAMPLES)
@ref_argument(required=False)
@model_option(multiple=True)
@click.pass_context
def command(context: click.Context, ref: str | None, model: Sequence[str], asked: Asked) -> None:
    """Count tokens, for one prompt or all; nothing is sent.

    They are counted for the prompt's model, or for those named; nothing is cut or refused for a
    budget. Headroom is what the model leaves: its window less the tokens kept for the answer, or its
    limit on input if that is lower, less the upper bound of the count.

    Without REF, every prompt of the registry is counted: with its first case, or without inputs where
    it has no cases. The exit code is 1 if one of them could not be counted.
    """
    session: Session = context.obj
    models = model or (None,)
    if ref is None and asked.given():
        raise click.UsageError("values are given together with a REF", context)
    failed = False
    if ref is None:
        rows, failed = _all(session, models)
    else:
        registry, files, reader = session.open(), session.files(), Reader()
        prompts = (render(registry, files, ref, asked, reader, model=each, budget=False) for each in models)
        rows = [_row(prompt) for prompt in prompts]
    _print(rows, as_json=session.json)
    context.exit(1 if failed else 0)


def _all(session: Session, models: Sequence[str | None]) -> tuple[list[dict[str, Any]], bool]:
    """Rows of all prompts, and whether one of them could not be counted."""
    registry = session.open()
    rows, failed = [], False
    for name in registry.names():
        try:
            rows += [_row(prompt) for prompt in _sample(session, registry, name, models)]
        except PromptlibError as error:
            failed = True
            say_error(_named(error, name))
    return rows, failed


def _sample(
    session: Session, registry: Registry, name: str, models: Sequence[str | None]
) -> Iterator[Prompt]:
    files = session.files()
    first = next(iter(cases(registry.get(name), files)), None)
    asked = Asked(case=first.id if first else None)
    for model in models:
        yield render(registry, files, name, asked, Reader(), model=model, budget=False)


def _named(error: PromptlibError, name: str) -> PromptlibError:
    """The error, its message beginning with the prompt where no place tells which one it is."""
    if not error.place and name not in error.message:
        error.message = f"{name}: {error.message}"
    return error


# -- rows


def _row(prompt: Prompt) -> dict[str, Any]:
    facts = prompt.facts
    window = facts.context_window if facts else None
    counted = prompt.tokens()
    limits = [
        None if window is None else window - _reserve(prompt),
        facts.max_input if facts else None,
    ]
    room = min((limit for limit in limits if limit is not None), default=None)
    return {
        "ref": prompt.ref.to_dict(),
        "model": prompt.model,
        "total": counted.total,
        "kind": counted.kind,
        "lower": counted.lower,
        "upper": counted.upper,
        "context_window": window,
        "max_output": facts.max_output if facts else None,
        "headroom": None if room is None else room - counted.upper,
        "by_message": list(counted.by_message),
        "overhead": counted.overhead,
    }


def _reserve(prompt: Prompt) -> int:
    """Tokens kept for the answer, as the budget has them."""
    declared = prompt.source.template.settings.budget.reserve_output_tokens
    if declared is None:
        declared = prompt.params.get("max_output_tokens")
    return declared if isinstance(declared, int) else 0


def _print(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        write_json(rows)
    elif rows:
        write(table([("prompt", "model", "tokens", "", "window", "headroom"), *map(_cells, rows)]))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    bounds = "exact" if row["kind"] == "exact" else f"{row['kind']}, {row['lower']:,} to {row['upper']:,}"
    window, headroom = (
        "unknown" if row[name] is None else f"{row[name]:,}" for name in ("context_window", "headroom")
    )
    return row["ref"]["name"], row["model"] or "-", f"{row['total']:,}", bounds, window, headroom
