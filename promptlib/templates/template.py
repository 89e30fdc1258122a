"""A loaded prompt: its settings, its files as one linked whole, and its compiled form."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError

from promptlib.errors import RenderLimitError, TemplateError
from promptlib.templates.compiler import is_persona
from promptlib.templates.environment import PromptEnvironment
from promptlib.templates.files import Files, matching
from promptlib.templates.flow import origins
from promptlib.templates.inputs import Input
from promptlib.templates.limits import DEFAULT_LIMITS, RenderLimits, exceeded
from promptlib.templates.marks import without_first_lines, without_last_lines
from promptlib.templates.names import SUFFIX, check_name, resolve_path
from promptlib.templates.schema import ENOUGH
from promptlib.templates.source import Source, body_error, parse_body, read_source
from promptlib.templates.structure import File, Structure, has_messages, literal, mark_name
from promptlib.templates.tables import Example, read_examples, read_tool
from promptlib.types import Tool, canonical_json

if TYPE_CHECKING:
    from promptlib.templates.front_matter import FrontMatter

FORMAT = 1  # the rules of rendering that a release is frozen with


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A prompt that has passed every check that needs no inputs.

    `files` maps each file a release would freeze to its SHA-256; `digest` is the SHA-256 of the
    manifest they make; `personas` are paths of files, the default first; `implicit` says that the
    whole body is one user message; `rows` are the examples as templates see them; `origins` are the
    inputs that may reach each name.
    """

    name: str
    path: str
    settings: FrontMatter
    inputs: Mapping[str, Input]
    personas: Mapping[str, str]
    examples: tuple[Example, ...]
    tools: tuple[Tool, ...]
    output: Mapping[str, Any] | None
    files: Mapping[str, str]
    digest: str
    implicit: bool
    limits: RenderLimits
    rows: list[dict[str, Any]] = field(repr=False)
    linked: Mapping[str, File] = field(repr=False)
    origins: Mapping[str, frozenset[str]] = field(repr=False)
    program: Program = field(repr=False)


class Program:
    """The compiled files of one prompt; compiled at first use, once, whatever thread asks."""

    __slots__ = ("_compiled", "_files", "_lock", "environment")

    def __init__(self, environment: PromptEnvironment, files: Mapping[str, File]) -> None:
        self.environment = environment
        self._files = files
        self._lock = threading.Lock()
        self._compiled = False

    def start(self, path: str, values: dict[str, Any]) -> Iterator[tuple[str, ...]]:
        """The stream of the file at a path over values."""
        if not self._compiled:
            with self._lock:
                if not self._compiled:
                    self._compile()
        return self.environment.start(path, values)

    def _compile(self) -> None:
        for path, file in self._files.items():
            _prepare(file.tree)
            try:
                self.environment.add(path, file.tree)
            except RenderLimitError as error:
                error.path = path
                raise
            except TemplateSyntaxError as error:
                # What Jinja sees only now, should the checks on linking have passed something by.
                line = file.source.body_line + error.lineno - 1
                raise TemplateError(str(error.message), path=path, line=line) from None
            except (RecursionError, SyntaxError, MemoryError):
                message = "the template nests deeper than Python can compile, as with 20 loops"
                hint = "Move what is inside to a macro or to a file that is included."
                raise RenderLimitError(message, limit="depth", bound=20, path=path, hint=hint) from None
        self._compiled = True


def _prepare(tree: nodes.Template) -> None:
    """Pay for what loops run over, mark each pass of the examples loop, join runs of output."""
    for loop in list(tree.find_all(nodes.For)):
        if isinstance(loop.iter, nodes.Name) and loop.iter.name == "examples" and not loop.recursive:
            begin, end = (_extension_output(name, loop.lineno) for name in ("example", "end_section"))
            loop.body = [begin, *loop.body, end]
        loop.iter = nodes.MarkSafe(loop.iter, lineno=loop.lineno)
    for node in [tree, *tree.find_all(nodes.Node)]:
        for field_name in ("body", "else_"):
            if isinstance(body := getattr(node, field_name, None), list):
                setattr(node, field_name, _merged(body))


def _merged(body: list[Any]) -> list[Any]:
    """A body in which each run of output statements is one, and so one step of the stream."""
    found: list[Any] = []
    for node in body:
        before = found[-1] if found else None
        if not isinstance(node, nodes.Output) or is_persona(node):
            found.append(node)
        elif isinstance(before, nodes.Output) and not is_persona(before):
            before.nodes = [*before.nodes, *node.nodes]
        else:
            found.append(nodes.Output(list(node.nodes), lineno=node.lineno))
    for node in found:
        if isinstance(node, nodes.Output) and not is_persona(node):
            node.nodes = _trimmed(node.nodes)
    return found


def _trimmed(pieces: list[Any]) -> list[Any]:
    """A run of output without the blank lines that rendering would strip beside a message's tags."""
    found: list[Any] = []
    outside = False
    for index, piece in enumerate(pieces):
        name = mark_name(piece)
        outside = name == "close" or (outside and not name.startswith("open_"))
        if isinstance(piece, nodes.TemplateData):
            if outside:
                continue
            text = piece.data
            if index and mark_name(pieces[index - 1]).startswith("open_"):
                text = without_first_lines(text)
            if index + 1 < len(pieces) and mark_name(pieces[index + 1]) == "close":
                text = without_last_lines(text)
            piece = nodes.TemplateData(text, lineno=piece.lineno)  # noqa: PLW2901
        found.append(piece)
    return found


def _extension_output(name: str, line: int) -> nodes.Output:
    from promptlib.templates.grammar import Tags

    return nodes.Output([nodes.ExtensionAttribute(Tags.identifier, name)], lineno=line)


def load(files: Files, name: str, *, limits: RenderLimits = DEFAULT_LIMITS) -> Template:
    """Read a prompt and every file it names; TemplateError holds all that is wrong."""
    return _Loader(files, check_name(name), limits).load()


class _Loader:
    def __init__(self, files: Files, name: str, limits: RenderLimits) -> None:
        self.origin = files
        self.name = name
        self.path = name + SUFFIX
        self.limits = limits
        self.environment = PromptEnvironment(limits)
        self.linked: dict[str, File] = {}
        self.read_files: dict[str, str] = {}
        self.edges: dict[str, list[tuple[str, Any]]] = {}
        self.partial_inputs: dict[str, Source] = {}
        self.problems: list[TemplateError] = []

    def load(self) -> Template:
        from promptlib.templates.front_matter import raise_all

        source = self._source(self.path)
        reading = self._front_matter(source)
        settings, inputs = reading.settings(), reading.inputs()
        self.problems += reading.problems
        personas = self._personas(settings)
        self._link(self.path, source)
        for path in personas.values():
            self._persona(path)
        self._check_graph()
        raise_all(self.problems)
        implicit = self._check(inputs, personas)
        raise_all(self.problems)
        examples = self._examples(settings)
        tools = tuple(read_tool(path, self._read(path)) for path in self._relative(settings.tools))
        manifest = {"format": FORMAT, "entry": self.path, "files": dict(sorted(self.read_files.items()))}
        return Template(
            name=self.name,
            path=self.path,
            settings=settings,
            inputs=inputs,
            personas=personas,
            examples=examples,
            rows=[example.to_dict() for example in examples],
            tools=tools,
            output=settings.output.json_schema if settings.output else None,
            files=manifest["files"],  # type: ignore[arg-type]
            digest=hashlib.sha256(canonical_json(manifest).encode()).hexdigest(),
            implicit=implicit,
            limits=self.limits,
            linked=self.linked,
            origins=origins([file.tree for file in self.linked.values()], inputs),
            program=Program(self.environment, self.linked),
        )

    # -- reading

    def _read(self, path: str) -> bytes:
        data = self.origin.read(path)
        self.read_files[path] = hashlib.sha256(data).hexdigest()
        return data

    def _source(self, path: str) -> Source:
        return read_source(path, self._read(path), self.limits)

    def _relative(self, paths: tuple[str, ...]) -> list[str]:
        return [resolve_path(path, self.path) for path in paths]

    def _front_matter(self, source: Source) -> Any:
        from promptlib.templates.front_matter import read

        return read(source.front or "", source.path, source.front_line)

    def _personas(self, settings: FrontMatter) -> dict[str, str]:
        found: dict[str, str] = {}
        for pattern in settings.personas:
            path = resolve_path(pattern + SUFFIX)
            paths = matching(self.origin, path) if any(sign in pattern for sign in "*?[") else [path]
            if not paths:
                message = f"no persona matches {pattern!r}"
                self.problems.append(TemplateError(message, path=self.path, line=1))
            found.update({path.removesuffix(SUFFIX): path for path in paths})
        return found

    def _persona(self, path: str) -> None:
        try:
            source = self._source(path)
        except TemplateError as error:
            if error.path != path or error.line is not None:
                raise
            message = f"there is no persona {path.removesuffix(SUFFIX)!r}"
            hint = f"Its file would be {path}, under the templates' root."
            self.problems.append(TemplateError(message, path=self.path, line=1, hint=hint))
            return
        if path not in self.linked:
            self._link(path, source)

    def _examples(self, settings: FrontMatter) -> tuple[Example, ...]:
        if settings.examples is None:
            return ()
        path = resolve_path(settings.examples.file, self.path)
        return read_examples(path, self._read(path))

    # -- linking

    def _link(self, first: str, source: Source) -> None:
        """Parse a file and all that it names, each once."""
        waiting = [(first, source)]
        while waiting:
            path, source = waiting.pop()
            tree = parse_body(source, self.environment)
            self.linked[path] = File(source=source, tree=tree)
            if path != self.path:
                self._check_partial(source)
            for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
                named = self._named(source, node)
                if named is None:
                    continue
                self.edges.setdefault(path, []).append((named, node))
                if named not in self.linked and all(named != other for other, _ in waiting):
                    included = self._included(named, source, node)
                    if included is not None:
                        waiting.append((named, included))

    def _fail(self, source: Source, node: Any, message: str, hint: str | None = None) -> None:
        word = {"FromImport": "from"}.get(type(node).__name__, type(node).__name__.lower())
        if len(self.problems) < ENOUGH:
            error = body_error(message, source, self.environment, node.lineno, word, hint=hint)
            self.problems.append(error)

    def _named(self, source: Source, node: Any) -> str | None:
        """The path a tag names, from the root; None, and a problem, where it is not plain."""
        named = literal(node)
        optional = getattr(node, "ignore_missing", False)
        blind = isinstance(node, nodes.Include) and not node.with_context
        if named is None or optional or blind:
            hint = "Nothing here may be computed, optional or without context."
            self._fail(source, node, "this tag takes one path, written out as text", hint)
            return None
        try:
            path = resolve_path(named)
        except TemplateError as error:
            self._fail(source, node, error.message)
            return None
        node.template.value = path
        return path

    def _included(self, path: str, source: Source, node: Any) -> Source | None:
        try:
            return self._source(path)
        except TemplateError as error:
            if error.path != path or error.line is not None:
                raise
            hint = "Paths are written from the templates' root, suffix included."
            self._fail(source, node, f"{path}: {error.message}", hint)
            return None

    def _check_graph(self) -> None:
        """Refuse files that name each other in a circle, or in a chain longer than the bound."""
        depths: dict[str, int] = {}
        for start in self.linked:
            stack: list[tuple[str, bool]] = [(start, False)]
            chain: list[str] = []
            while stack:
                path, done = stack.pop()
                if done:
                    chain.pop()
                    depths[path] = 1 + max(
                        (depths.get(below, 0) for below, _ in self.edges.get(path, ())), default=0
                    )
                    continue
                if path in depths:
                    continue
                chain.append(path)
                stack.append((path, True))
                for below, node in self.edges.get(path, ()):
                    if below in chain:
                        circle = " -> ".join((*chain[chain.index(below) :], below))
                        self._fail(
                            self.linked[path].source,
                            node,
                            f"these files name each other in a circle: {circle}",
                        )
                        return
                    stack.append((below, False))
        if max(depths.values(), default=0) > self.limits.includes:
            raise exceeded("includes", self.limits.includes, path=self.path)

    def _check_partial(self, source: Source) -> None:
        if source.front is None:
            return
        reading = self._front_matter(source)
        for key in reading.document.tree:
            if key not in ("description", "inputs"):
                reading.fail((key,), f"a partial has description and inputs at most, not {key!r}")
        declared = reading.inputs()
        self.problems += reading.problems
        self.partial_inputs.update(dict.fromkeys(declared, source))

    # -- checking

    def _check(self, inputs: Mapping[str, Input], personas: Mapping[str, str]) -> bool:
        shown = [file for path, file in self.linked.items() if path not in personas.values()]
        implicit = not has_messages(shown)
        structure = Structure(self.linked, self.environment, personas=bool(personas), implicit=implicit)
        structure.check(self.path)
        for path in personas.values():
            structure.check_persona(path)
        for below, node in (edge for edges in self.edges.values() for edge in edges):
            if isinstance(node, nodes.Import | nodes.FromImport):
                structure.check_import(below)
        structure.check_names(inputs)
        self.problems += structure.problems
        for name, source in self.partial_inputs.items():
            if name not in inputs:
                message = f"this partial needs the input {name!r}, which {self.path} does not declare"
                self.problems.append(TemplateError(message, path=source.path, line=1))
        return implicit


__all__ = ["FORMAT", "Program", "Template", "load"]
