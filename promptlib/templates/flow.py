"""Which inputs a name in a template may hold text from, through set, loops, macros and calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jinja2 import nodes

__all__ = ["origins"]

_ARGUMENTS = "#arguments"  # no name that a template can have


def origins(trees: Iterable[nodes.Template], inputs: Iterable[str]) -> dict[str, frozenset[str]]:
    """The inputs that may reach each name, anywhere in a prompt's files.

    The answer ignores order and scopes, so it may name an input too many and never one too few: a
    guard that looks at too much raises a question, one that looks at too little is no guard.
    """
    # Which macro a call means is known only when it runs: any argument may reach any parameter.
    arguments: set[str] = set()
    reads: dict[str, set[str]] = {_ARGUMENTS: arguments}
    parameters: set[str] = set()
    for tree in trees:
        for node in tree.find_all(nodes.Node):
            for target, sources in _assignments(node):
                reads.setdefault(target, set()).update(sources)
            if isinstance(node, nodes.Call | nodes.CallBlock):
                arguments |= _names(node)
            elif isinstance(node, nodes.Macro):
                parameters |= {argument.name for argument in node.args}
    for parameter in parameters:
        reads.setdefault(parameter, set()).add(_ARGUMENTS)
    return _closed(reads, list(inputs))


def _assignments(node: nodes.Node) -> Iterable[tuple[str, set[str]]]:
    if isinstance(node, nodes.Assign):
        yield from ((target, _names(node.node)) for target in _targets(node.target))
    elif isinstance(node, nodes.AssignBlock):
        inside = {name for child in node.body for name in _names(child)}
        yield from ((target, inside) for target in _targets(node.target))
    elif isinstance(node, nodes.For):
        yield from ((target, _names(node.iter)) for target in _targets(node.target))
        yield "loop", _names(node.iter)
    elif isinstance(node, nodes.With):
        for target, value in zip(node.targets, node.values, strict=True):
            yield from ((name, _names(value)) for name in _targets(target))
    elif isinstance(node, nodes.Macro):
        yield node.name, {name for child in node.body for name in _names(child)}
    elif isinstance(node, nodes.CallBlock):
        yield "caller", {name for child in node.body for name in _names(child)}
    elif isinstance(node, nodes.Block):
        # super() gives the text of a block.
        yield "super", {name for child in node.body for name in _names(child)}
    elif isinstance(node, nodes.Import):
        yield node.target, set()
    elif isinstance(node, nodes.FromImport):
        # An imported macro goes by its own name, or by another.
        yield from ((alias[1], {alias[0]}) for alias in node.names if isinstance(alias, tuple))


def _targets(node: nodes.Node) -> set[str]:
    if isinstance(node, nodes.NSRef):
        return {node.name}
    return {node.name} if isinstance(node, nodes.Name) else _all(node)


def _all(node: nodes.Node) -> set[str]:
    found = {name.name for name in node.find_all(nodes.Name)}
    return found | {reference.name for reference in node.find_all(nodes.NSRef)}


def _names(node: nodes.Node) -> set[str]:
    """The names a node reads, and the names of imported files whose macros it calls."""
    found = {name.name for name in [node, *node.find_all(nodes.Name)] if isinstance(name, nodes.Name)}
    # forms.field(x) runs the macro `field`, whichever file `forms` is.
    return found | {
        getter.attr for getter in [node, *node.find_all(nodes.Getattr)] if isinstance(getter, nodes.Getattr)
    }


def _closed(reads: Mapping[str, set[str]], inputs: list[str]) -> dict[str, frozenset[str]]:
    """The inputs behind each name: one bit an input, handed on to the readers of a name that gains some."""
    found = dict.fromkeys(reads, 0) | {name: 1 << index for index, name in enumerate(inputs)}
    readers: dict[str, list[str]] = {}
    for name, sources in reads.items():
        for source in sources:
            readers.setdefault(source, []).append(name)
    waiting = dict.fromkeys(inputs)
    while waiting:
        source = next(iter(waiting))
        del waiting[source]
        for name in readers.get(source, ()):
            gained = found[name] | found[source]
            if gained != found[name]:
                found[name] = gained
                waiting[name] = None
    named: dict[int, frozenset[str]] = {}
    for bits in found.values():
        if bits not in named:
            named[bits] = frozenset(name for index, name in enumerate(inputs) if bits >> index & 1)
    return {name: named[bits] for name, bits in found.items()}
