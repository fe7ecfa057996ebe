/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate_pages(2), move_pages(2) */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"
#include "route.h"

#define PAGE 4096ul

/* Below 4 GiB: the pointer array of a 32-bit caller must be able to name it. */
static char *page_touched(void)
{
	char *page = low_alloc(PAGE);

	if (page)
		*page = 1;
	return page;
}

static unsigned long own_pid(unsigned long arg)
{
	return arg & ARG_OWN ? (unsigned long)getpid() : 0;
}

/* Without a second node nothing can be seen to move: then the kernel's word has to do. */
static bool moved(char *page, long ret, struct outcome *out)
{
	struct seen seen = oracle_look(page, false);

	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	return oracle_places() ? seen.node == oracle_target() : ret >= 0;
}

void pages_migrate(const struct route *route, struct outcome *out)
{
	unsigned long *masks = low_alloc(PAGE);
	char *page = page_touched();
	unsigned long args[6] = {own_pid(route->arg[0]), 33, (uintptr_t)&masks[0],
				 (uintptr_t)&masks[1]};
	struct seen seen;
	long ret;

	if (!masks || !page) {
		outcome_absent(out, ENOMEM, "mmap");
		return;
	}
	seen = oracle_look(page, false);
	masks[0] = 1ul << (seen.node < 0 ? 0 : seen.node);
	masks[1] = 1ul << oracle_target();
	ret = abi_call(route->abi, CALL_MIGRATE_PAGES, args);
	outcome_judge(out, ret, moved(page, ret, out));
}

/* An array of nodes whose address has 32 low bits of 0: a filter must look at both halves. */
static int *nodes_at_4g(void)
{
	void *at = (void *)0x700000000ul;
	void *got = mmap(at, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return got == at ? got : NULL;
}

static unsigned int word_at(const void *at)
{
	unsigned int word;

	memcpy(&word, at, sizeof(word));
	return word;
}

void pages_move(const struct route *route, struct outcome *out)
{
	bool query = !route->arg[1],
	     compat = route->abi != ABI_NATIVE && route->abi != ABI_NUMBER_HIGH;
	unsigned long *pages = low_alloc(PAGE);
	int *nodes = route->arg[1] & ARG_LOW_HALF_ZERO ? nodes_at_4g() : low_alloc(PAGE);
	int *status = low_alloc(PAGE);
	char *page = page_touched();
	/*
	 * A number beside "own" or "null" lands in the high half, which is the pid's business only.
	 */
	unsigned long args[6] = {own_pid(route->arg[0]), 1,
				 (uintptr_t)pages,       query ? 0 : (uintptr_t)nodes,
				 (uintptr_t)status,      0};
	long ret;

	if (!pages || !nodes || !status || !page) {
		outcome_absent(out, ENOMEM, "mmap");
		return;
	}
	if (compat)
		*(uint32_t *)pages = (uintptr_t)page; /* the other half stays 0: right for both */
	else
		*pages = (uintptr_t)page;
	*nodes = oracle_target();
	*status = -1;
	args[0] |= route->arg[0] & 0xffffffff00000000ul & ~ARG_OWN;
	ret = abi_call(route->abi, CALL_MOVE_PAGES, args);
	if (query) {
		snprintf(out->note, sizeof(out->note), "status %d", (int)word_at(status));
		outcome_judge(out, ret, *status >= 0);
		return;
	}
	outcome_judge(out, ret, moved(page, ret, out));
}
