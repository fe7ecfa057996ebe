/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the resident holds of a layer, by its keys. Any phase but between fork and execve. All of
 * these fail with the errnos of resident_abi.h; -ENODEV: no resident answers. They wait, not for
 * long, while one is being replaced.
 */
#ifndef MPOLRUN_LAYER_RESIDENT_H
#define MPOLRUN_LAYER_RESIDENT_H

#include "resident/attach.h"
#include "ticket.h"
#include "wire.h"

/* Both keys of a layer in the resident; zero: there is none. */
struct layer_keys {
	struct ticket_key install, modify;
};

/* -errno of getrandom(2). */
int layer_keys_make(struct layer_keys *ret);

/* Who pays for the layers that this process makes, as a ticket has it: .owner. */
int layer_resident_owner(__u32 *ret);

/* A layer of the part of @policy that the resident decides on, which stays until it is removed. */
int layer_resident_create(const struct layer_policy *policy, const struct layer_keys *keys);

/* Put that part of @policy in its place. @generation: that it must be of (-ESTALE), or 0. */
int layer_resident_update(const struct ticket_key *modify, const struct layer_policy *policy,
			  __u64 generation);

int layer_resident_rekey(const struct ticket_key *modify, const struct layer_keys *keys);
int layer_resident_remove(const struct ticket_key *modify);

/*
 * Put what is and comes into the cgroup whose folder is @cgroup, and below it, under the layer of
 * @ticket, which has the install right; and end that. As root; see RESIDENT_ATTACH. How it came out
 * is in *ret, unless NULL.
 */
int layer_resident_attach(const struct ticket *ticket, int cgroup, struct attach_report *ret);
int layer_resident_detach(const struct ticket *ticket, int cgroup);

/* To how many cgroups it is attached; with the install right, too. */
int layer_resident_cgroups(const struct ticket *ticket, __u64 *ret);

/* By either key: its generation, members and counters, added to those in *ret. */
int layer_resident_count(const struct ticket_key *key, struct layer_state *ret);

/* Its generation alone. @owner as in a ticket; 0: whosever it is. */
int layer_resident_generation(const struct ticket_key *key, __u32 owner, __u64 *ret);

/* What events of it are marked with. @owner as above. */
int layer_resident_id(const struct ticket_key *key, __u32 owner, __u32 *ret);

/*
 * The processes of which some thread is a member, the first @max of them into @pids; *ret_n is how
 * many there are. @owner as above. -ENOTSUP: the kernel (before 6.2), or this pid namespace, has
 * no way to ask.
 */
int layer_resident_processes(const struct ticket_key *key, __u32 owner, pid_t *pids, size_t max,
			     size_t *ret_n);

/*
 * The state of a layer of @ticket, which the resident holds wholly. What the kernel does not keep
 * is the ticket's: .start and .must; and the title, which says so if the rules are others by now.
 */
int layer_resident_query(const struct ticket *ticket, struct layer_state *ret);

#endif
