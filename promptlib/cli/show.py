"""`promptlib show`: what a prompt is, takes and is made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from promptlib.cli._commands import Command, ref_argument
from promptlib.cli._inputs import cases
from promptlib.cli._output import table, write, write_heading, write_json
from promptlib.cli._session import Session

if TYPE_CHECKING:
    from promptlib.templates import Input, Template


@click.command(cls=Command, examples=("promptlib show summarize", "promptlib show summarize --json"))
@ref_argument()
@click.pass_obj
def command(session: Session, ref: str) -> None:
    """Show what a prompt is, takes and is made of.

    Its description, model and parameters, inputs with types and defaults, personas, tools, number of
    examples and cases, budget and digest.
    """
    template = session.open().get(ref)
    found = _described(template, len(cases(template, session.files())))
    if session.json:
        write_json(found)
    else:
        _print(found)


def _described(template: Template, number_of_cases: int) -> dict[str, Any]:
    settings = template.settings
    examples = settings.examples
    return {
        "name": template.name,
        "path": template.path,
        "description": settings.description,
        "tags": list(settings.tags),
        "model": settings.model,
        "params": dict(settings.params),
        "inputs": [_input(item) for item in template.inputs.values()],
        "personas": list(template.personas),
        "tools": [tool.name for tool in template.tools],
        "examples": len(template.examples),
        "select": None if examples is None else examples.select.model_dump(),
        "cases": number_of_cases,
        "budget": settings.budget.model_dump(),
        "output": template.output,
        "digest": template.digest,
        "files": dict(template.files),
    }


def _input(item: Input) -> dict[str, Any]:
    return {
        "name": item.name,
        "type": item.type,
        "required": item.required,
        "default": item.default,
        "description": item.description,
        "untrusted": item.untrusted,
        "schema": dict(item.schema),
    }


# -- as a page


def _print(found: dict[str, Any]) -> None:
    write_heading(found["name"])
    if found["description"]:
        write(f"{found['description']}\n")
    write("\n" + table((name, text) for name, text in _facts(found).items() if text))
    if found["inputs"]:
        write("\n")
        write_heading("inputs")
        write(table([_input_row(item) for item in found["inputs"]], indent="  "))


def _facts(found: dict[str, Any]) -> dict[str, str]:
    return {
        "file": found["path"],
        "model": found["model"] or "none",
        "params": ", ".join(f"{name} {json.dumps(value)}" for name, value in found["params"].items()),
        "personas": ", ".join(found["personas"]),
        "tools": ", ".join(found["tools"]),
        "examples": _examples(found),
        "cases": str(found["cases"] or ""),
        "budget": _budget(found["budget"]),
        "output": "JSON, by a schema" if found["output"] else "",
        "tags": ", ".join(found["tags"]),
        "digest": f"sha256:{found['digest']}",
    }


def _examples(found: dict[str, Any]) -> str:
    if found["select"] is None:
        return ""
    number = found["select"]["k"]
    return f"{found['examples']}, chosen by {found['select']['by']}" + (
        f", {number} of them" if number else ""
    )


def _budget(budget: dict[str, int | None]) -> str:
    most, reserve = budget["max_input_tokens"], budget["reserve_output_tokens"]
    parts = [f"{most:,} input tokens" if most else "", f"{reserve:,} kept for the answer" if reserve else ""]
    return ", ".join(filter(None, parts))


def _input_row(item: dict[str, Any]) -> tuple[str, str, str, str]:
    need = "required" if item["required"] else "optional"
    if item["default"] is not None:
        need = f"default {json.dumps(item['default'], ensure_ascii=False)}"
    kind = f"{item['type']}, untrusted" if item["untrusted"] else item["type"]
    return item["name"], kind, need, item["description"]
