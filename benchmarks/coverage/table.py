"""The table of what was counted, `core/zoo/coverage.csv`: a row for each architecture."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.coverage.worker import FAILED, NOT_APPLICABLE, NOT_COUNTED, OK, Outcome
from core.zoo import coverage
from core.zoo.table import architectures

CODES = {
    OK: coverage.WORKS, FAILED: coverage.FAILS, NOT_APPLICABLE: coverage.NOT_APPLICABLE,
    NOT_COUNTED: coverage.NOT_COUNTED,
}  # fmt: skip
STATUSES = {code: status for status, code in CODES.items()}
COLUMNS = ("architecture", "kind", "side", "megabytes", *coverage.CAPABILITIES, "reasons")

# What was found for each architecture, by timm's name of it.
Outcomes = Mapping[str, Sequence[Outcome]]


def read(path: Path = coverage.TABLE) -> dict[str, Sequence[Outcome]]:
    """Return what was counted so far; nothing where there is no table."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["architecture"]: _outcomes(row) for row in csv.DictReader(file)}


def write(found: Outcomes, path: Path = coverage.TABLE) -> None:
    """Replace the table at once, so that a count that is interrupted leaves a whole one."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_row(name, outcomes) for name, outcomes in sorted(found.items()))
    part.replace(path)


def _row(name: str, outcomes: Sequence[Outcome]) -> dict[str, object]:
    return {
        "architecture": name,
        "kind": architectures()[name].kind,
        "side": max(outcome.side for outcome in outcomes),
        "megabytes": max(outcome.megabytes for outcome in outcomes),
        **{each.capability: f"{CODES[each.status]} {each.seconds:.1f}" for each in outcomes},
        "reasons": coverage.NEXT_REASON.join(_reasons(outcomes)),
    }


def _reasons(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield each reason of an architecture once, after the capabilities that have it."""
    keys: dict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.reason:
            keys[outcome.reason.replace("|", "/")].append(outcome.capability)
    for reason, having in keys.items():
        yield f"{' '.join(having)}{coverage.REASON_FOLLOWS}{reason}"


def _outcomes(row: Mapping[str, str]) -> list[Outcome]:
    reasons = coverage.reasons(row)
    side, megabytes = int(row["side"]), int(row["megabytes"])
    cells = {key: row[key].split() for key in coverage.CAPABILITIES}
    return [
        Outcome(key, STATUSES[code], reasons.get(key, ""), float(seconds), megabytes, side)
        for key, (code, seconds) in cells.items()
    ]
