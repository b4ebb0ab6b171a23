import json
import subprocess
import sys
from pathlib import Path

import pytest

from viewer.errors import ViewerError
from viewer.networks.sign import (
    KEY_PLACE,
    KEYS,
    MANIFEST,
    SIGNATURE,
    main,
    sign_folder,
    signed_files,
)

ROOT = Path(__file__).parents[2]


def test_the_manifest_lists_every_file_with_its_size(a_signed_folder, a_key):
    files = signed_files(a_signed_folder, [a_key[1]])
    assert set(files) == {"tiny.safetensors", "tiny.toml"}
    size = (a_signed_folder / "tiny.safetensors").stat().st_size
    assert files["tiny.safetensors"].size == size


def test_signing_twice_gives_the_same_files(a_signed_folder, a_key):
    before = [(a_signed_folder / name).read_bytes() for name in (MANIFEST, SIGNATURE)]
    sign_folder(a_signed_folder, a_key[0])
    assert [(a_signed_folder / name).read_bytes() for name in (MANIFEST, SIGNATURE)] == before


def test_a_changed_manifest_is_refused(a_signed_folder, a_key):
    path = a_signed_folder / MANIFEST
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ViewerError, match="changed after it was signed"):
        signed_files(a_signed_folder, [a_key[1]])


@pytest.mark.parametrize("field", ["key", "signature"])
def test_another_key_or_signature_is_refused(a_signed_folder, a_key, field):
    path = a_signed_folder / SIGNATURE
    said = json.loads(path.read_text())
    said[field] = "00" * (len(said[field]) // 2)
    path.write_text(json.dumps(said))
    with pytest.raises(ViewerError, match="none was opened"):
        signed_files(a_signed_folder, [a_key[1]])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"key": 1, "signature": 2}'])
def test_a_broken_signature_is_none(a_signed_folder, a_key, content):
    (a_signed_folder / SIGNATURE).write_bytes(content)
    with pytest.raises(ViewerError, match="not signed"):
        signed_files(a_signed_folder, [a_key[1]])


def test_the_command_signs_with_the_key_that_the_environment_names(
    a_signed_folder, a_key, monkeypatch, capsys
):
    monkeypatch.delenv(KEY_PLACE, raising=False)
    (a_signed_folder / MANIFEST).unlink()
    assert main([str(a_signed_folder)]) == 1
    assert "nothing was signed" in capsys.readouterr().err
    monkeypatch.setenv(KEY_PLACE, str(a_key[0]))
    assert main([str(a_signed_folder)]) == 0
    assert "untrusted only" in capsys.readouterr().out
    assert signed_files(a_signed_folder, [a_key[1]])
    assert main([]) == 2


def test_no_key_file_and_no_networks_are_said(tmp_path, a_key):
    (tmp_path / "no.key").write_text("no key")
    with pytest.raises(ViewerError, match="cannot be read"):
        sign_folder(tmp_path, tmp_path / "no.key")
    with pytest.raises(ViewerError, match="holds no networks"):
        sign_folder(tmp_path, a_key[0])


def test_the_known_keys_are_public_and_no_private_key_is_in_the_tree():
    assert all(len(bytes.fromhex(key)) == 32 for key in KEYS)
    found = subprocess.run(
        ["git", "grep", "-lE", "BEGIN [A-Z ]*PRIVATE" + " KEY"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""


def test_the_module_is_a_command():
    done = subprocess.run(
        [sys.executable, "-m", "viewer.networks.sign"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert KEY_PLACE in done.stderr
