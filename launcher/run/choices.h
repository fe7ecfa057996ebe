/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a user can choose of a launch. */
#ifndef MPOLRUN_CHOICES_H
#define MPOLRUN_CHOICES_H

enum no_new_privs {
	NNP_AUTO, /* left off only where SYS_ADMIN and SETPCAP make it unnecessary */
	NNP_YES,
};

/* Whether the command gets a cgroup of its own, to which its layer is attached. */
enum own_cgroup {
	OWN_CGROUP_AUTO, /* where root's layer is the resident's */
	OWN_CGROUP_YES, /* or do not run; to a user who cannot attach, it is a handle and no more */
	OWN_CGROUP_NO,
};

#endif
