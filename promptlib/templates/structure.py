"""The rules on messages and marks, checked on a prompt and all the files it names, before it runs.

The walk follows the order of the document: through includes, and from a base through the blocks
that override its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any

from jinja2 import nodes

from promptlib.errors import TemplateError
from promptlib.templates.arguments import wrong_arguments
from promptlib.templates.compiler import is_mark
from promptlib.templates.environment import PromptEnvironment
from promptlib.templates.filters import FILTERS
from promptlib.templates.operations import GLOBALS
from promptlib.templates.predicates import TESTS
from promptlib.templates.schema import ENOUGH
from promptlib.templates.source import Source, body_error

# Names Jinja itself gives meaning to, and those promptlib fills in.
_GIVEN = frozenset([*GLOBALS, "loop", "caller", "super", "examples"])
_COMPARED = 20  # problems for which a name that was meant is looked for
_CANDIDATES = 500  # names it is looked for among
_NO_MESSAGE = "a persona holds text, no messages, history or persona"
_NO_PART = "Write it outside of them; these tags cannot pass through what Jinja joins to one text."


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A parsed file."""

    source: Source
    tree: nodes.Template


@dataclass(slots=True, kw_only=True)
class _State:
    role: str | None
    joined: str | None = None
    outer: list[str | None] = field(default_factory=list)
    blocks: dict[str, list[tuple[File, nodes.Block]]] = field(default_factory=dict)
    seen: set[tuple[str, str | None, str | None]] = field(default_factory=set)


def literal(node: Any) -> str | None:
    """The path an include, import or extends names, if it is written as a text."""
    template = node.template
    return template.value if isinstance(template, nodes.Const) and isinstance(template.value, str) else None


def mark_name(node: nodes.Expr) -> str:
    """The name of a tag's mark: `open_user`, `close`, `section`, `history`."""
    target = node.node if isinstance(node, nodes.Call) else node
    return str(target.name) if isinstance(target, nodes.ExtensionAttribute) else ""


def has_messages(files: Iterable[File]) -> bool:
    """Whether any file holds a message tag."""
    return any(
        mark_name(attribute).startswith("open_")
        for file in files
        for attribute in file.tree.find_all(nodes.ExtensionAttribute)
    )


class Structure:
    """Checks one linked prompt; problems are collected in `problems`."""

    def __init__(
        self,
        files: Mapping[str, File],
        environment: PromptEnvironment,
        *,
        personas: bool,
        implicit: bool,
    ) -> None:
        self.files = files
        self.environment = environment
        self.personas = personas
        self.implicit = implicit
        self.problems: list[TemplateError] = []
        self._seen: set[tuple[str, str | None, str | None]] = set()

    def fail(
        self, file: File, node: nodes.Node, message: str, word: str | None = None, hint: str | None = None
    ) -> None:
        """Note a problem at a node; enough are enough, since each takes time to place."""
        if len(self.problems) < ENOUGH:
            error = body_error(message, file.source, self.environment, node.lineno, word, hint=hint)
            self.problems.append(error)

    # -- the rules on messages

    def check(self, entry: str) -> None:
        """Check the prompt whose file is `entry`."""
        self._file(self.files[entry], _State(role="user" if self.implicit else None))

    def check_persona(self, path: str) -> None:
        """Check a file that is put in as a persona: text, without messages of its own."""
        file = self.files[path]
        self._file(file, _State(role="persona"))

    def check_import(self, path: str) -> None:
        """Check a file that is imported: it defines, and what its macros make is joined to text."""
        file = self.files[path]
        allowed = (nodes.Macro, nodes.Import, nodes.FromImport, nodes.Assign, nodes.AssignBlock)
        for node in file.tree.body:
            if not _is_blank(node) and not isinstance(node, allowed):
                self.fail(file, node, "a file that is imported holds macros and set only")
        self._file(file, _State(role=None, joined="an imported file"))

    def _file(self, file: File, state: _State) -> None:
        """Check a file where it stands: its bases around it, its blocks its own."""
        # Once for each kind of place: files that include each other twice would double at each level.
        place = (file.source.path, state.role, state.joined)
        if place in self._seen:
            return
        self._seen.add(place)
        chain = self._chain(file)
        outer, state.blocks, state.seen = (state.blocks, state.seen), {}, set()
        for link in chain:
            for block in link.tree.find_all(nodes.Block):
                state.blocks.setdefault(block.name, []).append((link, block))
        for child in chain[:-1]:
            self._outside_blocks(child, state)
        base = chain[-1]
        self._body(base, base.tree.body, state)
        state.blocks, state.seen = outer

    def _chain(self, file: File) -> list[File]:
        """The file and its bases, the furthest base last."""
        chain = [file]
        while extends := [node for node in chain[-1].tree.body if isinstance(node, nodes.Extends)]:
            chain.append(self._named(extends[0]))
        return chain

    def _named(self, node: nodes.Include | nodes.Extends) -> File:
        # Every file that is named exists, and none leads back to itself: linking has seen to it.
        return self.files[node.template.value]  # type: ignore[attr-defined]

    def _outside_blocks(self, file: File, state: _State) -> None:
        allowed = (nodes.Extends, nodes.Block, nodes.Macro, nodes.Import, nodes.FromImport, nodes.Assign)
        for again in [node for node in file.tree.body if isinstance(node, nodes.Extends)][1:]:
            self.fail(file, again, "a file extends one other file", "extends")
        for node in file.tree.body:
            if isinstance(node, nodes.Output):
                text = [child for child in node.nodes if not _blank(child)]
                if text:
                    self.fail(file, text[0], "text outside the blocks of a file that extends another is lost")
            elif isinstance(node, nodes.Macro | nodes.AssignBlock):
                self._statement(file, node, state)
            elif not isinstance(node, allowed):
                self.fail(file, node, "only blocks, macros, imports and set may stand beside extends")

    def _body(self, file: File, body: list[nodes.Node], state: _State) -> None:
        for node in body:
            self._statement(file, node, state)

    def _statement(self, file: File, node: nodes.Node, state: _State) -> None:
        if isinstance(node, nodes.Output):
            for child in node.nodes:
                self._output(file, child, state)
        elif isinstance(node, nodes.If):
            for branch in (node.body, *(other.body for other in node.elif_), node.else_):
                self._body(file, branch, state)
        elif isinstance(node, nodes.For):
            self._inside(file, node.body, state, "a recursive loop" if node.recursive else None)
            self._body(file, node.else_, state)
        elif isinstance(node, nodes.Macro):
            self._inside(file, node.body, state, "a macro")
        elif isinstance(node, nodes.AssignBlock):
            self._inside(file, node.body, state, "a set block")
        elif isinstance(node, nodes.CallBlock | nodes.FilterBlock):
            kind = "a call block" if isinstance(node, nodes.CallBlock) else "a filter block"
            self._text(file, node, state)
            self._inside(file, node.body, state, kind)
        elif isinstance(node, nodes.Block):
            self._block(node, state)
        elif isinstance(node, nodes.Include):
            self._file(self._named(node), state)
        elif isinstance(node, nodes.With | nodes.Scope):
            self._body(file, node.body, state)

    def _inside(self, file: File, body: list[nodes.Node], state: _State, joined: str | None) -> None:
        before = state.joined
        state.joined = joined or before
        self._body(file, body, state)
        state.joined = before

    def _block(self, node: nodes.Block, state: _State) -> None:
        # Once for each kind of place, as files are: blocks within blocks would multiply.
        place = (node.name, state.role, state.joined)
        if place in state.seen:
            return
        state.seen.add(place)
        versions = state.blocks[node.name]
        file, block = versions[0]
        self._body(file, block.body, state)
        if any(_calls_super(block) for _, block in versions):
            for file, below in versions[1:]:
                self._inside(file, below.body, state, "a block that super() puts in")

    def _output(self, file: File, node: nodes.Expr, state: _State) -> None:
        if not is_mark(node):
            if not _blank(node):
                self._text(file, node, state)
            return
        name = mark_name(node)
        tag = name.removeprefix("open_")
        if state.joined:
            if name not in ("close", "end_section"):
                self.fail(file, node, f"the tag {tag!r} would be lost inside {state.joined}", tag, _NO_PART)
        elif name.startswith("open_"):
            if state.role is not None:
                message = _NO_MESSAGE if state.role == "persona" else f"a message inside a message: {tag!r}"
                self.fail(file, node, message, tag)
            state.outer.append(state.role)
            state.role = tag
        elif name == "close":
            state.role = state.outer.pop()
        elif name in ("persona", "history") and state.role == "persona":
            self.fail(file, node, _NO_MESSAGE, tag)
        elif name == "history" and state.role is not None:
            self.fail(file, node, "history stands between messages, not inside one", tag)
        elif name in ("persona", "image", "file") and state.role is None:
            self.fail(file, node, f"{{% {tag} %}} stands inside a message", tag)
        elif name == "persona" and not self.personas:
            hint = "Declare them in the front matter: personas: [personas/editor]."
            self.fail(file, node, "there is no persona to put in", tag, hint)

    def _text(self, file: File, node: nodes.Node, state: _State) -> None:
        if state.role is None and state.joined is None:
            line = node.lineno
            if isinstance(node, nodes.TemplateData):
                # The text begins on this line, its first visible character perhaps further down.
                line += node.data[: len(node.data) - len(node.data.lstrip())].count("\n")
            hint = "Put it inside {% system %}, {% user %} or another message tag, or in a {# comment #}."
            place = nodes.Const(None, lineno=line)
            self.fail(file, place, "text outside the message tags", None, hint)

    # -- the rules on names

    def check_names(self, declared: Iterable[str]) -> None:
        """Check that every name, filter and test that is used exists somewhere in the prompt."""
        known = dict.fromkeys([*declared, *sorted(_GIVEN)])
        for file in self.files.values():
            known |= dict.fromkeys(sorted(assigned(file.tree)))
        for file in self.files.values():
            self._names(file, known)
            self._blocks_differ(file)

    def _names(self, file: File, known: Mapping[str, None]) -> None:
        for node in _walk(file.tree):
            if isinstance(node, nodes.Name):
                self._name(file, node, known)
            elif isinstance(node, nodes.Macro | nodes.CallBlock):
                self._parameters(file, node)
            elif isinstance(node, nodes.Filter | nodes.Test):
                self._filter(file, node)
            elif isinstance(node, nodes.Call):
                self._arguments(file, node)
            elif isinstance(node, nodes.Extends) and node not in file.tree.body:
                message = "{% extends %} stands at the top of a file, inside no other tag"
                self.fail(file, node, message, "extends")
            elif isinstance(node, nodes.ScopedEvalContextModifier):
                self.fail(file, node, "unknown tag 'autoescape'", "autoescape", "Prompts are never escaped.")

    def _name(self, file: File, node: nodes.Name, known: Mapping[str, None]) -> None:
        if node.ctx == "load" and node.name not in known:
            hint = self._meant(node.name, known) or "Declare it in the front matter under inputs."
            self.fail(file, node, f"{node.name!r} is no declared input", node.name, hint)
        elif node.ctx == "store" and node.name == "loop":
            self.fail(file, node, "'loop' is what a loop knows of itself; choose another name", "loop")

    def _meant(self, word: str, known: Iterable[str]) -> str:
        """What may have been meant; asked for the first problems only, since comparing takes time."""
        if len(self.problems) >= _COMPARED:
            return ""
        near = get_close_matches(word, islice(known, _CANDIDATES), n=1)
        return f"Did you mean {near[0]!r}?" if near else ""

    def _parameters(self, file: File, node: nodes.Macro | nodes.CallBlock) -> None:
        names = [parameter.name for parameter in node.args]
        for name in _twice(names):
            self.fail(file, node, f"the parameter {name!r} stands twice", name)
        if "caller" in names[: len(names) - len(node.defaults)]:
            hint = "Write caller=none: a macro can be called without a call block."
            self.fail(file, node, "the parameter 'caller' needs a default", "caller", hint)
        if isinstance(node, nodes.CallBlock) and "caller" in keywords_of(node.call):
            self.fail(file, node, "a call block gives 'caller' itself", "caller")

    def _blocks_differ(self, file: File) -> None:
        blocks = list(file.tree.find_all(nodes.Block))
        for name in _twice([block.name for block in blocks]):
            again = [block for block in blocks if block.name == name][-1]
            self.fail(file, again, f"the block {name!r} stands twice in this file", name)

    def _filter(self, file: File, node: nodes.Filter | nodes.Test) -> None:
        table = FILTERS if isinstance(node, nodes.Filter) else TESTS
        kind = "filter" if isinstance(node, nodes.Filter) else "test"
        if node.name not in table:
            hint = self._meant(node.name, table) or f"There are: {', '.join(sorted(table))}."
            self.fail(file, node, f"unknown {kind} {node.name!r}", node.name, hint)
        elif wrong := wrong_arguments(table[node.name], len(node.args), keywords_of(node)):
            self.fail(
                file, node, f"the {kind} {node.name!r} does not take these arguments: {wrong}", node.name
            )
        self._arguments(file, node)

    def _arguments(self, file: File, node: nodes.Call | nodes.Filter | nodes.Test) -> None:
        if node.dyn_args or node.dyn_kwargs:
            self.fail(file, node, "arguments are written out; * and ** are not for templates")
        for name in _twice(keywords_of(node)):
            self.fail(file, node, f"the argument {name!r} stands twice", name)


def _twice(names: list[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def keywords_of(node: nodes.Call | nodes.Filter | nodes.Test) -> list[str]:
    """The names of the arguments that a call, filter or test is given by name."""
    return [str(pair.key) for pair in node.kwargs]


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(_blank(child) for child in node.nodes)


def _blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.TemplateData) and not node.data.strip()


def _calls_super(block: nodes.Block) -> bool:
    return any(name.name == "super" for name in block.find_all(nodes.Name))


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        # The last is taken first: in this order problems come as they stand in the file.
        waiting += reversed(list(found.iter_child_nodes()))


def assigned(tree: nodes.Template) -> set[str]:
    """All names that a file gives a value to, anywhere in it."""
    found = {node.name for node in _walk(tree) if isinstance(node, nodes.Name) and node.ctx != "load"}
    for node in _walk(tree):
        if isinstance(node, nodes.Macro):
            found.add(node.name)
        elif isinstance(node, nodes.Import):
            found.add(node.target)
        elif isinstance(node, nodes.FromImport):
            found |= {name[1] if isinstance(name, tuple) else name for name in node.names}
    return found
