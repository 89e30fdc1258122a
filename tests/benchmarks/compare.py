"""Timing of several callables in one run, interleaved, so that a noisy machine hits all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable


def medians(
    subjects: dict[str, Callable[[], object]], *, rounds: int = 25, seconds: float = 0.02
) -> dict[str, float]:
    """The median processor time of one call of each subject, in microseconds."""
    counts = {name: _calls(subject, seconds) for name, subject in subjects.items()}
    found: dict[str, list[float]] = {name: [] for name in subjects}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, subject in subjects.items():
                found[name].append(_time(subject, counts[name]))
    finally:
        gc.enable()
    return {name: statistics.median(times) * 1e6 for name, times in found.items()}


def _calls(subject: Callable[[], object], seconds: float) -> int:
    subject()
    return max(1, round(seconds / max(_time(subject, 3), 1e-7)))


def _time(subject: Callable[[], object], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        subject()
    return (time.process_time() - start) / calls


def table(title: str, times: dict[str, float], base: str) -> str:
    """The times and their ratios to one of them, as lines to print."""
    rows = [f"{name:<36} {value:>10.1f} us {value / times[base]:>8.2f}" for name, value in times.items()]
    return "\n".join([f"\n{title} (processor time of one call; ratio to {base})", *rows])
