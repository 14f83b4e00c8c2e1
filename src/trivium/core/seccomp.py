"""seccomp: a filter in the kernel that refuses system calls, for every thread of the process and for good.

A small BPF program (https://docs.kernel.org/userspace-api/seccomp_filter.html), put together here and loaded by ctypes;
x86-64 and 64-bit Arm. Refused: sockets, new processes and programs, other processes' memory and signals, shared memory,
the kernel's administration, and what changes files by path without opening them, which Landlock does not see.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}
SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_MODE_FILTER, GET_ACTION_AVAIL, TSYNC = 1, 2, 1
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF opcodes
CLONE_THREAD = 0x10000
X32_BIT = 0x40000000
AF_INET, AF_INET6 = 2, 10
NEWEST_KNOWN = 471  # a call that came to the kernel after this list was made is answered "not there"
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # typing into somebody's terminal

# name: (x86-64, Arm), None where there is no such call
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # network
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    # processes and programs
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272), "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "setpriority": (141, 140),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    # its own limits
    "setrlimit": (160, 164),
    # files by path
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "utimensat": (280, 88), "futimesat": (261, None), "truncate": (76, 45), "setxattr": (188, 5),
    "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),
    "mknod": (133, None), "mknodat": (259, 33), "symlink": (88, None), "symlinkat": (266, 36), "chroot": (161, 51),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    # mounts and name spaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "open_tree": (428, 428), "open_tree_attr": (467, 467), "mount_setattr": (442, 442), "unshare": (272, 97),
    "setns": (308, 268), "quotactl": (179, 60), "quotactl_fd": (443, 443), "swapon": (167, 224),
    "swapoff": (168, 225), "acct": (163, 89),
    # the kernel itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None), "ioperm": (173, None),
    "modify_ldt": (154, None), "personality": (135, 92), "syslog": (103, 116), "vhangup": (153, 58),
    "lookup_dcookie": (212, 18), "nfsservctl": (180, 42),
    # memory that no limit of the process counts
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "msgget": (68, 186), "msgsnd": (69, 189),
    "msgrcv": (70, 188), "msgctl": (71, 187), "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191),
    "semtimedop": (220, 192), "mq_open": (240, 180), "mq_unlink": (241, 181), "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
}
# "Not there" instead of "not permitted": the C library then takes the older call, which the filter can look into.
ABSENT: dict[str, tuple[int, int]] = {"clone3": (435, 435), "io_uring_setup": (425, 425),
                                      "io_uring_enter": (426, 426), "io_uring_register": (427, 427)}
CLONE, KILL, TGKILL, PRLIMIT, IOCTL = (56, 220), (62, 129), (234, 131), (302, 261), (16, 29)
SOCKET = (41, 198)


def available() -> bool:
    """Whether this kernel and architecture can do it."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in AUDIT_ARCH or sys.maxsize < 2**32:
        return False
    action = ctypes.c_uint32(ERRNO)
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(SYS_SECCOMP[machine], GET_ACTION_AVAIL, 0, ctypes.byref(action))) == 0


def install(network: bool = False) -> bool:
    """Refuse the calls above in every thread of this process; needs no_new_privileges() before. False if it failed.

    With `network` it may connect to other machines by IP; what listens, and this machine's own sockets, stay refused.
    """
    if not available():
        return False
    machine = platform.machine()
    code = program(machine, os.getpid(), network)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    filter_program = Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(SYS_SECCOMP[machine], SET_MODE_FILTER, TSYNC, ctypes.byref(filter_program))) == 0


def program(machine: str, own_pid: int, network: bool = False) -> bytes:
    """The BPF program, 8 bytes an instruction. seccomp_data: nr at 0, arch at 4, argument i at 16 + 8 i (low word)."""
    column = COLUMN[machine]
    refuse, absent = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
    lines = [_line(LOAD, 4), _line(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0), _line(RETURN, refuse), _line(LOAD, 0)]
    lines += [_line(JUMP_AT_LEAST, X32_BIT, 0, 1), _line(RETURN, absent)]
    for calls, answer in ((REFUSED, refuse), (ABSENT, absent)):
        for name, numbers in calls.items():
            number = numbers[column]
            if number is not None and not (network and name in ("socket", "connect")):
                lines += [_line(JUMP_EQUAL, number, 0, 1), _line(RETURN, answer)]
    lines += [_line(JUMP_AT_LEAST, NEWEST_KNOWN + 1, 0, 1), _line(RETURN, absent)]
    # threads yes, processes no
    lines += _when(CLONE[column], [_line(LOAD, 16), _line(JUMP_ANY_BIT, CLONE_THREAD, 1, 0), _line(RETURN, refuse)])
    for call in (KILL, TGKILL):  # signals to itself only
        lines += _when(call[column], [_line(LOAD, 16), _line(JUMP_EQUAL, own_pid, 1, 0), _line(RETURN, refuse)])
    if network:
        lines += _when(SOCKET[column], [_line(LOAD, 16), _line(JUMP_EQUAL, AF_INET, 2, 0),
                                        _line(JUMP_EQUAL, AF_INET6, 1, 0), _line(RETURN, refuse)])
    # prlimit64 may ask (new_limit is NULL, both words) but not set
    lines += _when(PRLIMIT[column], [_line(LOAD, 32), _line(JUMP_EQUAL, 0, 0, 2), _line(LOAD, 36),
                                     _line(JUMP_EQUAL, 0, 1, 0), _line(RETURN, refuse)])
    lines += _when(IOCTL[column], [_line(LOAD, 24), _line(JUMP_EQUAL, TIOCSTI, 1, 0),
                                   _line(JUMP_EQUAL, TIOCLINUX, 0, 1), _line(RETURN, refuse)])
    return b"".join([*lines, _line(RETURN, ALLOW)])


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """`body` for that call, which ends in ALLOW unless it returned before."""
    return [_line(JUMP_EQUAL, number, 0, len(body) + 1), *body, _line(RETURN, ALLOW)]


def _line(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, k)
