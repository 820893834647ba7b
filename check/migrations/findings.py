"""Checks the trial of the migrations: unsafe SQL, long locks, inaccessible relations, invalid indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from check.migrations import advice, catalog, ddl
from check.migrations.locks import MODES, Held
from check.migrations.statement import shortened
from check.migrations.steps import TrialPlace
from check.migrations.trial import Trial
from check.result import Broken, Skipped, Warned
from check.source import files
from check.subject import CheckedStack
from infra.settings.check import Accepted
from infra.settings.migrations import BOOTSTRAP

LONG_LOCK, UNREACHABLE = "long-lock", "unreachable-relation"
SHOWN = 8
"""Number of further findings that are listed."""
VALIDITY = "indisvalid"
"""The column of pg_index that a check for invalid indexes reads."""


def safe(trial: Trial, subject: CheckedStack) -> str:
    """Check that no statement locks, drops or renames what the running version uses."""
    if not trial.start.known:
        raise Skipped("what is released is not known, see above")
    settings, pending = subject.settings, trial.pending or []
    statements = [one.text for ran in pending for one in ran.statements]
    looked = files.count(len(statements), "statement")
    if trial.start.empty:
        return f"{looked} looked at; nothing is released, so no version uses what they change"
    checked = any(VALIDITY in one.text for ran in pending if ran.step.name != BOOTSTRAP for one in ran.statements)
    found = ddl.unsafe(statements, major=settings.database.major, released=trial.names, checked=checked)
    left, unused = ddl.refused(found, [one for one in settings.check.accepted if one.rule not in _OURS])
    if left:
        _refuse(ddl.placed(left, _texts(subject)), subject)
    noted = f"; {files.count(len(found), 'unsafe statement')} accepted" if found else ""
    noted += f"; nothing needs the acceptance of {', '.join(unused)} any more" if unused else ""
    return f"{looked} of the pending migrations looked at{noted}"


_OURS = {LONG_LOCK, UNREACHABLE}


def _refuse(left: Sequence[ddl.Unsafe], subject: CheckedStack) -> None:
    """Raise Broken, or Warned where there is nothing worse."""
    worst = [one for one in left if not one.warning] or left
    first, *more = [*worst, *(one for one in left if one not in worst)]
    what = f"{first}" + (f"\nand {files.count(len(more), 'more')}" if more else "")
    tools = [layout.tool for layout in subject.migrations().layouts]
    fixes = list(dict.fromkeys(advice.of_rule(one.rule, tools, one.statement) for one in worst))
    kind = Warned if first.warning else Broken
    remedy = "; and: ".join(fixes[:3])
    raise kind(what, f"{remedy}; {advice.accepting(first.rule)}", [str(one) for one in more[:SHOWN]])


def brief(trial: Trial, subject: CheckedStack) -> str:
    """Check that no lock on a released table stops the running version for longer than check.lockSeconds."""
    if not trial.tables:
        raise Skipped("nothing is released: nobody waits for a table")
    if trial.locks is None:
        raise Skipped("the scratch server's locks could not be watched")
    limit, accepted = subject.settings.check.lock_seconds, subject.settings.check.accepted
    texts = _texts(subject)
    long = [one for one in trial.locks if one.seconds > limit]
    left = [one for one in long if not _accepted(LONG_LOCK, one.statement.text if one.statement else "", accepted)]
    if left:
        first = left[0]
        tools = [layout.tool for layout in subject.migrations().layouts]
        text = first.statement.text if first.statement else ""
        waited = first.after and first.own < first.seconds / 2
        raise Broken(
            f"{_described(first, trial.place, texts)}  [{LONG_LOCK}] {MODES[first.mode][1]} wait for it",
            (advice.APART if waited else advice.of_statement(text, tools))
            + f"; or allow more seconds (check.lockSeconds, {limit:g}); {advice.accepting(LONG_LOCK)}",
            [_described(one, trial.place, texts) for one in left[1 : SHOWN + 1]],
        )
    if not trial.locks:
        return "no statement held one on a released table"
    return f"longest: {_described(trial.locks[0], trial.place, texts)}"


def _described(lock: Held, place: TrialPlace, texts: Mapping[str, str]) -> str:
    count = catalog.rows(place.scratch, lock.table)
    size = "" if count is None else f" ({count:,} rows)" if count else " (no rows: check.seed fills it)"
    mode = MODES[lock.mode][0]
    held = f"{mode} on {lock.table.short}{size} for {lock.seconds:.2f} s"
    if lock.statement is None:
        return held
    where = ddl.where(lock.statement.text, texts)
    after = f", then {files.count(lock.after, 'statement')} in the same transaction" if lock.after else ""
    return f"{held}: {where + ': ' if where else ''}{shortened(lock.statement.text)}{after}"


def reaches(trial: Trial) -> str:
    """Check that the service's user can access every relation."""
    place = trial.place
    if not place.settings.database.roles:
        raise Skipped("the service logs in as the master user (database.roles)")
    found = catalog.unreachable(place.scratch, place.logins.app.user)
    left = [one for one in found if not _accepted(UNREACHABLE, one.name, place.settings.check.accepted)]
    if left:
        first, *more = catalog.shown(left, place.scratch.database)
        raise Warned(
            f"{place.logins.app.user} cannot access {first}" + (f"\nand {len(more)} more" if more else ""),
            _grant(left, place) + f"; {advice.accepting(UNREACHABLE, in_sql=False)}",
            more[:SHOWN],
        )
    return f"{place.logins.app.user} may use every table, view and sequence"


def _grant(found: Iterable[catalog.Unreachable], place: TrialPlace) -> str:
    if any(one.owner != place.logins.owner.user for one in found):
        return f"let {place.logins.owner.user} own it: only what the owner makes is opened by itself"
    return (
        "let the bootstrap step set default privileges on schemas and in every schema (ALTER DEFAULT PRIVILEGES … GRANT"
        " USAGE ON SCHEMAS), as examples/orders/bootstrap.sql does, or GRANT it in the migration"
    )


def explained(broken: Broken, place: TrialPlace) -> Broken:
    """Return the same failure of the service, with the relations that its user cannot access, a possible cause."""
    if not place.settings.database.roles:
        return broken
    found = catalog.unreachable(place.scratch, place.logins.app.user)
    if not found:
        return broken
    first = catalog.shown(found, place.scratch.database)[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    what = f"{broken.what}\nnote: {place.logins.app.user} cannot access {first}{more}"
    return Broken(what, f"{_grant(found, place)}; {broken.remedy}", broken.output)


def valid(trial: Trial) -> str:
    """Check that no step left an invalid index."""
    if found := catalog.invalid(trial.place.scratch):
        raise Broken(
            f"invalid after the last step: {', '.join(found[:SHOWN])}",
            "a CREATE INDEX CONCURRENTLY failed and its step continued: let the step fail, and put DROP INDEX"
            " CONCURRENTLY IF EXISTS before the CREATE",
        )
    return "no index is invalid after the last step"


def _accepted(rule: str, text: str, accepted: Sequence[Accepted]) -> bool:
    line = " ".join(text.split()).lower()
    return f"squawk-ignore {rule}" in line or any(one.rule == rule and one.contains.lower() in line for one in accepted)


def _texts(subject: CheckedStack) -> dict[str, str]:
    return {name: subject.text(name) for name in subject.migrations().files}
