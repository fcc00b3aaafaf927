"""The summary of a count: shares by family, and the reason of every miss."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.coverage.table import Outcomes
from benchmarks.coverage.worker import FAILED, NOT_APPLICABLE, NOT_COUNTED, OK, Outcome
from core.zoo import coverage
from core.zoo.table import Architecture, architectures


@dataclass(frozen=True)
class Row:
    """What a check of one architecture found."""

    architecture: Architecture
    outcome: Outcome


def summary(found: Outcomes) -> str:
    """Return the summary as text."""
    table = architectures()
    rows = [Row(table[name], outcome) for name, own in found.items() for outcome in own]
    return "\n".join([*_overall(rows), "", *_by_family(rows), "", *_misses(rows)])


def _share(rows: Sequence[Row]) -> str:
    """Return how many of the rows are ok, of those to which the capability applies."""
    statuses = Counter(row.outcome.status for row in rows)
    applicable = len(rows) - statuses[NOT_APPLICABLE]
    if not applicable:
        return "none applicable"
    share = 100 * statuses[OK] / applicable
    skipped = f", {statuses[NOT_COUNTED]} not counted" if statuses[NOT_COUNTED] else ""
    return f"{statuses[OK]}/{applicable} ({share:.1f} %{skipped})"


def _overall(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each capability: its share among CNNs and among all others."""
    yield f"{len({row.architecture for row in rows})} architectures"
    for key, title in coverage.CAPABILITIES.items():
        own = [row for row in rows if row.outcome.capability == key]
        cnns = [row for row in own if row.architecture.kind == "CNN"]
        others = [row for row in own if row.architecture.kind != "CNN"]
        yield f"{title}: CNNs {_share(cnns)}, others {_share(others)}, all {_share(own)}"


def _by_family(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each family, with the capabilities that do not work everywhere."""
    families: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        families[row.architecture.family].append(row)
    for family, own in sorted(families.items()):
        kinds = Counter(each.kind == "CNN" for each in {row.architecture for row in own})
        missed = {
            row.outcome.capability for row in own if row.outcome.status in (FAILED, NOT_COUNTED)
        }
        words = "; ".join(
            f"{key} {_share([row for row in own if row.outcome.capability == key])}"
            for key in coverage.CAPABILITIES
            if key in missed
        )
        yield f"{family} ({kinds[True]} CNNs, {kinds[False]} others): {words or 'everything works'}"


def _misses(rows: Sequence[Row]) -> Iterator[str]:
    """Yield every reason with what it concerns, the most frequent first."""
    concerned: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.outcome.status in (FAILED, NOT_COUNTED):
            miss = (row.outcome.status, row.outcome.reason)
            concerned[miss][row.architecture.name].append(row.outcome.capability)
    for (status, reason), found in sorted(concerned.items(), key=lambda each: -len(each[1])):
        yield f"{len(found)} {status}: {reason}"
        for name, keys in sorted(found.items()):
            yield f"    {name}: {', '.join(keys)}"
