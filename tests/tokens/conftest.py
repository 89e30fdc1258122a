"""What the tests of tokens share: tiktoken's own encodings, loaded once, with no network."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import tiktoken

from promptlib.tokens import encodings
from promptlib.tokens.ranks import find


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as TIKTOKEN_CACHE_DIR wants it: OpenAI's files under tiktoken's names for them."""
    folder = tmp_path_factory.mktemp("ranks")
    for name in ("cl100k_base", "o200k_base"):
        ranks = encodings.spec(name).ranks
        (folder / ranks.cache_name).write_bytes(gzip.decompress(find(ranks).read_bytes()))
    return folder


@pytest.fixture(scope="session")
def reference(cache_folder: Path) -> Mapping[str, tiktoken.Encoding]:
    """The encodings as tiktoken itself makes them, out of that folder."""
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(cache_folder)
    try:
        return {name: tiktoken.get_encoding(name) for name in encodings.NAMES}
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before
