"""The command: `python -m scripts.attacks`, from the root of the project."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from scripts.attacks import table
from scripts.attacks.attack import Word
from scripts.attacks.cases import CLASSES
from scripts.attacks.libraries import LIBRARIES, Library
from scripts.attacks.trial import attempt, warm_up


def main() -> int:
    """Run the attacks that were asked for; 1 if one got through promptlib."""
    options = _options()
    libraries = [library for library in LIBRARIES if library.name in options.library]
    for library in libraries:
        if library.version is None:
            _say(f"{library.name} is left out: pip install {library.distribution}")
    libraries = [library for library in libraries if library.version is not None]
    words = _run(options.only, libraries)
    if options.json:
        print(json.dumps(words))  # noqa: T201  a command prints
    else:
        table.write(words, libraries)
    for title in table.unproven(words) if len(libraries) > 1 else ():
        _say(f"got through nowhere: {title}")
    return _judge(words)


def _options() -> argparse.Namespace:
    names = [library.name for library in LIBRARIES]
    parser = argparse.ArgumentParser(prog="python -m scripts.attacks", description="Attacks on libraries.")
    parser.add_argument("--library", action="append", choices=names, help="this one (may be repeated)")
    parser.add_argument("--only", action="append", choices=CLASSES, help="this class (may be repeated)")
    parser.add_argument("--json", action="store_true", help="print the results and write no table")
    options = parser.parse_args()
    options.library = options.library or names
    options.only = options.only or list(CLASSES)
    return options


def _run(classes: Sequence[str], libraries: Sequence[Library]) -> dict[str, dict[str, dict[str, Word]]]:
    for library in libraries:
        warm_up(library)
    words: dict[str, dict[str, dict[str, Word]]] = {}
    for name in classes:
        for attack in CLASSES[name]:
            results = {library.name: attempt(attack, library) for library in libraries}
            words.setdefault(name, {})[attack.title] = {key: found.word for key, found in results.items()}
            for key, found in results.items():
                _say(f"{name} | {attack.title} | {key} | {found.word} | {found.detail!a}")
    return words


def _judge(words: table.Words) -> int:
    fell = [
        f"{title}: {row['promptlib']}"
        for rows in words.values()
        for title, row in rows.items()
        if row.get("promptlib", "stopped") not in ("stopped", "text")
    ]
    for line in fell:
        _say(f"promptlib failed: {line}")
    return 1 if fell else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  a command talks


if __name__ == "__main__":
    sys.exit(main())
