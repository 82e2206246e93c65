"""The system-call filter of the sandbox, as a classic BPF program. It only makes bytes; bwrap loads them.

It is a deny-list: everything is allowed but the calls below, which are the ones known for reaching the host
past namespaces (other processes, mounts, new namespaces, kernel modules, io_uring) and the ones that hold
memory nobody counts (System V shared memory, memfd). It is defence in depth behind the namespaces, not a
boundary by itself. The program is assembled here so that no system library is needed.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from dataclasses import dataclass

# Instruction codes of classic BPF, from linux/bpf_common.h, and actions from linux/seccomp.h.
LOAD_WORD = 0x20
JUMP_EQUAL = 0x15
JUMP_AT_LEAST = 0x35
JUMP_ANY_BIT = 0x45
RETURN = 0x06
ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
DENY = 0x00050000
# Offsets in struct seccomp_data; both processors are little-endian, so an argument's low half comes first.
NUMBER, ARCHITECTURE, ARGUMENT_0, ARGUMENT_1 = 0, 4, 16, 24
CLONE_NEWUSER = 0x10000000
# TIOCSTI types into a terminal, TIOCLINUX pastes into one.
TERMINAL_INPUT = (0x5412, 0x541C)
# AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. The others, such as AF_VSOCK, do not all stop at a network namespace.
SOCKET_FAMILIES = (1, 2, 10, 16)
X32_BIT = 0x40000000

# Name -> (number on x86_64, number on aarch64); None where the processor has no such call.
DENIED: Mapping[str, tuple[int, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "mount_setattr": (442, 442),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "unshare": (272, 97),
    "setns": (308, 268),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "fanotify_init": (300, 262),
    "syslog": (103, 116),
    "acct": (163, 89),
    "personality": (135, 92),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "shmget": (29, 194),
}
# These answer "not built in", because their callers then take another way: libc forks with clone when there is
# no clone3, whose flags lie in memory where a filter cannot read them.
NOT_BUILT_IN: Mapping[str, tuple[int, int]] = {
    "clone3": (435, 435),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
}


@dataclass(frozen=True, slots=True)
class Processor:
    """What the filter must know about a kind of processor: its audit number and where its numbers stand."""

    audit: int
    column: int
    clone: int
    ioctl: int
    socket: int


PROCESSORS: Mapping[str, Processor] = {
    "x86_64": Processor(audit=0xC000003E, column=0, clone=56, ioctl=16, socket=41),
    "aarch64": Processor(audit=0xC00000B7, column=1, clone=220, ioctl=29, socket=198),
}

Instruction = tuple[int, int, int, int]


def program(machine: str) -> bytes:
    """Return the filter for a machine name as `os.uname` gives it. Raises KeyError for an unknown processor."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in _instructions(PROCESSORS[machine]))


def _instructions(processor: Processor) -> list[Instruction]:
    code: list[Instruction] = [
        (LOAD_WORD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, processor.audit),
        # A 64-bit process can enter the kernel as a 32-bit one, with other numbers. No job has a reason to.
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD_WORD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, 0, 1, X32_BIT),
        (RETURN, 0, 0, DENY | errno.EPERM),
    ]
    for numbers in DENIED.values():
        code += _deny(numbers[processor.column], errno.EPERM)
    for numbers in NOT_BUILT_IN.values():
        code += _deny(numbers[processor.column], errno.ENOSYS)
    code += _only_for(processor.clone, ARGUMENT_0, _deny_bits(CLONE_NEWUSER))
    code += _only_for(processor.ioctl, ARGUMENT_1, _deny_values(TERMINAL_INPUT))
    code += _only_for(processor.socket, ARGUMENT_0, _allow_values(SOCKET_FAMILIES))
    return [*code, (RETURN, 0, 0, ALLOW)]


def _deny(number: int | None, error: int) -> list[Instruction]:
    if number is None:
        return []
    return [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, DENY | error)]


def _only_for(number: int, argument: int, block: list[Instruction]) -> list[Instruction]:
    """Run `block`, which must return, on an argument's low half, but only for one call."""
    return [(JUMP_EQUAL, 0, len(block) + 1, number), (LOAD_WORD, 0, 0, argument), *block]


def _deny_bits(bits: int) -> list[Instruction]:
    return [(JUMP_ANY_BIT, 0, 1, bits), (RETURN, 0, 0, DENY | errno.EPERM), (RETURN, 0, 0, ALLOW)]


def _deny_values(values: tuple[int, ...]) -> list[Instruction]:
    denied = [step for value in values for step in _deny(value, errno.EPERM)]
    return [*denied, (RETURN, 0, 0, ALLOW)]


def _allow_values(values: tuple[int, ...]) -> list[Instruction]:
    allowed: list[Instruction] = []
    for value in values:
        allowed += [(JUMP_EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return [*allowed, (RETURN, 0, 0, DENY | errno.EAFNOSUPPORT)]
