/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_CAPABILITIES_H
#define MPOLRUN_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

/* Masks of 1 << CAP_X. */
struct capabilities {
	uint64_t effective, permitted, inheritable;
};

/*
 * Those of the calling thread. Any phase. -errno; -EPROTO: a filter above reports success and the
 * kernel was never asked. @ret is untouched then.
 */
int capabilities_get(struct capabilities *ret);

/*
 * Whether we can do what our caller cannot (any permitted capability at uid != 0, AT_SECURE,
 * euid != uid): then neither the environment nor the user's paths are to be followed.
 */
bool capabilities_exceed_caller(void);

#endif
