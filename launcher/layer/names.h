/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Named layers: two files, NAME.install and NAME.modify, whose modes say who has which right. They
 * lie in $XDG_RUNTIME_DIR/mpolrun for an ordinary user, in /run/mpolrun for root; a name is looked
 * for in the user's own folder first, then in root's.
 *
 * A name is stale when the supervisor behind it is gone; whoever comes across one sweeps it away.
 */
#ifndef MPOLRUN_LAYER_NAMES_H
#define MPOLRUN_LAYER_NAMES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "ticket.h"

#define LAYER_NAME_MAX 64

/* Whether @name is [a-z0-9][a-z0-9._-]{0,63}. -EINVAL with a sentence. */
int layer_name_check(const char *name, struct fault *fault);

/*
 * Write the files of a layer; NAME.modify, always 0600, only if the ticket has that right. @mode
 * and @group ((gid_t)-1: ours) are those of NAME.install.
 *   -EEXIST  there is such a layer;  -ENOENT  no folder to keep it in;  -errno
 */
int layer_name_add(const char *name, const struct ticket *ticket, mode_t mode, gid_t group,
		   struct fault *fault);

/*
 * Put other tickets in their place, as layer_name_add() wrote them. First @change is called, while
 * nobody can take the old ones for stale; a failure of it is returned without a sentence.
 */
int layer_name_replace(const char *name, const struct ticket *ticket, int (*change)(void *data),
		       void *data, struct fault *fault);

/*
 * Read the ticket of @name that has @right.
 *   -ENOENT  no such layer, or none any more;  -EACCES  there is one, but not for us
 */
int layer_name_open(const char *name, enum ticket_right right, struct ticket *ret,
		    struct fault *fault);

/* Let them hold what else is in @ticket, of the same keys. -EKEYREJECTED: they have others. */
int layer_name_refresh(const char *name, const struct ticket *ticket);

/* Remove the files. */
int layer_name_remove(const char *name, struct fault *fault);

/*
 * Remove the files once @end has ended their layer, while nobody can put others there. A failure of
 * it is returned without a sentence. -ENOENT: there is none, or it is not ours.
 */
int layer_name_end(const char *name, int (*end)(const struct ticket *ticket), struct fault *fault);

/* All names, sorted, without stale ones; each string and the array are the caller's. */
int layer_name_list(char ***ret, size_t *ret_n);

#endif
