"""One attack on one library: in a process of its own, which may hang or fill without harm."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from scripts.attacks.attack import CANARY, Attack, Outcome, Word, always
from scripts.attacks.libraries import Library

_CPU = 4  # seconds
_MEMORY = 1024**3  # bytes beyond what the loaded libraries take
_PATIENCE = 120  # seconds of waiting, for an attack that sleeps and so uses no CPU
_PROCESSES = multiprocessing.get_context("fork")  # the libraries are loaded once, by the parent

_HARMLESS = Attack(
    title="harmless",
    body="Say {{ text }}.",
    inputs={"text": "string"},
    values=lambda: {"text": "hello"},
    reached=always,
    word="text",
)


class Result(NamedTuple):
    """How an attack ended, and the error or text behind it for those who look closer."""

    word: Word
    detail: str


def warm_up(library: Library) -> None:
    """Load a library, and show that its adapter works: a harmless value gives the two messages."""
    with TemporaryDirectory() as folder:
        said = library.render(_HARMLESS, _HARMLESS.values(), Path(folder))
    expected = [("system", "Be brief.", 0), ("user", "Say hello.", 0)]
    if [tuple(message) for message in said] != expected:
        raise RuntimeError(f"{library.name} does not render a harmless prompt: {said}")


def attempt(attack: Attack, library: Library) -> Result:
    """Run an attack on a library that is warm."""
    receive, send = _PROCESSES.Pipe(duplex=False)
    with TemporaryDirectory() as folder:
        process = _PROCESSES.Process(target=_child, args=(attack, library, Path(folder), send))
        process.start()
        send.close()
        try:
            if receive.poll(_PATIENCE):
                word, detail = receive.recv()
                return Result(word, detail)
        except EOFError:
            pass
        finally:
            process.kill()
            process.join()
    return Result("hang/OOM", f"the process ended with {process.exitcode}")


def _child(attack: Attack, library: Library, folder: Path, send: Connection) -> None:
    os.environ["ATTACK_CANARY"] = CANARY
    _bound()
    send.send(tuple(_judge(attack, library, folder)))
    send.close()


def _bound() -> None:
    """Limit this process, counted from what loading the libraries has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + _CPU
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        memory = pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _judge(attack: Attack, library: Library, folder: Path) -> Result:
    values = attack.values()
    try:
        said = library.render(attack, values, folder)
    except (MemoryError, RecursionError) as error:
        return Result("hang/OOM", type(error).__name__)
    except Exception as error:  # noqa: BLE001  whatever a library raises is its answer
        return Result(_stopped(error, library), f"{type(error).__name__}: {error}"[:300])
    outcome = Outcome(said, values)
    word = attack.word if attack.reached(outcome) else attack.otherwise
    return Result(word, repr(said)[:300])


def _stopped(error: Exception, library: Library) -> Word:
    """`stopped`, but for promptlib only where the error is one of its own."""
    from promptlib.errors import PromptlibError

    if library.name == "promptlib" and not isinstance(error, PromptlibError):
        raise error
    return "hang/OOM" if isinstance(error.__context__, MemoryError) else "stopped"
