"""Sets up, runs and tests Angioscape from a checkout: `python3 packaging/dev.py setup|run|test`.

Standard library only, for Linux, Windows and macOS. `lock` resolves the exact pins of everything
indirect again and writes `packaging/constraints.txt`.
"""

from __future__ import annotations  # an older Python must get as far as the sentence below

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "angioscape-setup.txt"
LOG = VENV / "angioscape-setup.log"
LOCK = ROOT / "packaging" / "constraints.txt"
EXAMPLE = ROOT / "resources" / "example"
EXAMPLE_CASE = ROOT / "out" / "example"

NEEDED_DEBS = (
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libfreetype6",
    "libgl1",
    "libgl1-mesa-dri",
    "libglib2.0-0",
    "libglx-mesa0",
    "libgomp1",
    "libopengl0",
    "libx11-xcb1",
    "libxcursor1",
    "libxkbcommon0",
    "libxrender1",
)
WINDOW_DEBS = (  # what only a window on a screen needs; off-screen work and the tests do without
    "fonts-dejavu-core",
    "libice6",
    "libsm6",
    "libwayland-cursor0",
    "libwayland-egl1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-sync1",
    "libxcb-util1",
    "libxcb-xfixes0",
    "libxcb-xinerama0",
    "libxcb-xkb1",
    "libxi6",
    "libxkbcommon-x11-0",
)
APT_INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
APT_PATIENCE = ("-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300")

MOST_AT_A_TIME = 4  # tests; each of them may need two gigabytes

ELSEWHERE = (
    "colorama==0.4.6",
)  # pins that no freeze on Linux shows: pytest's and click's, Windows

# What another Python, another Qt or a user's pip settings would push into ours.
STRAY_VARIABLES = (
    "PIP_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "QT_API",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "__PYVENV_LAUNCHER__",
)


class SetupError(Exception):
    """One sentence for a person: what is wrong and what to do."""


def has_display(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether a window can be shown: always on Windows and macOS, on Linux with X or Wayland."""
    if not platform.startswith("linux"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def missing_debs(wanted: Iterable[str], dpkg_output: str) -> list[str]:
    """The wanted Debian packages that are not installed, under their own or a provided name.

    `dpkg_output` has one line a package: status, name and provided names, split by tabs. The
    provided names matter: libglib2.0-0 is part of libglib2.0-0t64 since Debian 13, Ubuntu 24.04.
    """
    present = set()
    for line in dpkg_output.splitlines():
        status, name, provided = [*line.split("\t"), "", ""][:3]
        if status == "installed":
            present.add(name)
            present.update(part.split("(")[0].strip() for part in provided.split(","))
    return [name for name in wanted if name not in present]


def apt_text(names: Sequence[str], *, root: bool = False) -> str:
    """The command that a person types to install the packages."""
    return shlex.join([*([] if root else ["sudo"]), *APT_INSTALL, *names])


def venv_debs(major: int, minor: int, has_ensurepip: bool) -> list[str]:
    """The package that Debian splits off Python and that a new environment needs, if missing."""
    return [] if has_ensurepip else [f"python{major}.{minor}-venv"]


def install_system_packages() -> None:
    """Install the libraries that Qt and VTK load, or say which command does."""
    if not sys.platform.startswith("linux"):
        return
    if not (shutil.which("dpkg-query") and shutil.which("apt-get")):
        if not STAMP.exists():
            print(
                "This Linux has no apt-get. Where a library is missing, look for what Debian calls:"
            )
            print("  " + " ".join(NEEDED_DEBS + WINDOW_DEBS))
        return
    form = r"${db:Status-Status}\t${Package}\t${Provides}\n"
    installed = subprocess.run(
        ["dpkg-query", "-W", f"-f={form}"], check=False, capture_output=True, text=True
    ).stdout
    found = importlib.util.find_spec("ensurepip") is not None or python_of(VENV).exists()
    needed = venv_debs(*sys.version_info[:2], found) + missing_debs(NEEDED_DEBS, installed)
    for_window = missing_debs(WINDOW_DEBS, installed)
    if not needed and not for_window:
        return
    root = os.geteuid() == 0
    command = apt_text(needed + for_window, root=root)
    if root and apt_install(needed + for_window):
        return
    if needed:
        raise SetupError(f"System packages are missing; install them and try again: {command}")
    print(f"The window may need more system packages; install them with: {command}")


def apt_install(names: Sequence[str]) -> bool:
    """Install Debian packages as root, and tell whether that worked."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    started = time.monotonic()
    say(f"Installing {len(names)} system packages with apt-get")
    words = ""
    for attempt in range(3):
        time.sleep(5 * attempt)
        # A failed update may concern a source that is of no use here: the install decides.
        for command in (("apt-get", "update"), (*APT_INSTALL, *names)):
            done = subprocess.run(
                [command[0], *APT_PATIENCE, *command[1:]],
                check=False,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            words += done.stdout
        if done.returncode == 0:
            finish(started)
            return True
    print(f"failed:\n{words[-2000:]}", file=sys.stderr)
    return False


def python_of(venv: Path) -> Path:
    """The interpreter inside a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would let other software into ours."""
    kept = {name: value for name, value in environment.items() if name not in STRAY_VARIABLES}
    return {**kept, "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def fingerprint(pyproject: str, lock: str, python: str, root: str) -> str:
    """What an environment was made from; it differs when set-up has work to do.

    Of `pyproject` only what installing reads counts, so that a lint setting costs nobody a set-up.
    `root` counts since an editable install points at its folder.
    """
    import tomllib

    table = tomllib.loads(pyproject)
    read = [table.get("build-system"), table.get("project"), table.get("tool", {}).get("hatch")]
    made_from = json.dumps([read, lock, python, root], sort_keys=True)
    return hashlib.sha256(made_from.encode()).hexdigest()


def current_fingerprint() -> str:
    """The fingerprint of this checkout with this Python."""
    return fingerprint(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
        LOCK.read_text(encoding="utf-8"),
        sys.version,
        str(ROOT),
    )


def requirements() -> tuple[list[str], list[str]]:
    """What builds the project, and what it and its tests use, as `pyproject.toml` says.

    `editables` is what hatchling asks for in an editable install.
    """
    import tomllib

    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = table["project"]
    used = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return [*table["build-system"]["requires"], "editables"], used


def make_venv(folder: Path) -> None:
    """A new virtual environment with pip, in place of whatever is in the folder."""
    started = time.monotonic()
    say(f"Making the virtual environment {folder.name}")
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        check=False,
        env=clean_environment(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        if "ensurepip" in done.stdout:
            command = apt_text(venv_debs(*sys.version_info[:2], False))
            raise SetupError(f"This Python cannot make environments; on Debian install: {command}")
        raise SetupError(f"The virtual environment {folder} could not be made.")
    finish(started)


def usable(venv: Path) -> bool:
    """Whether the environment has a working pip and the Python that runs this file."""
    asked = "import pip, sys; print(sys.version)"
    try:
        done = subprocess.run(
            [python_of(venv), "-c", asked],
            check=False,
            env=clean_environment(os.environ),
            capture_output=True,
            text=True,
        )
    except OSError:
        return False
    return done.stdout.strip() == sys.version.strip()


def pip(venv: Path, title: str, *arguments: str, log: Path) -> None:
    """Run `pip install` with its words in the log, the newest of them on the screen."""
    started = time.monotonic()
    say(title)
    command = [str(python_of(venv)), "-m", "pip", "install", "--disable-pip-version-check"]
    last = ""
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen(
            [*command, "--no-input", *arguments],
            cwd=ROOT,
            env=clean_environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            for line in process.stdout or ():
                file.write(line)
                if line.strip():
                    last = last if last.startswith("ERROR") else line.strip()
                    glance(line.strip())
        except KeyboardInterrupt:
            process.wait()
            raise
    glance("")
    if process.wait():
        print("failed")
        raise SetupError(f"pip failed ({last}); see {log}, check the network and try again.")
    finish(started)


def setup() -> None:
    """Bring `.venv` to what the project and the lock ask for; at once where it is there."""
    started = time.monotonic()
    install_system_packages()
    wanted = current_fingerprint()
    with contextlib.suppress(OSError):
        if STAMP.read_text(encoding="utf-8") == wanted and python_of(VENV).exists():
            return
    if not usable(VENV):
        make_venv(VENV)
    STAMP.unlink(missing_ok=True)
    LOG.unlink(missing_ok=True)
    locked = ("-c", str(LOCK))
    pip(VENV, "Installing the build tools", *requirements()[0], *locked, log=LOG)
    pip(
        VENV,
        "Installing Angioscape and its libraries, some minutes the first time",
        "--no-build-isolation",
        "-e",
        ".[test]",
        *locked,
        log=LOG,
    )
    STAMP.write_text(wanted, encoding="utf-8")
    print(f"Set up in {time.monotonic() - started:.0f} s.")


def lock() -> None:
    """Write the exact version of everything that the project's own pins bring along."""
    building, used = requirements()
    with tempfile.TemporaryDirectory(prefix="angioscape-lock-") as folder:
        venv, log = Path(folder) / "venv", Path(folder) / "pip.log"
        make_venv(venv)
        pip(venv, "Resolving", *building, *used, log=log)
        frozen = subprocess.run(
            [python_of(venv), "-m", "pip", "freeze"],
            check=True,
            env=clean_environment(os.environ),
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    LOCK.write_text(lock_text(frozen), encoding="utf-8")
    print(f"Wrote {LOCK.relative_to(ROOT)}.")


def lock_text(frozen: str) -> str:
    """The constraints file for what `pip freeze` says.

    The local part of a version goes (`torch==2.13.0+cpu`): it names one build for one machine.
    """
    pins = {re.sub(r"\+.*", "", line.strip()) for line in frozen.splitlines() if "==" in line}
    lines = sorted({*pins, *ELSEWHERE}, key=str.lower)
    return "# Made by `python3 packaging/dev.py lock`; do not edit.\n" + "\n".join(lines) + "\n"


def say(text: str) -> None:
    """Begin a line about something that takes a while."""
    print(f"{text} ... ", end="\n" if sys.stdout.isatty() else "", flush=True)


def finish(started: float) -> None:
    """End the line with how long it took."""
    print(f"{'  ' if sys.stdout.isatty() else ''}done in {time.monotonic() - started:.0f} s")


def glance(text: str) -> None:
    """Show one passing line on a terminal, over the one before; elsewhere nothing."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print("\r" + f"  {text}"[:width].ljust(width), end="\r", flush=True)


def up_to_date(made: Path, sources: Iterable[Path]) -> bool:
    """Whether a made file is there and newer than all that it was made from."""
    try:
        made_at = made.stat().st_mtime
    except OSError:
        return False
    return all(source.stat().st_mtime <= made_at for source in sources)


def example_sources() -> list[Path]:
    """Everything that the example's reconstruction depends on: the scan and all but the window."""
    rooms = [path for path in (ROOT / "viewer").rglob("*.py") if path.parent.name != "window"]
    return [*rooms, *(path for path in (ROOT / "resources").rglob("*") if path.is_file())]


def in_venv(*arguments: str, environment: Mapping[str, str]) -> int:
    """Run the environment's Python to its end and give its exit code."""
    sys.stdout.flush()
    process = subprocess.Popen(
        [str(python_of(VENV)), *arguments], cwd=ROOT, env=clean_environment(environment)
    )
    try:
        return process.wait()
    except KeyboardInterrupt:  # the child got it too: let it put its things away
        try:
            process.wait(timeout=15)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            process.terminate()
            process.wait()
        raise


def screen_environment() -> dict[str, str]:
    """The environment for Qt: off screen where there is no display."""
    environment = dict(os.environ)
    if not has_display(sys.platform, environment):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    return environment


def run() -> int:
    """Reconstruct the example case unless that is done, and show it."""
    environment = screen_environment()
    overview = EXAMPLE_CASE / "overview.png"
    shown = has_display(sys.platform, environment)
    if not shown:
        print("There is no display (neither DISPLAY nor WAYLAND_DISPLAY): no window will open.")
    if not (overview.exists() and up_to_date(EXAMPLE_CASE / "case.json", example_sources())):
        started = time.monotonic()
        print("Reconstructing the example case")
        EXAMPLE_CASE.parent.mkdir(exist_ok=True)
        arguments = ["reconstruct", str(EXAMPLE), str(EXAMPLE_CASE), "--overwrite"]
        code = in_venv("-m", "viewer", *arguments, environment=environment)
        if code:
            return code
        print(f"Reconstructed in {time.monotonic() - started:.0f} s.")
    if not shown:
        print(f"The picture of the example case: {overview}")
        return 0
    return in_venv("-m", "viewer", "open", str(EXAMPLE_CASE), environment=environment)


def test(arguments: Sequence[str]) -> int:
    """Run the tests; the arguments go to pytest.

    Without arguments all run, as many at a time as there are cores, then alone those that look
    at the clock.
    """
    environment = screen_environment()
    cores = os.cpu_count() or 1
    if arguments or cores == 1:
        return in_venv("-m", "pytest", *arguments, environment=environment)
    at_a_time = min(cores, MOST_AT_A_TIME)
    one_core = environment | {"OMP_NUM_THREADS": str(cores // at_a_time)}
    spread = ("-n", str(at_a_time), "--dist", "loadfile", "--no-loadscope-reorder")
    together = in_venv("-m", "pytest", *spread, "-m", "not alone", environment=one_core)
    return in_venv("-m", "pytest", "-m", "alone", environment=environment) or together


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks for and give the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - a person may well start it with an older one
        version = "{}.{}".format(*sys.version_info[:2])
        print(f"Angioscape needs Python 3.11 or newer; this is {version}.", file=sys.stderr)
        return 1
    parser = argparse.ArgumentParser(prog="dev.py", description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="setup|run|test|lock")
    commands.add_parser("setup", help="prepare .venv")
    commands.add_parser("run", help="set up, reconstruct the example case and open the window")
    commands.add_parser("test", help="set up and run the tests; more arguments go to pytest")
    commands.add_parser("lock", help="write packaging/constraints.txt again")
    asked, rest = parser.parse_known_args(arguments)
    if rest and asked.command != "test":
        parser.error(f"unknown: {shlex.join(rest)}")
    try:
        if asked.command == "lock":
            lock()
            return 0
        setup()
        if asked.command == "run":
            return run()
        if asked.command == "test":
            return test(rest)
        print(f"Ready: {python_of(VENV)}")
        return 0
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
