"""What a person can do to teach and to learn."""

from viewer.window.action import Action, has_truth

# fmt: off
TEACH_ACTIONS: tuple[Action, ...] = (
    Action("quiz", "Quiz on a new patient", "Teach", lambda w: w.teaching.next_patient(), "Ctrl+J",
           tip="Find the diseases of a made-up patient, measure them, compare with the truth"),
    Action("quiz-case", "Quiz on this case", "Teach", lambda w: w.teaching.begin(), "Ctrl+Shift+J",
           enabled=has_truth, tip="Ask for the diseases of the made-up patient that is open"),
    Action("tool-mark", "Mark a disease", "Teach", lambda w: w.teaching.pick_mark(), "M",
           enabled=has_truth, checked=lambda s: s.view.tool == "mark",
           tip="Click where a disease lies; then name and measure it at the right"),
    Action("mark-cursor", "Mark at the crosshair", "Teach", lambda w: w.teaching.mark_cursor(),
           "Shift+M", enabled=has_truth, tip="Mark a disease without the mouse"),
    Action("unmark", "Take the last mark back", "Teach", lambda w: w.quiz.take_back(), "Ctrl+M",
           enabled=has_truth),
    Action("compare", "Compare with the truth", "Teach", lambda w: w.teaching.compare(),
           "Ctrl+Return", enabled=has_truth, tip="Show what was there, and what was found of it"),
    Action("show-truth", "Take the true vessels", "Teach", lambda w: w.teaching.show_truth(),
           enabled=lambda s: has_truth(s) and s.jobs.current is None,
           tip="Show the true vessels, bones and organs as the mask; can be undone"),
)
# fmt: on
