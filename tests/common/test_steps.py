import logging

from portal.common.errors import Conflict
from portal.common.steps import alone
from portal.tenancy.models import User


def test_a_step_that_breaks_keeps_no_other_from_its_turn(caplog):
    def halve(number: int) -> int:
        return 10 // number

    with caplog.at_level(logging.ERROR):
        assert sum(alone(halve, number) for number in (0, 2, 5)) == 7
    assert "halve" in str(caplog.records[0].step)


def test_what_somebody_moved_meanwhile_is_left_to_them(caplog):
    def moved(error: Exception) -> bool:
        raise error

    errors = (Conflict("state_changed", "Moved."), User.DoesNotExist())
    assert [alone(moved, error) for error in errors] == [0, 0]
    assert not caplog.records
