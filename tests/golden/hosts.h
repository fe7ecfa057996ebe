/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_GOLDEN_HOSTS_H
#define MPOLRUN_GOLDEN_HOSTS_H

#include "host/host.h"

/* A machine that is not at hand, as host_probe() would have found it. */
struct made_up_host {
	const char *name;
	void (*fill)(struct host *host);
};

extern const struct made_up_host made_up_hosts[];
extern const size_t n_made_up_hosts;

#endif
