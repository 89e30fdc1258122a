"""Hostile templates of the project's own, and how any hostile template is run and measured.

Run as a script it reads cases `{"id", "text", "vars"}` as JSON lines and answers each with a line:
what it ended in, processor seconds to render and to parse, and megabytes the process has grown by.
"""

# ruff: noqa: E501, RUF001, T201  each template stands on one line, and a script answers by printing

from __future__ import annotations

import json
import resource
import sys
import time
from itertools import repeat

TEMPLATES = {
    # -- reaching Python
    "class-of-text": "{{ ''.__class__ }}",
    "class-by-subscript": "{{ ''['__class__'] }}",
    "class-by-variable": "{% set n = '_' ~ '_class_' ~ '_' %}{{ ''[n] }}",
    "globals-of-range": "{{ range.__globals__ }}",
    "globals-of-namespace": "{{ namespace.__init__.__globals__ }}",
    "namespace-attributes": "{% set ns = namespace(a=1) %}{{ ns['_Namespace__attrs'] }}",
    "self": "{{ self.__init__ }}",
    "self-block": "{% block a %}x{% endblock %}{{ self.a() }}",
    "loop-class": "{% for i in [1] %}{{ loop.__class__ }}{% endfor %}",
    "loop-recurse": "{% for i in [1] %}{{ loop._recurse }}{% endfor %}",
    "loop-cycle": "{% for i in [1] %}{{ loop.cycle('a') }}{% endfor %}",
    "macro-name": "{% macro m() %}{% endmacro %}{{ m.name }}",
    "macro-environment": "{% macro m() %}{% endmacro %}{{ m['_environment'] }}",
    "caller-inside": "{% macro m() %}{{ caller.name }}{% endmacro %}{% call m() %}x{% endcall %}",
    "import-module": "{% import 'lib.jinja' as lib %}{{ lib['__name__'] }}",
    "import-stream": "{% import 'lib.jinja' as lib %}{{ lib['_body_stream'] }}",
    "attr-filter": "{{ ''|attr('upper') }}",
    "map-attribute": "{{ ['a']|map(attribute='upper')|list }}",
    "sort-attribute": "{{ ['a']|sort(attribute='__class__') }}",
    "format-method": "{{ '{0.__class__}'.format(1) }}",
    "format-percent": "{{ '%s' % 'x' }}",
    "undefined-internals": "{{ missing._undefined_name }}",
    "cond-undefined": "{{ (1 if false)._undefined_name }}",
    "globals-as-values": "{{ range }}",
    "call-a-text": "{{ 'x'() }}",
    "call-an-input": "{{ a() }}",
    "do-not-exist": "{{ config }}{{ env }}{{ request }}",
    "unicode-underscore": "{{ ''.＿＿class＿＿ }}",
    "star-arguments": "{{ range(*[1, 2]) }}",
    "star-keywords": "{{ namespace(**{'a': 1}) }}",
    "autoescape": "{% autoescape true %}x{% endautoescape %}",
    "include-computed": "{% include 'a' ~ '.jinja' %}",
    "include-list": "{% include ['a.jinja', 'b.jinja'] %}",
    "include-outside": "{% include '../secret.jinja' %}",
    "include-absolute": "{% include '/etc/passwd' %}",
    "import-without-context": "{% import 'none.jinja' as x without context %}",
    # -- stalling
    "nested-ranges": "{% for i in range(25000) %}{% for j in range(25000) %}{% endfor %}{% endfor %}",
    "loops-of-sixty": "{% for a in range(60) %}{% for b in range(60) %}{% for c in range(60) %}x{% endfor %}{% endfor %}{% endfor %}",
    "loop-without-output": "{% for i in range(99999) %}{% set x = i * i %}{% endfor %}{% for i in range(99999) %}{% endfor %}",
    "mutual-macros": "{% macro a(n) %}{{ b(n) }}{% endmacro %}{% macro b(n) %}{{ a(n) }}{% endmacro %}{{ a(1) }}",
    "wide-macros": "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(25) }}",
    "recursive-loop": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "super-without-end": "{% block a %}{{ super() }}{% endblock %}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "power-in-dead-branch": "{% if false %}{{ 9 ** (9 ** 7) }}{% endif %}{{ 2 ** 99999 }}",
    "big-products": "{% set ns = namespace(n=3) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}{{ ns.n }}",
    "compare-big-texts": "{% set s = 'a' * 1000000 %}{% for i in range(99999) %}{% if s == s ~ '' %}{% endif %}{% endfor %}",
    "find-in-big-texts": "{% set s = 'a' * 500000 %}{% for i in range(99999) %}{% if ('a' * 250000 ~ 'b') in s %}{% endif %}{% endfor %}",
    "sort-big": "{% for i in range(999) %}{% set x = range(99999)|list|reverse|sort %}{% endfor %}",
    "unique-colliding": "{% set ns = namespace(l=[]) %}{% for i in range(3000) %}{% set ns.l = ns.l + [i * 2305843009213693951] %}{% endfor %}{{ ns.l|unique|length }}{% for i in range(9999) %}{% set x = ns.l|unique %}{% endfor %}",
    "replace-each": "{{ ('a' * 9999)|replace('', 'b' * 9999) }}",
    "many-filters": "{% for i in range(99999) %}{% set x = ('a' * 9999)|upper|lower|title %}{% endfor %}",
    # -- filling memory
    "text-times": "{{ 'a' * 10 ** 9 }}",
    "list-times": "{{ ([1] * 10 ** 9)|length }}",
    "doubling-text": "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "doubling-list": "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
    "doubling-dag": "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
    "dag-compared": "{% set a = namespace(l=[1]) %}{% set b = namespace(l=[1]) %}{% for i in range(60) %}{% set a.l = [a.l, a.l] %}{% set b.l = [b.l, b.l] %}{% endfor %}{{ a.l == b.l }}",
    "deep-list": "{% set ns = namespace(l=[1]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}",
    "deep-dict": "{% set ns = namespace(l={}) %}{% for i in range(9999) %}{% set ns.l = {'a': ns.l} %}{% endfor %}{{ ns.l|tojson }}",
    "hoard": "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = ns.l + ['a' * 100000] %}{% endfor %}",
    "hoard-dict": "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [{'a': 'x' * 9999, 'b': ns.l}] %}{% endfor %}",
    "output": "{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}",
    "output-of-nothing": "{% for i in range(99999) %}" + "{{ '' }}" * 900 + "{% endfor %}",
    "buffered": "{% set x %}{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}{% endset %}{{ x|length }}",
    "buffered-small": "{% set x %}{% for i in range(999) %}{% for j in range(60) %}" + "{{ 'a' }}" * 900 + "{% endfor %}{% endfor %}{% endset %}",
    "filter-block": "{% filter upper %}{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}{% endfilter %}",
    "macro-output": "{% macro m() %}{{ 'a' * 900000 }}{% endmacro %}{% for i in range(999) %}{% set x = m() %}{% endfor %}",
    "center": "{{ 'a'|center(10 ** 9) }}",
    "indent": "{{ ('a\\n' * 99999)|indent(10 ** 9) }}",
    "indent-text": "{{ ('a\\n' * 99999)|indent('b' * 99999) }}",
    "join": "{{ range(99999)|join('b' * 99999) }}",
    "batch": "{{ [1]|batch(10 ** 9, 'x')|list|length }}",
    "tojson-indent": "{{ range(99999)|list|tojson(indent=10 ** 9)|length }}",
    "tojson-escapes": "{{ ('\\u0001' * 999999)|tojson|length }}{{ [('\\u0001' * 999999)] * 9 }}",
    "map-center": "{{ range(99999)|map('string')|map('center', 99999)|join }}",
    "list-of-text": "{{ ('a' * 999999)|list|length }}{{ ('a' * 999999)|list|map('center', 99)|list|length }}",
    "slices": "{% set s = 'a' * 999999 %}{% for i in range(9999) %}{% set x = s[1:] %}{% endfor %}",
    "range": "{{ range(10 ** 9)|length }}",
    "range-beyond": "{{ range(10 ** 30)|length }}",
    "replace": "{{ ('a' * 99999)|replace('a', 'b' * 99999) }}",
    "truncate": "{{ 'a'|truncate(1, true, 'b' * 1000001)|length }}{{ 'a' * 9 ** 9 }}",
    "percent-width": "{{ '%10000000000d' % 1 }}",
    "format-filter": "{{ '%10000000000s'|format('a') }}",
    "round": "{{ 1|round(10 ** 9) }}{{ 1|round(10 ** 9, 'ceil') }}",
    "sum-of-lists": "{{ [[1], [2]]|sum(start=[]) }}",
    "int-base": "{{ ('9' * 99999)|int(0, 16) ** 9 }}",
    "lipsum": "{{ lipsum(n=10 ** 7) }}",
    "map-arguments": "{{ [1]|map('round', 1, 2, 3)|list }}",
    "select-arguments": "{{ [1]|select('divisibleby')|list }}",
    "namespace-unnamed": "{{ namespace([1]) }}",
    "range-named": "{{ range(stop=3) }}",
    "macro-arguments": "{% macro m(a) %}{% endmacro %}{{ m(1, 2, b=3) }}",
    "slice-bounds": "{{ 'a'['b':] }}{{ 'a'[::0] }}",
    # -- breaking parsers and compilers
    "brackets": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "lists": "{{ " + "[" * 5_000 + "]" * 5_000 + " }}",
    "nots": "{{ " + "not " * 20_000 + "1 }}",
    "minuses": "{{ " + "-" * 20_000 + "1 }}",
    "pluses": "{{ 1" + " + 1" * 20_000 + " }}",
    "powers": "{{ 1" + " ** 1" * 5_000 + " }}",
    "tildes": "{{ 1" + " ~ 1" * 60_000 + " }}",
    "attributes": "{{ a" + ".b" * 20_000 + " }}",
    "filters": "{{ 'a'" + "|upper" * 20_000 + " }}",
    "conditions": "{{ 1" + " if 1 else 1" * 5_000 + " }}",
    "elifs": "{% if 1 %}" + "{% elif 1 %}" * 20_000 + "{% endif %}",
    "ifs": "{% if 1 %}" * 5_000 + "{% endif %}" * 5_000,
    "fors": "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
    "sections": "{% section 'a' %}" * 2_000 + "{% endsection %}" * 2_000,
    "sets": "".join(f"{{% set a{n} = {n} %}}" for n in range(2_500)),
    "digits": "{{ " + "9" * 200_000 + " }}",
    "infinity": "{{ 1e999 }}",
    "braces": "{" * 250_000,
    "large": "a" * 300_000,
    "unclosed": "{% user %}" * 5_000,
    "surrogate": "{{ '\\ud800' }}",
    # -- ways found after the first round
    "trim-many": "{{ ('a' * 1000000)|trim('b' * 999999 ~ 'a')|length }}",
    "trim-scripts": "{{ ('a' * 1000000)|trim('" + "".join(map(chr, range(0x4E00, 0x9000))) + "')|length }}",
    "hoard-ranges": "".join(f"{{% set a{n} = range(1000000) %}}" for n in range(31)),
    "hoard-rows": "".join(f"{{% set a{n} = range(300000)|batch(1) %}}" for n in range(30)),
    "hoard-characters": "{% set s = '字' * 500000 %}" + "".join(f"{{% set a{n} = s|list %}}" for n in range(30)),
    "hoard-texts": "".join(f"{{% set a{n} = range(100000)|map('string') %}}" for n in range(40)),
    "hoard-empty": "{% for i in range(99999) %}{% set x = [" + "[], " * 900 + "] %}{% endfor %}",
    "hoard-weights": "{% for i in range(99999) %}" + "{% set x = [[]] %}" * 100 + "{% endfor %}",
    "unknown-names": "".join(f"{{{{ zz{n} }}}}" for n in range(4500)),
    "unknown-likely-names": "".join(f"{{% set zz{n} = 1 %}}" for n in range(1500)) + "".join(f"{{{{ zy{n} }}}}" for n in range(1500)),
    "unknown-filters": "".join(f"{{{{ 1|zz{n} }}}}" for n in range(2500)),
    "unknown-files": "".join(f"{{% include 'zz{n}.jinja' %}}" for n in range(2500)),
    "text-outside": "{% user %}{% enduser %}" + "a{{ 1 }}" * 4000,
    "circle-of-names": "".join(f"{{% set a{n} = a{n + 1} %}}" for n in range(1500)) + "{% set a1500 = a ~ a0 %}{{ a0 }}{{ 1 / 0 }}",
    "many-parameters": "{% macro m(" + ", ".join(f"p{n}" for n in range(2000)) + ") %}{% endmacro %}{{ m(" + ", ".join(["a"] * 2001) + ") }}",
    "block-twice": "{% block a %}{% endblock %}{% block a %}{% endblock %}",
    "loop-as-target": "{% for loop in [1] %}{% endfor %}",
    "set-loop": "{% for i in [1] %}{% set loop = i %}{% endfor %}",
    "caller-without-default": "{% macro m(caller) %}{{ caller }}{% endmacro %}{{ m(1) }}",
    "argument-twice": "{{ namespace(a=1, a=2).a }}",
    "parameter-twice": "{% macro m(a, a) %}{% endmacro %}",
    "names-python-rewrites": "{% block ﬁ %}x{% endblock %}{% block fi %}y{% endblock %}",
    "arguments-python-rewrites": "{% macro m(a, ａ) %}{% endmacro %}{{ m(1, 2) }}",
    "long-name": "{{ " + "a" * 200_000 + " }}",
    "loops-python-cannot-compile": "{% for a in [1] %}" * 21 + "{% endfor %}" * 21,
    "blank-lines": "{% user %}" + "\n \n" * 80_000 + "{% enduser %}{{ 1 / 0 }}",
}  # fmt: skip

# What ends well, since it stays within every bound.
HARMLESS = {"sets", "trim-many"}


def run(case: dict[str, object]) -> dict[str, object]:
    """Load and render one case, and parse it as a linter would."""
    from promptlib.errors import PromptlibError
    from promptlib.rendering import render
    from promptlib.templates import MemoryFiles, RenderLimits, load
    from promptlib.templates.environment import PromptEnvironment
    from promptlib.templates.source import parse_body, read_source

    variables = {name: _special(value) for name, value in (case.get("vars") or {}).items()}
    declared = "".join(f"  {name}: {_type(value)}\n" for name, value in {"a": "x", **variables}.items())
    text = str(case["text"])
    data = f"---\ninputs:\n{declared}---\n{text}".encode("utf-8", "surrogatepass")
    files = {"x.jinja": data, "lib.jinja": b"{% macro f() %}f{% endmacro %}", **_others(case)}
    started = time.process_time()
    outcome = "text"
    try:
        render(load(MemoryFiles(files), "x"), {"a": "x", **variables})
    except PromptlibError as error:
        outcome = type(error).__name__
    except BaseException as error:  # noqa: BLE001  anything else is what this looks for
        outcome = f"untyped {type(error).__name__}: {error}"[:200]
    rendered = time.process_time()
    try:
        parse_body(read_source("x.jinja", data, RenderLimits()), PromptEnvironment())
    except PromptlibError:
        pass
    except BaseException as error:  # noqa: BLE001
        outcome = f"untyped in parse {type(error).__name__}: {error}"[:200]
    return {
        "id": case["id"],
        "outcome": outcome,
        "render": rendered - started,
        "parse": time.process_time() - rendered,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _others(case: dict[str, object]) -> dict[str, bytes]:
    return {f"{name}.jinja": str(text).encode() for name, text in (case.get("files") or {}).items()}


# What a walk from an object to its module's globals would find.
CANARY = "reached the globals"


class Stranger:
    """An application's object, with a secret, a method with a side effect, and a way to the globals."""

    password = "hunter2"

    def __init__(self) -> None:
        self.deleted = False

    def delete(self) -> str:
        self.deleted = True
        return "gone"


def _special(value: object) -> object:
    if value == "$inf":
        return repeat("x")
    if value == "$cyc":
        cycle: list[object] = []
        cycle.append(cycle)
        return cycle
    if value in ("$user", "$obj_secret_repr"):
        return Stranger()
    if value in ("$fn", "$apply"):
        return _type
    if isinstance(value, str) and value.startswith("$"):
        return str
    return value


def _type(value: object) -> str:
    names = {str: "string", int: "integer", list: "array", dict: "object"}
    return names.get(type(value), "string")


def main() -> None:
    """Answer each case, and after each render a small prompt, to show that the process still can."""
    for line in sys.stdin:
        answer = run(json.loads(line))
        answer["usable"] = run({"id": "after", "text": "{{ a|upper }} {{ 1 + 1 }}"})["outcome"] == "text"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
