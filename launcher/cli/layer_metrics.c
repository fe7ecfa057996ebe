/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_metrics.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "front.h"
#include "layer/client.h"
#include "profile/keywords.h"

struct answer {
	const char *name; /* [a-z0-9._-]: needs no quoting */
	struct ticket ticket;
	struct layer_state state;
};

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE mpolrun_layer_%s %s\n# HELP mpolrun_layer_%s %s\n", name, type, name,
		help);
}

static void call(FILE *out, const struct answer *answer, const char *verdict, uint64_t n)
{
	fprintf(out, "mpolrun_layer_calls_total{layer=\"%s\",verdict=\"%s\"} %llu\n", answer->name,
		verdict, (unsigned long long)n);
}

static void calls(FILE *out, const struct answer *answer)
{
	const struct layer_state *state = &answer->state;
	bool supervised = answer->ticket.kind == TICKET_NOTIFY;

	if (supervised && !(state->watch & LAYER_COUNTS_NO_ALLOWED))
		call(out, answer, "allowed", state->allowed);
	call(out, answer, "audited", state->audited);
	call(out, answer, "refused", state->refused);
	if (!supervised)
		return;
	call(out, answer, "ignored", state->ignored);
	call(out, answer, "killed", state->killed);
}

static void rules(FILE *out, const struct answer *answer)
{
	const struct layer_state *state = &answer->state;
	char name[40];
	__u32 rule;

	for (rule = 0; answer->ticket.kind == TICKET_NOTIFY && rule < MPOL_RULE_COUNT; rule++)
		if (state->policy.rules.answer[rule] &&
		    !(state->policy.by_resident & GROUP_BIT(group_of_rule(rule))))
			fprintf(out,
				"mpolrun_layer_rule_calls_total{layer=\"%s\",rule=\"%s\"} %llu\n",
				answer->name, rule_name(rule, name, sizeof(name)),
				(unsigned long long)state->refused_by[rule]);
}

static void others(FILE *out, const struct answer *answers, size_t n)
{
	size_t i;

	family(out, "auditing", "gauge", "1 where nothing is refused, only counted.");
	for (i = 0; i < n; i++)
		fprintf(out, "mpolrun_layer_auditing{layer=\"%s\"} %d\n", answers[i].name,
			answers[i].state.policy.rules.flags & MPOL_RULES_AUDIT ? 1 : 0);
	family(out, "events_lost", "counter", "Events that its log could not take.");
	for (i = 0; i < n; i++)
		if (answers[i].ticket.kind == TICKET_NOTIFY)
			fprintf(out, "mpolrun_layer_events_lost_total{layer=\"%s\"} %llu\n",
				answers[i].name, (unsigned long long)answers[i].state.lost);
	family(out, "launches", "gauge", "Trees of processes under it, of its supervisor.");
	for (i = 0; i < n; i++)
		if (answers[i].ticket.kind == TICKET_NOTIFY)
			fprintf(out, "mpolrun_layer_launches{layer=\"%s\"} %u\n", answers[i].name,
				answers[i].state.launches);
	family(out, "members", "gauge", "Tasks that the resident knows to be under it.");
	for (i = 0; i < n; i++)
		if (answers[i].state.policy.deciders)
			fprintf(out, "mpolrun_layer_members{layer=\"%s\"} %llu\n", answers[i].name,
				(unsigned long long)answers[i].state.members);
}

void layer_metrics(FILE *out, char *const *names, size_t n)
{
	_cleanup_free_ struct answer *answers = calloc(n ? n : 1, sizeof(*answers));
	size_t i, found = 0;

	for (i = 0; answers && i < n; i++) {
		struct answer *answer = &answers[found];

		answer->name = names[i];
		if (front_ticket(names[i], TICKET_INSTALL, &answer->ticket, NULL) == 0 &&
		    layer_query(&answer->ticket, &answer->state) == 0)
			found++;
	}
	family(out, "calls", "counter", "Calls that a rule speaks of, by what became of them.");
	for (i = 0; i < found; i++)
		calls(out, &answers[i]);
	family(out, "rule_calls", "counter", "Calls that were not simply allowed, by rule.");
	for (i = 0; i < found; i++)
		rules(out, &answers[i]);
	others(out, answers, found);
	fprintf(out, "# EOF\n");
}
