"""A template and values to messages: which text came from where is kept, and nothing is counted.

The compiled template gives pieces of three kinds that never mix: template text (`str`), marks, and
printed values, each behind its `Printed` mark. Messages begin and end at marks alone, so no text can
begin one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from jinja2.exceptions import TemplateRuntimeError, UndefinedError

from promptlib import assembly
from promptlib.assembly import Draft, SectionSpan, ValueSpan
from promptlib.errors import PromptlibError, RefError, TemplateError
from promptlib.templates.compiler import OPERATIONS_KEY
from promptlib.templates.inputs import accept
from promptlib.templates.limits import Meter, exceeded
from promptlib.templates.marks import CLOSE, Open, Section
from promptlib.templates.operations import GLOBALS, Operations
from promptlib.templates.tables import Example
from promptlib.templates.template import Template
from promptlib.types import Message

__all__ = ["Rendered", "render"]

_COUNT_EVERY = 512  # pieces between two sums of the output's size
_JINJAS_PLACE = re.compile(r" \(imported on line \d+ in '[^']*'\)| on line \d+ in '[^']*'")
_SHOWN = 400  # characters of Jinja's own message that an error repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a template gives: messages, the persona they were given, inputs that were dropped.

    `values` and `sections` say where each printed value and each section stands.
    """

    messages: tuple[Message, ...]
    persona: str | None = None
    ignored: tuple[str, ...] = ()
    pieces: list[str] = field(default_factory=list, repr=False)
    history: tuple[Message, ...] = field(default=(), repr=False)

    @property
    def items(self) -> tuple[Draft | Message | Section | str, ...]:
        """Drafts, turns of the history, and the marks that stand between messages, in order."""
        return tuple(assembly.items(self.pieces, self.history))

    @property
    def values(self) -> tuple[ValueSpan, ...]:
        """The spans of all printed values, in order."""
        messages = (item for item in self.items if isinstance(item, Draft | Message))
        return tuple(
            span
            for index, item in enumerate(messages)
            if isinstance(item, Draft)
            for span in assembly.value_spans(index, item)
        )

    @property
    def sections(self) -> tuple[SectionSpan, ...]:
        """The spans of all sections, by where they begin, outer before inner."""
        return assembly.section_spans(self.items)


def render(
    template: Template,
    inputs: Any = None,
    *,
    persona: str | None = None,
    history: Sequence[Message] = (),
    choose: Callable[[Mapping[str, Any]], Sequence[Example]] | None = None,
    drop_unexpected: bool = False,
) -> Rendered:
    """Render a template with inputs, which are copied and checked first.

    Args:
        template: what `load` returned.
        inputs: a mapping or a pydantic model; missing, mistyped and unexpected ones are an InputError.
        persona: a name the template declares; None is the first of them.
        history: turns that stand where `{% history %}` does.
        choose: given the accepted inputs, the few-shot examples to show; None shows all.
        drop_unexpected: drop inputs that are not declared, and report them in `ignored`.

    Raises:
        InputError: the inputs do not fit.
        RefError: the template has no such persona.
        RenderLimitError: a bound was reached.
        TemplateError: something can only be seen to be wrong with these inputs.
    """
    unexpected: Literal["drop", "refuse"] = "drop" if drop_unexpected else "refuse"
    accepted = accept(
        template.inputs, {} if inputs is None else inputs, name=template.name, unexpected=unexpected
    )
    chosen = _persona(template, persona)
    values = accepted.values
    # Shared between renderings: nothing a template does can change them.
    values["examples"] = template.rows if choose is None else [row.to_dict() for row in choose(values)]
    pieces = _run(template, values, accepted.largest, chosen)
    turns = tuple(history)
    return Rendered(
        messages=assembly.messages(pieces, turns),
        persona=chosen,
        ignored=accepted.ignored,
        pieces=pieces,
        history=turns,
    )


def _run(template: Template, values: dict[str, Any], largest: int, persona: str | None) -> list[str]:
    operations = Operations(Meter(template.limits, largest))
    values.update(GLOBALS)
    values[OPERATIONS_KEY] = operations
    start = template.program.start
    if persona is not None:
        operations.persona = lambda _: start(template.personas[persona], values)
    try:
        return _collect(start(template.path, values), operations.meter, template)
    except (PromptlibError, UndefinedError, TemplateRuntimeError, RecursionError) as error:
        raise _placed(error, template) from None
    except (TypeError, ValueError) as error:
        if not _is_unpacking(error, template):
            raise
        raise _placed(error, template) from None


def _persona(template: Template, name: str | None) -> str | None:
    if name is None:
        return next(iter(template.personas), None)
    if name in template.personas:
        return name
    listed = ", ".join(template.personas) or "none"
    raise RefError(f"{template.name} has no persona {name!a}", hint=f"Its personas are: {listed}.")


_IMPLICIT = Open("user")


def _collect(stream: Iterable[tuple[str, ...]], meter: Meter, template: Template) -> list[str]:
    """All pieces of the stream, counted as they come."""
    pieces: list[str] = []
    meter.buffers.append(pieces)
    if template.implicit:
        pieces.append(_IMPLICIT)
    counted = size = 0
    for run in stream:
        pieces += run
        if len(pieces) - counted > _COUNT_EVERY:
            size = _counted(pieces, counted, size, template)
            counted = len(pieces)
    _counted(pieces, counted, size, template)
    if template.implicit:
        pieces.append(CLOSE)
    return pieces


def _counted(pieces: list[str], start: int, size: int, template: Template) -> int:
    size += sum(map(len, pieces[start:] if start else pieces))
    if size > template.limits.output:
        raise exceeded("output", template.limits.output)
    return size


# -- errors


def _placed(error: Exception, template: Template) -> PromptlibError:
    """The error with the path and line of the template statement that raised it."""
    path, line = _template_place(error, template)
    if isinstance(error, PromptlibError):
        if error.path is None:
            error.path, error.line = path, line
        return error
    if isinstance(error, RecursionError):
        return exceeded("depth", template.limits.depth, path=path, line=line)
    # Jinja's own messages count lines without the front matter.
    message = _JINJAS_PLACE.sub("", str(error))[:_SHOWN]
    return TemplateError(message, path=path, line=line)


def _is_unpacking(error: BaseException, template: Template) -> bool:
    """Whether generated code itself raised it: only `for a, b in …` and `set a, b = …` can.

    The same error out of our own code is a bug, and stays one.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    compiled = trace and trace.tb_frame.f_globals.get("__jinja_template__")
    return compiled is not None and compiled.name in template.linked


def _template_place(error: BaseException, template: Template) -> tuple[str, int | None]:
    path, line = template.path, None
    trace = error.__traceback__
    while trace is not None:
        compiled = trace.tb_frame.f_globals.get("__jinja_template__")
        if compiled is not None and compiled.name in template.linked:
            path = compiled.name
            first = template.linked[path].source.body_line
            line = compiled.get_corresponding_lineno(trace.tb_lineno) + first - 1
        trace = trace.tb_next
    return path, line
