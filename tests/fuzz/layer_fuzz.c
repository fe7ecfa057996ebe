/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever the bytes: as a ticket, as a request to a supervisor and as its reply they are refused,
 * or are something that this program could have made itself and can work with.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "layer/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_policy(const struct layer_policy *policy)
{
	struct policy *made = NULL;
	struct layer_policy again;
	char text[8192];

	assert(layer_policy_to(policy, &made) == 0);
	assert(!(made->must & ~made->restricted));
	(void)start_policy_text(&made->start, text, sizeof(text));
	layer_policy_from(made, &again);
	assert(layer_policy_check(&again) == 0);
	policy_free(made);
}

static void try_ticket(const uint8_t *data, size_t size)
{
	struct ticket ticket, again;
	int r = ticket_decode(data, size, &ticket);

	if (r < 0) {
		assert(r == -EBADMSG || r == -ENOTSUP);
		return;
	}
	assert(ticket.rights && ticket_decode(&ticket, sizeof(ticket), &again) == 0);
	if (ticket.kind != TICKET_NOTIFY)
		use_policy(&ticket.policy);
	if (ticket_narrow(&ticket, TICKET_INSTALL) == 0) {
		assert(ticket_key_is_zero(&ticket.modify));
		assert(ticket_decode(&ticket, sizeof(ticket), &again) == 0);
	}
}

static void try_messages(const uint8_t *data, size_t size)
{
	struct wire_request *request = malloc(size ? size : 1);
	struct wire_reply *reply = (struct wire_reply *)request;

	memcpy(request, data, size);
	if (wire_request_check(request, size) == 0) {
		assert(size == sizeof(*request));
		if (request->type == WIRE_UPDATE)
			use_policy(&request->policy);
	}
	if (wire_reply_check(reply, size) == 0 && reply->type == WIRE_STATE && !reply->error)
		use_policy(&reply->state.policy);
	free(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_ticket(data, size);
	try_messages(data, size);
	return 0;
}
