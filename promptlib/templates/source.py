"""One template file: its text split into front matter and body, and its body parsed into a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import accumulate
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import Lexer
from jinja2.parser import Parser

from promptlib.errors import PromptlibError, TemplateError
from promptlib.templates.environment import PromptEnvironment
from promptlib.templates.grammar import Fault
from promptlib.templates.limits import INTEGER_BITS, RenderLimits, exceeded

_FENCE = re.compile(r"---[ \t]*\n")
_CLOSE = re.compile(r"^---[ \t]*(?:\n|\Z)", re.MULTILINE)
_DIGITS = re.compile(r"[0-9_]{4300,}")  # more than Python reads as one integer
_STATEMENTS = [
    *(
        "assistant",
        "block",
        "cache",
        "call",
        "developer",
        "extends",
        "file",
        "filter",
        "for",
        "from",
        "history",
    ),
    *("if", "image", "import", "include", "macro", "persona", "section", "set", "system", "user", "with"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as text: `front` is None where it has no front matter; lines count from 1."""

    path: str
    body: str
    body_line: int
    front: str | None = None
    front_line: int = 2


def read_source(path: str, data: bytes, limits: RenderLimits) -> Source:
    """Decode a file and split it; TemplateError for anything but UTF-8 text within the limits."""
    if len(data) > limits.template_bytes:
        raise exceeded("template_bytes", limits.template_bytes, path=path)
    try:
        text = _with_newlines(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        # The error counts in what follows a byte order mark, and holds just that.
        line, column = _end(error.object[: error.start].decode("utf-8"))
        message, hint = "the file is not UTF-8", "Save it as UTF-8."
        raise TemplateError(message, path=path, line=line, column=column, hint=hint) from None
    if "\0" in text:
        line, column = _end(text.partition("\0")[0])
        raise TemplateError("the file holds a NUL character", path=path, line=line, column=column)
    opening = _FENCE.match(text)
    if opening is None:
        return Source(path=path, body=text, body_line=1)
    closing = _CLOSE.search(text, opening.end())
    if closing is None:
        message = "the front matter is not closed"
        raise TemplateError(
            message, path=path, line=1, column=1, hint="End it with a line that holds only ---."
        )
    front = text[opening.end() : closing.start()]
    line = text.count("\n", 0, closing.end()) + 1
    return Source(path=path, front=front, body=text[closing.end() :], body_line=line)


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _end(text: str) -> tuple[int, int]:
    """The line and column of what follows a text."""
    lines = _with_newlines(text).split("\n")
    return len(lines), len(lines[-1]) + 1


def parse_body(source: Source, environment: PromptEnvironment) -> nodes.Template:
    """The tree of a body, within the bounds on size and depth; nothing is compiled."""
    parser = None
    try:
        parser = Parser(environment, source.body, source.path, source.path)
        tree = parser.parse()
    except Fault as fault:
        raise placed(fault.error, source, environment, fault.line, fault.word) from None
    except TemplateSyntaxError as error:
        raise _syntax_error(error, source, environment, parser) from None
    except RecursionError:
        line = parser.stream.current.lineno if parser is not None else 1
        bound = exceeded("depth", environment.limits.depth)
        raise placed(bound, source, environment, line, None) from None
    except ValueError:
        digits = _DIGITS.search(source.body)
        line = source.body.count("\n", 0, digits.start()) + 1 if digits else 1
        message = "a number has more digits than can be read"
        raise body_error(message, source, environment, line, digits and digits[0]) from None
    try:
        _measure(tree, environment.limits)
    except Fault as fault:
        raise placed(fault.error, source, environment, fault.line, fault.word) from None
    return tree


def _measure(tree: nodes.Template, limits: RenderLimits) -> None:
    """Refuse a tree of too many nodes or too great a depth, without recursion."""
    count = 0
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > limits.depth:
            raise Fault(exceeded("depth", limits.depth), node.lineno)
        if count > limits.nodes:
            raise Fault(exceeded("nodes", limits.nodes), node.lineno)
        if isinstance(node, nodes.Const):
            _check_constant(node)
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _check_constant(node: nodes.Const) -> None:
    value = node.value
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS:
        raise Fault(TemplateError(f"an integer of more than {INTEGER_BITS} bits"), node.lineno)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124  NaN
        raise Fault(TemplateError("a number too large to be one"), node.lineno)


def placed(
    error: PromptlibError, source: Source, environment: PromptEnvironment, line: int, word: str | None
) -> PromptlibError:
    """The error with its place in the file; `line` counts from 1 within the body."""
    error.path = source.path
    error.line = source.body_line + line - 1
    error.column = _column(source.body, environment, line, word)
    return error


def _column(body: str, environment: PromptEnvironment, line: int, word: str | None) -> int:
    """The column of the first token `word` on a line, else of the first character that is no space.

    Jinja's tokens have no columns; each is found again by searching on from the one before.
    """
    lines = body.split("\n")
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    if word and text:
        starts, firsts = _places(body, environment.lexer)
        found = firsts.get((line, word), -1) - starts[line - 1]
        if not 0 <= found < len(text):
            found = text.find(word)
        if found >= 0:
            return found + 1
    return len(text) - len(text.lstrip()) + 1


@lru_cache(maxsize=1)
def _places(body: str, lexer: Lexer) -> tuple[list[int], dict[tuple[int, str], int]]:
    """Where each line of a body begins, and where each token first stands on its line.

    Kept for the body that was last asked for: a file may hold many problems, and is taken apart once.
    """
    starts = list(accumulate((len(line) + 1 for line in body.split("\n")), initial=0))
    firsts: dict[tuple[int, str], int] = {}
    cursor = 0
    try:
        for number, _kind, value in lexer.tokeniter(body, None):
            cursor = max(cursor, starts[number - 1])
            if (found := body.find(value, cursor)) >= 0:
                firsts.setdefault((number, value), found)
                cursor = found + len(value)
    except TemplateSyntaxError:
        # What comes behind is found by its text alone.
        pass
    return starts, firsts


def _syntax_error(
    error: TemplateSyntaxError, source: Source, environment: PromptEnvironment, parser: Parser | None
) -> PromptlibError:
    current = parser.stream.current if parser is not None else None
    shown = current is not None and current.type not in ("eof", "data", "string")
    word = str(current.value).strip() if current is not None and shown else None
    message = str(error.message or "the template cannot be read")
    hint = None
    if message.startswith("Encountered unknown tag"):
        word = message.split("'")[1]
        hint = _hint_for_tag(word, message)
        message = f"unknown tag {word!r}"
    elif message.startswith("Unexpected end of template") and "innermost block" in message:
        tag = message.rsplit("'", 2)[1]
        opened = [match.start() for match in re.finditer(rf"{{%[-+]?\s*{tag}\b", source.body)]
        line = source.body.count("\n", 0, opened[-1]) + 1 if opened else error.lineno
        unclosed = TemplateError(f"the tag {tag!r} is not closed", hint=f"End it with {{% end{tag} %}}.")
        return placed(unclosed, source, environment, line, tag)
    else:
        message = message[0].lower() + message[1:].rstrip(".")
    return placed(TemplateError(message, hint=hint), source, environment, error.lineno, word)


def _hint_for_tag(tag: str, message: str) -> str:
    """What may stand where an unknown tag stands; Jinja's message names the ends that it looks for."""
    _, _, looked_for = message.partition("the following tags:")
    ends = re.findall(r"'(\w+)'", looked_for.partition(".")[0])
    known = ends if tag.startswith("end") else [*ends, *_STATEMENTS]
    if near := get_close_matches(tag, known, n=1):
        return f"Did you mean {near[0]!r}?"
    if tag.startswith("end"):
        return f"Here may come: {', '.join(ends)}." if ends else "No open tag ends here."
    return f"The tags are: {', '.join(_STATEMENTS)}."


def body_error(
    message: str,
    source: Source,
    environment: PromptEnvironment,
    line: int,
    word: str | None = None,
    **data: Any,
) -> TemplateError:
    """A TemplateError at a line of the body."""
    error = TemplateError(message, **data)
    placed(error, source, environment, line, word)
    return error
