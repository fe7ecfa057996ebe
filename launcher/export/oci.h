/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy as the seccomp section of an OCI runtime's configuration (config-linux.md of the runtime
 * specification): a JSON object of defaultAction, architectures and syscalls. Reads no file.
 */
#ifndef MPOLRUN_EXPORT_OCI_H
#define MPOLRUN_EXPORT_OCI_H

#include <json-c/json.h>
#include <stdint.h>

#include "base/fault.h"
#include "policy/policy.h"

enum export_dialect {
	EXPORT_OCI,
	EXPORT_K8S, /* for a SeccompProfile of the security profiles operator: no errno but EPERM */
};

/*
 * The rules of @policy that such a section can say. What it cannot say (nodes, files, cpuset:
 * behind pointers, or in files) is an error that names the rule, unless every profile that
 * restricts it, or @best_effort (GROUP_BIT()s), says that it may be lost. *ret_lost are the
 * groups that are.
 *   -EDOM  with the sentence; also where it takes more than EXPORT_SIZE_MAX rules
 */
int export_rules(const struct policy *policy, uint32_t best_effort, enum export_dialect dialect,
		 struct mpol_rules *ret, uint32_t *ret_lost, struct fault *fault);

/*
 * How many rules of JSON say @rules. libseccomp makes up to 9 instructions of each, and the
 * kernel takes 4096, of which a base needs its share.
 */
#define EXPORT_SIZE_MAX 400
int export_size(const struct mpol_rules *rules, size_t *ret);

/* A section that allows everything else. NULL: no memory, or an architecture that is not known. */
struct json_object *export_fragment(const struct mpol_rules *rules);

/*
 * Over the profile @base, with or without docker's conditions (includes, excludes, archMap),
 * which are resolved for this machine's architecture, its kernel and docker's default
 * capabilities, since runtimes do not know them: what needs another capability is left out. Where
 * the base allows a call, or would allow it with CAP_SYS_NICE, the rules take the place of that;
 * what it refuses to all stays refused: *ret_refused, 1 << enum mpol_syscall.
 *   -EINVAL  the base is no seccomp profile
 *   -EDOM    it looks at arguments of a call that the rules are about
 *   -ENOMEM
 */
int export_merged(const struct mpol_rules *rules, struct json_object *base,
		  struct json_object **ret, uint32_t *ret_refused, struct fault *fault);

#endif
