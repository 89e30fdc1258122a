"""Results as the Markdown of docs/security.md, between two comments."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scripts.attacks.attack import MEANINGS, Attack, Word
from scripts.attacks.cases import CLASSES
from scripts.attacks.libraries import Library

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"
_BEGIN = "<!-- attacks: begin; written by python -m scripts.attacks -->"
_END = "<!-- attacks: end -->"

# Words by class, attack and library.
Words = Mapping[str, Mapping[str, Mapping[str, Word]]]


def write(words: Words, libraries: Sequence[Library]) -> None:
    """Put the table into the page, in the place of the one before."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    table = "\n".join(_lines(words, libraries))
    PAGE.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}", encoding="utf-8")


def got_through(attack: Attack, word: Word) -> bool:
    """Whether a result is what the attack was after."""
    return word == attack.word


def unproven(words: Words) -> list[str]:
    """Attacks that got through nowhere in a run, and so prove nothing about a library they spare."""
    return [
        attack.title
        for name, attacks in CLASSES.items()
        for attack in attacks
        if name in words and not any(got_through(attack, word) for word in words[name][attack.title].values())
    ]


def _lines(words: Words, libraries: Sequence[Library]) -> Iterator[str]:
    versions = ", ".join(f"{library.name} {library.version}" for library in libraries)
    yield f"Run on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}: {versions}.\n"
    yield "| result | means |"
    yield "|---|---|"
    yield from (f"| {word} | {meaning} |" for word, meaning in MEANINGS.items())
    yield "\n**Attacks that got through**\n"
    yield from _head("class", libraries)
    yield from (_sum(name, words, libraries) for name in words)
    for name, rows in words.items():
        yield f"\n**{name}**\n"
        yield from _head("attack", libraries)
        for title, row in rows.items():
            yield _row(title, [row[library.name] for library in libraries])
    if alone := unproven(words):
        yield f"\nThese got through nowhere, so they prove nothing here: {', '.join(alone)}."


def _sum(name: str, words: Words, libraries: Sequence[Library]) -> str:
    attacks = CLASSES[name]
    through = [
        sum(got_through(attack, words[name][attack.title][library.name]) for attack in attacks)
        for library in libraries
    ]
    return _row(name, [f"{count} of {len(attacks)}" for count in through])


def _head(first: str, libraries: Sequence[Library]) -> Iterator[str]:
    yield _row(first, [library.name for library in libraries])
    yield "|---" * (len(libraries) + 1) + "|"


def _row(first: str, cells: Sequence[str]) -> str:
    return f"| {first} | {' | '.join(cells)} |"
