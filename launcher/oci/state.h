/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a runtime tells a hook: the state of a container (runtime.md of the OCI runtime
 * specification), and the annotations of its configuration. Its maker chooses the annotations and
 * often the id; nothing in it is a path that we follow but the bundle, which the runtime names.
 */
#ifndef MPOLRUN_OCI_STATE_H
#define MPOLRUN_OCI_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

/* The annotation that names a profile. */
#define OCI_ANNOTATION "mpolrun.profile"

#define OCI_ID_SIZE 256
#define OCI_PROFILE_SIZE 80

enum oci_phase {
	OCI_STARTING, /* createRuntime: it is there, and its command does not run yet */
	OCI_STOPPED, /* poststop */
};

struct oci_state {
	enum oci_phase phase;
	char id[OCI_ID_SIZE];
	char bundle[PATH_MAX]; /* absolute */
	pid_t pid; /* of OCI_STARTING */
	bool annotated; /* the state has annotations, and so .profile is all there is to say */
	char profile[OCI_PROFILE_SIZE]; /* the name of an installed one; "": none is asked for */
};

/*
 * Take @text for a state. Pure. -EINVAL with a sentence; *ret is untouched then. Annotations are
 * looked at of OCI_STARTING only: nothing in them keeps a container from being undone.
 */
int oci_state_parse(const char *text, size_t len, struct oci_state *ret, struct fault *fault);

/*
 * The profile that the annotations of a configuration (config.json) name, into @buf of
 * OCI_PROFILE_SIZE; "": none. Pure. -EINVAL
 */
int oci_config_profile(const char *text, size_t len, char *buf, struct fault *fault);

/*
 * Whether @id can be a container's: what is a name in a folder, and printable. Pure. -EINVAL with a
 * sentence.
 */
int oci_id_check(const char *id, struct fault *fault);

/*
 * Whether an annotation may say @name: that of an installed profile, or builtin:NAME; no path, no
 * fd, no text of a profile. Pure. -EINVAL with a sentence.
 */
int oci_profile_check(const char *name, struct fault *fault);

/*
 * What the layer of container @id, whose bundle is @bundle, is called: readable, a layer's name
 * whatever the id is, and another one for every two containers. Pure.
 */
#define OCI_LAYER_SIZE 64
void oci_layer_name(const char *id, const char *bundle, char *buf);

#endif
