"""Landlock: the Linux kernel's way for a process to give up its access to files, for good and without being root.

Three system calls by ctypes (kernel 5.13 and newer, https://docs.kernel.org/userspace-api/landlock.html). A rule grants
rights on a file or on everything below a folder; whatever is handled and not granted is refused. It binds the calling
thread and those it starts later, so restrict() belongs at the very beginning, before any library starts threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
VERSION_FLAG = 1
RULE_PATH_BENEATH = 1
PR_SET_NO_NEW_PRIVS = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
ALL_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by ABI
RIGHTS_ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READ = READ_FILE | READ_DIR
# No links, devices, pipes or sockets: a server that later reads the folder must not be led out of it.
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
NET_ALL = 0b11  # bind and connect TCP
SCOPE_ALL = 0b11  # abstract unix sockets, signals


class _RulesetAttr(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneathAttr(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi() -> int:
    """The version of Landlock that the kernel offers, 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_FLAG)))


def restrict(readable: Iterable[Path], writable: Iterable[Path], devices: Iterable[Path] = (),
             execute: bool = False, network: bool = False) -> bool:
    """Keep this thread to reading `readable` and changing `writable`; paths that do not exist are passed over.

    `devices` may be read, written and controlled. With `execute` programs may still be started, which trusted code
    may want while it prepares; with `network` TCP stays open. Returns False, having done nothing, where the kernel has
    no Landlock.
    """
    version = abi()
    if version < 1:
        return False
    handled = ALL_RIGHTS[max(known for known in ALL_RIGHTS if known <= version)]
    if execute:
        handled &= ~EXECUTE
    attr = _RulesetAttr(handled, NET_ALL if version >= 4 and not network else 0, SCOPE_ALL if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _syscall(CREATE_RULESET, ctypes.byref(attr), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for paths, rights in ((readable, READ), (writable, WRITE), (devices, READ | WRITE_FILE | IOCTL_DEV)):
            for path in paths:
                _grant(ruleset, path, rights & handled)
        return no_new_privileges() and _syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)


def _grant(ruleset: int, path: Path, rights: int) -> None:
    with contextlib.suppress(OSError):
        fd = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
        try:
            if not path.is_dir():
                rights &= RIGHTS_ON_A_FILE
            rule = _PathBeneathAttr(rights, fd)
            _syscall(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(RULE_PATH_BENEATH), ctypes.byref(rule),
                     ctypes.c_uint32(0))
        finally:
            os.close(fd)


def no_new_privileges() -> bool:
    """Give up set-uid programs and the like, which Landlock and seccomp ask for."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    return int(libc.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero)) == 0


def _syscall(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return int(libc.syscall(ctypes.c_long(number), *arguments))
