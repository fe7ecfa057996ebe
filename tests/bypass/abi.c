/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "abi.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define X32_BIT 0x40000000ul

static const char *const names[ABI_COUNT] = {
	[ABI_NATIVE] = "native",     [ABI_I386] = "i386",
	[ABI_X32] = "x32",           [ABI_X32_COMMON] = "x32-common",
	[ABI_X32_BARE] = "x32-bare", [ABI_NUMBER_HIGH] = "number-high",
};

#ifdef __x86_64__
static const int native_numbers[CALL_COUNT] = {237, 238, 239, 450, 256, 279, 165, 431, 425};
static const int i386_numbers[CALL_COUNT] = {274, 276, 275, 450, 294, 317, 21, 431, 425};
static const int x32_numbers[CALL_COUNT] = {237, 238, 239, 450, 256, 533, 165, 431, 425};
#else
static const int native_numbers[CALL_COUNT] = {
	SYS_mbind,
	SYS_set_mempolicy,
	SYS_get_mempolicy,
	450,
	SYS_migrate_pages,
	SYS_move_pages,
	SYS_mount,
	431,
	425,
};
#endif

const char *abi_name(enum abi_kind abi)
{
	return abi < ABI_COUNT ? names[abi] : NULL;
}

int abi_is_low(enum abi_kind abi)
{
	return abi == ABI_I386;
}

#ifdef __x86_64__
/* In assembly whole, since the number's high half and %rbp are beyond what syscall(3) can reach. */
long raw_syscall(unsigned long number, const unsigned long *args);
long raw_int80(unsigned long number, const unsigned long *args);

__asm__(".pushsection .text\n"
	".globl raw_syscall\n"
	".type raw_syscall, @function\n"
	"raw_syscall:\n"
	"	endbr64\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rcx\n"
	"	mov 0(%rcx), %rdi\n"
	"	mov 8(%rcx), %rsi\n"
	"	mov 16(%rcx), %rdx\n"
	"	mov 24(%rcx), %r10\n"
	"	mov 32(%rcx), %r8\n"
	"	mov 40(%rcx), %r9\n"
	"	syscall\n"
	"	ret\n"
	".size raw_syscall, . - raw_syscall\n"
	".globl raw_int80\n"
	".type raw_int80, @function\n"
	"raw_int80:\n"
	"	endbr64\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %r8\n"
	"	mov 0(%r8), %rbx\n"
	"	mov 8(%r8), %rcx\n"
	"	mov 16(%r8), %rdx\n"
	"	mov 24(%r8), %rsi\n"
	"	mov 32(%r8), %rdi\n"
	"	mov 40(%r8), %rbp\n"
	"	int $0x80\n"
	"	movslq %eax, %rax\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"
	".size raw_int80, . - raw_int80\n"
	".popsection\n");

long abi_call(enum abi_kind abi, enum call call, const unsigned long args[6])
{
	unsigned long native = native_numbers[call], x32 = x32_numbers[call];

	switch (abi) {
	case ABI_NATIVE:
		return raw_syscall(native, args);
	case ABI_I386:
		return raw_int80(i386_numbers[call], args);
	case ABI_X32:
		return raw_syscall(x32 | X32_BIT, args);
	case ABI_X32_COMMON:
		return raw_syscall(native | X32_BIT, args);
	case ABI_X32_BARE:
		return raw_syscall(x32, args);
	case ABI_NUMBER_HIGH:
		return raw_syscall(native | 0x100000000ul, args);
	case ABI_COUNT:
		break;
	}
	return -ENOSYS;
}
#else
long abi_call(enum abi_kind abi, enum call call, const unsigned long args[6])
{
	long number = native_numbers[call], ret;

	if (abi == ABI_NUMBER_HIGH)
		number |= 0x100000000l;
	else if (abi != ABI_NATIVE)
		return -ENOSYS;
	ret = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	return ret < 0 ? -errno : ret;
}
#endif

void *low_alloc(size_t size)
{
#ifdef MAP_32BIT
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;
#else
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#endif
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}
