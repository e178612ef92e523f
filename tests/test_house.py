"""The house: what may be imported where, and what must not be in the tree."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("features", "models", "training", "serving", "haidang")
MODULES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
EVERY_MODULE = [str(file.relative_to(ROOT)) for file in MODULES]
# Written in two halves, so that this file does not hold what it looks for.
MACHINE_PATHS = ("/" + "work/", "/" + "farm/")
REWEIGHTING = "scale_pos" + "_weight"


def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[str]:
    """The top-level names that a module imports, wherever the import stands."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def importers(library: str) -> set[str]:
    return {name for name in EVERY_MODULE if library in imports(name)}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_imported_are_those_of_this_checkout(package: str) -> None:
    assert Path(str(import_module(package).__file__)).parents[1] == ROOT


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    names = {part.removesuffix(".py") for name in EVERY_MODULE for part in Path(name).parts}
    assert not (names - {"__init__", "__main__"}) & sys.stdlib_module_names


def test_nothing_is_pickled() -> None:
    assert not set().union(*(importers(library) for library in ("pickle", "cloudpickle", "joblib", "dill", "shelve")))


def test_events_are_never_reweighted() -> None:
    files = [*MODULES, *(ROOT / "notebooks").rglob("*.ipynb"), *(ROOT / "tests").glob("*.py")]
    assert not [file for file in files if REWEIGHTING in file.read_text(encoding="utf-8")]


def test_the_tests_are_no_package() -> None:
    assert not (ROOT / "tests" / "__init__.py").exists()
    assert not {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} & set(PACKAGES)


def test_no_tracked_file_holds_a_path_of_one_machine() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    contents = {file: file.read_bytes() for file in files if file.is_file()}
    found = [
        str(file.relative_to(ROOT))
        for file, content in contents.items()
        if any(path.encode() in content for path in MACHINE_PATHS)
    ]
    assert not found


def test_mlflow_is_imported_for_tracking_alone() -> None:
    assert importers("mlflow") <= {"training/tracking.py"}


def test_bentoml_is_imported_for_the_service_and_the_shelf_alone() -> None:
    assert importers("bentoml") <= {"serving/service.py", "serving/shelf.py"}


def test_the_environment_is_read_by_the_settings_alone() -> None:
    names = {"environ", "environb", "getenv", "putenv"}
    readers = {
        name
        for name in EVERY_MODULE
        for node in ast.walk(tree(name))
        if (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and {a.name for a in node.names} & names)
    }
    allowed = {"features/settings.py", "haidang/client/client.py"}  # a client has no deployment
    assert readers <= allowed
    assert importers("pydantic_settings") <= {"features/settings.py", "serving/access/service_settings.py"}


@pytest.mark.parametrize(
    ("package", "may_import"),
    [
        ("features", {"features"}),
        ("models", {"features", "models"}),
        ("training", {"features", "models", "training"}),
        ("serving", {"features", "models", "serving"}),
    ],
)
def test_a_floor_imports_only_the_floors_below_it(package: str, may_import: set[str]) -> None:
    own = {name for file in EVERY_MODULE if Path(file).parts[0] == package for name in imports(file)}
    assert own & set(PACKAGES) <= may_import


@pytest.mark.parametrize("name", EVERY_MODULE)
def test_every_module_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(tree(name))
