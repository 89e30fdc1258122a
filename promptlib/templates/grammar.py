"""promptlib's own tags, and what may stand in the token stream of a template."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any, NoReturn

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser

from promptlib.errors import PromptlibError, SecurityError, TemplateError
from promptlib.templates.limits import exceeded
from promptlib.templates.marks import (
    CACHE,
    CLOSE,
    END_SECTION,
    EXAMPLE,
    HISTORY,
    ROLES,
    TRUNCATE,
    Media,
    Open,
    Section,
)
from promptlib.templates.operations import Operations, check_defined, kind_of
from promptlib.types import FilePart, ImagePart

_OPENING = {"lparen": 1, "lbracket": 1, "lbrace": 1}
_CLOSING = {"rparen": 1, "rbracket": 1, "rbrace": 1}
_NAME = 100  # characters of a name in a template
_SECTION_OPTIONS = ("priority", "min_tokens", "max_tokens", "truncate")
# What compiled templates name: attributes of Tags.
MARKS = (
    *(f"open_{role}" for role in ROLES),
    *("close", "section", "example", "end_section", "history", "cache", "image", "file"),
)
# Tags that are alone on their line and yet keep one line end, since they stand for text.
_KEEP_LINE_END = frozenset(["include", "persona"])


class Fault(Exception):
    """An error at a line of a body; `word` is the token to point at, if known."""

    def __init__(self, error: PromptlibError, line: int, word: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.line = line
        self.word = word


def fault(message: str, line: int, word: str | None = None, *, hint: str | None = None) -> NoReturn:
    """Raise a TemplateError that gets its place later."""
    raise Fault(TemplateError(message, hint=hint), line, word)


class Tags(Extension):
    """The tags of promptlib; its attributes are the marks that compiled templates yield."""

    tags = {*ROLES, "section", "persona", "history", "image", "file", "cache"}  # noqa: RUF012  Jinja's own protocol

    open_system = Open("system")
    open_developer = Open("developer")
    open_user = Open("user")
    open_assistant = Open("assistant")
    close = CLOSE
    end_section = END_SECTION
    example = EXAMPLE
    history = HISTORY
    cache = CACHE

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """A tag as output statements that yield marks."""
        token = next(parser.stream)
        if token.value in ROLES:
            return self._container(parser, token, self._mark(f"open_{token.value}", token), "close")
        if token.value == "section":
            return self._container(parser, token, self._section(parser, token), "end_section")
        if token.value in ("image", "file"):
            call = nodes.Call(self._attribute(token.value), [parser.parse_expression()], [], None, None)
            return [_output(call, token)]
        return [self._mark(token.value, token)]

    def _attribute(self, name: str) -> nodes.ExtensionAttribute:
        return nodes.ExtensionAttribute(self.identifier, name)

    def _mark(self, name: str, token: Token) -> nodes.Node:
        return _output(self._attribute(name), token)

    def _container(self, parser: Parser, token: Token, begin: nodes.Node, end: str) -> list[nodes.Node]:
        # The parser knows its own tags only; this makes its message name ours when it is not closed.
        parser._tag_stack.append(token.value)  # noqa: SLF001  no public way
        body = parser.parse_statements((f"name:end{token.value}",), drop_needle=True)
        parser._tag_stack.pop()  # noqa: SLF001
        return [begin, *body, self._mark(end, token)]

    def _section(self, parser: Parser, token: Token) -> nodes.Node:
        given = [parser.parse_expression()]
        options: list[nodes.Keyword] = []
        while parser.stream.current.type == "name":
            key = next(parser.stream)
            if key.value not in _SECTION_OPTIONS or any(option.key == key.value for option in options):
                listed = ", ".join(_SECTION_OPTIONS)
                fault(f"a section takes each of {listed} once, not {key.value!r}", key.lineno, key.value)
            parser.stream.expect("assign")
            options.append(nodes.Keyword(key.value, parser.parse_expression(), lineno=key.lineno))
        return _output(nodes.Call(self._attribute("section"), given, options, None, None), token)

    # -- what compiled templates call

    def section(self, operations: Operations, name: Any, **options: Any) -> Section:  # noqa: ARG002  operations come first everywhere
        """The mark of a section whose options have been computed."""
        if type(name) is not str:
            check_defined(name)
            raise TemplateError(f"a section's name is text, not {kind_of(name)}")
        truncate = options.pop("truncate", "no")
        if truncate not in TRUNCATE:
            raise TemplateError(f"truncate is one of {', '.join(TRUNCATE)}")
        for key, value in options.items():
            if type(value) is not int or (key != "priority" and value < 0):
                check_defined(value)
                raise TemplateError(f"a section's {key} is an integer from 0, not {kind_of(value)}")
        return Section(name, truncate=truncate, **options)

    def image(self, operations: Operations, value: Any) -> Media:  # noqa: ARG002
        """The image of `{% image x %}`."""
        if type(value) is not ImagePart:
            check_defined(value)
            raise TemplateError(f"{{% image %}} takes an input of type image, not {kind_of(value)}")
        return Media(value)

    def file(self, operations: Operations, value: Any) -> Media:  # noqa: ARG002
        """The document of `{% file x %}`."""
        if type(value) is not FilePart:
            check_defined(value)
            raise TemplateError(f"{{% file %}} takes an input of type file, not {kind_of(value)}")
        return Media(value)

    # -- the token stream

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens, counted and looked at before any of them is parsed."""
        return _keep_line_ends(_checked(stream, self.environment.limits))  # type: ignore[attr-defined]


def _output(node: nodes.Expr, token: Token) -> nodes.Node:
    return nodes.Output([node], lineno=token.lineno).set_lineno(token.lineno)


def _checked(stream: TokenStream, limits: Any) -> Iterator[Token]:
    brackets = 0
    for count, token in enumerate(stream, 1):
        if count > 4 * limits.nodes:
            raise Fault(exceeded("nodes", limits.nodes), token.lineno)
        brackets += _OPENING.get(token.type, 0) - _CLOSING.get(token.type, 0)
        if brackets > limits.depth:
            raise Fault(exceeded("depth", limits.depth), token.lineno)
        if token.type == "name" and (token.value[:1] == "_" or token.value == "self"):
            hint = "Names that begin with an underscore, and self, are not for templates."
            error = SecurityError(f"the name {token.value!r} may not be used", hint=hint)
            raise Fault(error, token.lineno, token.value)
        if token.type == "name" and (len(token.value) > _NAME or not token.value.isascii()):
            _check_name(token)
        if token.type == "string":
            _check_encodable(token)
        yield token


def _check_name(token: Token) -> None:
    if len(token.value) > _NAME:
        fault(f"a name of more than {_NAME} characters", token.lineno, token.value)
    plain = unicodedata.normalize("NFKC", token.value)
    if plain != token.value:
        # Python reads both as one name, so that what a template keeps apart would be one.
        message = f"the name {token.value!a} can be written in a simpler way"
        fault(message, token.lineno, token.value, hint=f"Write {plain!r}.")


def _check_encodable(token: Token) -> None:
    try:
        token.value.encode()
    except UnicodeEncodeError:
        fault("a text holds half of a surrogate pair", token.lineno)


def _keep_line_ends(tokens: Iterator[Token]) -> Iterator[Token]:
    """Give the line end back that was trimmed behind a tag alone on its line that stands for text."""
    filled = 0  # the last line that holds anything visible
    alone = keep = False
    tag, previous = "", ""
    for token in tokens:
        if token.type == "data":
            visible = token.value.rstrip()
            filled = token.lineno + visible.count("\n") if visible else filled
            if keep:
                token = Token(token.lineno, "data", "\n" + token.value)  # noqa: PLW2901
        elif keep:
            yield Token(token.lineno, "data", "\n")
        keep = False
        if token.type == "block_begin":
            alone = token.lineno > filled
        elif token.type == "name" and previous == "block_begin":
            tag = token.value
        elif token.type == "block_end":
            ends_line = token.value.endswith("\n") and not token.value.startswith("-")
            keep = ends_line and alone and tag in _KEEP_LINE_END
        if token.type != "data":
            filled = token.lineno
        previous = token.type
        yield token
