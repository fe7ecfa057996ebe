/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MPOLRUN_FRONT_LAUNCH_H
#define MPOLRUN_FRONT_LAUNCH_H

#include "base/fault.h"
#include "layer/ticket.h"

/* The ticket of NAME or fd:N. */
int front_ticket(const char *layer, enum ticket_right right, struct ticket *ret,
		 struct fault *fault);

#endif
