"""The signed list of a folder of networks: which files belong there, and that nobody changed them.

`python -m viewer.networks.sign FOLDER` writes it, with the private key at the path that the
environment variable ANGIOSCAPE_SIGNING_KEY holds.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from viewer.errors import ViewerError

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
SIGNED = (".safetensors", ".toml")
FORMAT = 1
KEY_PLACE = "ANGIOSCAPE_SIGNING_KEY"

# Ed25519 public keys (hex); the private halves never enter the tree. This one is for development:
# a release adds its own, and drops it.
DEVELOPMENT_KEY = "dadd850681e6efbe262611aa5f6ec73324342ea5d1ca15a4aa9e66b9dfcb7bc7"
KEYS = (DEVELOPMENT_KEY,)


@dataclass(frozen=True)
class Listed:
    """What the manifest says of a file."""

    sha256: str
    size: int

    @classmethod
    def of(cls, content: bytes) -> "Listed":
        """What would be said of a file with this content."""
        return cls(hashlib.sha256(content).hexdigest(), len(content))


def sign_folder(folder: Path, key_file: Path) -> str:
    """Write the manifest of a folder and its signature; gives the public key (hex).

    `key_file` holds an Ed25519 private key (PEM, PKCS 8, no password).
    """
    key = _private_key(key_file)
    found = {
        path.name: Listed.of(path.read_bytes())
        for path in sorted(folder.iterdir())
        if path.suffix in SIGNED
    }
    files = {name: {"sha256": it.sha256, "bytes": it.size} for name, it in found.items()}
    if not files:
        raise ViewerError(f"{folder.name} holds no networks; nothing was signed, name another.")
    text = json.dumps({"format": FORMAT, "files": files}, indent=1) + "\n"
    public = key.public_key().public_bytes_raw().hex()
    signature = {"key": public, "signature": key.sign(text.encode()).hex()}
    (folder / MANIFEST).write_bytes(text.encode())
    (folder / SIGNATURE).write_text(json.dumps(signature, indent=1) + "\n", encoding="utf-8")
    return public


def signed_files(folder: Path, keys: Iterable[str] = KEYS) -> Mapping[str, Listed]:
    """The files that a folder's manifest lists, once its signature is found to be good.

    Raises `ViewerError` when there is none, when the key is not one of `keys` (public, hex), or
    when the list was changed after it was signed.
    """
    try:
        manifest = (folder / MANIFEST).read_bytes()
        said = json.loads((folder / SIGNATURE).read_bytes())
        public, signature = str(said["key"]), bytes.fromhex(said["signature"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ViewerError(
            f"The networks in {folder.name} are not signed; none was opened. Install Angioscape "
            "again, or open them as untrusted if you know where they come from."
        ) from error
    if public not in set(keys):
        raise ViewerError(
            f"The networks in {folder.name} are signed by someone whom this program does not "
            "know; none was opened. Open them as untrusted if you know where they come from."
        )
    if not _good(public, signature, manifest):
        raise ViewerError(
            f"The list of networks in {folder.name} was changed after it was signed; none was "
            "opened. Install Angioscape again."
        )
    return _listed(manifest, folder)


def check_listed(path: Path, content: bytes, files: Mapping[str, Listed]) -> None:
    """Raise `ViewerError` unless a file's content is what the signed manifest says."""
    listed = files.get(path.name)
    if listed is None:
        raise ViewerError(
            f"{path.name} is not in the signed list of networks; it was not opened. Remove it, "
            "or open it as untrusted."
        )
    if len(content) < listed.size:
        raise ViewerError(
            f"{path.name} is cut short ({len(content)} of {listed.size} bytes); it was not "
            "opened. Copy or install it again."
        )
    if Listed.of(content) != listed:
        raise ViewerError(
            f"{path.name} was changed after it was signed; it was not opened. Install it again."
        )


def _listed(manifest: bytes, folder: Path) -> Mapping[str, Listed]:
    try:
        stated: dict[str, Any] = json.loads(manifest)
        files = {
            name: Listed(str(item["sha256"]), int(item["bytes"]))
            for name, item in stated["files"].items()
        }
        if stated["format"] != FORMAT:
            raise ValueError(stated["format"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ViewerError(
            f"The list of networks in {folder.name} is of a newer kind; none was opened. Install "
            "a newer Angioscape."
        ) from error
    return MappingProxyType(files)


def _good(public: str, signature: bytes, content: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private_key(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ViewerError(
            f"The signing key {path.name} cannot be read; nothing was signed. Set {KEY_PLACE} to "
            "an Ed25519 private key without password (PEM)."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ViewerError(f"{path.name} is no Ed25519 key; nothing was signed, make another.")
    return key


def main(arguments: list[str]) -> int:
    """Sign the folder that the command line names; gives the exit code."""
    if len(arguments) != 1:
        print(f"usage: {KEY_PLACE}=KEY.pem python -m viewer.networks.sign FOLDER", file=sys.stderr)
        return 2
    try:
        if not os.environ.get(KEY_PLACE):
            raise ViewerError(f"No signing key; nothing was signed. Set {KEY_PLACE} to its path.")
        public = sign_folder(Path(arguments[0]), Path(os.environ[KEY_PLACE]).expanduser())
    except ViewerError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Signed with {public}.")
    if public not in KEYS:
        print("The program does not know this key: its networks open as untrusted only.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
