"""`manage.py policies`: what is published, and publishing the next version."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from compliance import versions
from compliance.actions import choices, policies, proposals, simulations
from compliance.models import PolicyEpoch, PolicySimulation, PolicyVersionRecord
from compliance.policy.evaluate import evaluator_hash
from compliance.replay import Replay, replay
from portal.common.clock import database_now
from portal.common.errors import DomainError
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import User
from portal.tenancy.scope import officer_scope

_NEXT = "A shell signs nothing: two officers sign this, each with their own sign-in."


class Command(BaseCommand):
    help = "Lists, shows, simulates and proposes policy versions and packs; makes stored rulings again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="versions of every pack").add_argument(
            "--json", action="store_true", dest="as_json"
        )
        show = verbs.add_parser("show", help="one version, rule by rule")
        show.add_argument("version", help="such as countenance-default@2")
        show.add_argument("--json", action="store_true", dest="as_json")
        verbs.add_parser("load", help="enter the versions that ship with the product")
        again = verbs.add_parser("replay", help="make every stored ruling again, and name those that differ")
        again.add_argument("--json", action="store_true", dest="as_json")
        simulate = verbs.add_parser("simulate", help="what a version would change, without publishing it")
        simulate.add_argument("file", type=Path)
        simulate.add_argument("--by", required=True, help="email of the officer")
        simulate.add_argument("--json", action="store_true", dest="as_json")
        choose = verbs.add_parser("choose", help="propose another pack to two officers")
        choose.add_argument("pack")
        choose.add_argument("--by", required=True, help="email of the officer in whose name")
        choose.add_argument("--reasons", default="", help="why; everybody can read it")
        choose.add_argument("--json", action="store_true", dest="as_json")
        propose = verbs.add_parser("propose", help="publish a tightening, or ask for a loosening")
        propose.add_argument("file", type=Path)
        propose.add_argument("--by", required=True, help="email of the officer")
        propose.add_argument("--simulation", help="id that `simulate` printed; a loosening needs one")
        propose.add_argument("--reasons", default="", help="why; everybody can read it")
        propose.add_argument("--ratified", action="store_true", help="for tests: publish at once")
        propose.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(**options)
        except DomainError as error:
            raise CommandError(error.sentence) from error

    def _list(self, *, as_json: bool, **_: Any) -> None:
        in_force, now = PolicyEpoch.objects.get().pack, database_now()
        packs = PolicyVersionRecord.objects.values_list("pack", flat=True).distinct()
        rows = [_row(one, in_force) for pack in sorted(set(packs)) for one in versions.chapters(pack, now)]
        if as_json:
            self._print_json(rows)
        for row in [] if as_json else rows:
            mark = "*" if row["chosen"] else " "
            life = f"{row['life']} {row['ended_by']}".strip()
            self.stdout.write(f"{mark} {row['version']}  {row['published_at']}  {row['sha256'][:16]}  {life}")

    def _show(self, *, version: str, as_json: bool, **_: Any) -> None:
        pack, _separator, number = version.partition("@")
        record = PolicyVersionRecord.objects.filter(
            pack=pack, number=number if number.isdigit() else 0
        ).first()
        if record is None:
            raise CommandError(f"There is no version {version}.")
        if as_json:
            self._print_json(record.content)
            return
        for rule in record.version.rules:
            until = rule.period.ends_at.isoformat() if rule.period.ends_at else "until further notice"
            self.stdout.write(f"{rule.id} ({rule.effect}, {rule.period.starts_at.isoformat()} {until})")
            self.stdout.write(f"    {rule.sentence}")

    def _replay(self, *, as_json: bool, **_: Any) -> None:
        with officer_scope():
            found = replay()
        if as_json:
            self._print_json(found.to_json())
        for line in [] if as_json else _told(found):
            self.stdout.write(line)
        if found.differing:
            raise CommandError(f"{found.differing} of {found.total.rulings} rulings do not come out again.")

    def _load(self, **_: Any) -> None:
        entered = policies.load_shipped(by=Actor.system("policies"))
        self.stdout.write(f"{len(entered)} versions entered.")

    def _simulate(self, *, file: Path, by: str, as_json: bool, **_: Any) -> None:
        made = simulations.simulate(document=file.read_text(encoding="utf-8"), by=_officer(by))
        result = made.result or {}
        if as_json:
            self._print_json({"simulation": made.public_id, **result})
            return
        flipped, held = result["flipped"], result["held_count"]
        self.stdout.write(f"{made.public_id}: {made.version} on {result['rulings']} rulings")
        self.stdout.write(f"{flipped} would come out differently, {held} running now would be held")

    def _choose(self, *, pack: str, by: str, reasons: str, as_json: bool, **_: Any) -> None:
        made = choices.propose(pack=pack, by=_officer(by), reasons=reasons, signed=False)
        self._answer({"status": made.status, "choice": made.public_id, "next": _NEXT}, as_json=as_json)

    def _propose(
        self,
        *,
        file: Path,
        by: str,
        simulation: str | None,
        reasons: str,
        ratified: bool,
        as_json: bool,
        **_: Any,
    ) -> None:
        document, officer = file.read_text(encoding="utf-8"), _officer(by)
        if ratified:
            answer = _published(document, officer)
        else:
            answer = _proposed(document, officer, simulation, reasons)
        self._answer(answer, as_json=as_json)

    def _answer(self, answer: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self._print_json(answer)
            return
        for name, value in answer.items():
            self.stdout.write(f"{name}: {value}")

    def _print_json(self, data: Any) -> None:
        self.stdout.write(json.dumps(data, indent=2))


def _told(found: Replay) -> Iterator[str]:
    yield f"{found.total.identical} of {found.total.rulings} rulings come out identical"
    for program, count in found.by_program.items():
        if program != evaluator_hash():
            yield f"  by other program text {program[:16]}: {count.identical} of {count.rulings} identical"
    for one in found.differences:
        by_whom = "" if one.same_program else " (by other program text)"
        yield f"{one.ruling} of {one.organization} differs in {', '.join(one.columns)}{by_whom}"


def _row(chapter: versions.Chapter, in_force: str) -> dict[str, Any]:
    record = chapter.record
    chosen = record.pack == in_force
    return {
        "version": str(record),
        "published_at": record.published_at.isoformat(),
        "sha256": record.sha256,
        "ratified": record.ratified_at is not None,
        "chosen": chosen,
        "life": str(chapter.life) if chosen else "not_chosen",
        "ended_by": str(chapter.ended_by or ""),
    }


def _published(document: str, officer: Actor) -> dict[str, Any]:
    if not settings.ALLOW_PROVISION:
        raise CommandError("--ratified is for tests: it needs COUNTENANCE_ALLOW_PROVISION=1.")
    record = policies.publish_synthetic(document=document, by=officer)
    return {"status": "published", "version": str(record), "synthetic": True}


def _proposed(document: str, officer: Actor, simulation: str | None, reasons: str) -> dict[str, Any]:
    simulated = _simulation(simulation)
    made = proposals.propose(
        document=document, by=officer, simulated=simulated, signed=False, reasons=reasons
    )
    return {
        "status": made.status,
        "version": str(made.published) if made.published else None,
        "proposal": made.public_id,
        "loosenings": made.loosenings,
        "sha256": made.sha256,
        "next": _NEXT,
    }


def _officer(email: str) -> Actor:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandError(f"There is no account {email}.")
    return Actor.for_user(user)


def _simulation(public_id: str | None) -> PolicySimulation | None:
    if public_id is None:
        return None
    return PolicySimulation.objects.filter(pk=parse_public_id(PolicySimulation.PREFIX, public_id)).first()
