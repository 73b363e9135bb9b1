"""A mask that does not fit the column that it is for."""

from collections.abc import Iterator
from dataclasses import replace

from ...model.errors import RuleRefused
from ...model.finding import Finding
from ...model.secret import Secret
from ..masking import Masker, mask_called
from .context import Context

ANY_KEY = Secret("0" * 32)
"""Which masks fit does not depend on the key."""


def check(context: Context) -> Iterator[Finding]:
    """Report masks whose type, length or uniqueness is not their column's."""
    masker = Masker(context.catalog, context.engine, ANY_KEY)
    for rule in context.rules:
        if not any(map(mask_called, rule.analysis.functions)):
            continue
        for assignment in rule.analysis.assignments or (None,):
            one = (assignment,) if assignment else ()
            try:
                masker.rule(replace(rule, analysis=replace(rule.analysis, assignments=one)))
            except RuleRefused as error:
                yield Finding(
                    "mask-unfit",
                    "error",
                    error.message,
                    error.hint,
                    line=int(str(error.details["line"])),
                    table=str(rule.targets[0]) if rule.targets else None,
                    column=assignment.column if assignment else None,
                    subject=assignment.value.text if assignment else rule.analysis.rule.text,
                )
