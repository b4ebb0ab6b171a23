import subprocess
import sys
import tomllib

import numpy as np
import pytest

from tests.networks.tiny import TINY, card_of, state_of
from viewer.errors import ViewerError
from viewer.networks.registry import card_text, models, open_weights, save_weights
from viewer.networks.sign import sign_folder


def test_a_card_comes_back_as_it_was_written(a_signed_folder, a_key):
    (card,) = models(a_signed_folder, [a_key[1]])
    wanted = card_of(TINY, trusted=True)
    for name in ("name", "plan", "data", "limits", "class_names", "training", "tables", "trusted"):
        assert getattr(card, name) == getattr(wanted, name), name


def test_a_signed_network_opens_as_trusted(a_signed_folder, a_key, an_untrained_state):
    weights = open_weights("tiny", a_signed_folder, keys=[a_key[1]])
    assert weights.card.trusted
    assert weights.plan == TINY
    np.testing.assert_allclose(
        weights.arrays["head.weight"], an_untrained_state["head.weight"], rtol=1e-3, atol=1e-6
    )


def change(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


def test_a_changed_file_is_refused(a_signed_folder, a_key):
    change(a_signed_folder / "tiny.safetensors", -5)
    with pytest.raises(ViewerError, match=r"tiny\.safetensors was changed"):
        open_weights("tiny", a_signed_folder, keys=[a_key[1]])


def test_a_changed_card_is_refused_and_listed_as_untrusted(a_signed_folder, a_key):
    path = a_signed_folder / "tiny.toml"
    path.write_text(path.read_text().replace("for tests", "for all use"))
    assert [card.trusted for card in models(a_signed_folder, [a_key[1]])] == [False]
    with pytest.raises(ViewerError, match=r"tiny\.toml was changed"):
        open_weights("tiny", a_signed_folder, keys=[a_key[1]])


def test_a_card_cannot_call_itself_trusted(a_signed_folder):
    path = a_signed_folder / "tiny.toml"
    path.write_text("trusted = true\n" + path.read_text())
    assert [card.trusted for card in models(a_signed_folder)] == [False]


def test_a_file_that_is_cut_short_is_refused(a_signed_folder, a_key):
    path = a_signed_folder / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ViewerError, match="cut short"):
        open_weights("tiny", a_signed_folder, keys=[a_key[1]])


def test_a_file_put_in_later_is_refused(a_signed_folder, a_key, an_untrained_state):
    save_weights(a_signed_folder, card_of(TINY, name="later"), an_untrained_state)
    with pytest.raises(ViewerError, match="not in the signed list"):
        open_weights("later", a_signed_folder, keys=[a_key[1]])


def test_a_stranger_s_network_opens_only_when_asked_for_as_untrusted(a_signed_folder):
    with pytest.raises(ViewerError, match="does not know"):
        open_weights("tiny", a_signed_folder)
    assert not open_weights("tiny", a_signed_folder, untrusted=True).card.trusted


def test_an_unsigned_network_opens_only_when_asked_for_as_untrusted(tmp_path, an_untrained_state):
    save_weights(tmp_path, card_of(TINY), an_untrained_state)
    with pytest.raises(ViewerError, match="not signed"):
        open_weights("tiny", tmp_path)
    assert not open_weights("tiny", tmp_path, untrusted=True).card.trusted


@pytest.mark.parametrize("name", ["large", "../tiny", "", "/etc/passwd", "tiny.toml"])
def test_an_unknown_name_is_refused_with_those_that_there_are(a_signed_folder, name):
    with pytest.raises(ViewerError, match="Ask for one of: tiny"):
        open_weights(name, a_signed_folder)


def test_a_card_of_another_plan_is_refused(tmp_path, an_untrained_state, a_key):
    save_weights(tmp_path, card_of(TINY), an_untrained_state)
    path = tmp_path / "tiny.toml"
    path.write_text(path.read_text().replace("[8, 12, 16]", "[8, 12, 20]"))
    sign_folder(tmp_path, a_key[0])
    with pytest.raises(ViewerError, match="does not fit its plan"):
        open_weights("tiny", tmp_path, keys=[a_key[1]])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("softmax_temperature", "other"),
        ("[8, 12, 16]", '["a"]'),
        ('"classes" = 7', '"classes" = 3'),
        ('"name" = "tiny"', '"name" = "big"'),
        ("=", ":"),
    ],
)
def test_a_broken_card_is_refused(tmp_path, an_untrained_state, old, new):
    save_weights(tmp_path, card_of(TINY), an_untrained_state)
    path = tmp_path / "tiny.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ViewerError, match="card"):
        open_weights("tiny", tmp_path, untrusted=True)


def test_a_card_that_is_not_filled_in_is_not_written(tmp_path, an_untrained_state):
    with pytest.raises(ViewerError, match="not filled in"):
        save_weights(tmp_path, card_of(TINY, limits=""), an_untrained_state)
    with pytest.raises(ViewerError, match="name each class"):
        save_weights(tmp_path, card_of(TINY, class_names=("a",)), an_untrained_state)
    assert list(tmp_path.iterdir()) == []


def test_a_card_is_toml_whatever_its_texts():
    text = card_text(card_of(TINY, limits='"""\\ \t\n é 脈 😀 [x] = 1', tables={"a b.c": {"": 1}}))
    read = tomllib.loads(text)
    assert read["limits"] == '"""\\ \t\n é 脈 😀 [x] = 1'
    assert read["tables"] == {"a b.c": {"": 1}}


def test_cards_are_read_without_torch(a_signed_folder):
    code = (
        "import sys; from pathlib import Path; from viewer.networks.registry import models; "
        f"print(len(models(Path({str(a_signed_folder)!r})))); "
        "print(*({'torch', 'openvino', 'onnx', 'scipy'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


def test_every_network_that_comes_with_the_program_opens():
    for card in models():
        assert card.trusted
        assert open_weights(card.name).card == card


def test_no_folder_holds_no_networks(tmp_path):
    assert models(tmp_path) == []
    assert models(tmp_path / "none") == []


def test_a_state_that_changed_after_signing_must_be_signed_again(a_signed_folder, a_key):
    save_weights(a_signed_folder, card_of(TINY), state_of(TINY, seed=1))
    with pytest.raises(ViewerError, match="changed"):
        open_weights("tiny", a_signed_folder, keys=[a_key[1]])
    sign_folder(a_signed_folder, a_key[0])
    assert open_weights("tiny", a_signed_folder, keys=[a_key[1]]).card.trusted
