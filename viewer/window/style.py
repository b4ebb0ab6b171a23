"""The dark theme: one style sheet from the color tokens, and the icons."""

from PySide6.QtGui import QColor, QFont, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from viewer.scene.colors import TOKENS

SHEET = """
* {{ font-size: {size}pt; }}
QMainWindow, QDialog, QMenuBar, QStatusBar {{ background: {background}; color: {text}; }}
QWidget {{ color: {text}; }}
QWidget#side, QScrollArea#side, QWidget#jobs_bar, QWidget#banner, QToolBar
    {{ background: {surface}; border: none; }}
QScrollArea {{ border: none; background: transparent; }}
QToolBar {{ spacing: 4px; padding: 4px 8px; border-bottom: 1px solid {line}; }}
QWidget#banner {{ border-bottom: 1px solid {line}; }}
QWidget#banner[mixed="true"] {{ background: {caution}; }}
QWidget#jobs_bar {{ border-top: 1px solid {line}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QLabel#caption, QLabel#quiet {{ color: {quiet}; font-size: {small}pt; }}
QLabel#heading {{ color: {quiet}; font-size: {small}pt; font-weight: 600; letter-spacing: 1px; }}
QLabel#title {{ font-size: {large}pt; font-weight: 600; }}
QLabel#patient {{ font-weight: 600; }}
QLabel#synthetic {{ background: {invented}; color: {background}; font-weight: 600;
    border-radius: 4px; padding: 1px 8px; }}
QLabel#research {{ color: {caution}; font-weight: 600; }}
QFrame#card {{ background: {raised}; border: 1px solid {line}; border-radius: 4px; }}
QFrame#card[open="true"] {{ border-color: {accent}; }}
QLabel[kind="info"] {{ color: {accent}; font-weight: 600; }}
QLabel[kind="caution"] {{ color: {caution}; font-weight: 600; }}
QLabel[kind="danger"] {{ color: {danger}; font-weight: 600; }}
QLabel[state="done"] {{ color: {good}; }}
QLabel[state="running"] {{ color: {accent}; }}
QLabel[state="failed"] {{ color: {danger}; }}
QLabel[state="blocked"] {{ color: {disabled}; }}
QWidget#message_bar {{ background: {raised}; border-bottom: 1px solid {line};
    border-left: 3px solid {accent}; }}
QWidget#message_bar[kind="caution"] {{ border-left-color: {caution}; }}
QWidget#message_bar[kind="danger"] {{ border-left-color: {danger}; }}
QMenuBar {{ background: {surface}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 4px 8px; background: transparent; border-radius: 4px; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {line}; }}
QMenu {{ background: {raised}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px; border-radius: 4px; }}
QMenu::item:disabled {{ color: {disabled}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QPushButton, QToolButton {{ background: {raised}; border: 1px solid {line}; border-radius: 4px;
    padding: 4px 12px; }}
QToolBar QToolButton {{ background: transparent; border: 1px solid transparent; padding: 4px; }}
QPushButton:hover, QToolButton:hover {{ background: {line}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {disabled}; }}
QToolButton:checked {{ background: {line}; border-color: {accent}; }}
QPushButton#primary {{ background: {accent}; color: {background}; border-color: {accent};
    font-weight: 600; }}
QPushButton#primary:hover {{ background: #62BBF5; }}
QPushButton#primary:disabled {{ background: {line}; color: {disabled}; border-color: {line}; }}
QPushButton#link {{ background: transparent; border: none; color: {accent}; text-align: left;
    padding: 4px 0; }}
QPushButton#link:hover {{ text-decoration: underline; }}
QPushButton#step {{ background: transparent; border: none; text-align: left; padding: 2px 0;
    font-weight: 600; }}
QPushButton:focus, QToolButton:focus, QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus,
QListWidget:focus, QTableView:focus {{ border: 2px solid {accent}; }}
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QListWidget, QTableView
    {{ background: {background}; border: 1px solid {line}; border-radius: 4px; padding: 3px 6px;
    selection-background-color: {accent}; selection-color: {background}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QComboBox QAbstractItemView {{ background: {raised}; border: 1px solid {line}; }}
QListWidget::item {{ padding: 5px 6px; border-radius: 4px; }}
QListWidget::item:selected, QTableView::item:selected
    {{ background: {line}; color: {text}; }}
QHeaderView::section {{ background: {surface}; color: {quiet}; border: none; padding: 4px 8px; }}
QHeaderView {{ background: {surface}; }}
QTableView {{ gridline-color: {line}; }}
QStackedWidget#findings QTableView {{ border: none; padding: 0; }}
QStackedWidget#findings QTableView::item {{ padding: 0px 8px; }}
QStackedWidget#findings QTableView#vessel::item {{ padding: 0px 2px; }}
QTableView#vessel QHeaderView::section {{ padding: 4px 3px; }}
QListWidget#tables {{ background: {surface}; border: 1px solid {surface}; border-radius: 0;
    padding: 0; }}
QListWidget#tables::item {{ padding: 0px 6px; border-radius: 0; }}
QListWidget#tables::item:selected {{ border-bottom: 2px solid {accent}; }}
QListWidget#tables:focus {{ border: 1px solid {accent}; }}
QProgressBar {{ background: {background}; border: 1px solid {line}; border-radius: 3px;
    max-height: 8px; min-height: 8px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QSlider::groove:horizontal {{ height: 4px; background: {line}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 12px; margin: -5px 0; border-radius: 6px;
    background: {text}; }}
QSlider:focus {{ border: 1px solid {accent}; border-radius: 4px; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {quiet};
    border-radius: 3px; background: {background}; }}
QLabel:disabled, QCheckBox:disabled, QAbstractSpinBox:disabled, QComboBox:disabled
    {{ color: {disabled}; }}
QCheckBox::indicator:disabled {{ border-color: {line}; background: {surface}; }}
QSlider::sub-page:horizontal:disabled {{ background: {line}; }}
QSlider::handle:horizontal:disabled {{ background: {disabled}; }}
QCheckBox::indicator:checked:disabled {{ background: {disabled}; border-color: {disabled}; }}
QCheckBox::indicator:checked:enabled {{ background: {accent}; border-color: {accent}; }}
QSplitter::handle {{ background: {line}; }}
QScrollBar:vertical {{ width: 10px; background: transparent; }}
QScrollBar::handle:vertical {{ background: {line}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px; }}
"""


def dress(app: QApplication, text_size: int) -> None:
    """Give the application its dark theme at a text size in points."""
    app.setStyle("Fusion")
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "background",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "background",
        QPalette.ColorRole.AlternateBase: "surface",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "background",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "quiet",
        QPalette.ColorRole.Link: "accent",
    }
    for role, token in roles.items():
        palette.setColor(role, QColor(TOKENS[token]))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(TOKENS["disabled"]))
    app.setPalette(palette)
    font = QFont(app.font())
    font.setPointSize(text_size)
    font.setFeature(QFont.Tag("tnum"), 1)
    app.setFont(font)
    small, large = max(8, text_size - 1), text_size + 4
    app.setStyleSheet(SHEET.format(size=text_size, small=small, large=large, **TOKENS))


def icon(name: str, color: str = "text") -> QIcon:
    """A line icon of the Phosphor family in a token's color."""
    import qtawesome

    return qtawesome.icon(f"ph.{name}", color=TOKENS[color], color_disabled=TOKENS["disabled"])
