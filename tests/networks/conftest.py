import pytest

from tests.networks.tiny import TINY, card_of, state_of


@pytest.fixture(scope="session")
def a_plan():
    return TINY


@pytest.fixture(scope="session")
def an_untrained_state():
    return state_of(TINY)


@pytest.fixture(scope="session")
def a_key(tmp_path_factory):
    """A signing key of somebody: the file, and its public half."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    path = tmp_path_factory.mktemp("keys") / "signing.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path, key.public_key().public_bytes_raw().hex()


@pytest.fixture
def a_signed_folder(tmp_path, a_key, a_plan, an_untrained_state):
    """A folder with one network, signed by `a_key`."""
    from viewer.networks.registry import save_weights
    from viewer.networks.sign import sign_folder

    save_weights(tmp_path, card_of(a_plan), an_untrained_state)
    sign_folder(tmp_path, a_key[0])
    return tmp_path
