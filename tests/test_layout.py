"""What is installed is what is in the checkout, and nothing else."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("cli", "engine", "prompts", "resources", "server", "tools")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def modules() -> set[str]:
    found = {path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    return found | {"__init__.py", "__main__.py"}


def test_every_package_folder_is_listed() -> None:
    folders = {Path(module).parent.as_posix() for module in modules()}
    wanted = {
        "snapharbor" if folder == "." else "snapharbor." + folder.replace("/", ".") for folder in folders
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == wanted


@pytest.mark.server
def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    inside = {name.removeprefix("snapharbor/") for name in names if name.startswith("snapharbor/")}
    tracked = subprocess.run(["git", "ls-files"], cwd=source, check=True, capture_output=True, text=True)
    wanted = {name for name in tracked.stdout.split() if name in modules()}
    assert {name for name in inside if name.endswith(".py")} == wanted
    assert "py.typed" in inside
    data = subprocess.run(
        ["git", "ls-files", "engine/**/*.toml", "engine/**/*.css", "cli/screens/*.tcss", "prompts/*.md"],
        cwd=source, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert inside.issuperset(data.stdout.split())
    assert all(name.startswith(("snapharbor/", "snapharbor-")) for name in names)


def test_the_package_imports_itself_relatively() -> None:
    absolute = [
        f"{module}:{node.lineno}"
        for module in modules() - {"__init__.py", "__main__.py"}
        for node in ast.walk(ast.parse((ROOT / module).read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "snapharbor"
    ]
    assert not absolute


def test_every_module_can_be_imported_where_there_is_no_posix() -> None:
    # Twice: at the second time what others need of POSIX was imported, and what ours needs is not there.
    program = """
import importlib, signal, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
for name in sys.argv[1:]:
    del sys.modules[name]
for name in ("fcntl", "grp", "pwd", "pty", "resource", "termios"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGKILL"):
    delattr(signal, name)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
    names = [module.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for module in modules()]
    wanted = sorted(f"snapharbor.{name}" for name in names if not name.startswith("__"))
    command = [sys.executable, "-c", program, *wanted]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
