"""Slots: so many answers are worked out at once, one question takes one, and who comes later is told to wait."""

import threading

import pytest

from serving.access.slots import BusyError, Slots


def test_who_finds_no_slot_is_told_to_come_again() -> None:
    slots = Slots(1)
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        with slots.one():
            entered.set()
            leave.wait(10)

    other = threading.Thread(target=work)
    other.start()
    assert entered.wait(10)
    with pytest.raises(BusyError, match=r"1 answers are being worked out.*wait 2 s"), slots.one():
        pass
    leave.set()
    other.join()
    with slots.one():
        pass


def test_one_question_takes_one_slot_however_much_it_works_out() -> None:
    slots = Slots(1)
    with slots.one(), slots.one(), slots.one():
        pass
    with slots.one():
        pass


def test_a_slot_is_free_again_after_an_error() -> None:
    slots = Slots(1)
    with pytest.raises(ZeroDivisionError), slots.one():
        raise ZeroDivisionError
    with slots.one():
        pass
