"""Every bound is reached by the least that is over it, and by nothing below."""

import dataclasses

import pytest

from promptlib.errors import RenderLimitError
from promptlib.rendering import render
from promptlib.templates import MemoryFiles, RenderLimits, limits, load
from promptlib.templates.limits import DEFAULT_LIMITS, INTEGER_BITS, NESTING, Meter, exceeded


@pytest.fixture
def clock(monkeypatch):
    """A clock of the thread that is set by hand; `looks` counts how often it was read."""

    class Clock:
        now = 100.0
        looks = 0

        def read(self):
            self.looks += 1
            return self.now

    found = Clock()
    monkeypatch.setattr(limits.time, "thread_time", found.read)
    return found


def reaches(limit, bound, call, *args):
    with pytest.raises(RenderLimitError) as caught:
        call(*args)
    assert (caught.value.limit, caught.value.bound) == (limit, bound)
    return caught.value


def test_the_defaults_are_those_of_the_documentation():
    """The bounds are what the issue and the docs promise, and the defaults are one value."""
    assert dataclasses.asdict(DEFAULT_LIMITS) == {
        "template_bytes": 262_144,
        "nodes": 10_000,
        "depth": 32,
        "includes": 32,
        "iterations": 100_000,
        "output": 4_194_304,
        "value": 1_048_576,
        "allocation": 33_554_432,
        "calls": 32,
        "cpu_seconds": 2.0,
    }
    assert RenderLimits() == DEFAULT_LIMITS
    assert (NESTING, INTEGER_BITS) == (64, 4096)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(RenderLimits)])
def test_an_error_names_its_bound_and_how_to_raise_it(name):
    """Each bound has words of its own, its value with separators, and the field to set."""
    error = exceeded(name, 12_345, path="x.jinja", line=3)
    assert (error.limit, error.bound, error.path, error.line) == (name, 12_345, "x.jinja", 3)
    assert "12,345" in error.message
    assert f"RenderLimits({name}=" in error.hint


def test_iterations_are_paid_for_before_they_happen():
    """The bound itself is allowed, one more is not, in one payment or in many."""
    meter = Meter(RenderLimits(iterations=200))
    meter.spend(199)
    meter.spend()
    reaches("iterations", 200, meter.spend)
    reaches("iterations", 200, Meter(RenderLimits(iterations=200)).spend, 201)
    Meter(RenderLimits(iterations=200)).spend(200)
    small = Meter(RenderLimits(iterations=3))
    for _ in range(3):
        small.spend()
    reaches("iterations", 3, small.spend)


def test_the_clock_is_looked_at_every_64_iterations(clock):
    """Spending looks at the clock once in 64 passes, whatever the size of each payment."""
    meter = Meter(RenderLimits())
    before = clock.looks
    for _ in range(63):
        meter.spend()
    assert clock.looks == before
    meter.spend()
    assert clock.looks == before + 1
    for _ in range(63):
        meter.spend()
    assert clock.looks == before + 1
    meter.spend()
    assert clock.looks == before + 2
    meter.spend(1000)
    assert clock.looks == before + 3
    near = Meter(RenderLimits(iterations=300))
    before = clock.looks
    for _ in range(256):
        near.spend()
    assert clock.looks == before + 4


def test_the_deadline_is_processor_time_from_the_start(clock):
    """A look at exactly the deadline passes, one after it does not."""
    meter = Meter(RenderLimits(cpu_seconds=2.5))
    clock.now = 102.5
    meter.look()
    clock.now = 102.6
    reaches("cpu_seconds", 2.5, meter.look)


@pytest.mark.parametrize("operation", ["allot", "work"])
def test_an_operation_on_a_large_value_looks_at_the_clock(clock, operation):
    """4,096 characters are small, one more is large."""
    meter = Meter(RenderLimits())
    before = clock.looks
    getattr(meter, operation)(4096)
    assert clock.looks == before
    getattr(meter, operation)(4097)
    assert clock.looks == before + 1


def test_one_value_has_a_bound_and_all_together_have_another():
    """The bound value is for each, allocation their sum; what is exactly at a bound is allowed."""
    meter = Meter(RenderLimits(value=10, allocation=25))
    meter.allot(10)
    reaches("value", 10, meter.allot, 11)
    meter.allot(10)
    meter.allot(5)
    reaches("allocation", 25, meter.allot, 1)


def test_a_large_input_raises_both_bounds():
    """A value may be as large as the largest input, and all together sixteen times that."""
    meter = Meter(RenderLimits(value=10, allocation=20), largest_input=50)
    assert (meter.value_cap, meter.allocation_cap) == (50, 800)
    small = Meter(RenderLimits(value=10, allocation=2000), largest_input=3)
    assert (small.value_cap, small.allocation_cap) == (10, 2000)
    assert Meter(RenderLimits()).value_cap == 1_048_576


def test_an_integer_has_at_most_4096_bits():
    """The bound itself is allowed."""
    meter = Meter(RenderLimits())
    meter.integer(4096)
    error = reaches("value", 4096, meter.integer, 4097)
    assert "4,096 bits" in error.message
    assert "fixed" in error.hint


def test_calls_are_bounded_in_depth_and_paid_for():
    """So many calls may be open at once; each costs an iteration; a call that has ended frees its place."""
    meter = Meter(RenderLimits(calls=2, iterations=4))
    meter.enter()
    meter.enter()
    reaches("calls", 2, meter.enter)
    meter.leave()
    meter.leave()
    meter.enter()
    meter.leave()
    meter.enter()
    meter.leave()
    reaches("iterations", 4, meter.enter)


def test_output_that_waits_is_bounded_in_pieces(monkeypatch):
    """All open buffers together hold a bounded number of pieces, the bound included."""
    monkeypatch.setattr(limits, "_PIECES", 5)
    meter = Meter(RenderLimits())
    meter.look()
    meter.buffers += [[""] * 3, [""] * 2]
    meter.look()
    meter.buffers[0].append("")
    reaches("output", 4_194_304, meter.look)


@pytest.mark.parametrize(
    ("value", "weight"),
    [
        ("", 1),
        ("abc", 4),
        (7, 1),
        (None, 1),
        (1.5, 1),
        ([], 1),
        ({}, 1),
        (["abc", 7], 6),
        ({"a": "bc"}, 6),
        ([[["x"]]], 5),
    ],
)
def test_a_value_weighs_its_characters_and_nodes(value, weight):
    """Each text weighs its length and one, each other value and each container one."""
    assert Meter(RenderLimits()).weigh(value) == weight


def test_shared_parts_weigh_each_time_they_are_reached():
    """A list that holds another twice weighs it twice, so doubling is seen."""
    inner = ["abc"]
    meter = Meter(RenderLimits())
    assert meter.weigh([inner, inner]) == 1 + 2 * 5
    doubled = inner
    for _ in range(40):
        doubled = [doubled, doubled]
    reaches("value", 1_048_576, Meter(RenderLimits()).weigh, doubled)


def test_a_weight_is_kept_with_its_value():
    """A container is weighed once; another object that gets its address is weighed anew."""
    meter = Meter(RenderLimits())
    assert meter.weigh(["a"] * 3) == 7
    assert all(meter.weigh(["a"] * n) == 1 + 2 * n for n in range(50))
    held = ["a"] * 32
    assert meter.weigh(held) == 65
    held.append("b")
    assert meter.weigh(held) == 65
    assert meter.weigh([held]) == 66


def test_a_small_list_of_plain_items_is_not_kept():
    """Weighing it anew costs less than keeping it, and a loop may make very many."""
    meter = Meter(RenderLimits())
    small, nested_one = ["a"] * 31, [["a"]]
    assert (meter.weigh(small), meter.weigh(nested_one)) == (63, 4)
    small.append("b")
    nested_one.append("b")
    assert (meter.weigh(small), meter.weigh(nested_one)) == (65, 4)


def test_items_of_lists_are_counted_beside_their_text():
    """An item counts as 24 characters would, on an account of its own; those inside lists count too."""
    meter = Meter(RenderLimits(allocation=24 * 10))
    meter.hold(["a", ["b", 1]])
    meter.allot(4, 5)
    reaches("allocation", 240, meter.allot, 0, 1)
    meter = Meter(RenderLimits(allocation=24 * 10))
    meter.hold({"a": [], "b": {}})
    meter.allot(4, 5)
    reaches("allocation", 240, meter.allot, 0, 1)


@pytest.mark.parametrize(
    "body",
    [
        "{% set b = range(401) %}{% set c = range(400) %}",
        "{% set b = [1] * 400 %}{% set c = [1] * 400 %}",
        "{% set a = [1] * 200 %}{% set b = a + a %}{% set c = a + a %}",
        "{% set a = 'x' * 400 %}{% set b = a|list %}{% set c = a|list %}",
    ],
)
def test_every_way_to_a_long_list_counts_its_items(body):
    """Lists of small things take more memory than the characters they weigh."""
    t = load(MemoryFiles({"x.jinja": body.encode()}), "x", limits=RenderLimits(allocation=24 * 800))
    reaches("allocation", 24 * 800, render, t)


def test_a_container_is_weighed_up_to_twice_the_bound():
    """Weighing stops early on what is far too large; what is a little over is the allotment's to refuse."""
    meter = Meter(RenderLimits(value=10))
    assert meter.weigh(["a" * 18]) == 20
    reaches("value", 10, Meter(RenderLimits(value=10)).weigh, ["a" * 19])


def nested(depth):
    found = []
    for _ in range(depth - 1):
        found = [found]
    return found


def test_lists_nest_64_deep():
    """Sixty-four levels are allowed, one more is not, also when it is built on what was weighed before."""
    meter = Meter(RenderLimits())
    held = nested(64)
    meter.weigh(held)
    error = reaches("depth", 64, meter.weigh, [held])
    assert "64 levels" in error.message
    reaches("depth", 64, Meter(RenderLimits()).weigh, nested(65))
    reaches("depth", 64, Meter(RenderLimits()).weigh, {"a": nested(64)})
    assert Meter(RenderLimits()).weigh([nested(63), []]) == 65


def test_a_text_at_the_last_level_is_no_level_of_its_own():
    """What stands in the innermost of 64 lists may be a text or a number."""
    for leaf in ("x", 1):
        value = [leaf]
        for _ in range(63):
            value = [value]
        Meter(RenderLimits()).weigh(value)


def test_levels_add_up_over_what_was_weighed_before():
    """A list that was weighed alone counts its own levels when it is put into others."""
    meter = Meter(RenderLimits())
    value = nested(32)
    meter.weigh(value)
    for _ in range(32):
        value = [value]
        meter.weigh(value)
    reaches("depth", 64, meter.weigh, [value])


def test_a_loop_is_paid_for_in_advance_and_watched_when_long(clock):
    """Up to 64 items are the list itself; more are the same items, with a look every 64."""
    meter = Meter(RenderLimits())
    short = list(range(64))
    assert meter.passes(short) is short
    long = meter.passes(list(range(129)))
    assert len(long) == 129
    before = clock.looks
    assert list(long) == list(range(129))
    assert clock.looks == before + 3
    reaches("iterations", 10, Meter(RenderLimits(iterations=10)).passes, [0] * 11)


def rendered(body, **bounds):
    template = load(MemoryFiles({"x.jinja": body.encode()}), "x", limits=RenderLimits(**bounds))
    return render(template).messages[0].text


@pytest.mark.parametrize(
    ("limit", "bound", "under", "over"),
    [
        ("iterations", 6, "{% for i in range(5) %}x{% endfor %}", "{% for i in range(6) %}x{% endfor %}"),
        ("output", 5, "{{ 'a' * 5 }}", "{{ 'a' * 5 }}b"),
        ("value", 7, "{{ 'a' * 7 }}", "{{ 'a' * 8 }}"),
        ("allocation", 8, "{{ 'a' * 6 }}", "{{ 'a' * 6 }}{{ 'a' * 6 }}"),
        (
            "calls",
            1,
            "{% macro a() %}x{% endmacro %}{{ a() }}",
            "{% macro a() %}x{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ b() }}",
        ),
        ("template_bytes", 8, "12345678", "123456789"),
        ("nodes", 4, "{{ 1 }}", "{{ 1 + 1 }}"),
        ("depth", 2, "{{ 1 }}", "{{ 1 + 1 }}"),
    ],
)
def test_a_template_reaches_each_bound(limit, bound, under, over):
    """The least template over a bound is refused by its name; the greatest below it renders."""
    rendered(under, **{limit: bound})
    with pytest.raises(RenderLimitError) as caught:
        rendered(over, **{limit: bound})
    assert (caught.value.limit, caught.value.bound, caught.value.path) == (limit, bound, "x.jinja")


def test_a_chain_of_includes_is_bounded():
    """So many files may include each other in a chain, and one more may not."""
    files = {f"f{n}.jinja": f"{{% include 'f{n + 1}.jinja' %}}".encode() for n in range(1, 4)}
    files["f4.jinja"] = b"end"
    load(MemoryFiles(files), "f1", limits=RenderLimits(includes=4))
    with pytest.raises(RenderLimitError) as caught:
        load(MemoryFiles(files), "f1", limits=RenderLimits(includes=3))
    assert caught.value.limit == "includes"


def test_bounds_cannot_be_changed_once_made():
    """RenderLimits is frozen: what a registry was opened with stays."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        RenderLimits().depth = 5


def test_the_usual_bound_on_waiting_pieces_is_a_million():
    """The bound on pieces keeps a rendering's memory at some tens of megabytes."""
    assert limits._PIECES == 1_000_000


def test_a_call_that_ended_frees_one_place_and_no_more():
    """Leaving one of two open calls leaves room for one."""
    meter = Meter(RenderLimits(calls=2))
    meter.enter()
    meter.enter()
    meter.leave()
    meter.enter()
    reaches("calls", 2, meter.enter)


def test_the_last_iterations_cost_no_look_of_their_own(clock):
    """The clock is not looked at when a small bound is used up exactly."""
    meter = Meter(RenderLimits(iterations=3))
    before = clock.looks
    for _ in range(3):
        meter.spend()
    assert clock.looks == before
    meter = Meter(RenderLimits(iterations=67))
    before = clock.looks
    for _ in range(67):
        meter.spend()
    assert clock.looks == before + 1


def test_a_short_loop_is_the_list_itself():
    """A loop over few items runs over the list, without anything around it."""
    items = [1, 2]
    assert Meter(RenderLimits()).passes(items) is items


def test_what_is_far_below_a_bound_is_no_matter(clock):
    """A small integer, a small value and few waiting pieces are allowed, and cost no look at the clock."""
    meter = Meter(RenderLimits())
    before = clock.looks
    meter.integer(1)
    meter.allot(1)
    meter.work(1)
    assert clock.looks == before
    meter.buffers.append(["a"])
    meter.look()
