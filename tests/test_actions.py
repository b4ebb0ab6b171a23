from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from viewer.session.session import Session
from viewer.window.actions import ACTIONS, MENUS


def test_names_are_unique_and_menus_known():
    assert max(Counter(action.name for action in ACTIONS).values()) == 1
    assert {action.menu for action in ACTIONS} == set(MENUS)


def test_no_key_is_used_twice():
    keys = Counter(
        QKeySequence(action.shortcut).toString() for action in ACTIONS if action.shortcut
    )
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_keys_are_valid_and_enabled_rules_answer_without_a_case(action):
    if action.shortcut:
        assert QKeySequence(action.shortcut).toString() != ""
    session = Session(lambda call: call())
    try:
        assert action.enabled(session) in (True, False)
        if action.checked is not None:
            assert action.checked(session) in (True, False)
    finally:
        session.close()


def test_every_toolbar_action_has_an_icon():
    assert all(action.icon for action in ACTIONS if action.toolbar)
