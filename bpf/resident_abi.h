/* SPDX-License-Identifier: GPL-2.0-or-later OR LGPL-2.1-or-later */
/*
 * What the resident's BPF programs and user space share: the verbs that any process calls, and the
 * maps that only root opens. A change of a map's layout, or of what a verb reads, is a new
 * RESIDENT_ABI: programs of another one are not upgraded in place.
 */
#ifndef RESIDENT_ABI_H
#define RESIDENT_ABI_H

#include <linux/types.h>

#include "mpol_abi.h"

#define RESIDENT_ABI 5

/*
 * prctl(RESIDENT_PRCTL, verb, struct resident_request *, sizeof(struct resident_request), 0).
 *
 * A verb that is done answers a positive number, in which RESIDENT_YES is always set and the lower
 * 30 bits are the answer: no prctl(2) of the kernel's own does. Nobody there, or a program that was
 * skipped on a kernel that preempts itself, is EINVAL, the kernel's own answer, which no verb
 * gives:
 *   EPROTO     the request's size or version, or a verb, that these programs do not know
 *   EFAULT     the request cannot be read; its pages must be in memory, so touch them first
 *   EBADMSG    the rules are malformed
 *   EKEYREJECTED  no layer has this key
 *   EEXIST     the keys are taken; the caller is under this layer already
 *   EACCES     neither no_new_privs nor CAP_SYS_ADMIN in the caller's own user namespace
 *   EMLINK     the caller's process has more than one thread: the others would stay outside
 *   E2BIG      the caller is under RESIDENT_STACK layers already
 *   EDQUOT     the caller's user has as many layers or members as one user may
 *   ENOSPC     all users together have
 *   EOPNOTSUPP programs that the request counts on are not attached
 *   ENOTRECOVERABLE  the kernel may preempt itself by now, and the layer counts on programs that
 *              are skipped then
 *   EPERM      a member may not change its own layer
 *   ESTALE     the layer is of another generation; the cgroup was removed
 *   EBADF      no file descriptor of the folder of a cgroup, of the v2 hierarchy
 *   ERANGE     the root cgroup, or one RESIDENT_LEVELS below it
 *   ENOENT     the layer is not attached there; has no label
 *   EBUSY      the cgroup's own programs decide there: see RESIDENT_HAND_OVER
 *   EAGAIN     being upgraded or unloaded: try again
 */
#define RESIDENT_PRCTL 0x4d504f4c /* "MPOL" */
#define RESIDENT_YES 0x40000000
#define RESIDENT_BITS 30

enum resident_verb {
	RESIDENT_HELLO = 1, /* reads no request; the answer is RESIDENT_ABI << 16 | programs */
	/* .install, .modify, .deciders, .rules; .key, for all that create: see resident_label */
	RESIDENT_CREATE,
	RESIDENT_JOIN, /* .key: an install key */
	/* .deciders, .rules: a layer without keys, gone with its members */
	RESIDENT_CREATE_AND_JOIN,
	/*
	 * .key: a modify key; .deciders, .rules, whose .generation, unless 0, is the one that it
	 * must be of; the answer is the new one.
	 */
	RESIDENT_UPDATE,
	RESIDENT_REKEY, /* .key: a modify key; .install, .modify: the new ones */
	/* .key: a modify key; what has members lives on without keys until they end */
	RESIDENT_REMOVE,
	RESIDENT_QUERY, /* .key: an install or modify key; .field, .part */
	RESIDENT_CREATE_KEYED_AND_JOIN, /* as CREATE_AND_JOIN, and .install, .modify */
	/*
	 * .key: a key of either kind; .field: a file descriptor of a cgroup's folder. For whoever
	 * has CAP_SYS_ADMIN in the initial user namespace (EPERM). Without a key, all layers are
	 * detached; not while the cgroup's own programs decide (EBUSY).
	 */
	RESIDENT_ATTACH,
	RESIDENT_DETACH,
	/*
	 * Events, see events_abi.h: of the layer of .key, to who has its modify key; without a key
	 * to the host's root all, to other users of the first user namespace those of their layers.
	 * EACCES to others.
	 */
	RESIDENT_NEXT, /* .field: from which on; .part: not 0: only where the next will be */
	RESIDENT_EVENT, /* .field: which; .part, of RESIDENT_EVENT_PARTS. ESTALE: overwritten */
	RESIDENT_TOLD, /* .part: of how many there were to tell of, ever */
	/*
	 * As CREATE and ATTACH: a layer with keys that is gone when it is attached nowhere, and has
	 * no members.
	 */
	RESIDENT_CREATE_AND_ATTACH,
	/*
	 * .field: a descriptor; .deciders: which of RESIDENT_BY_CGROUP the cgroup's own programs
	 * decide on from now on; .part: the version of what is attached there that they know.
	 */
	RESIDENT_HAND_OVER,
	/* To whom events of it are shown; .field: a layer's id; .part, of RESIDENT_LABEL_PARTS */
	RESIDENT_LABEL,
};

/*
 * Which programs are attached, and so may be counted on; a layer says which of them decide for it.
 */
enum resident_program {
	RESIDENT_LSM_SET = 1 << 0, /* lsm/set_mempolicy */
	RESIDENT_LSM_MOUNT = 1 << 1, /* lsm/fs_context_parse_param */
	RESIDENT_LSM_FILES = 1 << 2, /* lsm/file_open, file_receive, mmap_file; also for cpuset */
	RESIDENT_FMOD_SET = 1 << 3, /* fmod_ret/security_set_mempolicy */
	RESIDENT_FMOD_MOUNT = 1 << 4, /* fmod_ret/security_fs_context_parse_param */
	RESIDENT_FMOD_FILES = 1 << 5, /* fmod_ret/security_file_open, ... */
	RESIDENT_ENTRY_SET = 1 << 6, /* fmod_ret on the entries of mbind and set_mempolicy */
	RESIDENT_ENTRY_HOME_NODE = 1 << 7, /* and of the other calls, each by itself */
	RESIDENT_ENTRY_GET = 1 << 8,
	RESIDENT_ENTRY_PAGES = 1 << 9, /* migrate_pages and move_pages */
	/*
	 * kprobe on the same entries, where those of fmod_ret would be skipped. They are too, while
	 * bpf(2) is preempted at work on a map, and count for nothing where another program traces
	 * the same function: no cover, but the most that there is of it.
	 */
	RESIDENT_KPROBE_SET = 1 << 10,
	RESIDENT_KPROBE_OTHER = 1 << 11,
	RESIDENT_LSM_MIGRATE = 1 << 12, /* lsm/task_movememory, for migrate_pages */
	RESIDENT_FMOD_MIGRATE = 1 << 13, /* fmod_ret/security_task_movememory */
	RESIDENT_PROGRAMS = (1 << 14) - 1,
	RESIDENT_NO_PREEMPT = 1 << 14, /* not a program: the kernel does not preempt itself now */
};

/*
 * The calls whose entries have programs, for every ABI: name, enum mpol_syscall (bpf/verdict.h),
 * and what a layer counts on that counts on them, by fmod_ret and by kprobe.
 */
/* clang-format off */
#define RESIDENT_ENTRIES(row) \
	row(mbind, MPOL_SYS_MBIND, RESIDENT_ENTRY_SET, RESIDENT_KPROBE_SET) \
	row(set_mempolicy, MPOL_SYS_SET_MEMPOLICY, RESIDENT_ENTRY_SET, RESIDENT_KPROBE_SET) \
	row(set_mempolicy_home_node, MPOL_SYS_SET_MEMPOLICY_HOME_NODE, RESIDENT_ENTRY_HOME_NODE, \
	    RESIDENT_KPROBE_OTHER) \
	row(get_mempolicy, MPOL_SYS_GET_MEMPOLICY, RESIDENT_ENTRY_GET, RESIDENT_KPROBE_OTHER) \
	row(migrate_pages, MPOL_SYS_MIGRATE_PAGES, RESIDENT_ENTRY_PAGES, RESIDENT_KPROBE_OTHER) \
	row(move_pages, MPOL_SYS_MOVE_PAGES, RESIDENT_ENTRY_PAGES, RESIDENT_KPROBE_OTHER)
/* clang-format on */

#define RESIDENT_LSM \
	(RESIDENT_LSM_SET | RESIDENT_LSM_MOUNT | RESIDENT_LSM_FILES | RESIDENT_LSM_MIGRATE)

#define RESIDENT_KPROBE (RESIDENT_KPROBE_SET | RESIDENT_KPROBE_OTHER)

/* Those at the entries of system calls, and those that decide on the setting of a policy. */
#define RESIDENT_ENTRY \
	(RESIDENT_ENTRY_SET | RESIDENT_ENTRY_HOME_NODE | RESIDENT_ENTRY_GET | RESIDENT_ENTRY_PAGES)
#define RESIDENT_SET \
	(RESIDENT_LSM_SET | RESIDENT_FMOD_SET | RESIDENT_ENTRY_SET | RESIDENT_KPROBE_SET)

/* Those that are skipped, which allows, where the kernel preempts itself. */
#define RESIDENT_SKIPPABLE                                                                       \
	(RESIDENT_FMOD_SET | RESIDENT_FMOD_MOUNT | RESIDENT_FMOD_FILES | RESIDENT_FMOD_MIGRATE | \
	 RESIDENT_ENTRY)

#define RESIDENT_KEY_SIZE 16

struct resident_key {
	__u64 bits[RESIDENT_KEY_SIZE / 8]; /* both 0: none */
};

struct resident_request {
	__u32 version; /* RESIDENT_ABI */
	__u32 deciders; /* enum resident_program */
	struct resident_key key, install, modify;
	__u32 field; /* enum resident_field */
	__u32 part; /* bits part * 30 and up */
	/*
	 * Of verbs with a .key: whose layer it must be, plus 1 (EKEYREJECTED); 0: anybody's. Who
	 * knows the key of a layer that has ended can make another with it, but not its owner's.
	 */
	__u32 owner;
	__u32 reserved;
	struct mpol_rules rules; /* .generation: see RESIDENT_UPDATE; else ours to set */
};

/*
 * What can be asked of a layer. 64 bits are three parts; the generation tells if they fit together.
 */
enum resident_field {
	RESIDENT_GENERATION, /* 1, and one more with each update */
	RESIDENT_MEMBERS, /* and the cgroups that it is attached to */
	RESIDENT_REFUSED,
	RESIDENT_AUDITED,
	RESIDENT_DEPTH, /* without a key: how many layers the caller is under */
	RESIDENT_DECIDERS,
	RESIDENT_FLAGS, /* enum resident_layer_flag */
	RESIDENT_RULES, /* .part: which __u16 of struct mpol_rules */
	RESIDENT_CGROUPS, /* to how many the layer is attached */
	RESIDENT_ID, /* what events call it */
	/*
	 * .part: a pid of the first pid namespace: 1 if that task is a member. EOPNOTSUPP before
	 * Linux 6.2; ESRCH
	 */
	RESIDENT_UNDER,
	RESIDENT_ALLOWED, /* calls that the layer decided and let through; not of files */
	RESIDENT_ANSWERED, /* calls that a rule refused or audited; .part: + enum mpol_rule * 3 */
	RESIDENT_OWNER, /* who pays for the layer, see owners; without a key: for the caller's */
};

#define RESIDENT_RULES_PARTS (sizeof(struct mpol_rules) / sizeof(__u16))

#define RESIDENT_STACK 16 /* layers that a task can be under */

/* members: the address of a task_struct -> its layers. */
struct resident_member {
	__u32 owner; /* whose quota it counts against */
	__u32 depth;
	__u32 layer[RESIDENT_STACK];
};

/*
 * What is decided from. A layer has two, so that an update writes the one that is not in force.
 * Whoever was overtaken by two updates while it read one finds another stamp at its end, and reads
 * again.
 */
struct resident_policy {
	__u64 stamp; /* id << 32 | the generation; 0 while it is written */
	__u32 deciders;
	__u32 reserved;
	struct mpol_rules rules;
};

/*
 * labels: what a layer's maker says about its rules to whoever is told of its events: the kernel
 * keeps rules, and no texts. Nothing is decided by it. At the layer's place, until another layer
 * has that, or this one's rules are changed. .key.bits[0] of a verb that creates is the address of
 * the text, or 0; where that cannot be read the layer has none.
 */
#define RESIDENT_LABEL_SIZE 248

struct resident_label {
	__u32 id; /* whose it is; 0: nobody's */
	__u32 owner; /* whose layer it is */
	__u8 text[RESIDENT_LABEL_SIZE];
};

#define RESIDENT_LABEL_PARTS \
	((sizeof(struct resident_label) * 8 + RESIDENT_BITS - 1) / RESIDENT_BITS)

enum resident_layer_flag {
	RESIDENT_LAYER_DOOMED = 1 << 0, /* has no keys: ends when nobody holds it any more */
};

#define RESIDENT_HOLDERS(life) ((__u32)(life))
#define RESIDENT_ENDING ((__u64)0xffffffff << 32) /* of no layer: the place is not free yet */

/*
 * layers: an array, so that a decision finds its layer without a search. A layer's place is its id
 * modulo their number, a power of two.
 */
struct resident_layer {
	/*
	 * id << 32 | who holds it: its members, and verbs for as long as they run. In one word, so
	 * that nobody comes to hold a layer that has ended, and another in its place. 0: the place
	 * is free.
	 */
	__u64 life;
	__u32 owner;
	__u32 flags; /* enum resident_layer_flag */
	__u32 generation; /* policy[generation % 2] is in force */
	__u32 busy; /* a verb changes it */
	__u64 audited;
	__u64 answered[MPOL_RULES_ROOM]; /* calls that were not simply allowed, by rule */
	struct resident_key install, modify;
	struct resident_policy policy[2];
};

/*
 * allowed: how many calls a layer let through, in as many places, each for its share of the CPUs:
 * what most calls count is not to be fought for. A layer's are RESIDENT_STRIPES times as far apart
 * as there are layers, so that those of one share of the CPUs lie together.
 */
#define RESIDENT_STRIPES 8

#define RESIDENT_LEVELS 32 /* a layer is attached to no cgroup that has as many above it */

/*
 * Which programs a cgroup can have of its own, of lsm_cgroup: those whose hooks few calls reach. On
 * the hooks of files every open file of the machine would pay for being able to.
 */
#define RESIDENT_BY_CGROUP (RESIDENT_LSM_SET | RESIDENT_LSM_MOUNT)

/* In struct resident_cgroup.state, above RESIDENT_BY_CGROUP. */
#define RESIDENT_CGROUP_USED (1u << 30) /* something is attached */
#define RESIDENT_CGROUP_GONE (1u << 31) /* alone: the cgroup was removed */

/*
 * cgroups: the id of a cgroup of the v2 hierarchy -> what is attached to it; 0 in a slot is none.
 */
struct resident_cgroup {
	__u32 level;
	__u32 state; /* on which of RESIDENT_BY_CGROUP its own programs decide, and more */
	__u32 version; /* changes with what is attached */
	__u32 reserved;
	__u32 layer[RESIDENT_STACK];
};

/* cgroup_layers: the storage of a cgroup, from which its own programs take what is attached. */
struct resident_storage {
	__u32 n; /* slots, used or not */
	__u32 reserved;
	__u32 layer[RESIDENT_STACK];
};

/* For which programs a cgroup may have some of its own: one class each, and one for all others. */
#define RESIDENT_CLASSES 3
#define RESIDENT_CLASS_ALL 2
#define RESIDENT_CLASS(program)                \
	((program) == RESIDENT_LSM_SET     ? 0 \
	 : (program) == RESIDENT_LSM_MOUNT ? 1 \
					   : RESIDENT_CLASS_ALL)

/* Whether there is anybody to decide about, and where something is attached at all. */
struct resident_attached {
	union {
		struct {
			__u32 levels; /* bit n: perhaps to a cgroup with n above it */
			__u32 members; /* those in the making too; some that ended perhaps */
		};
		__u64 anybody;
	};
	__u32 by_number[RESIDENT_CLASS_ALL]; /* those levels that the programs of a class ask for */
	__u32 busy; /* a verb attaches or detaches */
	__u32 tree_first; /* programs of the tree run before those of a cgroup */
	__u32 count[RESIDENT_CLASSES][RESIDENT_LEVELS]; /* how many cgroups */
};

/* owners: uid in the initial user namespace -> what it has. */
struct resident_owner {
	__u64 layers;
	__u64 members;
};

enum resident_preempt {
	RESIDENT_PREEMPT_UNKNOWN, /* counts as full */
	RESIDENT_PREEMPT_NEVER, /* built so: none or voluntary, and nothing can change it */
	RESIDENT_PREEMPT_ALWAYS, /* built so: full, lazy or RT */
	RESIDENT_PREEMPT_ASK, /* the kernel's variable tells */
};

enum resident_frozen {
	RESIDENT_ANSWERS,
	RESIDENT_FROZEN, /* EAGAIN to all but hello */
	/*
	 * To whoever asks there is nobody any more; the kernel takes its time to detach what is
	 * unpinned.
	 */
	RESIDENT_GONE,
};

/* control[0]: what all programs share, over upgrades too. */
struct resident_control {
	__u32 abi;
	__u32 programs; /* enum resident_program, what is attached */
	__u32 frozen; /* enum resident_frozen */
	__u32 preempt; /* enum resident_preempt */
	__u32 layers_max, layers_kept; /* the last ones are kept for the host's root */
	__u32 members_max, members_kept;
	__u32 owner_layers_max, owner_members_max;
	__u64 layers, members; /* now */
	__u64 next_id; /* its low half; 0 is none */
	__u64 denied; /* forks that a quota refused */
	__u64 torn; /* decisions that were refused because a policy could not be read whole */
};

_Static_assert(sizeof(struct resident_request) == 280, "the layout that loaded programs know");
_Static_assert(sizeof(struct resident_member) == 72, "the layout that pinned maps have");
_Static_assert(sizeof(struct resident_layer) == 768, "the layout that pinned maps have");
_Static_assert(sizeof(struct resident_label) == 256, "the layout that pinned maps have");

#endif
