#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Set memory policies by every entry into the kernel that x86_64 has, and print the answers.

One line for each entry and call: "ENTRY CALL bind=ANSWER interleave=ANSWER", where an answer is ok
or the errno's name. The mask is empty for i386, whose pointers have 32 bits: a kernel that looks
that far says EINVAL to both modes, so there, EINVAL means that nobody refused.
"""
import ctypes
import errno
import mmap

BIND, INTERLEAVE = 2, 3
X32 = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
node = ctypes.c_ulong(1)
page = mmap.mmap(-1, mmap.PAGESIZE)
PAGE = ctypes.addressof(ctypes.c_char.from_buffer(page))

# The i386 entry, int 0x80, as a function (number, 1st, 2nd, 3rd, and, as 5th and 6th, 4th and 5th):
#   push rbx; mov eax,edi; mov ebx,esi; xchg ecx,edx; mov esi,r8d; mov edi,r9d; int 0x80;
#   movsxd rax,eax; pop rbx; ret
CODE = bytes.fromhex("53 89f8 89f3 87ca 4489c6 4489cf cd80 4863c0 5b c3")
text = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
text.write(CODE)
int80 = ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_uint] * 6)(
    ctypes.addressof(ctypes.c_char.from_buffer(text)))


def name(error):
    return errno.errorcode[error] if error else "ok"


def native(number, *args):
    r = libc.syscall(*(ctypes.c_long(a) for a in (number, *args)))
    return name(ctypes.get_errno() if r == -1 else 0) if r in (0, -1) else f"returned:{r}"


def i386(number, *args):
    return name(-int80(number, *args, *[0] * (5 - len(args))))


def show(entry, call, answer):
    print(entry, call, f"bind={answer(BIND)}", f"interleave={answer(INTERLEAVE)}", flush=True)


MASK = ctypes.addressof(node)
for entry, bit in ("x86_64", 0), ("x32", X32):
    show(entry, "mbind", lambda mode: native(bit + 237, PAGE, mmap.PAGESIZE, mode, MASK, 64, 0))
    show(entry, "set_mempolicy", lambda mode: native(bit + 238, mode, MASK, 64))
    # The kernel looks at 32 bits of the mode, and at bit 15 as a flag of it.
    show(entry, "disguised",
         lambda mode: native(bit + 237, PAGE, mmap.PAGESIZE, mode | 1 << 32 | 1 << 15, MASK, 64, 0))
# mbind(NULL, 4096, ...): mpol_new() is done with the mask before anything looks at the range.
show("i386", "mbind", lambda mode: i386(274, 0, mmap.PAGESIZE, mode, 0, 0))
show("i386", "set_mempolicy", lambda mode: i386(276, mode, 0, 0))
