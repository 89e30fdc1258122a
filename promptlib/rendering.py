"""A template and values to messages: which text came from where is kept, and nothing is counted.

The compiled template is a stream of three kinds of things that never mix: template text (`str`),
printed values (tuples of text, the names they were read from, and whether they hold nothing else),
and marks. Messages begin and end at marks alone, so no text can begin one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jinja2.exceptions import TemplateRuntimeError, UndefinedError

from promptlib.errors import PromptlibError, RefError, TemplateError
from promptlib.templates.compiler import OPERATIONS_KEY
from promptlib.templates.inputs import accept
from promptlib.templates.limits import Meter, exceeded
from promptlib.templates.marks import CACHE, CLOSE, END_SECTION, HISTORY, Open, Section
from promptlib.templates.operations import GLOBALS, Operations
from promptlib.templates.tables import Example
from promptlib.templates.template import Template
from promptlib.types import CachePart, FilePart, ImagePart, Message, Part, Role, TextPart

__all__ = ["Draft", "Rendered", "SectionSpan", "ValueSpan", "render"]

_UNDEFINED_NAMES = 400  # characters of Jinja's own message that are shown


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before its pieces are joined: what fitting cuts and a guard looks into."""

    role: Role
    pieces: list[Any]


# What stands between messages: drafts, turns of the history, and the marks of sections around them.
Item: TypeAlias = "Draft | Message | Section | Any"


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
    """Where a section stands: from a character of one message's text to one of another's."""

    section: Section
    first: int
    start: int
    last: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a template gives: messages, and where each value and section stands in them."""

    messages: tuple[Message, ...]
    persona: str | None = None
    ignored: tuple[str, ...] = ()
    items: tuple[Item, ...] = field(default=(), repr=False)

    @property
    def values(self) -> tuple[ValueSpan, ...]:
        """The spans of all printed values, in order."""
        found: list[ValueSpan] = []
        messages = (item for item in self.items if isinstance(item, Draft | Message))
        for index, item in enumerate(messages):
            if isinstance(item, Draft):
                found += _value_spans(index, item)
        return tuple(found)

    @property
    def sections(self) -> tuple[SectionSpan, ...]:
        """The spans of all sections, by where they begin."""
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
    unexpected = "drop" if drop_unexpected else "refuse"
    accepted = accept(template.inputs, {} if inputs is None else inputs, name=template.name, unexpected=unexpected)
    chosen = _persona(template, persona)
    operations = Operations(Meter(template.limits, accepted.largest), GLOBALS)
    values: dict[str, Any] = accepted.values
    rows = template.examples if choose is None else choose(values)
    values["examples"] = [example.to_dict() for example in rows]
    values[OPERATIONS_KEY] = operations
    program = template.program
    try:
        if chosen is not None:
            persona_file = program.get(template.personas[chosen])
            operations.persona = lambda _: persona_file.root_render_func(persona_file.new_context(values))
        compiled = program.get(template.path)
        stream = compiled.root_render_func(compiled.new_context(values))
        items = _collect(stream, operations.meter, template, history)
    except (PromptlibError, UndefinedError, TemplateRuntimeError, RecursionError) as error:
        raise _placed(error, template) from None
    messages = tuple(item if isinstance(item, Message) else _message(item) for item in _only_messages(items))
    return Rendered(messages=messages, persona=chosen, ignored=accepted.ignored, items=tuple(items))


def _persona(template: Template, name: str | None) -> str | None:
    if name is None:
        return next(iter(template.personas), None)
    if name in template.personas:
        return name
    listed = ", ".join(template.personas) or "none"
    raise RefError(f"{template.name} has no persona {ascii(name)}", hint=f"Its personas are: {listed}.")


def _collect(
    stream: Iterable[Any], meter: Meter, template: Template, history: Sequence[Message]
) -> list[Item]:
    """The stream as drafts, turns and section marks; the output is counted as it grows."""
    items: list[Item] = []
    limit = template.limits.output
    size = 0
    pieces: list[Any] = []
    if template.implicit:
        items.append(Draft("user", pieces))
        meter.buffers.append(pieces)
    inside = template.implicit
    for event in stream:
        kind = type(event)
        if kind is str:
            if inside:
                size += len(event)
                pieces.append(event)
        elif kind is tuple:
            size += len(event[0])
            pieces.append(event)
        elif kind is Open:
            pieces = []
            meter.buffers.append(pieces)
            items.append(Draft(event.role, pieces))
            inside = True
        elif event is CLOSE:
            inside = False
        elif event is HISTORY:
            items += history
        elif inside:
            pieces.append(event)
        else:
            items.append(event)
        if size > limit:
            raise exceeded("output", limit)
    return items


def _only_messages(items: Iterable[Item]) -> list[Any]:
    """Drafts and turns; a cache mark that stands between messages ends the one before it."""
    found: list[Any] = []
    for item in items:
        if isinstance(item, Draft | Message):
            found.append(item)
        elif item is CACHE and found:
            found[-1] = _with_cache(found[-1])
    return found


def _with_cache(item: Draft | Message) -> Draft | Message:
    if isinstance(item, Draft):
        return Draft(item.role, [*item.pieces, CACHE])
    return Message(
        role=item.role,
        content=(*item.parts, CachePart()),
        tool_calls=item.tool_calls,
        tool_call_id=item.tool_call_id,
    )


# -- from pieces to a message


def _message(draft: Draft) -> Message:
    pieces = trimmed(draft.pieces)
    texts: list[str] = []
    parts: list[Part] = []
    for piece in pieces:
        kind = type(piece)
        if kind is str:
            texts.append(piece)
        elif kind is tuple:
            texts.append(piece[0])
        elif kind is ImagePart or kind is FilePart or piece is CACHE:
            _flush(texts, parts)
            parts.append(CachePart() if piece is CACHE else piece)
    if not parts:
        return Message(role=draft.role, content="".join(texts))
    _flush(texts, parts)
    return Message(role=draft.role, content=tuple(parts))


def _flush(texts: list[str], parts: list[Part]) -> None:
    if any(texts):
        parts.append(TextPart(text="".join(texts)))
    texts.clear()


def trimmed(pieces: list[Any]) -> list[Any]:
    """The pieces without the blank lines of template text at both ends; values keep theirs."""
    found = pieces
    first = _first_text(pieces)
    if first is not None and pieces[first][:1] in ("\n", " ", "\t"):
        found = _strip_start(list(pieces), first)
    for index in range(len(found) - 1, -1, -1):
        piece = found[index]
        if type(piece) is str:
            kept = _without_last_lines(piece)
            if kept is not piece:
                found = list(found) if found is pieces else found
                found[index] = kept
            if kept:
                break
        elif type(piece) is tuple or type(piece) in (ImagePart, FilePart):
            break
    return found


def _first_text(pieces: list[Any]) -> int | None:
    for index, piece in enumerate(pieces):
        if type(piece) is str:
            return index
        if type(piece) is tuple or type(piece) in (ImagePart, FilePart):
            return None
    return None


def _strip_start(pieces: list[Any], first: int) -> list[Any]:
    for index in range(first, len(pieces)):
        piece = pieces[index]
        if type(piece) is str:
            pieces[index] = _without_first_lines(piece)
            if pieces[index]:
                break
        elif type(piece) is tuple or type(piece) in (ImagePart, FilePart):
            break
    return pieces


def _without_first_lines(text: str) -> str:
    while text:
        line, end, rest = text.partition("\n")
        if line.strip(" \t") or not end:
            return text
        text = rest
    return text


def _without_last_lines(text: str) -> str:
    while text:
        rest, end, line = text.rpartition("\n")
        if line.strip(" \t") or not end:
            return text
        text = rest
    return text


# -- spans


def _value_spans(index: int, draft: Draft) -> Iterator[ValueSpan]:
    cursor = 0
    for piece in trimmed(draft.pieces):
        if type(piece) is str:
            cursor += len(piece)
        elif type(piece) is tuple:
            text, names, pure = piece
            if text and names:
                yield ValueSpan(message=index, start=cursor, end=cursor + len(text), names=names, pure=pure)
            cursor += len(text)


def _section_spans(items: Iterable[Item]) -> tuple[SectionSpan, ...]:
    open_at: list[tuple[Section, int, int]] = []
    found: list[SectionSpan] = []
    message = cursor = 0

    def step(mark: Any) -> None:
        if isinstance(mark, Section):
            open_at.append((mark, message, cursor))
        elif mark is END_SECTION:
            section, first, start = open_at.pop()
            last, end = (message, cursor) if cursor or message == first else (message - 1, _END)
            found.append(SectionSpan(section=section, first=first, start=start, last=last, end=end))

    for item in items:
        if isinstance(item, Draft):
            for piece in trimmed(item.pieces):
                if type(piece) is str or type(piece) is tuple:
                    cursor += len(piece if type(piece) is str else piece[0])
                else:
                    step(piece)
        if isinstance(item, Draft | Message):
            message, cursor = message + 1, 0
        else:
            step(item)
    return tuple(sorted(found, key=lambda span: (span.first, span.start, -span.last, -span.end)))


_END = -1  # the end of a message, whatever its length


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
    message = str(error)[:_UNDEFINED_NAMES] or "a value is not defined"
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
