"""An explanation as JSON."""

from dataclasses import asdict
from typing import cast

from ..model.explanation import Explanation
from ..model.finding import Finding
from ..model.json import JsonObject
from ..model.sensitive import ColumnCoverage
from .stories import takes


def as_json(told: Explanation) -> JsonObject:
    """Return the whole explanation; every finding with its fingerprint and whether it is accepted."""
    taken = takes(told)
    blocking = {finding.fingerprint for finding in told.blocking}
    return {
        "target": told.target,
        "tier": told.tier,
        "digest": told.digest,
        "plan": told.plan,
        "blocked": bool(blocking),
        "rules": [cast(JsonObject, asdict(rule)) for rule in told.rules],
        "findings": [
            {
                **_finding(finding),
                "blocks": finding.fingerprint in blocking,
                "accepted": asdict(taken[finding.fingerprint]) if finding.fingerprint in taken else None,
            }
            for finding in told.findings
        ],
        "strategy": {name: cast(JsonObject, asdict(way)) for name, way in told.strategy.items()},
        "hazards": told.hazards,
        "coverage": [_column(column) for column in told.coverage],
        "not_said": told.not_said,
    }


def _finding(finding: Finding) -> JsonObject:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "line": finding.line,
        "table": finding.table,
        "column": finding.column,
        "message": finding.message,
        "hint": finding.hint,
        "fingerprint": finding.fingerprint,
    }


def _column(column: ColumnCoverage) -> JsonObject:
    return {
        "schema": column.table.schema,
        "table": column.table.name,
        "column": column.column,
        "type": column.type,
        "treatment": column.treatment,
        "undecided": column.undecided,
        "reason": column.reason,
        "lines": column.lines,
        "evidence": [cast(JsonObject, asdict(piece)) for piece in column.evidence],
    }
