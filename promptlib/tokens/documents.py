"""What a file takes: text is counted, other documents are estimated by their pages.

Read 2026-11-23: Anthropic, PDF support: 1,500 to 3,000 tokens of text for a page, and the page as
an image; at most 100 pages, or 600 for windows of a million tokens. Google, Document understanding:
258 tokens a page.
"""

from __future__ import annotations

import re

from promptlib.tokens.counters import Counter
from promptlib.tokens.tally import Tally
from promptlib.types import FilePart

__all__ = ["count_file"]

_PAGE = Tally(lower=64, total=2_250, upper=4_600)
_MOST_PAGES = 600
_TEXT = re.compile(r"text/.*|application/(json|xml|yaml|x-yaml|javascript|.*\+json|.*\+xml)", re.IGNORECASE)
# A page in a PDF that is not packed into an object stream; `/Pages` is the tree above the pages.
_PDF_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")


def count_file(part: FilePart, counter: Counter) -> Tally:
    """Tokens of a file; an estimate, for what no provider tells and nobody fetches."""
    if part.data is None:
        return Tally.between(0, _PAGE.total, _PAGE.upper * _MOST_PAGES)
    if _TEXT.fullmatch(part.media_type.partition(";")[0].strip()):
        counted = counter.count(part.data.decode("utf-8", "replace"))
        # A file's name and frame come with it.
        return counted + Tally.between(0, 10, 60)
    pages = len(_PDF_PAGE.findall(part.data))
    if pages:
        return _PAGE.times(pages)
    # Unknown inside: each byte may be at most a token, and pages are seldom under 1,000 bytes.
    most = min(len(part.data), _PAGE.upper * min(_MOST_PAGES, 1 + len(part.data) // 1_000))
    return Tally.between(0, min(_PAGE.total, most), most)
