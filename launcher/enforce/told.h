/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the resident tells of calls that it did not simply allow (bpf/events_abi.h): to root of all,
 * to whoever has a layer's modify key of that layer's, to any other user of those of their layers.
 * Any phase but between fork and execve, no privilege.
 */
#ifndef MPOLRUN_TOLD_H
#define MPOLRUN_TOLD_H

#include "events/event.h"
#include "events_abi.h"
#include "layer/ticket.h"

struct told {
	struct resident_key key; /* of the layer that is asked for; zero: all that we may see */
	uint32_t next; /* the number of the event to look at next */
	uint32_t blocked; /* how often somebody was still writing that one */
	uint64_t before, seen; /* how many there were before us; and since, that we saw */
	uint64_t lost; /* that we know of */
	uint64_t asked; /* ns of CLOCK_BOOTTIME, when we last did */
};

/*
 * From now on, or, @recent, from the oldest that is still there. @key: NULL, or of either kind.
 *   -ENODEV  no resident answers;  -EPROTO  one of another release;  -EKEYREJECTED
 *   -EACCES  in a user namespace not even a user's own are shown, nor to a root without
 *            capabilities
 */
int told_begin(const struct ticket_key *key, bool recent, struct told *ret);

/*
 * The next one: 1, and it is in *ret; 0, there is none now; or -errno as above. One that is only a
 * launch's trial of its own layer is passed over.
 */
int told_read(struct told *told, struct resident_event *ret);

/*
 * Once told_read() has found none: how many more were lost since this was asked last, because newer
 * ones were in their place. One that is counted already and not yet there is waited for: who asks
 * twice, a moment apart, gets the same answer, before it is true. 0 or -errno.
 */
int told_lost(struct told *told, uint64_t *ret);

/* Whether nobody listened for a while: what happened meanwhile was neither told of nor counted. */
bool told_slept(const struct told *told);

/*
 * What the maker of layer @id, which may have ended, said of its rules: -ENOENT nothing, or they
 * are others by now; or -errno. May be forged.
 */
int told_label(const struct told *told, uint32_t id, struct resident_label *ret);

/* The same, of one that was read already and has not become another: only whether it is there. */
int told_label_stands(const struct told *told, uint32_t id);

/* As people see it, but for .layer, .profile and .line, which are left alone. */
void told_event(const struct resident_event *told, struct event *ret);

#endif
