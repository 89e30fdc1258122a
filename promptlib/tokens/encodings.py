"""OpenAI's encodings, built from ranks on this machine; nothing is ever fetched.

Patterns, special tokens and hashes are OpenAI's, as `tiktoken_ext/openai_public.py` of tiktoken
0.14.0 states them (read 2026-11-23); a test compares them with the tiktoken that is installed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptlib.tokens.ranks import Ranks, read

if TYPE_CHECKING:
    import tiktoken

__all__ = ["LONGEST_TOKEN", "NAMES", "Spec", "load", "spec"]

# Bytes of the longest token of either vocabulary: 128 spaces.
LONGEST_TOKEN = 128

_CL100K = Ranks(
    name="cl100k_base",
    sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    cache_name="9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
)
_O200K = Ranks(
    name="o200k_base",
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    cache_name="fb374d419588a4632f3f557e76b4b70aebbca790",
)

_CL100K_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)"
    r"|[^\r\n\p{L}\p{N}]?+\p{L}++"
    r"|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$"
    r"|\s*[\r\n]"
    r"|\s+(?!\S)"
    r"|\s"
)
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_O200K_PATTERN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}"
    rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What makes an encoding: its ranks, the pattern that splits text, its special tokens."""

    name: str
    ranks: Ranks
    pattern: str
    special_tokens: Callable[[], Mapping[str, int]]


def _cl100k_special() -> dict[str, int]:
    return {
        "<|endoftext|>": 100257,
        "<|fim_prefix|>": 100258,
        "<|fim_middle|>": 100259,
        "<|fim_suffix|>": 100260,
        "<|endofprompt|>": 100276,
    }


def _o200k_special() -> dict[str, int]:
    return {"<|endoftext|>": 199999, "<|endofprompt|>": 200018}


def _harmony_special() -> dict[str, int]:
    named = {
        "<|startoftext|>": 199998,
        "<|endoftext|>": 199999,
        "<|endofprompt|>": 200018,
        "<|return|>": 200002,
        "<|constrain|>": 200003,
        "<|channel|>": 200005,
        "<|start|>": 200006,
        "<|end|>": 200007,
        "<|message|>": 200008,
        "<|call|>": 200012,
    }
    # OpenAI lists 200018 twice: by its name, and as a reserved one.
    taken = set(named.values()) - {200018}
    return named | {f"<|reserved_{n}|>": n for n in range(200000, 201088) if n not in taken}


_SPECS = {
    spec.name: spec
    for spec in (
        Spec(name="cl100k_base", ranks=_CL100K, pattern=_CL100K_PATTERN, special_tokens=_cl100k_special),
        Spec(name="o200k_base", ranks=_O200K, pattern=_O200K_PATTERN, special_tokens=_o200k_special),
        Spec(name="o200k_harmony", ranks=_O200K, pattern=_O200K_PATTERN, special_tokens=_harmony_special),
    )
}
NAMES = tuple(sorted(_SPECS))

_lock = threading.RLock()
_loaded: dict[str, tiktoken.Encoding] = {}


def spec(name: str) -> Spec:
    """The facts of the encoding `name`, one of `NAMES`."""
    return _SPECS[name]


def load(name: str) -> tiktoken.Encoding:
    """The encoding `name`, one of `NAMES`; built at the first call of the process (about a second).

    Raises:
        ConfigurationError: Its ranks are not on this machine, or are not OpenAI's.
    """
    found = _loaded.get(name)
    if found is not None:
        return found
    with _lock:
        if name not in _loaded:
            _loaded[name] = _built(_SPECS[name])
        return _loaded[name]


def _built(wanted: Spec) -> tiktoken.Encoding:
    import tiktoken

    return tiktoken.Encoding(
        wanted.name,
        pat_str=wanted.pattern,
        mergeable_ranks=read(wanted.ranks),
        special_tokens=dict(wanted.special_tokens()),
    )
