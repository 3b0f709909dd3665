import itertools
import threading

import pytest
from django.db import connection

from portal.audit.models import Event
from portal.common.errors import Conflict, DomainError, NotFound, Refused
from portal.tenancy.actions import officers
from portal.tenancy.actor import Actor
from portal.tenancy.models import Officer, OfficerProposal, User
from tests.compliance.conftest import new_tenant
from tests.web.officer.people import only_officers

SHELL = Actor.system("shell")
_numbers = itertools.count()


@pytest.fixture
def three(database) -> list[Actor]:
    return only_officers("Ada", "Ben", "Cleo")


def address() -> str:
    return f"new.{next(_numbers)}@office.example"


def account() -> User:
    return User.objects.create_user(address())


def is_officer(email: str) -> bool:
    return Officer.objects.filter(user__email=email, active=True).exists()


def test_the_shell_appoints_two_officers_and_no_third(database):
    only_officers()
    for _ in range(2):
        officers.appoint(user=account(), by=SHELL)
    third = account()
    with pytest.raises(Refused, match="two_officers"):
        officers.appoint(user=third, by=SHELL)
    assert not is_officer(third.email)


def test_a_third_officer_is_appointed_by_two(three):
    proposal = officers.propose(email=address(), by=three[0])
    assert not is_officer(proposal.email)
    approved = officers.approve(proposal=proposal, by=three[1])
    assert approved.appointed.email == proposal.email
    assert is_officer(proposal.email)
    verbs = [event.verb for event in Event.objects.about(proposal.public_id)]
    assert verbs == ["officer.proposed", "officer.approved", "officer.approved"]


def test_whoever_proposed_is_not_the_second(three):
    proposal = officers.propose(email=address(), by=three[0])
    with pytest.raises(Conflict, match="approved_already"):
        officers.approve(proposal=proposal, by=three[0])
    assert not is_officer(proposal.email)


def test_what_the_shell_proposes_takes_two_officers_all_the_same(three):
    proposal = officers.propose(email=address(), by=SHELL)
    assert officers.approve(proposal=proposal, by=three[0]).appointed is None
    assert not is_officer(proposal.email)
    officers.approve(proposal=proposal, by=three[1])
    assert is_officer(proposal.email)


def test_one_officer_is_enough_to_keep_things_as_they_are(three):
    proposal = officers.propose(email=address(), by=three[0])
    officers.refuse(proposal=proposal, by=three[1])
    with pytest.raises(Conflict, match="decided"):
        officers.approve(proposal=proposal, by=three[2])
    assert not is_officer(proposal.email)


def test_an_account_somebody_registered_before_becomes_no_officer(three):
    taken = account()
    proposal = officers.propose(email=taken.email, by=three[0])
    with pytest.raises(Conflict, match="email_taken"):
        officers.approve(proposal=proposal, by=three[1])
    assert not is_officer(taken.email)


def test_two_dismiss_an_officer_and_one_does_not(three):
    officer = Officer.objects.get(user_id=three[2].user_id)
    proposal = officers.propose_dismissal(officer=officer, by=three[0])
    assert Officer.objects.get(pk=officer.pk).active
    officers.approve(proposal=proposal, by=three[1])
    assert not Officer.objects.get(pk=officer.pk).active


def test_an_approval_of_somebody_dismissed_since_does_not_count(three):
    proposal = officers.propose(email=address(), by=three[2])
    leaving = officers.propose_dismissal(officer=Officer.objects.get(user_id=three[2].user_id), by=three[0])
    officers.approve(proposal=leaving, by=three[1])
    assert officers.approve(proposal=proposal, by=three[0]).appointed is None


def test_two_officers_remain(database):
    ada, ben = only_officers("Ada", "Ben")
    with pytest.raises(Refused, match="last_two"):
        officers.propose_dismissal(officer=Officer.objects.get(user_id=ben.user_id), by=ada)


def test_to_a_member_there_is_nothing_to_propose(three):
    with pytest.raises(NotFound):
        officers.propose(email=address(), by=new_tenant("Curious members").actor)


def test_the_same_is_proposed_once_at_a_time(three):
    email = address()
    officers.propose(email=email, by=three[0])
    with pytest.raises(Conflict, match="proposed_already"):
        officers.propose(email=email, by=three[1])


def test_of_two_who_decide_at_the_same_instant_one_decides(three):
    proposal = officers.propose(email=address(), by=three[0])
    answers: list[str] = []
    start = threading.Barrier(2)

    def act(step, by) -> None:
        start.wait()
        try:
            step(proposal=proposal, by=by)
            answers.append("done")
        except DomainError as error:
            answers.append(error.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=act, args=(officers.approve, three[1])),
        threading.Thread(target=act, args=(officers.refuse, three[2])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["decided", "done"]
    status = OfficerProposal.objects.get(pk=proposal.pk).status
    assert is_officer(proposal.email) == (status == "carried_out")
