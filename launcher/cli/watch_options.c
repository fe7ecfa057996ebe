/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/capabilities.h"
#include "front.h"

static int check_audit_log(const struct options *options, struct fault *fault)
{
	if (options->log_format != LOG_TEXT)
		return fault_set(fault, -EINVAL,
				 "--log-format is that of lines, and --log audit writes none");
	if (!front_is_live(options) && !options->summary)
		return 0;
	fault_hint(fault, "a live layer, and --summary, go with any other log");
	return fault_set(fault, -EINVAL,
			 "--log audit is the kernel's own, of what a static filter refuses");
}

static int check_listener(const struct front *front, struct fault *fault)
{
	if (!front->plan.held[MECH_SECCOMP] || (front->host.features & HOST_LISTENER_FREE))
		return 0;
	fault_hint(fault, "--log audit needs none");
	return fault_set(fault, -EBUSY,
			 "refused calls cannot be told of: a seccomp listener above us leaves no "
			 "room for another");
}

int watch_options(const struct options *options, const struct front *front, struct watch *ret,
		  bool *ret_wanted, bool *ret_kernel, struct fault *fault)
{
	enum log_format format = (enum log_format)options->log_format;
	struct layer_policy policy;
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	ret->log.fd = -EBADF;
	*ret_wanted = options_watch(options);
	*ret_kernel = options->log && !*ret_wanted;
	if (options->log_format != LOG_TEXT && !options->log)
		return fault_set(fault, -EINVAL,
				 "--log-format says how --log writes; there is no "
				 "--log");
	if (options->log && strcmp(options->log, "audit") == 0) {
		*ret_kernel = true;
		return check_audit_log(options, fault);
	}
	if (!*ret_wanted)
		return 0;
	if (front->joins)
		return fault_set(
			fault, -EINVAL,
			"--log and --summary go with new layers only; this one has what it "
			"was made with");
	r = check_listener(front, fault);
	if (r == 0 && options->log)
		r = log_target_open(options->log, format, capabilities_exceed_caller(), &ret->log,
				    fault);
	if (r == 0 && ret->log.kind == LOG_JOURNAL && format != LOG_TEXT)
		r = fault_set(fault, -EINVAL,
			      "--log-format is that of lines, and the journal has "
			      "fields of its own");
	if (r < 0)
		return r;
	layer_policy_from(front->policy, &policy);
	layer_sources_from(front->policy, policy.title, &ret->sources);
	if (options->name)
		snprintf(ret->layer, sizeof(ret->layer), "%s", options->name);
	ret->fixed = front->plan.held[MECH_SECCOMP] != 0;
	return 0;
}
