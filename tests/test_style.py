"""Sizes that keep the code readable, and words that must not stand in it."""

import ast
import re
import statistics
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", pattern], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def product() -> list[Path]:
    return [
        path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] not in ("tests", "benchmarks")
    ]


@cache
def functions() -> tuple[tuple[str, Function], ...]:
    return tuple(
        (f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node)
        for path in product()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, Function)
    )


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[int(len(values) * share)]


def test_files_stay_small() -> None:
    sizes = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in tracked("*.py")}
    assert not {path: size for path, size in sizes.items() if size > 400}
    ours = [len(path.read_text().splitlines()) for path in product()]
    assert statistics.median(ours) <= 120
    assert percentile(ours, 0.95) <= 300


def test_functions_stay_short() -> None:
    lengths = {name: (node.end_lineno or node.lineno) - node.lineno + 1 for name, node in functions()}
    assert not {name: length for name, length in lengths.items() if length > 50}
    assert statistics.median(lengths.values()) <= 10
    assert percentile(list(lengths.values()), 0.95) <= 35


def test_arguments_stay_few() -> None:
    def counts(node: Function) -> tuple[int, int]:
        positional = [*node.args.posonlyargs, *node.args.args]
        if positional and positional[0].arg in ("self", "cls"):
            positional = positional[1:]
        return len(positional), len(positional) + len(node.args.kwonlyargs)

    assert not {name: counts(node) for name, node in functions() if counts(node)[1] > 6}


def test_no_registry_no_machine_no_marker_stands_in_the_repository() -> None:
    parts = ("py" + "pi.org", "python" + "hosted", "npm" + "js.org", "npm" + "js.com", "debian" + ".org")
    hosts = re.compile("|".join(re.escape(part) for part in parts))
    machine = re.compile(r"(^|[^\w.])/(work|farm|root)/[a-z.]")
    found: list[str] = []
    for path in tracked("*"):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if path != Path(__file__) and (hosts.search(text) or machine.search(text)):
            found.append(str(path.relative_to(ROOT)))
    assert not found
