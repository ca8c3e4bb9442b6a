"""Say whether a run is up to date and, if not, what makes it stale."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from convbench.data.prepared import CARD
from convbench.errors import UserError
from convbench.files import read_json
from convbench.planning.code import files_of
from convbench.planning.keys import Key, modules_of_run
from convbench.planning.plan import Plan
from convbench.results.folders import CODE, METRICS, RUNS
from convbench.results.key import KeyRecord
from convbench.results.metrics import read_result


def why(plan: Plan, run: str) -> bool:
    """Print the state of a run, and what changed since it was made; return whether it is up to date.

    Raises ``UserError`` for a run that is not in the grid.
    """
    if run not in plan.runs:
        near = get_close_matches(run, plan.runs, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UserError(f"{plan.grid.name} has no run {run!r}{hint}")
    folder = plan.run_folder(run)
    found, made = read_result(folder), KeyRecord.read(folder)
    if found is not None and made is not None:
        changed = _data(plan, run, made)
        if not changed:
            print(f"{run} is up to date: {found.metrics.outcome}, in {folder}")
            return True
        print(f"{run} is stale:\n  {changed}")
        return False
    earlier = _latest(run)
    if earlier is None:
        print(f"{run} was never run")
        return False
    print(f"{run} is stale; since {earlier}:")
    before = KeyRecord.read(earlier)
    assert before is not None, "chosen as it has one"
    for line in _changes(plan, run, before):
        print(f"  {line}")
    return False


def _latest(run: str) -> Path | None:
    """Return the folder in which the run was made last, with any key."""
    folders = [path.parent for path in (RUNS / run).glob(f"*/{METRICS}") if KeyRecord.read(path.parent)]
    return max(folders, key=lambda each: (each / METRICS).stat().st_mtime, default=None)


def _changes(plan: Plan, run: str, before: KeyRecord) -> Iterator[str]:
    now = plan.keys[run]
    yield from _settings(now.spec, before.spec)
    if now.data != before.data:
        yield f"how the data is prepared: {before.data}, now {now.data}"
    if now.weights != before.weights:
        yield "the weights that it starts from: their own settings or code changed"
    if now.code != before.code:
        yield from _code(plan, run, now, before)
    if changed := _data(plan, run, before):
        yield changed


def _settings(now: Mapping[str, object], before: Mapping[str, object], place: str = "") -> Iterator[str]:
    """Yield each setting that differs, nested ones by their path."""
    for name in sorted({*now, *before}):
        one, other = now.get(name), before.get(name)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _settings(one, other, f"{place}{name}.")
        elif one != other:
            yield f"{place}{name}: {_shown(other)}, now {_shown(one)}"


def _shown(value: object) -> str:
    return "the default" if value is None else repr(value)


def _code(plan: Plan, run: str, now: Key, before: KeyRecord) -> Iterator[str]:
    """Yield the files whose code changed, where it is known what they were."""
    path = CODE / f"{before.code}.json"
    if not path.exists():
        yield "the code changed; what it was is not recorded here"
        return
    was, files = read_json(path), files_of(modules_of_run(plan.runs[run]))
    if was == files:
        yield "the catalogue's definition of its architecture, strategy or augmentation changed"
    for name in sorted({*was, *files}):
        if was.get(name) != files.get(name):
            state = (
                "changed" if name in was and name in files else "is new" if name in files else "is gone"
            )
            yield f"the code: {name} {state}"


def _data(plan: Plan, run: str, made: KeyRecord) -> str:
    """Say so where the prepared data is not what the run was made with."""
    card = plan.prepared(plan.runs[run].dataset) / CARD
    if not card.exists() or read_json(card).get("digest", "") == made.data_digest:
        return ""
    return f"the content of {plan.runs[run].dataset} changed"
