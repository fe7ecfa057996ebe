/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer_metrics.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "layer_show.h"
#include "read.h"

struct answer {
	const char *name; /* [a-z0-9._-]: needs no quoting */
	struct json_object *layer; /* owned */
};

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE mpolrun_layer_%s %s\n# HELP mpolrun_layer_%s %s\n", name, type, name,
		help);
}

static void call(FILE *out, const struct answer *answer, const char *verdict)
{
	fprintf(out, "mpolrun_layer_calls_total{layer=\"%s\",verdict=\"%s\"} %lld\n", answer->name,
		verdict, (long long)read_number(answer->layer, verdict));
}

static bool is_supervised(const struct answer *answer)
{
	return read_has(answer->layer, "supervisor");
}

static void calls(FILE *out, const struct answer *answer)
{
	if (read_true(answer->layer, "counts-allowed"))
		call(out, answer, "allowed");
	call(out, answer, "audited");
	call(out, answer, "refused");
	if (!is_supervised(answer))
		return;
	call(out, answer, "ignored");
	call(out, answer, "killed");
}

static void rules(FILE *out, const struct answer *answer)
{
	struct json_object *rules = read_object(answer->layer, "rules");

	json_object_object_foreach(rules, name, rule)
	{
		if (read_has(rule, "calls"))
			fprintf(out,
				"mpolrun_layer_rule_calls_total{layer=\"%s\",rule=\"%s\"} %lld\n",
				answer->name, name, (long long)read_number(rule, "calls"));
	}
}

/* The number @key of all that have it. */
static void numbers(FILE *out, const struct answer *answers, size_t n, const char *key,
		    const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (read_has(answers[i].layer, key))
			fprintf(out, "mpolrun_layer_%s{layer=\"%s\"} %lld\n", name, answers[i].name,
				(long long)read_number(answers[i].layer, key));
}

static void others(FILE *out, const struct answer *answers, size_t n)
{
	size_t i;

	family(out, "auditing", "gauge", "1 where nothing is refused, only counted.");
	for (i = 0; i < n; i++)
		fprintf(out, "mpolrun_layer_auditing{layer=\"%s\"} %d\n", answers[i].name,
			read_true(answers[i].layer, "audit"));
	family(out, "events_lost", "counter", "Events that its log could not take.");
	numbers(out, answers, n, "events-lost", "events_lost_total");
	family(out, "launches", "gauge", "Trees of processes under it, of its supervisor.");
	numbers(out, answers, n, "launches", "launches");
	family(out, "members", "gauge", "Tasks that the resident knows to be under it.");
	numbers(out, answers, n, "members", "members");
}

void layer_metrics(FILE *out, char *const *names, size_t n)
{
	_cleanup_free_ struct answer *answers = calloc(n ? n : 1, sizeof(*answers));
	size_t i, found = 0;

	for (i = 0; answers && i < n; i++) {
		answers[found].name = names[i];
		if (layer_look(names[i], &answers[found].layer, NULL) == 0)
			found++;
	}
	family(out, "calls", "counter", "Calls that a rule speaks of, by what became of them.");
	for (i = 0; i < found; i++)
		calls(out, &answers[i]);
	family(out, "rule_calls", "counter", "Calls that were not simply allowed, by rule.");
	for (i = 0; i < found; i++)
		rules(out, &answers[i]);
	others(out, answers, found);
	for (i = 0; i < found; i++)
		json_object_put(answers[i].layer);
	fprintf(out, "# EOF\n");
}
