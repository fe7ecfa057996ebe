/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events in the journal's native protocol: a datagram of fields
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL).
 */
#ifndef MPOLRUN_EVENTS_JOURNAL_H
#define MPOLRUN_EVENTS_JOURNAL_H

#include "event.h"

/* MESSAGE= is the line of event_text(), and MPOLRUN_* its parts. Waits for nobody. -errno */
int journal_send(int socket, const struct event *event);
int journal_send_lost(int socket, const char *layer, uint64_t n);

#endif
