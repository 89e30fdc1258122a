"""Attacks by whoever writes a template: on Python, and on the process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scripts.attacks.attack import CANARY, Attack, Outcome, Word, never, none, shows
from scripts.attacks.objects import DELETED, Endless, Text, User, delete_all


def _reach(title: str, body: str, proof: str = "<class") -> Attack:
    # Text before it: some libraries refuse an empty message, which would hide what they did.
    return Attack(title=title, body=f"Look: {body}", reached=shows(proof), word="ESCAPE")


REACHES = (
    _reach("attributes with underscores", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    _reach("the same as items", "{{ ''['__class__']['__mro__'] }}"),
    _reach("the same through a filter", "{{ ''|attr('__class__') }}"),
    _reach("the same, name escaped", r"{{ ''|attr('\x5f\x5fclass\x5f\x5f') }}"),
    _reach("the same by a filter's `attribute=`", "{{ ['']|map(attribute='__class__')|list }}"),
    _reach("the same by `groupby`", "{{ ['']|groupby('__class__')|list }}"),
    _reach("`str.format`", "{{ '{0.__class__.__mro__}'.format('') }}"),
    _reach("`str.format_map`", "{{ '{x.__class__}'.format_map({'x': ''}) }}"),
    _reach("`str.format`, kept and called later", "{% set f = '{0.__class__}'.format %}{{ f('') }}"),
    _reach("`str.format` through a filter", "{{ ('{0.__class__}'|attr('format'))('') }}"),
    _reach("a global function's module", "{{ lipsum.__globals__['os'].environ['ATTACK_CANARY'] }}", CANARY),
    _reach(
        "a global class's module", "{{ cycler.__init__.__globals__.os.environ['ATTACK_CANARY'] }}", CANARY
    ),
    _reach(
        "`self` and imports",
        "{{ self.__init__.__globals__.__builtins__.__import__('os').environ['ATTACK_CANARY'] }}",
        CANARY,
    ),
    _reach("a type among the globals", "{{ dict.mro() }}"),
    _reach("the loop's own object", "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}"),
    _reach("a macro's own object", "{% macro m() %}{% endmacro %}{{ m._environment }}", "jinja2.environment"),
    _reach("a method's owner", "{{ ''.encode.__self__.__class__ }}"),
    _reach("a method's address in memory", "{{ ''.join }}", "<built-in method"),
)


def _given(
    title: str,
    body: str,
    make: Callable[[], Any],
    reached: Callable[[Outcome], bool],
    *,
    declared: str = "object",
    otherwise: Word = "silent",
) -> Attack:
    return Attack(
        title=title,
        body=body,
        inputs={"given": declared},
        values=lambda: {"given": make()},
        reached=reached,
        word="ESCAPE",
        otherwise=otherwise,
    )


def _deleted(_: Outcome) -> bool:
    return bool(DELETED)


def _environ() -> Mapping[str, str]:
    import os

    return os.environ


OBJECTS = (
    _given("an object's attribute", "{{ given.password }}", User, shows(CANARY)),
    _given("an object's method with a side effect", "{{ given.delete() }}", User, _deleted),
    _given("a function", "{{ given() }}", lambda: delete_all, _deleted),
    _given(
        "a type: `str.format` unbound",
        "{{ given.kind.format('{0.delete.__globals__[CANARY]}', given.user) }}",
        lambda: {"kind": str, "user": User()},
        shows(CANARY),
    ),
    _given("the environment as a mapping", "{{ given.ATTACK_CANARY }}", _environ, shows(CANARY)),
    _given(
        "a text that runs code when printed",
        "{{ given }}",
        lambda: Text("hello"),
        _deleted,
        declared="string",
        otherwise="text",
    ),
)


def _changes(title: str, body: str, make: Callable[[], Any], declared: str) -> Attack:
    return _given(title, body, make, lambda outcome: outcome.values["given"] != make(), declared=declared)


MUTATIONS = (
    _changes("appends to the caller's list", "{{ given.append('x') }}", lambda: ["a"], "array"),
    _changes("sorts the caller's list", "{{ given.sort() }}", lambda: ["b", "a"], "array"),
    _changes("updates the caller's dict", "{{ given.update({'a': 2}) }}", lambda: {"a": 1}, "object"),
    _changes(
        "empties lists inside the caller's data",
        "{% for each in given %}{{ each.tags.clear() }}{% endfor %}",
        lambda: [{"tags": ["a"]}],
        "array",
    ),
)


def _costs(title: str, body: str, otherwise: Word = "text", **more: Any) -> Attack:
    return Attack(title=title, body=body, reached=never, word="hang/OOM", otherwise=otherwise, **more)


_DOUBLING = "{% macro d(s, n) %}{% if n %}{{ d(s ~ s, n - 1) }}{% endif %}{% endmacro %}{{ d('a', 60) }}"
_CALLS = "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}"
_ENDLESS_CALLS = "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"

COSTS = (
    _costs(
        "loops in loops",
        "{% set s = ('x' * 25000)|list %}{% for a in s %}{% for b in s %}{% endfor %}{% endfor %}",
    ),
    _costs("a text times ten billion", "{{ 'a' * 10 ** 10 }}"),
    _costs("a list times ten billion", "{{ ([1] * 10 ** 10)|length }}"),
    _costs("a power of a power", "{{ 9 ** (9 ** 8) > 1 }}"),
    _costs("the same in a branch never taken", "{% if false %}{{ 9 ** (9 ** 8) > 1 }}{% endif %}"),
    _costs("`center` ten billion wide", "{{ 'a'|center(10 ** 10) }}"),
    _costs("`%` with a width of ten billion", "{{ '%10000000000d' % 1 }}"),
    _costs("`format` with a width of ten billion", "{{ '%10000000000s'|format('a') }}"),
    _costs("`replace` into ten billion", "{{ ('a' * 99999)|replace('a', 'b' * 99999) }}"),
    _costs("`batch` filled up to ten billion", "{{ [1]|batch(10 ** 10, 'x')|list|length }}"),
    _costs("`slice` into a billion", "{{ 'abc'|slice(10 ** 9)|list|length }}"),
    _costs("`indent` by ten billion", "{{ 'a\\nb'|indent(10 ** 10) }}"),
    _costs("a chain of filters", "{{ ('x' * 99999)|list|map('center', 99999)|join }}"),
    _costs("a text doubled sixty times", _DOUBLING),
    _costs("calls that double sixty times", _CALLS),
    _costs("a macro that calls itself", _ENDLESS_CALLS),
    _costs(
        "output of ten billion characters", "{% for a in ('x' * 99999)|list %}{{ 'y' * 99999 }}{% endfor %}"
    ),
    _costs("20,000 brackets", "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}"),
    _costs("5,000 blocks in blocks", "{% if true %}" * 5_000 + "{% endif %}" * 5_000),
    _costs("100,000 additions", "{{ 1" + " + 1" * 100_000 + " }}"),
    _costs(
        "an iterator without an end",
        "{{ given|list|length }}",
        inputs={"given": "array"},
        values=lambda: {"given": Endless()},
    ),
)


def _missing(title: str, body: str, values: Callable[[], Any], **inputs: str) -> Attack:
    return Attack(
        title=title,
        body=body,
        inputs=inputs,
        values=values,
        reached=lambda outcome: "Paris" not in outcome.text,
        word="silent",
        otherwise="text",
    )


def _order() -> dict[str, Any]:
    return {"order": {"city": "Paris", "stops": ["Paris"], "items": "Paris"}}


MISSING = (
    _missing("an input that was not given", "Ship to {{ city }}.", none, city="string"),
    _missing(
        "an input misspelt by the template",
        "Ship to {{ citty }}.",
        lambda: {"city": "Paris"},
        city="string",
    ),
    _missing(
        "an input misspelt by the caller",
        "Ship to {{ city }}.",
        lambda: {"citty": "Paris"},
        city="string",
    ),
    _missing("a misspelt key", "Ship to {{ order.citty }}.", _order, order="object"),
    _missing(
        "a misspelt key in a condition",
        "Ship it{% if order.citty %} to {{ order.city }}{% endif %}.",
        _order,
        order="object",
    ),
    _missing(
        "a loop over a misspelt key",
        "Ship to: {% for item in order.stps %}{{ item }}{% endfor %}",
        _order,
        order="object",
    ),
    _missing("a key named like a method", "Ship {{ order.items }}.", _order, order="object"),
)
