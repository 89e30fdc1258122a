"""A template and values to messages: which text came from where is kept, and nothing is counted.

The compiled template gives pieces of three kinds that never mix: template text (`str`), marks, and
printed values, each behind its `Printed` mark. Messages begin and end at marks alone, so no text can
begin one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from jinja2.exceptions import TemplateRuntimeError, UndefinedError

from promptlib.errors import PromptlibError, RefError, TemplateError
from promptlib.messages import text_message
from promptlib.templates.compiler import OPERATIONS_KEY
from promptlib.templates.inputs import accept
from promptlib.templates.limits import Meter, exceeded
from promptlib.templates.marks import (
    CACHE,
    CLOSE,
    END_SECTION,
    HISTORY,
    Close,
    EndSection,
    Media,
    Open,
    Printed,
    Section,
    without_first_lines,
    without_last_lines,
)
from promptlib.templates.operations import GLOBALS, Operations
from promptlib.templates.tables import Example
from promptlib.templates.template import Template
from promptlib.types import CachePart, Message, Part, Role, TextPart

__all__ = ["Draft", "Rendered", "SectionSpan", "ValueSpan", "render"]

_COUNT_EVERY = 512  # pieces between two sums of the output's size
_SHOWN = 400  # characters of Jinja's own message that an error repeats


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as its pieces, trimmed at both ends: what fitting cuts and a guard looks into."""

    role: Role
    pieces: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSpan:
    """Where a printed value stands: characters `start` to `end` of the text of message `message`.

    `names` are the names the expression reads; `pure` says that the text holds nothing but what
    they hold.
    """

    message: int
    start: int
    end: int
    names: tuple[str, ...]
    pure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSpan:
    """Where a section stands: from character `start` of message `first` to `end` of message `last`.

    A section around whole messages ends at the length of its last one's text; an empty section
    ends where it starts.
    """

    section: Section
    first: int
    start: int
    last: int
    end: int


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
        return tuple(_items(self.pieces, self.history))

    @property
    def values(self) -> tuple[ValueSpan, ...]:
        """The spans of all printed values, in order."""
        messages = (item for item in self.items if isinstance(item, Draft | Message))
        return tuple(
            span
            for index, item in enumerate(messages)
            if isinstance(item, Draft)
            for span in _value_spans(index, item)
        )

    @property
    def sections(self) -> tuple[SectionSpan, ...]:
        """The spans of all sections, by where they begin, outer before inner."""
        return _section_spans(self.items)


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
    operations = Operations(Meter(template.limits, accepted.largest))
    values: dict[str, Any] = accepted.values
    # Shared between renderings: nothing a template does can change them.
    values["examples"] = template.rows if choose is None else [row.to_dict() for row in choose(values)]
    values.update(GLOBALS)
    values[OPERATIONS_KEY] = operations
    start = template.program.start
    try:
        if chosen is not None:
            operations.persona = lambda _: start(template.personas[chosen], values)
        pieces = _collect(start(template.path, values), operations.meter, template)
    except (PromptlibError, UndefinedError, TemplateRuntimeError, RecursionError) as error:
        raise _placed(error, template) from None
    turns = tuple(history)
    return Rendered(
        messages=_messages(pieces, turns),
        persona=chosen,
        ignored=accepted.ignored,
        pieces=pieces,
        history=turns,
    )


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


# -- from pieces to messages


def _messages(pieces: list[str], history: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages, by the path that most prompts take: nothing but text between its marks."""
    found: list[Message] = []
    start = 0
    for index, piece in enumerate(pieces):
        kind = type(piece)
        if kind is str or kind is Printed:
            continue
        if kind is Open:
            start = index
        elif kind is Close:
            text = "".join(pieces[start + 1 : index])
            # Only a text that begins or ends with a blank can have blank lines to trim.
            if not text or text[0] <= " " or text[-1] <= " ":
                text = "".join(trimmed(pieces[start + 1 : index]))
            found.append(text_message(pieces[start].role, text))  # type: ignore[attr-defined]
        elif kind is not Section and kind is not EndSection:
            return _rich_messages(pieces, history)
    return tuple(found)


def _rich_messages(pieces: list[str], history: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages; a cache mark between two of them ends the one before it."""
    found: list[Message] = []
    for item in _items(pieces, history):
        if isinstance(item, Draft):
            rich = any(type(piece) is Media or piece is CACHE for piece in item.pieces)
            content = _content(item.pieces) if rich else "".join(item.pieces)
            found.append(Message(role=item.role, content=content))
        elif isinstance(item, Message):
            found.append(item)
        elif item is CACHE and found:
            found[-1] = _ending_in_cache(found[-1])
    return tuple(found)


def _items(pieces: list[str], history: tuple[Message, ...]) -> Iterator[Draft | Message | str]:
    role: Role | None = None
    start = 0
    for index, piece in enumerate(pieces):
        if type(piece) is Open:
            role, start = piece.role, index + 1
        elif piece is CLOSE and role is not None:
            yield Draft(role, trimmed(pieces[start:index]))
            role = None
        elif role is None and piece is HISTORY:
            yield from history
        elif role is None and type(piece) is not str and type(piece) is not Printed:
            yield piece


def _content(pieces: list[str]) -> tuple[Part, ...]:
    parts: list[Part] = []
    texts: list[str] = []
    for piece in [*pieces, CLOSE]:
        if type(piece) is Media or piece is CACHE or piece is CLOSE:
            if any(texts):
                parts.append(TextPart(text="".join(texts)))
            texts = []
        if type(piece) is Media:
            parts.append(piece.part)
        elif piece is CACHE:
            parts.append(CachePart())
        else:
            texts.append(piece)
    return tuple(parts)


def _ending_in_cache(message: Message) -> Message:
    return Message(
        role=message.role,
        content=(*message.parts, CachePart()),
        tool_calls=message.tool_calls,
        tool_call_id=message.tool_call_id,
    )


def trimmed(pieces: list[str]) -> list[str]:
    """A message's pieces without the blank lines of template text at both ends; values keep theirs.

    The list is changed in place: it is the caller's own slice.
    """
    for index, piece in enumerate(pieces):
        if type(piece) is Printed or type(piece) is Media:
            break
        if type(piece) is str:
            pieces[index] = without_first_lines(piece)
            if pieces[index]:
                break
    for index in range(len(pieces) - 1, -1, -1):
        printed = index > 0 and type(pieces[index - 1]) is Printed
        if printed or type(pieces[index]) is Media:
            break
        if type(pieces[index]) is str:
            pieces[index] = without_last_lines(pieces[index])
            if pieces[index]:
                break
    return pieces


# -- spans


def _value_spans(index: int, draft: Draft) -> Iterator[ValueSpan]:
    cursor = 0
    mark: Printed | None = None
    for piece in draft.pieces:
        if mark is not None and piece and mark.names:
            yield ValueSpan(
                message=index, start=cursor, end=cursor + len(piece), names=mark.names, pure=mark.pure
            )
        mark = piece if type(piece) is Printed else None
        cursor += len(piece)


def _section_spans(items: Iterable[Draft | Message | str]) -> tuple[SectionSpan, ...]:
    lengths: list[int] = []
    opened: list[tuple[Section, int, int]] = []
    found: list[SectionSpan] = []

    def step(mark: str, message: int, cursor: int) -> None:
        if isinstance(mark, Section):
            opened.append((mark, message, cursor))
        elif mark is END_SECTION:
            section, first, start = opened.pop()
            if not cursor and message > first:
                message, cursor = message - 1, lengths[message - 1]
            found.append(SectionSpan(section=section, first=first, start=start, last=message, end=cursor))

    for item in items:
        if isinstance(item, Draft):
            cursor = 0
            for piece in item.pieces:
                step(piece, len(lengths), cursor)
                cursor += len(piece)
            lengths.append(cursor)
        elif isinstance(item, Message):
            lengths.append(len(item.text))
        else:
            step(item, len(lengths), 0)
    return tuple(sorted(found, key=lambda span: (span.first, span.start, -span.last, -span.end)))


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
    message = str(error)[:_SHOWN] or "a value is not defined"
    return TemplateError(message, path=path, line=line)


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
