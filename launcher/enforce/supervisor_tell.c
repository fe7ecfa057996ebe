/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whom a supervisor tells of calls: its log, whoever waits above, and whoever follows. And the
 * calls that the resident decides on for the same layer, which it tells of in the same words.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "layer/layer_sources.h"
#include "supervisor_parts.h"

#define PAUSE_NS 50000000
#define STACK_SIZE (64 * 1024)

/* Nobody reads it any more. */
static bool is_gone(int fd)
{
	struct pollfd end = {.fd = fd, .events = 0};

	return poll(&end, 1, 0) == 1 && end.revents;
}

static void follower_end(struct follower *follower)
{
	event_log_end(follower->log);
	close(follower->fd);
	*follower = (struct follower){.fd = -EBADF};
}

/* Under .followers_lock. */
static struct follower *follower_place(struct supervisor *supervisor)
{
	size_t i;

	for (i = 0; i < FOLLOWERS_MAX; i++) {
		struct follower *follower = &supervisor->follower[i];

		if (follower->log && is_gone(follower->fd))
			follower_end(follower);
		if (!follower->log)
			return follower;
	}
	return NULL;
}

int supervisor_follow(struct supervisor *supervisor, int fd, bool json, const char *name)
{
	const struct log_target target = {
		.kind = LOG_LINES, .format = json ? LOG_JSON : LOG_TEXT, .fd = fd};
	struct follower *follower;
	int r = -EUSERS;

	pthread_mutex_lock(&supervisor->followers_lock);
	follower = follower_place(supervisor);
	if (follower)
		r = event_log_new(&target, name, &follower->log);
	if (r == 0) {
		follower->fd = fd;
		snprintf(follower->name, sizeof(follower->name), "%s", name);
		__atomic_store_n(&supervisor->followed, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&supervisor->followers_lock);
	return r;
}

static void tell_followers(struct supervisor *supervisor, const struct event *told)
{
	struct event event = *told;
	size_t i, left = 0;

	pthread_mutex_lock(&supervisor->followers_lock);
	for (i = 0; i < FOLLOWERS_MAX; i++) {
		struct follower *follower = &supervisor->follower[i];

		if (!follower->log)
			continue;
		if (is_gone(follower->fd)) {
			follower_end(follower);
			continue;
		}
		memcpy(event.layer, follower->name, sizeof(event.layer));
		event_log_post(follower->log, &event);
		left++;
	}
	if (!left)
		__atomic_store_n(&supervisor->followed, false, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&supervisor->followers_lock);
}

bool supervisor_tells(const struct supervisor *supervisor)
{
	return supervisor->log || supervisor->watch.seen ||
	       __atomic_load_n(&supervisor->followed, __ATOMIC_ACQUIRE);
}

/* Followers ask the resident themselves. */
static void tell(struct supervisor *supervisor, struct event *event, bool of_resident)
{
	memcpy(event->layer, supervisor->watch.layer, sizeof(event->layer));
	if (event->rule < MPOL_RULE_COUNT)
		event->line = layer_source(&supervisor->state.policy, event->rule, event->profile,
					   sizeof(event->profile));
	if (supervisor->watch.seen)
		supervisor->watch.seen(supervisor->watch.arg, event);
	if (supervisor->log)
		event_log_put(supervisor->log, event);
	if (!of_resident && __atomic_load_n(&supervisor->followed, __ATOMIC_ACQUIRE))
		tell_followers(supervisor, event);
}

void supervisor_tell(struct supervisor *supervisor, struct event *event)
{
	tell(supervisor, event, false);
}

/* What the resident has told of since; or -errno. */
static int read_told(struct supervisor *supervisor, struct told *told, uint32_t id)
{
	struct resident_event one;
	int r;

	while ((r = told_read(told, &one)) > 0) {
		struct event event = {.rule = 0};

		/* Once the layer has ended, all that are ours to see are looked through. */
		if (one.layer != id)
			continue;
		told_event(&one, &event);
		/* Who tells of its refusals tells of what would be one, too. */
		if (event.verdict == EVENT_AUDITED && event.rule < MPOL_RULE_COUNT &&
		    supervisor->watch.counts & GROUP_BIT(group_of_rule(event.rule)))
			continue;
		pthread_rwlock_rdlock(&supervisor->lock);
		if (event.rule < MPOL_RULE_COUNT)
			supervisor->told_by[event.rule]++;
		tell(supervisor, &event, true);
		pthread_rwlock_unlock(&supervisor->lock);
	}
	return r;
}

void supervisor_find_resident(struct supervisor *supervisor)
{
	__u32 id;

	if (!supervisor->has_teller || __atomic_load_n(&supervisor->resident_id, __ATOMIC_RELAXED))
		return;
	if (layer_resident_id(&supervisor->resident.modify, 0, &id) == 0 &&
	    told_begin(&supervisor->resident.modify, false, &supervisor->told) == 0)
		__atomic_store_n(&supervisor->resident_id, id, __ATOMIC_RELEASE);
}

/*
 * Its layer there is made by the first that joins, so that at first there may be none; and may end
 * with the last, whose calls are then found among all that this user may see.
 */
static void *teller_main(void *arg)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct supervisor *supervisor = arg;
	struct told told = {.next = 0};
	bool last, began = false;
	uint32_t id;
	int r;

	do {
		last = __atomic_load_n(&supervisor->ending, __ATOMIC_ACQUIRE);
		id = __atomic_load_n(&supervisor->resident_id, __ATOMIC_ACQUIRE);
		if (id && !began) {
			told = supervisor->told;
			began = true;
		}
		pthread_rwlock_rdlock(&supervisor->lock);
		memcpy(&told.key, &supervisor->resident.modify, sizeof(told.key));
		pthread_rwlock_unlock(&supervisor->lock);
		r = id ? read_told(supervisor, &told, id) : 0;
		if (r == -EKEYREJECTED) {
			memset(&told.key, 0, sizeof(told.key));
			(void)read_told(supervisor, &told, id);
			last = true;
		}
		if (!last)
			(void)nanosleep(&pause, NULL);
	} while (!last);
	return NULL;
}

int supervisor_tell_of_resident(struct supervisor *supervisor)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int r;

	if (ticket_key_is_zero(&supervisor->resident.modify) || !supervisor_tells(supervisor))
		return 0;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&supervisor->teller, &attributes, teller_main, supervisor);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	supervisor->has_teller = r == 0;
	return -r;
}

static void end_teller(struct supervisor *supervisor)
{
	__atomic_store_n(&supervisor->ending, true, __ATOMIC_RELEASE);
	if (supervisor->has_teller)
		(void)pthread_join(supervisor->teller, NULL);
	supervisor->has_teller = false;
}

void supervisor_told(struct supervisor *supervisor, uint64_t ret[MPOL_RULES_ROOM])
{
	end_teller(supervisor);
	memcpy(ret, supervisor->told_by, sizeof(supervisor->told_by));
}

void supervisor_tell_no_more(struct supervisor *supervisor)
{
	size_t i;

	end_teller(supervisor);
	for (i = 0; i < FOLLOWERS_MAX; i++)
		if (supervisor->follower[i].log)
			follower_end(&supervisor->follower[i]);
}
