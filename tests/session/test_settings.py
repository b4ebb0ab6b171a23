from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from viewer.session.settings import RECENT, Settings, load_settings, save_settings


def test_settings_come_back_as_they_were(tmp_path):
    path = tmp_path / "deep" / "settings.toml"
    settings = Settings(
        text_size=24, recent=("/a", 'b"c'), mask_fill=0.5, shortcuts={"undo": "Ctrl+U"}
    )
    save_settings(settings, path)
    assert load_settings(path) == settings
    assert [each.name for each in path.parent.iterdir()] == ["settings.toml"]


def test_a_missing_or_broken_file_gives_the_defaults(tmp_path):
    assert load_settings(tmp_path / "none.toml") == Settings()
    path = tmp_path / "settings.toml"
    path.write_bytes(b"text_size = \xff")
    assert load_settings(path) == Settings()


def test_one_wrong_entry_does_not_take_the_others(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('text_size = "large"\ncorners = false\nunknown = 3\nrecent = 7\n')
    assert load_settings(path) == replace(Settings(), corners=False)


def test_the_last_opened_stands_first_and_once():
    settings = Settings()
    for number in range(RECENT + 3):
        settings = settings.opened(Path(f"/scan{number}"))
    settings = settings.opened(Path("/scan10"))
    assert settings.recent[0] == "/scan10"
    assert len(settings.recent) == len(set(settings.recent)) == RECENT


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    save_settings(Settings(), blocked / "settings.toml")


@given(st.binary(max_size=200))
def test_no_file_content_breaks_the_start(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    path.write_bytes(content)
    assert isinstance(load_settings(path), Settings)
