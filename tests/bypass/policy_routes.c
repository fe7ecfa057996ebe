/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* set_mempolicy(2), mbind(2), set_mempolicy_home_node(2), get_mempolicy(2) */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "nodes_race.h"
#include "oracle.h"
#include "route.h"

#define PAGE 4096ul
#define MF_MOVES 6u /* move, move-all */

/* What the kernel makes of a mode argument: int, then the flags taken off. */
static int kernel_mode(unsigned long arg)
{
	return (int)((uint32_t)arg & ~MODE_FLAGS);
}

static bool takes_nodes(int mode)
{
	return mode != MODE_DEFAULT && mode != MODE_LOCAL;
}

/* A page of its own mapping: neighbours without access keep the kernel from merging it. */
static char *page_alloc(bool shared)
{
	int flags = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS;
	char *area;

#ifdef MAP_32BIT
	flags |= MAP_32BIT;
#endif
	area = mmap(NULL, 3 * PAGE, PROT_NONE, flags, -1, 0);
	if (area == MAP_FAILED || mprotect(area + PAGE, PAGE, PROT_READ | PROT_WRITE))
		return NULL;
	return area + PAGE;
}

/* A mask that a caller of any ABI can point to: of the target node, or as @arg asks. */
static unsigned long *mask_alloc(unsigned long arg)
{
	unsigned long *mask = low_alloc(PAGE);

	if (mask && (arg & (ARG_NODE_0 | ARG_NODE_1)))
		*mask = (arg & ARG_NODE_0 ? 1 : 0) | (arg & ARG_NODE_1 ? 2 : 0);
	else if (mask && !(arg & ARG_EMPTY))
		*mask = 1ul << oracle_target();
	return mask;
}

#define MASK_BITS 33ul /* the kernel takes one off: 32 nodes, one word of a 32-bit caller's mask */

/*
 * "default" can only be seen to take hold where something else held before. Which of the others the
 * profile leaves is not known here, so each is tried. With @area NULL for the task.
 */
static void set_prior(char *area)
{
	static const int modes[] = {MODE_LOCAL, MODE_INTERLEAVE, MODE_PREFERRED,
				    MODE_PREFERRED_MANY};
	unsigned long *mask = mask_alloc(0);

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		unsigned long *nodes = takes_nodes(modes[i]) ? mask : NULL;
		unsigned long bits = nodes ? MASK_BITS : 0;

		if (area ? !syscall(SYS_mbind, area, PAGE, modes[i], nodes, bits, 0)
			 : !syscall(SYS_set_mempolicy, modes[i], nodes, bits))
			return;
	}
}

/* Whether @mode is what the oracle sees, and was not there before. */
static bool took_hold(struct outcome *out, unsigned long arg, bool empty, int before, char *page)
{
	int mode = kernel_mode(arg);
	struct seen seen = oracle_look(page, true);
	bool hold;

	if (mode == MODE_PREFERRED && empty)
		mode = MODE_LOCAL;
	hold = seen.mode == mode && before != mode;
	/* A page far from home that only a binding explains counts, whatever numa_maps says. */
	if (mode == MODE_BIND && oracle_places() && seen.node == oracle_target())
		hold = true;
	snprintf(out->note, sizeof(out->note), "%s", seen_text(&seen));
	if (seen.asked >= 0 && (seen.asked & 0xff) != seen.mode)
		snprintf(out->note, sizeof(out->note), "get_mempolicy says %d, numa_maps %s",
			 seen.asked & 0xff, seen_text(&seen));
	return hold;
}

void policy_set(const struct route *route, struct outcome *out)
{
	bool empty = route->arg[1] & ARG_EMPTY;
	bool nodes = takes_nodes(kernel_mode(route->arg[0]));
	unsigned long *mask = mask_alloc(route->arg[1]);
	char *page = page_alloc(false);
	unsigned long args[6] = {route->arg[0], nodes ? (uintptr_t)mask : 0, nodes ? MASK_BITS : 0};
	int before;
	long ret;

	if (!mask || !page) {
		outcome_absent(out, ENOMEM, "mmap");
		return;
	}
	if (route->arg[1] & ARG_RACING) {
		nodes_race(route, mask, out);
		return;
	}
	if (kernel_mode(route->arg[0]) == MODE_DEFAULT)
		set_prior(NULL);
	before = oracle_look(page, false).mode;
	ret = abi_call(route->abi, CALL_SET_MEMPOLICY, args);
	outcome_judge(out, ret, took_hold(out, route->arg[0], empty, before, page));
}

void policy_mbind(const struct route *route, struct outcome *out)
{
	bool empty = route->arg[2] & ARG_EMPTY;
	bool nodes = takes_nodes(kernel_mode(route->arg[0]));
	unsigned long *mask = mask_alloc(route->arg[2]);
	char *page = page_alloc(route->arg[2] & ARG_SHARED);
	unsigned long args[6] = {(uintptr_t)page,       PAGE,
				 route->arg[0],         nodes ? (uintptr_t)mask : 0,
				 nodes ? MASK_BITS : 0, route->arg[1]};
	int before;
	long ret;

	if (!mask || !page) {
		outcome_absent(out, ENOMEM, "mmap");
		return;
	}
	if (kernel_mode(route->arg[0]) == MODE_DEFAULT)
		set_prior(page);
	/* Something to move; without a move flag "strict" would find it on the wrong node. */
	before = oracle_look(page, route->arg[1] & MF_MOVES).mode;
	ret = abi_call(route->abi, CALL_MBIND, args);
	outcome_judge(out, ret, took_hold(out, route->arg[0], empty, before, page));
}

/*
 * It acts on areas that are bound or preferred-many, which not every profile lets us make; without
 * one the kernel answers ENOENT, which is not the answer of any profile.
 */
void policy_home_node(const struct route *route, struct outcome *out)
{
	unsigned long *mask = mask_alloc(0);
	char *page = page_alloc(false);
	unsigned long args[6] = {(uintptr_t)page, PAGE, (unsigned int)oracle_target(), 0};
	struct seen seen;
	bool made, hold;
	long ret;

	if (!mask || !page) {
		outcome_absent(out, ENOMEM, "mmap");
		return;
	}
	/* Every node there may be, so that the home alone decides where the page goes. */
	*mask |= 0xff;
	made = !syscall(SYS_mbind, page, PAGE, MODE_PREFERRED_MANY, mask, MASK_BITS, 0);
	ret = abi_call(route->abi, CALL_SET_MEMPOLICY_HOME_NODE, args);
	seen = oracle_look(page, true);
	hold = oracle_places() ? seen.node == oracle_target() : ret == 0;
	snprintf(out->note, sizeof(out->note), "%s%s", seen_text(&seen),
		 made ? "" : ", no area to act on");
	outcome_judge(out, ret, hold);
}

void policy_get(const struct route *route, struct outcome *out)
{
	unsigned long *room = low_alloc(2 * PAGE);
	char *page = page_alloc(false);
	bool addr = route->arg[0] & ARG_ADDR, mems = route->arg[0] & ARG_MEMS;
	unsigned long args[6] = {0};
	long ret;

	if (!room || !page) {
		outcome_absent(out, ENOMEM, "mmap");
		return;
	}
	room[0] = ~0ul;
	if (mems) {
		args[1] = (uintptr_t)room;
		args[2] = 8 * PAGE; /* at least as many as the kernel has nodes */
		args[4] = 4; /* MPOL_F_MEMS_ALLOWED */
	} else {
		args[0] = (uintptr_t)room;
		args[3] = addr ? (uintptr_t)page : 0;
		args[4] = addr ? 2 : 0; /* MPOL_F_ADDR */
	}
	ret = abi_call(route->abi, CALL_GET_MEMPOLICY, args);
	snprintf(out->note, sizeof(out->note), "%lx", room[0] & 0xffff);
	outcome_judge(out, ret, room[0] != ~0ul);
}
