/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front_launch.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "layer/names.h"

int front_ticket(const char *layer, enum ticket_right right, struct ticket *ret,
		 struct fault *fault)
{
	struct ticket ticket;
	uint32_t fd;
	int r;

	if (strncmp(layer, "fd:", 3) != 0)
		return layer_name_open(layer, right, ret, fault);
	if (text_to_u32(layer + 3, INT32_MAX, &fd) < 0)
		return fault_set(fault, -EINVAL, "'%s' is not the number of a file descriptor",
				 layer);
	r = ticket_read((int)fd, &ticket);
	if (r == -EBADMSG || r == -EPERM)
		return fault_set(fault, r, "%s is no ticket of a layer", layer);
	if (r == -ENOTSUP)
		return fault_set(fault, r, "%s is a ticket of a newer release", layer);
	if (r < 0)
		return fault_set(fault, r, "cannot read %s: %s", layer, strerror(-r));
	if (!(ticket.rights & right))
		return fault_set(fault, -EACCES, "the ticket %s does not have the right to %s",
				 layer,
				 right == TICKET_MODIFY ? "change the layer"
							: "run programs under the layer");
	*ret = ticket;
	return 0;
}
