"""The rules of the house: layers, light imports, names, sentences, types and lint."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "viewer").rglob("*.py"))
ROOMLESS_NAMES = {"utils", "util", "core", "common", "helpers", "helper", "managers", "manager"}
BARE_QUANTITIES = {
    "area", "diameter", "diameters", "distance", "duration", "length", "point", "points",
    "position", "pressure", "radii", "radius", "spacing", "temperature", "thickness",
}  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def public_definitions(
    parent: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in parent.body:
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if named and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def tool(*arguments: str) -> None:
    """Run a tool of the environment at the root; its words are the failure's."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_data_walks_in_one_direction():
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"
    tool("-c", lint)


@pytest.mark.parametrize("name", [module_name(path) for path in MODULES])
def test_every_module_can_be_imported(name):
    assert importlib.import_module(name).__name__ == name


def test_the_command_line_starts_without_heavy_libraries():
    heavy = ["PySide6", "SimpleITK", "matplotlib", "pydicom", "pyvista", "scipy", "skimage"]
    heavy += ["torch", "vtkmodules"]
    code = f"import sys, viewer.cli; print(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_no_module_is_long():
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in [*MODULES, *(ROOT / "tests").rglob("*.py")]
    }
    assert [f"{place(path, tree_of(path))} {n}" for path, n in lengths.items() if n > 400] == []


def test_packaging_does_not_shadow_the_library_of_that_name():
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_folders_and_modules_are_named_for_the_thing_in_them():
    parts = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & ROOMLESS_NAMES == set()
    assert [part for part in parts if not re.fullmatch(r"[a-z][a-z0-9_]*|__\w+__", part)] == []


def test_folders_are_flat_and_their_init_is_empty():
    assert [path for path in MODULES if len(path.relative_to(ROOT).parts) > 3] == []
    inits = [path for path in MODULES if path.name == "__init__.py"]
    assert [path for path in inits if path.read_text(encoding="utf-8").strip()] == []
    assert [path.parent for path in MODULES if not (path.parent / "__init__.py").exists()] == []


def test_no_import_is_relative():
    relative = [
        place(path, node)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_every_module_says_in_a_sentence_what_is_in_it():
    silent = [
        place(path, tree_of(path))
        for path in MODULES
        if path.name != "__init__.py" and not is_sentence(ast.get_docstring(tree_of(path)))
    ]
    assert silent == []


def test_every_public_function_says_in_a_sentence_what_it_gives():
    functions = [
        (path, node)
        for path in MODULES
        for node in public_definitions(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    wordless = [
        f"{place(path, node)} {node.name}"
        for path, node in functions
        if not overrides_toolkit(path, node) and not is_sentence(ast.get_docstring(node))
    ]
    assert wordless == []


def overrides_toolkit(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Qt's camelCase overrides and property setters are explained where they are declared."""
    setter = any(isinstance(mark, ast.Attribute) for mark in node.decorator_list)
    return setter or (path.parent.name == "window" and node.name != node.name.lower())


def is_sentence(docstring: str | None) -> bool:
    first = (docstring or "").strip().split("\n\n")[0].strip()
    return bool(re.search(r"[.!?:]$", first)) and not first[0].islower()


def test_quantities_carry_their_unit_or_frame():
    """`radius_mm` and `points_lps`, never a bare `radius` or `points`; a `Number` has its unit."""
    bare = []
    for path in MODULES:
        for node in public_definitions(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                fields = [
                    item.target
                    for item in node.body
                    if isinstance(item, ast.AnnAssign) and ast.unparse(item.annotation) != "Number"
                ]
                names = [field.id for field in fields if isinstance(field, ast.Name)]
            else:
                given = node.args
                names = [
                    item.arg
                    for item in [*given.posonlyargs, *given.args, *given.kwonlyargs]
                    if item.annotation is None or ast.unparse(item.annotation) != "Number"
                ]
            bare += [f"{place(path, node)} {name}" for name in names if name in BARE_QUANTITIES]
    assert bare == []


def test_lint():
    tool("-m", "ruff", "check", "--quiet", ".")


@pytest.mark.slow
def test_types():
    tool("-m", "mypy")
