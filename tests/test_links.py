"""Links between the project's texts lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

_ROOT = Path(__file__).resolve().parent.parent
_FILES = [*sorted(_ROOT.glob("*.md")), *sorted((_ROOT / "docs").rglob("*.md"))]
_FENCED = re.compile(r"^( *)(`{3,}|~{3,}).*?^ *\2", flags=re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^()\s]+)[^()]*\)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def read_links(text: str) -> list[str]:
    """Targets of all links of a Markdown text that stay in the project; code is skipped."""
    prose = re.sub(r"`[^`\n]*`", "", _FENCED.sub("", text))
    targets = [found["target"] for found in _LINK.finditer(prose)]
    return [target for target in targets if not _ELSEWHERE.match(target)]


def resolves(path: Path, target: str) -> bool:
    """Whether a link from the file at `path` leads to a file, and its anchor to a heading."""
    name, _, anchor = unquote(target).partition("#")
    found = (path.parent / name).resolve() if name else path
    if not found.exists() or not found.is_relative_to(_ROOT):
        return False
    return not anchor or found.suffix != ".md" or anchor in anchors(found.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The anchors of a Markdown text's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", _FENCED.sub("", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", _FILES, ids=lambda path: str(path.relative_to(_ROOT)))
def test_every_link_between_files_resolves(path: Path) -> None:
    """A relative link names a file that is there, and its anchor a heading in it."""
    links = read_links(path.read_text(encoding="utf-8"))
    assert [target for target in links if not resolves(path, target)] == []


def test_links_in_code_and_to_other_sites_are_left_alone() -> None:
    """Only prose is read, and only for links that stay in the project."""
    text = "[a](b.md#c) `[x](y)` [web](https://example.com)\n```text\n[z](z.md)\n```\n![p](q.png)"
    assert read_links(text) == ["b.md#c", "q.png"]


def test_anchors_are_made_of_headings() -> None:
    """Case and punctuation go, spaces become hyphens, code in fences is no heading."""
    text = "# A value, never *structure*\n```python\n# no heading\n```\n## `init` & run"
    assert anchors(text) == {"a-value-never-structure", "init--run"}


def test_a_link_to_nothing_is_found() -> None:
    """A missing file and a missing heading do not resolve."""
    assert resolves(_ROOT / "CONTRIBUTING.md", "LICENSE")
    assert not resolves(_ROOT / "CONTRIBUTING.md", "missing.md")
    assert not resolves(_ROOT / "CONTRIBUTING.md", "CONTRIBUTING.md#no-such-heading")
