/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learn.h"

#include <string.h>

void learner_init(struct learner *learner)
{
	memset(learner, 0, sizeof(*learner));
	pthread_mutex_init(&learner->lock, NULL);
}

/* NULL where there are more tasks than places: what those do is learned all the same. */
static struct learn_task *find_task(struct learner *learner, pid_t tid)
{
	uint32_t i, at = (uint32_t)tid * 2654435761u;

	for (i = 0; tid && i < LEARN_TASKS; i++) {
		struct learn_task *task = &learner->task[(at + i) % LEARN_TASKS];

		if (task->tid == tid)
			return task;
		if (!task->tid) {
			task->tid = tid;
			learner->tasks++;
			return task;
		}
	}
	return NULL;
}

/* Whether this call is one of those that libnuma makes when it is loaded (2.0.15 and later). */
static bool is_probe(struct learn_task *task, const struct event *event)
{
	enum learn_step step;

	if (!task)
		return false;
	step = task->step;
	task->step = LEARN_NOTHING;
	if (event->call == MPOL_SYS_GET_MEMPOLICY) {
		task->step = LEARN_ASKED;
		return false;
	}
	if (event->call != MPOL_SYS_SET_MEMPOLICY)
		return false;
	if (step == LEARN_ASKED && event->mode == MPOL_ABI_MODE_PREFERRED_MANY) {
		task->step = LEARN_PROBING;
		return true;
	}
	return step == LEARN_PROBING;
}

static void count(struct learner *learner, uint32_t rule, bool probe)
{
	learner->seen[rule]++;
	if (probe)
		learner->probed[rule]++;
}

static void learn_setting(struct learner *learner, const struct event *event, bool probe)
{
	uint32_t mode = event->mode & ~MPOL_ABI_MODE_FLAGS, bit;
	size_t i;

	count(learner,
	      mode < MPOL_ABI_MODES ? MPOL_RULE_MODE + mode : (uint32_t)MPOL_RULE_MODE_UNKNOWN,
	      probe);
	for (bit = 0; bit < 3; bit++)
		if (event->mode >> (MPOL_ABI_FLAG_SHIFT + bit) & 1)
			count(learner, MPOL_RULE_MODE_FLAG + bit, probe);
	for (bit = 0; bit < MPOL_ABI_MF_BITS; bit++)
		if (event->mbind_flags >> bit & 1)
			count(learner, MPOL_RULE_MBIND_FLAG + bit, probe);
	if (event->mbind_flags >> MPOL_ABI_MF_BITS)
		count(learner, MPOL_RULE_MBIND_FLAG_UNKNOWN, probe);
	if (!event->nodes_known)
		learner->nodes_unknown = true;
	for (i = 0; event->nodes_known && i < MPOL_NODES_WORDS; i++)
		learner->nodes[i] |= event->nodes[i];
}

void learner_add(void *arg, const struct event *event)
{
	struct learner *learner = arg;
	bool probe;

	pthread_mutex_lock(&learner->lock);
	probe = is_probe(find_task(learner, event->tid), event);
	if (event->rule >= MPOL_RULE_COUNT)
		learner->undecoded++;
	else if (event->call == MPOL_SYS_MBIND || event->call == MPOL_SYS_SET_MEMPOLICY)
		learn_setting(learner, event, probe);
	else
		count(learner, event->rule, false);
	pthread_mutex_unlock(&learner->lock);
}
