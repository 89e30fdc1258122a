"""What a prompt is rendered with: cases, files of values, single values, a conversation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from promptlib.cli._reading import Reader
from promptlib.cli._variables import named_file, read_variables, split
from promptlib.errors import InputError

if TYPE_CHECKING:
    from promptlib import Prompt, Registry
    from promptlib.templates import Files, Template
    from promptlib.templates.tables import Case

__all__ = ["Asked", "cases", "render"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of rendering; None or empty where they were not given.

    `variables` is the file of `--vars`. A value of `--var` beats the file's, which beats the case's.
    """

    var: tuple[str, ...] = ()
    variables: str | None = None
    case: str | None = None
    persona: str | None = None
    history: str | None = None
    unit: str | None = None

    def given(self) -> bool:
        """Whether any of them was given."""
        return any(getattr(self, field.name) for field in fields(self))

    def paths(self) -> list[str]:
        """The files that are read for it, standard input left out."""
        values = (named_file(split(one)[1]) for one in self.var)
        return [path for path in (*values, self.variables, self.history) if path not in (None, "-")]


def render(
    registry: Registry, files: Files, ref: str, asked: Asked, reader: Reader, **options: Any
) -> Prompt:
    """Render a prompt with what was asked for; `options` go to `Registry.render`.

    Raises:
        PromptlibError: As `Registry.render`, and InputError for a file that cannot be read.
    """
    template = registry.get(ref)
    return registry.render(
        ref,
        _values(template, files, asked, reader),
        persona=asked.persona,
        history=() if asked.history is None else reader.json(asked.history),
        unit=asked.unit,
        **options,
    )


def cases(template: Template, files: Files) -> tuple[Case, ...]:
    """The cases of a prompt, in order; none where it names no file of them.

    Raises:
        TemplateError: The file is missing or broken.
    """
    from promptlib.templates.names import resolve_path
    from promptlib.templates.tables import read_cases

    if template.settings.cases is None:
        return ()
    path = resolve_path(template.settings.cases, template.path)
    return read_cases(path, files.read(path))


def _values(template: Template, files: Files, asked: Asked, reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if asked.case is not None:
        found |= _case(template, files, asked.case).input
    if asked.variables is not None:
        found |= _object(asked.variables, reader)
    return found | read_variables(asked.var, template.inputs, reader)


def _case(template: Template, files: Files, wanted: str) -> Case:
    known = {case.id: case for case in cases(template, files)}
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, n=1)
    hint = (
        f"Its cases are: {', '.join(known)}."
        if known
        else "`cases` in its front matter names a file of them."
    )
    hint = f"Did you mean {near[0]!r}?" if near else hint
    raise InputError(f"{template.name} has no case {wanted!r}", hint=hint)


def _object(path: str, reader: Reader) -> dict[str, Any]:
    found = reader.json(path)
    if not isinstance(found, dict):
        raise InputError("the file of --vars holds an object of values by name", path=path)
    return found
