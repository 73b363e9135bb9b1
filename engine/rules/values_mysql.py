"""What MySQL and MariaDB make of a value that is assigned to a column, said as an expression.

An UPDATE converts, and refuses what does not fit in strict mode; a SELECT warns at most.
So only values whose type is known and is the column's own are taken, and what an UPDATE would refuse makes
the expression fail, or warn: whoever reads counts warnings.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ..masks.types import parse_type
from ..model.pushdown import ColumnFacts, TableFacts
from .masking import SCHEMA

Kind = Literal["text", "json", "integer", "decimal", "date", "datetime", "enum", "bytes", "inexact", "other"]
Family = Literal["null", "text", "json", "integer", "decimal", "date", "datetime"]

OWN: Mapping[str, Family] = {
    "text": "text",
    "json": "json",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "datetime": "datetime",
}
WHOLE = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64}
INTEGER = re.compile(r"(tinyint|smallint|mediumint|int|integer|bigint)(?:\(\d+\))?( unsigned)?")
DECIMAL = re.compile(r"(?:decimal|numeric)\((\d+),(\d+)\)")
TEXT = re.compile(r"(?:(?:var)?char\([1-9]\d*\)|(?:tiny|medium|long)?text)(?!\w).*")
BYTES_OF = re.compile(r"(?:var)?binary\(\d+\)|(?:tiny|medium|long)?blob")
MOMENT = re.compile(r"(datetime|timestamp)(?:\((\d)\))?")
BYTES = {"tinytext": (1 << 8) - 1, "text": (1 << 16) - 1, "mediumtext": (1 << 24) - 1}
LABEL = re.compile(r"'([^'\\]*)'")
# A number of chance in it, so that no server computes it before it comes to a row.
FAILING = "EXP(710 + RAND())"
EPOCH = "'1970-01-01 00:00:01' AND '2038-01-19 03:14:07'"

TEXTS: tuple[type[exp.Expr], ...] = (
    *(exp.Concat, exp.ConcatWs, exp.Lower, exp.Upper, exp.Left, exp.Right, exp.Substring, exp.Replace),
    *(exp.SubstringIndex, exp.Pad, exp.Trim, exp.Repeat, exp.Reverse, exp.MD5, exp.SHA, exp.SHA2, exp.Hex),
    *(exp.TimeToStr, exp.ToBase64, exp.Stuff, exp.Elt, exp.RegexpReplace, exp.Space),
)
DOCUMENTS: tuple[type[exp.Expr], ...] = (exp.JSONSet, exp.JSONRemove, exp.JSONObject, exp.JSONExtract)
COUNTS: tuple[type[exp.Expr], ...] = (exp.Length, exp.Ascii, exp.Year, exp.Month, exp.Day)
MADE: tuple[tuple[tuple[type[exp.Expr], ...], Family], ...] = (
    (TEXTS, "text"),
    (DOCUMENTS, "json"),
    (COUNTS, "integer"),
)
NAMED: Mapping[str, Family] = {
    **dict.fromkeys(("mid", "json_unquote", "dayname", "monthname"), "text"),
    **dict.fromkeys(("json_replace", "json_insert", "json_array", "json_merge_patch"), "json"),
    "makedate": "date",
    "now": "datetime",
}
DAYS = frozenset(("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"))
# What makes bytes, which no character set stands for, wherever it is in a value.
BYTE_FUNCTIONS = frozenset(
    (
        *("aes_decrypt", "aes_encrypt", "char", "chr", "compress", "from_base64", "inet6_aton"),
        *("random_bytes", "st_aswkb", "uncompress", "unhex", "uuid_to_bin", "weight_string"),
    )
)
BYTE_NODES = (exp.HexString, exp.BitString, exp.ByteString, exp.Introducer, exp.National, exp.Collate)


def kind_of(column: ColumnFacts | None) -> Kind:
    """Return what a column can be set to while it is read.

    What holds `bytes` only to NULL, `inexact` and `other` ones only in all rows: a CASE has another type.
    """
    spelled = column.type.lower() if column else ""
    if TEXT.fullmatch(spelled):
        return "text"
    if INTEGER.fullmatch(spelled):
        return "integer"
    if DECIMAL.fullmatch(spelled):
        return "decimal"
    if spelled in ("json", "date"):
        return "json" if spelled == "json" else "date"
    if MOMENT.fullmatch(spelled):
        return "datetime"
    if spelled.startswith("enum("):
        return "enum"
    if BYTES_OF.fullmatch(spelled):
        return "bytes"
    return "inexact" if spelled.startswith(("float", "double", "year", "time", "set(")) else "other"


def refused(column: ColumnFacts, text: str, table: TableFacts, *, filtered: bool) -> str | None:
    """Return why a value cannot be assigned while reading, None if it is the same there."""
    kind = kind_of(column)
    value = _parsed(text)
    family = _Values(table, column).family(value) if value is not None else None
    if family == "null" and kind in ("bytes", "inexact", "other"):
        same = not column.not_null and (kind == "bytes" or not filtered)
        return None if same else "may be converted"
    if kind == "text" and not column.charset:
        return "has no character set that is known"
    if kind == "enum":
        labels = LABEL.findall(column.type)
        given = isinstance(value, exp.Literal) and value.is_string and value.name in labels
        return None if given or (family == "null" and not column.not_null) else "may be converted"
    fitting: Mapping[Kind, frozenset[Family]] = {
        "text": frozenset(("text", "json", "integer")),
        "json": frozenset(("text", "json")),
        "integer": frozenset(("integer",)),
        "decimal": frozenset(("integer", "decimal")),
        "date": frozenset(("date",)),
        "datetime": frozenset(("date", "datetime")),
    }
    known = kind in fitting and (family in fitting[kind] or _is_moment(value, kind))
    return None if known or (family == "null" and kind in fitting) else "may be converted"


def assigned(column: ColumnFacts, value: str) -> str:
    """Return a value as an UPDATE would store it; what that refuses fails or gives a warning."""
    made = f"({value}\n)"
    match kind_of(column):
        case "text":
            return _text(column, made)
        case "json" if not column.charset:
            return f"CAST({made} AS JSON)"
        case "json":
            document = f"CONVERT({made} USING {column.charset})"
            return _collated(
                column, f"CASE WHEN JSON_VALID({made}) = 0 THEN {_no_text(column)} ELSE {document} END"
            )
        case "integer":
            low, high, type_ = _range(column)
            outside = f"{made} NOT BETWEEN {low} AND {high}"
            return f"CASE WHEN {outside} THEN {_fail(type_)} ELSE CAST({made} AS {type_}) END"
        case "decimal" | "date":
            return f"CAST({made} AS {column.type})"
        case "datetime":
            type_ = _moment(column)
            moment = f"CAST({made} AS {type_})"
            if column.type.startswith("datetime"):
                return moment
            return f"CASE WHEN {moment} NOT BETWEEN {EPOCH} THEN {_fail(type_)} ELSE {moment} END"
        case _:
            return made


def refuse(column: ColumnFacts) -> str:
    """Return an expression of a column's type that fails whenever it is computed, and only then."""
    kind = kind_of(column)
    if kind == "integer":
        return _fail(_range(column)[2])
    return _no_text(column) if kind in ("text", "json") else _fail(_moment(column))


def _no_text(column: ColumnFacts) -> str:
    # Documents have a type of their own in MySQL, and no character set.
    return _fail(f"CHAR CHARACTER SET {column.charset}" if column.charset else "JSON")


def _moment(column: ColumnFacts) -> str:
    return column.type.replace("timestamp", "datetime")


def _fail(type_: str) -> str:
    return f"CAST({FAILING} AS {type_})"


def _text(column: ColumnFacts, value: str) -> str:
    type_ = parse_type(column.type)
    text = f"CONVERT({value} USING {column.charset})"
    refused = [f"{_bytes(text)} <> {_bytes(value)}"] if column.lossy else []
    if type_.length is not None and type_.name not in BYTES:
        # A column of fixed width keeps no blanks at its end.
        given = f"TRIM(TRAILING ' ' FROM {value})" if type_.name == "char" else value
        text = f"CAST({given} AS CHAR({type_.length}) CHARACTER SET {column.charset})"
    elif (most := BYTES.get(type_.name)) is not None:
        refused.append(f"LENGTH({text}) > {most}")
    if refused:
        text = f"CASE WHEN {' OR '.join(refused)} THEN {_no_text(column)} ELSE {text} END"
    return _collated(column, text)


def _bytes(value: str) -> str:
    return f"CAST(CONVERT({value} USING utf8mb4) AS BINARY)"


def _collated(column: ColumnFacts, value: str) -> str:
    return f"(({value}) COLLATE {column.collation})"


def _range(column: ColumnFacts) -> tuple[int, int, str]:
    found = INTEGER.fullmatch(column.type.lower())
    assert found is not None
    bits = WHOLE[found[1]]
    if found[2]:
        return 0, (1 << bits) - 1, "UNSIGNED"
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1, "SIGNED"


def _parsed(text: str) -> exp.Expr | None:
    try:
        (tree,) = sqlglot.parse(f"SELECT {text}", dialect="mysql")
    except (SqlglotError, ValueError):
        return None
    outputs = tree.expressions if isinstance(tree, exp.Select) else []
    value = outputs[0] if len(outputs) == 1 else None
    while isinstance(value, exp.Paren):
        value = value.this
    return value if isinstance(value, exp.Expr) else None


def _is_moment(value: exp.Expr | None, kind: Kind) -> bool:
    """Tell whether a literal is a day or a moment in the one form that leaves no question."""
    if not isinstance(value, exp.Literal) or not value.is_string:
        return False
    try:
        if kind == "date":
            return date.fromisoformat(value.name).isoformat() == value.name
        return kind == "datetime" and str(datetime.fromisoformat(value.name)) == value.name
    except ValueError:
        return False


class _Values:
    """The families of values that are computed of one table's columns and assigned to one of them."""

    def __init__(self, table: TableFacts, assigned: ColumnFacts) -> None:
        self._kinds = {column.name: kind_of(column) for column in table.columns}
        self._assigned = kind_of(assigned)

    def family(self, value: exp.Expr) -> Family | None:
        """Return the family of a whole value, None if it is not known for sure."""
        if any(isinstance(node, BYTE_NODES) or self._gives_bytes(node) for node in value.walk()):
            return None
        if (mask := _mask(value)) is not None:
            return "null" if mask == "null" else OWN.get(self._assigned)
        return self._of(value)

    def _gives_bytes(self, node: exp.Expr) -> bool:
        if isinstance(node, exp.Column):
            return self._kinds.get(node.name, "other") in ("bytes", "other")
        name = node.name if isinstance(node, exp.Anonymous) else node.key
        if isinstance(node, exp.Cast) and not isinstance(node.this, exp.Literal):
            return True
        return name.lower() in BYTE_FUNCTIONS or isinstance(node, exp.Unhex | exp.FromBase64 | exp.Chr)

    def _of(self, value: object) -> Family | None:
        match value:
            case exp.Paren():
                return self._of(value.this)
            case exp.Null():
                return "null"
            case exp.Boolean():
                return "integer"
            case exp.Literal():
                return _literal(value)
            case exp.Column():
                return OWN.get(self._kinds.get(value.name, "other"))
            case exp.If():
                return self._merged((value.args["true"], value.args.get("false") or exp.Null()))
            case exp.Case():
                branches = [one.args["true"] for one in value.args["ifs"]]
                return self._merged((*branches, value.args.get("default") or exp.Null()))
            case exp.Coalesce():
                return self._merged((value.this, *value.expressions))
            case exp.Nullif():
                return self._of(value.this)
            case exp.Dot():
                return self._masked(value)
            case _:
                return self._computed(value)

    def _computed(self, value: object) -> Family | None:
        match value:
            case exp.Add() | exp.Sub() if isinstance(value.expression, exp.Interval):
                return self._moved(value.this, value.expression.args.get("unit"))
            case exp.DateAdd() | exp.DateSub():
                return self._moved(value.this, value.args.get("unit"))
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Mod() | exp.IntDiv():
                return self._number(value.this, value.expression)
            case exp.Div():
                return "decimal" if self._number(value.this, value.expression) else None
            case exp.Neg() | exp.Abs() | exp.Round() | exp.Floor() | exp.Ceil():
                return self._number(value.this)
            case exp.Cast():
                return "date" if value.to.this == exp.DType.DATE else None
            case exp.LastDay() | exp.TsOrDsToDate() | exp.CurrentDate():
                return "date"
            case exp.CurrentTimestamp():
                return "datetime"
            case exp.Anonymous():
                return NAMED.get(value.name.lower())
            case _:
                return next((family for kinds, family in MADE if isinstance(value, kinds)), None)

    def _masked(self, value: exp.Dot) -> Family | None:
        """A mask within more than itself: of a text it makes a text."""
        call = value.expression
        given = call.expressions[0] if isinstance(call, exp.Anonymous) and call.expressions else None
        if _mask(value) is None or (isinstance(given, exp.Column) and self._of(given) != "text"):
            return None
        return "text"

    def _moved(self, moment: object, unit: object) -> Family | None:
        family, whole = self._of(moment), isinstance(unit, exp.Expr) and unit.name.upper() in DAYS
        return family if whole and family in ("date", "datetime") else None

    def _number(self, *operands: object) -> Family | None:
        families = {self._of(one) for one in operands}
        if families <= {"integer"}:
            return "integer"
        return "decimal" if families <= {"integer", "decimal"} else None

    def _merged(self, branches: Iterable[object]) -> Family | None:
        families: set[Family | None] = {self._of(one) for one in branches}
        families.discard("null")
        if len(families) == 1:
            return families.pop()
        if not families:
            return "null"
        if families <= {"integer", "decimal"}:
            return "decimal"
        return "text" if families <= {"text", "json", "integer"} else None


def _literal(value: exp.Literal) -> Family | None:
    if value.is_string:
        return "text"
    if re.fullmatch(r"\d{1,18}", value.name):
        return "integer"
    return "decimal" if re.fullmatch(r"\d{1,18}\.\d{1,18}", value.name) else None


def _mask(value: exp.Expr) -> str | None:
    """Return the mask that a value is a call of, None if it is none."""
    call = value.expression if isinstance(value, exp.Dot) else None
    named = isinstance(value, exp.Dot) and value.this.name == SCHEMA and isinstance(call, exp.Anonymous)
    return call.name.replace("_", "-") if named and isinstance(call, exp.Anonymous) else None
