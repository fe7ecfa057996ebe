/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the static program starts, one system call before libc's _start.
 *
 * A position-independent program relocates itself: libc writes into each of its dozen pages of
 * initialised data, and each write takes a fault of its own. Asking for all of them at once saves a
 * fiftieth of a launch. A kernel before 5.14 does not know MADV_POPULATE_WRITE, and whoever else
 * answers an error changes nothing either: the faults come then as ever.
 *
 * No C, since nothing is relocated yet. %rdx is what the kernel leaves for _start.
 */
#ifndef __x86_64__
#error "only x86_64 starts here"
#endif

__asm__(".text\n"
	".globl mpolrun_entry\n"
	".hidden mpolrun_entry\n"
	".hidden __init_array_start\n"
	".type mpolrun_entry, @function\n"
	"mpolrun_entry:\n"
	"	mov %rdx, %r8\n"
	"	lea __init_array_start(%rip), %rdi\n"
	"	and $-4096, %rdi\n"
	"	lea _edata(%rip), %rsi\n"
	"	sub %rdi, %rsi\n"
	"	mov $23, %edx\n" /* MADV_POPULATE_WRITE */
	"	mov $28, %eax\n" /* madvise(2) */
	"	syscall\n"
	"	mov %r8, %rdx\n"
	"	jmp _start\n"
	".size mpolrun_entry, . - mpolrun_entry\n");
