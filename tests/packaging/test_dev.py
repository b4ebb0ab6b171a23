"""Set-up: what is missing, what to type, when there is nothing to do, what the wheel holds."""

import importlib.util
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def load_dev():
    spec = importlib.util.spec_from_file_location("dev", ROOT / "packaging" / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


dev = load_dev()

PYPROJECT = """
[project]
name = "angioscape"
dependencies = ["numpy==2.4.6"]
[tool.ruff]
line-length = 100
"""


def test_missing_packages_are_those_neither_installed_nor_provided():
    dpkg = (
        "installed\tlibegl1\t\n"
        "installed\tlibglib2.0-0t64\tlibglib2.0-0 (= 2.80.0-6), libglib2.0-0:any\n"
        "config-files\tlibgomp1\t\n"
        "installed\tlibgl1-mesa-dri\t\n"
    )
    wanted = ["libegl1", "libgl1", "libglib2.0-0", "libgomp1"]
    assert dev.missing_debs(wanted, dpkg) == ["libgl1", "libgomp1"]
    assert dev.missing_debs(wanted, "") == wanted


def test_only_a_python_without_ensurepip_needs_the_venv_package():
    assert dev.venv_debs(3, 11, True) == []
    assert dev.venv_debs(3, 11, False) == ["python3.11-venv"]


def test_the_command_to_type():
    assert (
        dev.apt_text(["libegl1", "libgl1"])
        == "sudo apt-get install -y --no-install-recommends libegl1 libgl1"
    )
    assert not dev.apt_text(["libegl1"], root=True).startswith("sudo")


def test_without_root_a_missing_library_stops_with_the_command(monkeypatch):
    pretend_debian(monkeypatch, root=False, installed=dev.WINDOW_DEBS)
    with pytest.raises(dev.SetupError, match=r"try again: sudo apt-get install .* libegl1 "):
        dev.install_system_packages()


def test_without_root_a_missing_window_library_is_only_said(monkeypatch, capsys):
    pretend_debian(monkeypatch, root=False, installed=dev.NEEDED_DEBS)
    dev.install_system_packages()
    assert "sudo apt-get install -y --no-install-recommends fonts" in capsys.readouterr().out


def test_root_installs_what_is_missing(monkeypatch):
    asked = pretend_debian(monkeypatch, root=True, installed=dev.NEEDED_DEBS[1:])
    dev.install_system_packages()
    assert asked == [[dev.NEEDED_DEBS[0], *dev.WINDOW_DEBS]]


def test_nothing_is_installed_where_nothing_is_missing(monkeypatch, capsys):
    asked = pretend_debian(monkeypatch, root=True, installed=dev.NEEDED_DEBS + dev.WINDOW_DEBS)
    dev.install_system_packages()
    assert asked == []
    assert capsys.readouterr().out == ""


def pretend_debian(monkeypatch, *, root, installed):
    """A Debian with these packages; gives the list that will hold what apt-get is asked for."""
    asked = []
    monkeypatch.setattr(dev.sys, "platform", "linux")
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(dev.os, "geteuid", lambda: 0 if root else 1000, raising=False)
    monkeypatch.setattr(
        dev.subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(
            command, 0, "".join(f"installed\t{name}\t\n" for name in installed)
        ),
    )
    monkeypatch.setattr(dev, "apt_install", lambda names: asked.append(names) or True)
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: object())
    return asked


@pytest.mark.parametrize(
    ("platform", "environment", "shown"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_display(platform, environment, shown):
    assert dev.has_display(platform, environment) is shown


def test_fingerprint_changes_with_what_is_installed_and_nothing_else():
    made_from = {"pyproject": PYPROJECT, "lock": "a==1", "python": "3.11.2", "root": "/here"}
    before = dev.fingerprint(**made_from)
    assert dev.fingerprint(**made_from) == before
    linted = {**made_from, "pyproject": PYPROJECT.replace("100", "90")}
    assert dev.fingerprint(**linted) == before
    changes = {
        "pyproject": PYPROJECT.replace("2.4.6", "2.4.7"),
        "lock": "a==2",
        "python": "3.12.1",
        "root": "/there",
    }
    for name, value in changes.items():
        assert dev.fingerprint(**{**made_from, name: value}) != before


def test_a_made_file_is_up_to_date_while_newer_than_its_sources(tmp_path):
    source, made = tmp_path / "scan", tmp_path / "case.json"
    source.write_text("1")
    assert not dev.up_to_date(made, [source])
    made.write_text("2")
    os.utime(source, (1000, 1000))
    os.utime(made, (2000, 2000))
    assert dev.up_to_date(made, [source])
    os.utime(source, (3000, 3000))
    assert not dev.up_to_date(made, [source])


def test_other_software_stays_out_of_the_environment():
    kept = dev.clean_environment({"PYTHONPATH": "/x", "PIP_TARGET": "/y", "HOME": "/home/a"})
    assert "PYTHONPATH" not in kept
    assert "PIP_TARGET" not in kept
    assert kept["HOME"] == "/home/a"


def test_lock_names_versions_and_no_machine():
    text = dev.lock_text(
        "torch==2.13.0+cpu\n-e /somewhere/angioscape\nb @ file:///x\nAttrs==26.1\n"
    )
    assert text.splitlines()[1:] == ["Attrs==26.1", "colorama==0.4.6", "torch==2.13.0"]


def test_the_lock_agrees_with_the_project():
    locked = locked_versions()
    building, used = dev.requirements()
    direct = dict(pin.split("==") for pin in [*building, *used] if "==" in pin)
    assert {name: locked.get(normal(name)) for name in direct} == direct
    assert "editables" in locked


def locked_versions() -> dict[str, str]:
    lines = dev.LOCK.read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {normal(name): version for name, version in pins}


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def test_every_direct_pin_is_exact():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    assert [pin for pin in pins if "==" not in pin] == []


def test_what_is_not_to_be_taken_is_not():
    gpl = {"dijkstra3d", "kimimaro", "pylibjpeg-libjpeg", "skeletor"}
    harmful = {"python-gdcm", "vmtk"}
    assert locked_versions().keys() & (gpl | harmful) == set()


def test_a_wrong_command_gets_the_usage(capsys):
    with pytest.raises(SystemExit) as stopped:
        dev.main(["fly"])
    assert stopped.value.code == 2
    assert "setup" in capsys.readouterr().err


@pytest.mark.slow
def test_the_wheel_holds_the_resources_and_no_tests(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--quiet", "--wheel-dir", str(tmp_path)], cwd=ROOT, check=True, timeout=300
    )
    (wheel,) = tmp_path.glob("angioscape-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if not name.endswith("/")}
        metadata = next(name for name in names if name.endswith("dist-info/METADATA"))
        text = packed.read(metadata).decode()
    resources = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    wanted = {f"viewer/{path.relative_to(ROOT).as_posix()}" for path in resources}
    assert wanted - names == set()
    assert not any(name.startswith(("tests/", "packaging/")) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "License-Expression: Apache-2.0" in text


@pytest.mark.slow
def test_an_installed_copy_finds_its_own_resources(tmp_path):
    command = [sys.executable, "-m", "pip", "install", ".", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--quiet", "--target", str(tmp_path)], cwd=ROOT, check=True, timeout=300
    )
    asked = "from viewer.resource import resource; print(resource('.'))"
    found = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.strip()
    assert Path(found) == tmp_path / "viewer" / "resources"
