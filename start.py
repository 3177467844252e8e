"""One command from a fresh clone to a running program: makes `.venv`, fills it from the lock, runs it.

`python3 start.py ARGS` runs `closeloop ARGS`; `test`, `bench` and `check` run the suite (`test --long` its long
part), the benchmarks and the linters. It needs nothing but Python 3.11 and pip, works from any folder, and
touches nothing outside this one but the caches of pip and uv. What is installed is exactly what the locks name,
each file checked by its hash. A stamp in `.venv` makes every later start immediate; a set-up cut short leaves
none and is done again.

All it says itself goes to standard error, so `--json` stays clean. Exit codes are those of the program; 1
when the set-up failed, 130 after Ctrl-C.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "closeloop.stamp"
LOG = VENV / "closeloop-setup.log"
RUNTIME_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
RECORDINGS_LOCK = ROOT / "requirements-recordings.lock"
"""Recorded traffic and a second client for the sandbox's tests; apart, since their own needs conflict with ours."""
INSTALLER_LOCK = ROOT / "requirements-installer.lock"
NEEDED_MEGABYTES = 1000
CHECKS = ("ruff check .", "ruff format --check .", "mypy --strict .", "lint-imports")

# What pip and uv write when a set-up fails, and what to do about it; the first that fits is told.
ADVICE = (
    (("no space left",), "The disk is full. Free about 1 GB, then start again."),
    (
        ("do not match the hashes", "hash mismatch"),
        "A download is not the file that the lock names. Ask who runs it.",
    ),
    (
        (
            "connection",
            "resolution",
            "resolve",
            "dns error",
            "timed out",
            "unreachable",
            "proxy",
            "certificate",
        ),
        "The package index cannot be reached. Check the network or HTTPS_PROXY, then start again.",
    ),
    (("",), f"The whole output is in {LOG}."),
)

# `sh` finds the interpreter, since a `#!` line cannot name a path with spaces; Python sees a string there.
CLOSELOOP_COMMAND = """\
#!/bin/sh
'''exec' "$(dirname "$(readlink -f "$0")")/python" "$0" "$@"
' '''
import subprocess
import sys
import time

from closeloop.cli import main

sys.exit(main())
"""


class SetUpFailed(Exception):
    """The program cannot be installed here; the text says what to do about it."""


def main(arguments: list[str]) -> int:
    """Sets up what is missing and becomes the program; returns only where there is none to become."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    try:
        if os.name != "posix":
            raise SetUpFailed("Closeloop runs on Linux and macOS; on Windows, start it inside WSL.")
        return _start(command, rest)
    except SetUpFailed as failure:
        _say(f"start.py: {failure}")
        return 1
    except KeyboardInterrupt:
        _say("\nstart.py: stopped.")
        return 130


def _start(command: str, rest: list[str]) -> int:
    if command not in {"test", "bench", "check"}:
        _ready(RUNTIME_LOCK)
        return _become(str(VENV / "bin" / "closeloop"), command, *rest)
    _ready(DEV_LOCK)
    os.chdir(ROOT)
    if command == "check":
        return _check(rest)
    if command == "bench":
        return _become("-m", "tests.bench", *rest)
    return _become("-m", "pytest", *_chosen(rest))


def _chosen(arguments: list[str]) -> list[str]:
    """All tests but the long ones, or with `--long` these alone; anything else is for pytest as it is."""
    if arguments not in ([], ["--long"]):
        return arguments
    # Whole files to each process, since tests of a file share their servers.
    return ["-n", "2", "--dist", "loadfile", "-m", "long" if arguments else "not long"]


def _become(*arguments: str) -> int:
    """Replaces this process, so that signals and exit codes are the program's own."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ["CLOSELOOP_PROGRAM"] = _called_by()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each start would compile the whole program anew
    os.execv(PYTHON, [str(PYTHON), *arguments])  # noqa: S606


def _called_by() -> str:
    """`python3 start.py`, as it was typed: hints of the program then work when they are copied."""
    import shlex
    import shutil

    python, *words = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
    short = Path(python).name
    return shlex.join([short if shutil.which(short) else python, *words])


def _check(arguments: list[str]) -> int:
    if arguments:
        raise SetUpFailed("check takes no arguments; for less, call ruff, mypy or lint-imports in .venv/bin.")
    failed = []
    for check in CHECKS:
        _say(f"== {check}")
        program, *options = check.split()
        if subprocess.run([str(VENV / "bin" / program), *options], check=False).returncode != 0:
            failed.append(program)
    _say(f"== failed: {', '.join(failed)}" if failed else "== all checks passed")
    return 1 if failed else 0


# The set-up


def _ready(lock: Path) -> None:
    """Makes `.venv` hold what the lock names; the development lock holds all of the runtime lock."""
    fitting = {_fingerprint(DEV_LOCK), _fingerprint(lock)}
    if _stamped(fitting):
        return
    import fcntl

    try:
        VENV.mkdir(exist_ok=True)
        with (VENV / "closeloop.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # a second start waits for the set-up of the first
            if not _stamped(fitting):
                _set_up(lock)
    except OSError as error:
        where = error.filename or VENV
        raise SetUpFailed(f"cannot write {where}: {error.strerror}. Mend that, then start again.") from error


def _fingerprint(lock: Path) -> str:
    """Changes with the lock, with the place of the clone, with the Python and with the steps in this file."""
    try:
        recordings = RECORDINGS_LOCK.read_bytes() if lock == DEV_LOCK else b""
        contents = lock.read_bytes() + recordings + _version().encode()
    except OSError as error:
        raise SetUpFailed(f"{error.filename} is missing: is this a whole clone?") from error
    facts = f"{ROOT}|{sys.version_info[:2]}|".encode() + Path(__file__).read_bytes()
    return hashlib.sha256(facts + contents).hexdigest()


def _stamped(fitting: set[str]) -> bool:
    try:
        return STAMP.read_text() in fitting and PYTHON.exists()
    except OSError:
        return False


def _set_up(lock: Path) -> None:
    import shutil

    free = shutil.disk_usage(ROOT).free // 10**6
    if free < NEEDED_MEGABYTES:
        raise SetUpFailed(
            f"this disk has {free} MB free, {NEEDED_MEGABYTES} MB are needed. Free some, start again."
        )
    STAMP.unlink(missing_ok=True)
    LOG.write_text("")
    _say("Setting up Closeloop in .venv; this happens once.")
    _make_environment()
    _install(lock)
    if lock == DEV_LOCK:
        _install(RECORDINGS_LOCK)
    _link_project()
    # Without it the first start is slower, no more; so its failure is not the set-up's.
    _run("preparing Prefect's database", [str(PYTHON), "-m", "flows.empty_database"])
    STAMP.write_text(_fingerprint(lock))
    _say("Set-up done.")


def _make_environment() -> None:
    """A bare environment, without pip: a plain Debian lacks ensurepip, and the pip outside can fill it."""
    import venv

    version = f"{sys.version_info[0]}.{sys.version_info[1]}."
    if _asks(PYTHON, "-c", f"import sys; sys.exit(not sys.version.startswith('{version}'))"):
        return
    for stale in PYTHON.parent.glob("python*"):  # a Python that was moved or upgraded
        stale.unlink()
    venv.EnvBuilder(with_pip=False, symlinks=True).create(VENV)


def _install(lock: Path) -> None:
    """By uv where it can be had, since it is ten times faster; else by pip. Both check every hash."""
    exact = ["install", "--no-deps", "--require-hashes", "-r"]
    pip = _pip()
    if _run("fetching the installer", [*pip, *exact, str(INSTALLER_LOCK)]) == 0:
        # Compiled now: where .pyc files are not written, every process would pay for it again.
        uv = [str(VENV / "bin" / "uv"), "pip", *exact, str(lock), "--python", str(PYTHON)]
        if _run("installing the packages", [*uv, "--system-certs", "--compile-bytecode"]) == 0:
            return
    if _run("installing the packages with pip", [*pip, *exact, str(lock)]) != 0:
        raise SetUpFailed(_why_not_installed())


def _pip() -> list[str]:
    options = ["--disable-pip-version-check", "--no-input", "--retries", "2", "--timeout", "30"]
    for python in (Path(sys.executable), PYTHON):
        if _asks(python, "-m", "pip", "--version"):
            return [str(python), "-m", "pip", *options, "--python", str(PYTHON)]
    if _run("adding pip", [str(PYTHON), "-m", "ensurepip"]) == 0:
        return [str(PYTHON), "-m", "pip", *options]
    raise SetUpFailed("this Python has no pip. Install it (Debian: apt-get install python3-pip), then start again.")


def _link_project() -> None:
    """A path file, a name and a command: an editable install that needs no build tool and no network."""
    import sysconfig

    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV), "platbase": str(VENV)}))
    (site / "closeloop.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    for former in site.glob("closeloop-*.dist-info/METADATA"):
        former.unlink()
    metadata = site / f"closeloop-{_version()}.dist-info" / "METADATA"
    metadata.parent.mkdir(exist_ok=True)
    metadata.write_text(f"Metadata-Version: 2.1\nName: closeloop\nVersion: {_version()}\n")
    command = VENV / "bin" / "closeloop"
    command.write_text(CLOSELOOP_COMMAND)
    command.chmod(0o755)


def _version() -> str:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("version = "))


def _why_not_installed() -> str:
    said = LOG.read_text(errors="replace").strip()
    advice = next(told for words, told in ADVICE if any(word in said.lower() for word in words))
    tail = "\n".join(f"    {line[:150]}" for line in said.splitlines()[-5:])
    return f"the packages could not be installed. {advice}\n{tail}"


# Running and telling


def _asks(python: Path, *arguments: str) -> bool:
    try:
        return subprocess.run([str(python), *arguments], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(doing: str, command: list[str]) -> int:
    """Runs one step with its output in the log and a line on the terminal that shows it is alive."""
    if not sys.stderr.isatty():
        _say(f"  {doing} ...")
    with LOG.open("ab") as log:
        log.write(f"$ {' '.join(command)}\n".encode())
        log.flush()
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as child:
            try:
                return _wait(child, doing)
            except KeyboardInterrupt:
                child.terminate()
                raise
            finally:
                _overwrite("")


def _wait(child: subprocess.Popen[bytes], doing: str) -> int:
    began = time.monotonic()
    while child.poll() is None:
        _overwrite(f"  {doing} ... {time.monotonic() - began:.0f} s")
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(0.5)
    return child.returncode


def _overwrite(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  # an older Python is told so instead of failing later
        _say(f"start.py: Closeloop needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        sys.exit(1)
    sys.exit(main(sys.argv[1:]))
