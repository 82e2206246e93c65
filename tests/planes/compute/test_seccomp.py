from __future__ import annotations

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from minett.planes.compute import seccomp
from tests.conftest import missing

MACHINES = sorted(seccomp.PROCESSORS)


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """Run the program as the kernel would, on one call; return its action."""
    audit = seccomp.PROCESSORS[machine].audit if audit is None else audit
    data = struct.pack("=iIQ6Q", number, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    accumulator = at = 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        if operation == seccomp.LOAD_WORD:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == seccomp.RETURN:
            return int(value)
        else:
            holds = {
                seccomp.JUMP_EQUAL: accumulator == value,
                seccomp.JUMP_AT_LEAST: accumulator >= value,
                seccomp.JUMP_ANY_BIT: bool(accumulator & value),
            }[operation]
            at += yes if holds else no


def denied(error: int) -> int:
    return seccomp.DENY | error


@pytest.mark.parametrize("machine", MACHINES)
class TestFilter:
    def test_every_listed_call_is_denied(self, machine):
        column = seccomp.PROCESSORS[machine].column
        for name, numbers in seccomp.DENIED.items():
            if (number := numbers[column]) is not None:
                assert verdict(machine, number) == denied(errno.EPERM), name
        for name, numbers in seccomp.NOT_BUILT_IN.items():
            assert verdict(machine, numbers[column]) == denied(errno.ENOSYS), name

    def test_all_other_calls_are_allowed(self, machine):
        processor = seccomp.PROCESSORS[machine]
        listed = {numbers[processor.column] for numbers in {**seccomp.DENIED, **seccomp.NOT_BUILT_IN}.values()}
        for number in set(range(470)) - listed - {processor.socket}:
            assert verdict(machine, number) == seccomp.ALLOW, number

    def test_clone_may_fork_but_not_make_a_user_namespace(self, machine):
        clone = seccomp.PROCESSORS[machine].clone
        assert verdict(machine, clone, 17) == seccomp.ALLOW
        assert verdict(machine, clone, 17 | seccomp.CLONE_NEWUSER) == denied(errno.EPERM)

    def test_nobody_types_into_a_terminal(self, machine):
        ioctl = seccomp.PROCESSORS[machine].ioctl
        assert verdict(machine, ioctl, 0, 0x5401) == seccomp.ALLOW
        for request in seccomp.TERMINAL_INPUT:
            assert verdict(machine, ioctl, 0, request) == denied(errno.EPERM)
            # The kernel looks at the low half alone, so must the filter.
            assert verdict(machine, ioctl, 0, request | 1 << 32) == denied(errno.EPERM)

    def test_only_known_kinds_of_sockets(self, machine):
        number = seccomp.PROCESSORS[machine].socket
        allowed = {family for family in range(50) if verdict(machine, number, family) == seccomp.ALLOW}
        assert allowed == set(seccomp.SOCKET_FAMILIES)

    def test_another_processors_numbers_end_the_process(self, machine):
        assert verdict(machine, 39, audit=0x40000003) == seccomp.KILL_PROCESS

    def test_the_third_set_of_numbers_is_closed(self, machine):
        assert verdict(machine, seccomp.X32_BIT | 101) == denied(errno.EPERM)


def test_the_numbers_are_the_kernels_own():
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if platform.machine() != "x86_64" or not header.exists():
        missing("the kernel's headers for x86-64 are not here")
    numbers = dict(re.findall(r"__NR_(\w+)\s+(\d+)", header.read_text()))
    processor = seccomp.PROCESSORS["x86_64"]
    ours = {name: pair[0] for name, pair in {**seccomp.DENIED, **seccomp.NOT_BUILT_IN}.items()}
    ours |= {"clone": processor.clone, "ioctl": processor.ioctl, "socket": processor.socket}
    assert {name: int(numbers[name]) for name in ours if name in numbers} == {
        name: number for name, number in ours.items() if name in numbers
    }
    assert len(numbers.keys() & ours.keys()) > 50
