"""Counting tokens: exact where it can be, else an estimate with bounds; never the network."""

from promptlib.tokens.counters import Counter, count_text, counter, within
from promptlib.tokens.fit_report import Fit, FitPart
from promptlib.tokens.requests import count, count_at_most
from promptlib.tokens.tally import Tally

__all__ = ["Counter", "Fit", "FitPart", "Tally", "count", "count_at_most", "count_text", "counter", "within"]
