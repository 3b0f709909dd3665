"""Two officers who decide at the same instant, each on a connection of their own: one wins."""

import threading
from collections import Counter

import pytest
from django.db import connection

from compliance.actions import choices, policies, proposals, stops
from compliance.models import PackChoice, PolicyProposal, PolicyVersionRecord
from portal.audit.models import Event
from portal.common.errors import DomainError
from tests.compliance.conftest import new_officer
from tests.compliance.drafting import loosening, scheduled, tightened, tighter


@pytest.fixture
def officers(fresh_database):
    return [new_officer(name) for name in ("Ada", "Ben", "Cleo")]


def at_once(*acts):
    """Begin all at the same moment; return how often each answer came."""
    barrier, answers = threading.Barrier(len(acts)), []

    def go(act):
        barrier.wait()
        try:
            act()
            answers.append("done")
        except DomainError as error:
            answers.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(answers)


def events(verb):
    return Event.objects.filter(verb=verb).count()


def test_a_loosening_is_published_once(officers):
    row = loosening(officers[0])
    sign = [
        lambda by=by: proposals.countersign(proposal=row, sha256=row.sha256, by=by) for by in officers[1:]
    ]
    assert at_once(*sign) == {"done": 1, "decided": 1}
    assert PolicyVersionRecord.objects.filter(recorded_by=officers[0].id).count() == 1


def test_a_loosening_is_published_or_refused_never_both(officers):
    row = loosening(officers[0])
    answers = at_once(
        lambda: proposals.countersign(proposal=row, sha256=row.sha256, by=officers[1]),
        lambda: proposals.refuse(proposal=row, by=officers[2]),
    )
    assert answers == {"done": 1, "decided": 1}
    published = PolicyProposal.objects.get(pk=row.pk).published is not None
    assert (events("policy.refused"), published) in {(1, False), (0, True)}


def test_two_signatures_of_one_person_at_the_same_instant_are_one(officers):
    row = loosening(officers[0])
    PolicyProposal.objects.filter(pk=row.pk).update(signed_by="")
    sign = [lambda: proposals.countersign(proposal=row, sha256=row.sha256, by=officers[1])] * 2
    assert at_once(*sign) == {"done": 1, "second_officer": 1}
    assert PolicyProposal.objects.get(pk=row.pk).status == "waiting"


def test_a_number_is_given_once(officers):
    documents = [tighter(name="no-search-here"), tighter(name="no-search-there")]
    acts = [
        lambda document=document, by=by: proposals.propose(document=document, by=by)
        for document, by in zip(documents, officers[:2], strict=True)
    ]
    assert at_once(*acts) == {"done": 1, "number_taken": 1}


def test_a_version_is_ratified_once(officers):
    record = tightened(officers[0])
    acts = [lambda by=by: policies.ratify(record=record, by=by) for by in officers[1:]]
    assert at_once(*acts) == {"done": 1, "ratified": 1}
    assert events("policy.ratified") == 1


def test_a_scheduled_version_is_withdrawn_once(officers):
    record = scheduled(officers)
    acts = [lambda by=by: policies.withdraw(record=record, by=by) for by in officers[1:]]
    assert at_once(*acts) == {"done": 1, "in_force": 1}


def test_the_platform_is_stopped_once(officers):
    acts = [lambda by=by: stops.declare(reasons="Keys were stolen.", by=by) for by in officers]
    assert at_once(*acts) == {"done": 1, "stopped": 2}
    assert events("policy.stopped") == 1


def test_a_pack_is_chosen_once(officers):
    choice = choices.propose(pack="us-police-2020-service-terms", by=officers[0])
    answers = at_once(
        lambda: choices.countersign(choice=choice, sha256=choice.sha256, by=officers[1]),
        lambda: choices.refuse(choice=choice, by=officers[2]),
    )
    assert answers == {"done": 1, "decided": 1}
    assert PackChoice.objects.get(pk=choice.pk).status in {"scheduled", "refused"}
