/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "told.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "caller.h"
#include "base/process.h"
#include "resident/client.h"
#include "resident_abi.h"

#define NUMBERS RESIDENT_EVENT_NUMBERS
#define BLOCKED_MAX 20 /* looks at one that is being written, before it is taken for lost */
#define NS 1000000000ull

/* The number that the kernel gives to the first pid namespace. */
#define FIRST_PID_NAMESPACE 0xeffffffcU

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
}

static int call(const struct told *told, enum resident_verb verb, uint32_t field, uint32_t part)
{
	const struct resident_request request = {
		.version = RESIDENT_ABI, .key = told->key, .field = field, .part = part};

	return resident_call(verb, &request);
}

/* 64 bits are three parts; a carry between them is found by a second look. */
static int count(const struct told *told, uint64_t *ret)
{
	uint64_t part[3] = {0}, above;
	int r, i;

	do {
		above = part[1];
		for (i = 2; i >= 0; i--) {
			r = call(told, RESIDENT_TOLD, 0, (uint32_t)i);
			if (r < 0)
				return r;
			part[i] = (uint64_t)r;
		}
	} while (part[1] != above);
	*ret = part[2] << 2 * RESIDENT_BITS | part[1] << RESIDENT_BITS | part[0];
	return 0;
}

int told_begin(const struct ticket_key *key, bool recent, struct told *ret)
{
	struct told told = {.next = 0};
	int r;

	if (key)
		memcpy(&told.key, key, sizeof(told.key));
	/* From here on it is recorded; what was counted before was not. */
	r = call(&told, RESIDENT_NEXT, 0, 1);
	if (r >= 0) {
		told.next = (uint32_t)r;
		r = count(&told, &told.before);
	}
	if (r < 0)
		return r;
	if (recent)
		told.next = (told.next - RESIDENT_EVENTS) & (NUMBERS - 1);
	told.asked = boot_ns();
	*ret = told;
	return 0;
}

#define READ_MAX 256

/* @size bytes that a verb tells of @field, 30 bits at a time. */
static int read_whole(const struct told *told, enum resident_verb verb, uint32_t field, void *ret,
		      size_t size)
{
	uint64_t words[READ_MAX / sizeof(uint64_t) + 1] = {0};
	uint32_t part, bit;
	int r;

	for (part = 0; part * RESIDENT_BITS < size * 8; part++) {
		r = call(told, verb, field, part);
		if (r < 0)
			return r;
		bit = part * RESIDENT_BITS;
		words[bit / 64] |= (uint64_t)r << (bit % 64);
		if (bit % 64 > 64 - RESIDENT_BITS)
			words[bit / 64 + 1] |= (uint64_t)r >> (64 - bit % 64);
	}
	memcpy(ret, words, size);
	return 0;
}

/* -ESTALE: it is another one by now. */
static int read_one(const struct told *told, struct resident_event *ret)
{
	_Static_assert(sizeof(*ret) <= READ_MAX, "room for it");
	return read_whole(told, RESIDENT_EVENT, told->next, ret, sizeof(*ret));
}

/* Its id is in it, of which the kernel says each time that it is the one that was asked for. */
int told_label(const struct told *told, uint32_t id, struct resident_label *ret)
{
	_Static_assert(sizeof(*ret) <= READ_MAX, "room for it");
	return read_whole(told, RESIDENT_LABEL, id, ret, sizeof(*ret));
}

int told_label_stands(const struct told *told, uint32_t id)
{
	int r = call(told, RESIDENT_LABEL, id, 0);

	return r < 0 ? r : 0;
}

static void decode(const struct resident_event *told, struct event *ret)
{
	const struct mpol_rules none = {.version = MPOL_RULES_VERSION};
	struct notify_decision decision;
	struct seccomp_data data = {
		.nr = (int)told->call,
		.arch = told->flags & RESIDENT_EVENT_COMPAT ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64,
	};

	memcpy(data.args, told->args, sizeof(data.args));
	notify_decide(&none, abi_family_native(), &data, &decision);
	caller_of_decision(&data, &decision, &none, ret);
}

/* What enforce/resident.c does to see that the programs run. Can do nothing else to anybody. */
static bool is_trial(const struct resident_event *told)
{
	struct event event;

	if (told->args[1] != RESIDENT_TRIAL_NODES || told->args[2] != 1)
		return false;
	decode(told, &event);
	return event.call == MPOL_SYS_SET_MEMPOLICY;
}

int told_read(struct told *told, struct resident_event *ret)
{
	int r;

	for (;;) {
		r = call(told, RESIDENT_NEXT, told->next, 0);
		if (r == -EAGAIN)
			return 0; /* its programs are being replaced: later */
		if (r < 0)
			return r;
		told->asked = boot_ns();
		if (!(r & RESIDENT_EVENT_FOUND)) {
			if ((uint32_t)r != told->next)
				told->blocked = 0;
			told->next = (uint32_t)r;
			r = call(told, RESIDENT_NEXT, 0, 1);
			if (r < 0 || (uint32_t)r == told->next)
				return r < 0 && r != -EAGAIN ? r : 0;
			if (++told->blocked < BLOCKED_MAX)
				return 0;
			told->blocked = 0;
			told->next = (told->next + 1) & (NUMBERS - 1);
			continue;
		}
		told->next = (uint32_t)r & (NUMBERS - 1);
		told->blocked = 0;
		r = read_one(told, ret);
		if (r == -EAGAIN)
			return 0;
		told->next = (told->next + 1) & (NUMBERS - 1);
		if (r == -ESTALE)
			continue;
		if (r < 0)
			return r;
		told->seen++;
		if (!is_trial(ret))
			return 1;
	}
}

int told_lost(struct told *told, uint64_t *ret)
{
	uint64_t total, known = told->before + told->seen + told->lost;
	int r = count(told, &total);

	if (r == -EAGAIN)
		total = known;
	else if (r < 0)
		return r;
	*ret = total > known ? total - known : 0;
	return 0;
}

bool told_slept(const struct told *told)
{
	return boot_ns() - told->asked > RESIDENT_LISTEN_NS;
}

static void set_time(uint64_t at, struct event *ret)
{
	uint64_t ago = boot_ns() - at;

	clock_gettime(CLOCK_REALTIME, &ret->time);
	ret->time.tv_sec -= (time_t)(ago / NS);
	ret->time.tv_nsec -= (long)(ago % NS);
	if (ret->time.tv_nsec < 0) {
		ret->time.tv_nsec += (long)NS;
		ret->time.tv_sec--;
	}
}

/* What a call that sets a policy named, without what lies behind its mask. */
static void set_nodes(const struct resident_event *told, struct event *ret)
{
	bool is_mbind = ret->call == MPOL_SYS_MBIND;
	uint64_t bits = told->args[is_mbind ? 3 : 1] ? told->args[is_mbind ? 4 : 2] - 1 : 0, i;

	ret->nodes_known = told->flags & RESIDENT_EVENT_NODES;
	ret->nodes_exact = told->flags & RESIDENT_EVENT_NODES_EXACT;
	if (!ret->nodes_known)
		return;
	memcpy(ret->nodes, told->nodes, sizeof(ret->nodes));
	for (i = bits; !ret->nodes_exact && i < MPOL_NODES_MAX; i++)
		ret->nodes[i / 64] &= ~(1ULL << (i % 64));
}

/* Its pid may be another's by now; whoever started later than that is. */
static void look(uint64_t at, struct event *ret)
{
	uint64_t started, ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) < 0 || st.st_ino != FIRST_PID_NAMESPACE ||
	    process_started(ret->pid, &started) < 0 || started > at / (NS / ticks))
		return;
	caller_look_at(ret->pid, ret);
}

void told_event(const struct resident_event *told, struct event *ret)
{
	decode(told, ret);
	if (told->act == MPOL_ACT_FILE || told->act == MPOL_ACT_CPUSET)
		ret->call = MPOL_SYS_COUNT;
	ret->rule = MPOL_VERDICT_RULE(told->verdict);
	ret->answer = MPOL_VERDICT_ANSWER(told->verdict);
	switch ((enum mpol_kind)MPOL_ANSWER_KIND(ret->answer)) {
	case MPOL_KILL:
		ret->verdict = EVENT_KILLED;
		break;
	case MPOL_ERRNO:
	case MPOL_IGNORE:
		ret->verdict = EVENT_REFUSED;
		break;
	case MPOL_AUDIT:
	case MPOL_ALLOW:
		ret->verdict = EVENT_AUDITED;
		ret->answer = (uint16_t)told->answer;
		break;
	}
	ret->pid = (pid_t)told->pid;
	ret->tid = (pid_t)told->tid;
	ret->uid = told->uid;
	snprintf(ret->comm, sizeof(ret->comm), "%.*s", (int)sizeof(told->comm), told->comm);
	set_time(told->time, ret);
	if (told->act == MPOL_ACT_SET)
		set_nodes(told, ret);
	look(told->time, ret);
}
