/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory policy that the command starts with: what it inherits and what the profile sets. */
#ifndef MPOLRUN_START_H
#define MPOLRUN_START_H

#include "base/fault.h"
#include "host/host.h"
#include "policy/policy.h"

/* May the inherited policy be as it is? Changes nothing. -EPERM under `inherited: refuse`. */
int start_check(const struct policy *policy, const struct host *host, struct fault *fault);

/*
 * Reset or keep the inherited policy and set the profile's own. Phase: in the process that will
 * execute the command, before any filter of ours. -errno with a sentence where the policy could not
 * be brought into the state that the profile asks for.
 */
int start_enter(const struct policy *policy, const struct host *host, struct fault *fault);

/*
 * Bring this task's policy back to the default, or set it to @start, with these @nodes, and look
 * whether it is so, whatever the call answered. Async-signal-safe. -EPROTO: a filter above answers
 * in the kernel's place; -errno.
 */
int start_reset(void);
int start_set(const struct start_policy *start, const __u64 *nodes);

#endif
