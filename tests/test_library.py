"""`from snapharbor import …`: all that a program needs, and nothing that costs before it is used."""

import subprocess
import sys
import typing
from typing import get_args

import snapharbor
from snapharbor.engine.operations import results
from snapharbor.engine.operations.requests import Request


def test_every_request_and_every_result_is_named_at_the_root() -> None:
    answers = {
        name for name, kind in vars(results).items() if isinstance(kind, type) and typing.is_typeddict(kind)
    }
    wanted = {kind.__name__ for kind in get_args(Request)} | answers
    assert wanted <= set(snapharbor.__all__) <= set(dir(snapharbor))
    assert all(getattr(snapharbor, name).__name__ == name for name in snapharbor.__all__)


def test_what_is_named_but_not_used_is_not_imported() -> None:
    program = (
        "import sys, snapharbor; print([name for name in sys.modules if name.startswith('snapharbor.')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
