"""What a text is made of: shares of its tokens by script and kind of character."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["KINDS", "shares"]

# Ranges of Unicode's blocks. ASCII is told apart by what tokenizers treat apart: digits (single,
# or by three), marks (brackets and quotes of code and JSON), and runs of white space (indents).
_ASCII = {
    "digits": "[0-9]+",
    "marks": "[!-/:-@\\[-`{-~]+",
    "indents": "[ \t\n\r]{2,}",
}
_SCRIPTS = {
    "latin": "[\u00c0-\u024f\u1e00-\u1eff]+",
    "greek": "[\u0370-\u03ff\u1f00-\u1fff]+",
    "cyrillic": "[\u0400-\u052f]+",
    "caucasian": "[\u0530-\u058f\u10a0-\u10ff]+",
    "hebrew": "[\u0590-\u05ff]+",
    "arabic": "[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]+",
    "indic": "[\u0900-\u0dff]+",
    "southeast": "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+",
    "hangul": "[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]+",
    "kana": "[\u3040-\u30ff\u31f0-\u31ff]+",
    "han": "[\u2e80-\u2fdf\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]+",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in (_ASCII | _SCRIPTS).items()}
_NON_ASCII = re.compile("[^\x00-\x7f]+")

KINDS = ("letters", *_ASCII, *_SCRIPTS, "other")

# Tokens a character takes in o200k, about: they weigh the kinds against each other. Measured by
# scripts/calibrate_estimates.py's corpus, 2026-11-23; an indent counts by the run.
_WEIGHTS: Mapping[str, float] = {
    "letters": 0.19,
    "digits": 0.45,
    "marks": 0.55,
    "indents": 1.0,
    "latin": 0.45,
    "greek": 0.35,
    "cyrillic": 0.25,
    "caucasian": 0.35,
    "hebrew": 0.35,
    "arabic": 0.28,
    "indic": 0.35,
    "southeast": 0.4,
    "hangul": 0.55,
    "kana": 0.55,
    "han": 0.75,
    "other": 1.0,
}


def shares(text: str) -> dict[str, float]:
    """The share of the text's tokens, about, by each kind of `KINDS` that occurs; they add up to 1.

    Empty text is all letters.
    """
    sizes = _sizes(text)
    weighed = {kind: size * _WEIGHTS[kind] for kind, size in sizes.items() if size}
    total = sum(weighed.values())
    return {kind: weight / total for kind, weight in weighed.items()} if total else {"letters": 1.0}


def _sizes(text: str) -> dict[str, int]:
    sizes = {name: _characters(name, text) for name in _ASCII}
    indented = sizes["indents"]
    sizes["indents"] = sum(1 for _ in _PATTERNS["indents"].finditer(text)) if indented else 0
    plain = len(text) - indented - sizes["digits"] - sizes["marks"]
    if text.isascii():
        return {"letters": plain, **sizes}
    sizes |= {name: _characters(name, text) for name in _SCRIPTS}
    foreign = sum(len(run) for run in _NON_ASCII.findall(text))
    sizes["other"] = foreign - sum(sizes[name] for name in _SCRIPTS)
    return {"letters": plain - foreign, **sizes}


def _characters(name: str, text: str) -> int:
    return sum(len(run) for run in _PATTERNS[name].findall(text))
