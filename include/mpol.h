/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmpol: which memory policies a tree of processes may use. See mpol(3).
 *
 * Every function returns 0 or more, or -errno, and leaves its outputs alone when it fails, unless
 * it says otherwise. Every fd that is returned is close-on-exec and the caller's. There is no
 * global state: any thread may call anything on objects of its own, and policies may be shared by
 * threads. A structure that starts with .size is to be filled in with its sizeof; one that is
 * longer than the library knows, and not zero there, is -E2BIG.
 */
#ifndef MPOL_H
#define MPOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sock_filter;
struct mpol_policy; /* immutable, refcounted */
struct mpol_plan; /* immutable */
struct mpol_server; /* what holds a live layer, or a part of it, in this process */
struct mpol_events; /* what is told of calls */
struct mpol_held; /* what keeps a layer there until something is under it */
struct mpol_launch; /* what is to be done to this process before it executes a command */
struct mpol_outcome; /* what came of a command */

/* What is wrong, where, and what to do. NUL-terminated, printable; "" and 0: not said. */
struct mpol_error {
	char file[256];
	uint32_t line, column; /* from 1 */
	char what[256];
	char hint[256];
};

/* --- Profiles: any phase ---------------------------------------------------------------------- */

/*
 * All that a name finds, in the order of mpolrun(1), in JSON, to free(3): what `mpolrun profile
 * list --json` prints. version; profiles, sorted: name; from, a path or builtin:NAME; description,
 * one line, if it has any; hides-builtin; and if it is not valid fault: file, line, column, what,
 * hint.
 */
int mpol_profile_list(char **ret_json);

/* The text of what `mpolrun -p` names, as it stands, and where it is from; both to free(3). */
int mpol_profile_text(const char *name_or_path, char **ret, size_t *ret_len, char **ret_from,
		      struct mpol_error *err);

/* --- Policies: any phase ---------------------------------------------------------------------- */

#define MPOL_POLICY_INLINE 0x1u /* `version` may be left out */

/*
 * Parse the text of a profile (YAML or JSON, need not end in NUL), called @name in messages. Reads
 * no file. @err may be NULL.
 *   -EINVAL   a fault, told in @err;  -EFBIG  more than 64 KiB;  -ENOTSUP  of a newer version
 *   -ENOENT   it extends other profiles: use mpol_policy_load()
 */
int mpol_policy_parse(const char *text, size_t len, const char *name, uint32_t flags,
		      struct mpol_policy **ret, struct mpol_error *err);

/*
 * The policy of what `mpolrun -p` names: a profile's name, a path, '{inline}', fd:N. The only one
 * here that reads profiles from files, in the order of mpolrun(1), with all that they extend.
 */
int mpol_policy_load(const char *name_or_path, struct mpol_policy **ret, struct mpol_error *err);

#define MPOL_SOURCES_MAX 64 /* profiles that one policy may be made of, extended ones too */

#define MPOL_SOURCE_PROFILE 0u /* what `mpolrun -p` names */
#define MPOL_SOURCE_DENY 1u /* what `mpolrun --deny` takes: "bind", "bind=EINVAL", "pages.move" */

struct mpol_source {
	uint32_t kind; /* MPOL_SOURCE_... */
	uint32_t zero;
	const char *text;
};

/*
 * The strictest answer of all @sources, rule by rule, as of one command line of mpolrun(1).
 *   -EINVAL  a fault, told in @err; or no source;  -E2BIG  more than 64 profiles
 *   -ENOENT  no such profile;  and those of open(2)
 */
int mpol_policy_combine(const struct mpol_source *sources, size_t n, struct mpol_policy **ret,
			struct mpol_error *err);

/* The strictest answer of @n policies, rule by rule. -EINVAL where they cannot be joined. */
int mpol_policy_intersect(struct mpol_policy *const *policies, size_t n, struct mpol_policy **ret,
			  struct mpol_error *err);

struct mpol_policy *mpol_policy_ref(struct mpol_policy *policy);
struct mpol_policy *mpol_policy_unref(struct mpol_policy *policy); /* NULL is fine; returns NULL */

enum mpol_policy_call {
	MPOL_CALL_MBIND,
	MPOL_CALL_SET_MEMPOLICY,
	MPOL_CALL_SET_MEMPOLICY_HOME_NODE,
	MPOL_CALL_GET_MEMPOLICY,
	MPOL_CALL_MIGRATE_PAGES,
	MPOL_CALL_MOVE_PAGES,
	MPOL_CALL_MOUNT,
	MPOL_CALL_FSCONFIG,
};

/* In the order of strictness. */
enum mpol_answer_kind {
	MPOL_KIND_ALLOW,
	MPOL_KIND_AUDIT, /* allowed, and reported */
	MPOL_KIND_IGNORE, /* nothing is done, and success is reported */
	MPOL_KIND_ERRNO,
	MPOL_KIND_KILL,
};

struct mpol_answer {
	uint32_t kind; /* enum mpol_answer_kind */
	uint32_t error; /* the errno of MPOL_KIND_ERRNO */
	uint32_t needs_nodes; /* mpol_policy_test(): a rule looks at nodes that are not said */
	uint32_t line; /* of the profile that says so; 0: none */
	char text[24]; /* as a profile writes it: "EPERM" */
	char rule[40]; /* the one that speaks: "modes.bind"; "" of MPOL_KIND_ALLOW */
	char profile[256]; /* as people know it; "" of MPOL_KIND_ALLOW */
};

/* What a call is answered, by its number in enum mpol_policy_call and its six arguments. -EINVAL */
int mpol_policy_decide(const struct mpol_policy *policy, uint32_t call, const uint64_t *args,
		       struct mpol_answer *ret);

/*
 * The same of a call in words: "mbind(bind|static-nodes, 0-3, move)", as mpolrun(1) says of
 * `profile test`. -EINVAL, told in @err
 */
int mpol_policy_test(const struct mpol_policy *policy, const char *call, struct mpol_answer *ret,
		     struct mpol_error *err);

/*
 * What a policy says, in JSON, to free(3): title; rules, by name ("modes.bind"): answer, profile
 * and line where a profile says so, and nodes, of the rule for nodes; restricted, the rules that
 * take something away, by mpol_rule_name(), and best-effort, those of them that may be lost;
 * start: inherited, policy.
 */
int mpol_policy_json(const struct mpol_policy *policy, char **ret_json);

/*
 * The seccomp filter of a policy for the kernels of @audit_arch (AUDIT_ARCH_X86_64), into @buf,
 * which has room for *len instructions. *len is set to how many it takes: 0, nothing is refused.
 *   -EOPNOTSUPP  an architecture that is not known;  -ENOSPC  @buf is too small, *len says by how
 *                much
 */
int mpol_policy_seccomp(const struct mpol_policy *policy, uint32_t audit_arch,
			struct sock_filter *buf, size_t *len);

/*
 * The rules of a policy, as a profile writes them: "modes", "pages.move". NULL from the first
 * number on that is none's. Where rules are a set, each has the bit 1 << its number.
 */
const char *mpol_rule_name(uint32_t rule);

#define MPOL_OCI_EPERM_ONLY 0x1u /* for what knows no other errno: Kubernetes' SeccompProfile */

/*
 * The policy as the seccomp section of an OCI runtime's configuration, JSON, *ret_json: that alone
 * and all else allowed, or in the place of what the seccomp profile @base_json (docker's or
 * podman's default; NULL: none) says of the same calls. What it refuses to all stays refused.
 * *ret_notes, unless NULL: what a reader would miss, each sentence on a line of its own, or NULL.
 * Both to free(3). What the format cannot say of @best_effort, a set of rules, and of those that
 * the profiles themselves let go, is left out and noted.
 *   -EDOM     the format cannot say a rule, named in @err
 *   -EINVAL   @base_json is no seccomp profile;  -ENOTSUP  calls of an unknown architecture
 */
int mpol_policy_oci(const struct mpol_policy *policy, const char *base_json, uint32_t best_effort,
		    uint32_t flags, char **ret_json, char **ret_notes, struct mpol_error *err);

/* --- Plans: what enforces a policy here ------------------------------------------------------- */

#define MPOL_MECHANISM_LSM 0x1u /* the resident, at hooks of LSM; live layers only */
#define MPOL_MECHANISM_FMOD_RET 0x2u /* the resident, elsewhere; live layers only */
#define MPOL_MECHANISM_SECCOMP 0x4u /* a static filter */
#define MPOL_MECHANISM_NOTIFY 0x8u /* a supervisor: can be changed */
#define MPOL_MECHANISM_LAUNCHER 0x10u /* looked at once, at a launch; of no meaning elsewhere */
#define MPOL_MECHANISM_KPROBE 0x20u /* the resident, best effort: holds no rule that must be held */

#define MPOL_PLAN_LIVE 0x1u /* only what can be changed while processes live under it */
#define MPOL_PLAN_AUDIT 0x2u /* nothing is refused, what would be is reported */
#define MPOL_PLAN_WATCH 0x4u /* between equals, what can tell of the calls that it refuses */
#define MPOL_PLAN_EXPLAIN 0x8u /* find out, too, what only a reader wants to know */
/*
 * As a launch by mpolrun(1): all mechanisms together, also those that hold live layers alone. For
 * mpol_launch_prepare(), or to be read: no layer is made of it.
 */
#define MPOL_PLAN_LAUNCH 0x10u
/*
 * Of a launch that nobody is told about: what may be lost anyway, and is only looked at, is not.
 */
#define MPOL_PLAN_UNTOLD 0x20u

/*
 * Find out what holds @policy on this machine, with the @mechanisms (0: all). Tries some things in
 * child processes of its own that send no signal; waits for them.
 *   -EOPNOTSUPP  a rule that may not be lost is not covered; *ret is set all the same, @err names
 *                it
 *   -EINVAL      unknown bits
 */
int mpol_plan_new(const struct mpol_policy *policy, uint32_t mechanisms, uint32_t flags,
		  struct mpol_plan **ret, struct mpol_error *err);

#define MPOL_NO_LAYER (-1)

struct mpol_plan_request {
	uint32_t size;
	uint32_t flags; /* MPOL_PLAN_... */
	uint32_t mechanisms; /* 0: all */
	uint32_t best_effort; /* a set of rules, see mpol_rule_name(), that may be lost */
	int32_t layer; /* a live one that is to be updated: only what holds it; MPOL_NO_LAYER */
	uint32_t zero;
};

/*
 * The same, with more to say. Errors also as of mpol_layer_info(), of request->layer: *ret is
 * untouched then.
 */
int mpol_plan_with(const struct mpol_policy *policy, const struct mpol_plan_request *request,
		   struct mpol_plan **ret, struct mpol_error *err);

/*
 * The plan of a launch under @layer, which has the install right: its policy, and what holds that.
 * @flags: 0 or MPOL_PLAN_UNTOLD. For mpol_launch_prepare(), which goes under the layer, as long as
 * the plan is there. As mpol_plan_new(), and errors as of mpol_layer_info().
 */
int mpol_plan_of_layer(int layer, uint32_t flags, struct mpol_plan **ret, struct mpol_error *err);

/*
 * All that there is to say of a plan, in JSON, to free(3): what `mpolrun explain --json` prints.
 *
 *	version      1
 *	covered      whether every rule is held, or lost by leave
 *	audit        whether nothing is refused
 *	title        "nobind + ./db.yaml";  profiles  their names
 *	restricted   the rules that the policy restricts;  not-covered  of them, those that nothing
 *	             holds;  best-effort  those that are lost by leave
 *	held         by mechanism, the rules that it holds
 *	rules        an object for each line of a profile: rule; words, of that line; answer;
 *	             profile and line, where it comes from; cover: exact, coarse, start, part, none;
 *	             mechanism; how, the hooks or calls; note, what else is refused; why, not more;
 *	             fix, what to change to get more; loss: no, profile or caller, whose leave it is
 *	start        inherited; carried, the memory policy that this process has; policy
 *	above        call and answer, where a filter above this process refuses something already
 *	no-new-privs whether a launch sets it
 *
 * What is not known or not there is null. -ENOMEM
 */
int mpol_plan_json(const struct mpol_plan *plan, char **ret_json);

struct mpol_plan *mpol_plan_free(struct mpol_plan *plan); /* NULL is fine; returns NULL */

/*
 * What this machine, this container and this user can enforce, in JSON, to free(3): what `mpolrun
 * doctor --json` prints. Tries things as mpol_plan_new() does. -ENOMEM
 *
 *	version; kernel, machine, uid, container, no_new_privs, filtered and by how many filters,
 *	numa, nodes and nodes_allowed, preempt, abis, features
 *	bind         tried, possible, answer: whether a task can bind here now
 *	calls        for each name: tried, reached, absent, answer, where something above answers
 *	mechanisms, resident, cgroup  name, ready, why not, fix: what to change
 *	carried      the memory policy of this process, carried_known, carried_answer
 *	mpol_mounts  with point and policy, mounts_seen; cpuset_writable
 *	rules        for each rule, how it would be held: as those of mpol_plan_json()
 *	next         the step that changes most
 */
int mpol_host_json(char **ret_json);

/* --- Layers: a policy that processes live under, held as an fd, its ticket -------------------- */

#define MPOL_RIGHT_INSTALL 0x1u /* put processes under it */
#define MPOL_RIGHT_MODIFY 0x2u /* change it for all that are */

/*
 * A layer, as a ticket with every right that there is to it. Of a live plan *ret_server is what
 * holds it: some thread has to call mpol_serve(). Where the resident holds all of it, *ret_server
 * is NULL: nothing has to be served, and it stays until mpol_layer_remove(), even without
 * processes. Of a static plan *ret_server is NULL too, and there is no right to change it.
 *   -EOPNOTSUPP  the plan does not cover its policy, or is MPOL_PLAN_LAUNCH
 *   -EDQUOT      the caller's user has as many layers of the resident as one may;  -ENOSPC  all
 *                have
 */
int mpol_layer_create(const struct mpol_plan *plan, struct mpol_server **ret_server);

#define MPOL_LOG_TEXT 0u
#define MPOL_LOG_JSON 1u /* an object a line; of files and the like */

struct mpol_log {
	uint32_t size;
	uint32_t format; /* MPOL_LOG_... */
	const char *where; /* "stderr", "fd:N", a file, which is appended to, or "journal" */
	const char *layer; /* what the layer is called there; NULL: nothing */
};

/* Tell of each call that is not simply allowed. Before mpol_serve(). -EINVAL; those of open(2) */
int mpol_server_log(struct mpol_server *server, const struct mpol_log *log, struct mpol_error *err);

/*
 * As mpol_layer_create(), of a live plan, for a caller that does not stay: where something has to
 * be served, a process is started beside this one, detached, that does so and, unless @log is NULL,
 * tells of calls. It stays until mpol_layer_remove(). In a process with one thread. Where the
 * resident holds all, @log is of no meaning.
 */
int mpol_layer_start(const struct mpol_plan *plan, const struct mpol_log *log,
		     struct mpol_error *err);

/*
 * As mpol_layer_create(), of a live plan that the resident holds alone, but the layer ends by
 * itself when nothing is under it any more: for a container's, which its cgroup then keeps. Until
 * mpol_held_free(), or the end of this process, a child of it does. As root, in a process with one
 * thread.
 *   -ENODATA  the policy takes nothing away that the resident could hold;  -EOPNOTSUPP  others
 *             have a part in it
 */
int mpol_layer_hold(const struct mpol_plan *plan, struct mpol_held **ret);
struct mpol_held *mpol_held_free(struct mpol_held *held); /* NULL is fine; returns NULL */

/*
 * Give the ticket @layer away: over @fd, a UNIX socket, as a file descriptor with the byte 'T';
 * into anything else as bytes, of which a file is a ticket, too. @fd becomes close-on-exec.
 */
int mpol_layer_hand_out(int layer, int fd);

/*
 * End a live layer: who lives under it stays under it, and nobody changes it any more. And new
 * keys, for both rights, after which every older ticket is worth nothing: returns the new one.
 * Modify right; errors as of mpol_layer_update().
 */
int mpol_layer_remove(int layer);
int mpol_layer_rekey(int layer);

/* Only report from now on what would be refused (@on), or refuse again. Errors as of an update. */
int mpol_layer_audit(int layer, int on);

/*
 * Give a live layer a name, under which mpolrun and mpol_layer_open() find it: two files, of which
 * that for the install right gets @mode (0600) and @group ((uint32_t)-1: ours). The ticket has the
 * install right at least. A name ends with the resident's layer, with the process that serves, or
 * by mpol_layer_unname(), which leaves the layer alone.
 *   -EINVAL  it cannot be a name;  -EEXIST  there is such a layer
 *   -ENOENT  no folder for it: an ordinary user needs $XDG_RUNTIME_DIR
 */
int mpol_layer_name(int layer, const char *name, uint32_t mode, uint32_t group,
		    struct mpol_error *err);

int mpol_layer_unname(const char *name, struct mpol_error *err);

/*
 * mpol_layer_remove() of the layer @name, of ours, and of the name with it: who takes that again at
 * the same time keeps it.
 */
int mpol_layer_remove_name(const char *name, struct mpol_error *err);

/* mpol_layer_rekey() of the layer @name, whose files get the new keys: of us, its owner. */
int mpol_layer_rekey_name(const char *name, struct mpol_error *err);

/* The names of all layers, sorted; the array and each string are the caller's, to free(3). */
int mpol_layer_list(char ***ret, size_t *ret_n);

/*
 * Hold a live layer: answer its processes and whoever has a ticket. Returns 0 when it was removed,
 * or when @stop (an fd; -1: none) has become readable, and no process is left under it. Makes a
 * thread with all signals blocked for each mpol_child_enter(), which ends with that tree of
 * processes. If this process dies, the calls that it decided are refused. Let it be non-dumpable
 * (PR_SET_DUMPABLE).
 */
int mpol_serve(struct mpol_server *server, int stop);
struct mpol_server *mpol_server_free(struct mpol_server *server); /* not while it is served */

/* The ticket of a named layer (mpolrun --name, layer create). -ENOENT, -EACCES */
int mpol_layer_open(const char *name, uint32_t rights, struct mpol_error *err);

/* A new ticket with only these rights. -EACCES where @layer lacks one; never gives one back. */
int mpol_layer_restrict(int layer, uint32_t rights);

/*
 * Put the policy of @plan, a live one, in the place of the layer's. All or nothing; when this
 * returns, every later call of every thread gets the new answer. @generation: that it must be of,
 * or 0. What holds the layer stays the same: the rules are shared out among that anew.
 *   -EACCES     the ticket lacks the right;  -EPERM  the caller is, or may be, under the layer
 *   -EBUSY      the filters of processes that live under it cannot see what is new
 *   -ESTALE     the generation is another;  -EOPNOTSUPP  a static layer, a plan that is not live,
 *               or what holds the layer does not cover the policy
 *   -EOWNERDEAD nobody holds it any more;  -EHOSTUNREACH  not reached from this namespace
 *   -ETIMEDOUT  its server does not answer;  -EKEYREJECTED  it has other keys by now
 */
int mpol_layer_update(int layer, const struct mpol_plan *plan, uint64_t generation);

#define MPOL_AUDIT_AS_IS 0u
#define MPOL_AUDIT_ON 1u /* only report what would be refused */
#define MPOL_AUDIT_OFF 2u

struct mpol_change {
	uint32_t size;
	uint32_t audit; /* MPOL_AUDIT_... */
	uint64_t generation; /* that it must be of; 0: any */
	const char *name; /* whose files are to tell the new policy, too; NULL: none's */
	/* Out, on -EBUSY: how many processes, at least, the filters of which cannot see it */
	uint64_t processes;
};

/*
 * mpol_layer_update() and mpol_layer_audit() at once, with more to say: the policy of @plan, unless
 * NULL, and the switch over it. All or nothing; errors as of an update.
 */
int mpol_layer_change(int layer, const struct mpol_plan *plan, struct mpol_change *change,
		      struct mpol_error *err);

struct mpol_info {
	uint32_t size;
	uint32_t rights; /* of this ticket */
	uint64_t generation; /* 0: a static layer, and all that follows is 0 */
	uint32_t launches; /* trees of processes under it, where a server has a part in it */
	uint32_t audit;
	/* Calls; killed and ignored are counted by a server alone. */
	uint64_t allowed, audited, ignored, refused, killed;
	uint64_t members; /* tasks under it, where the resident has a part in it */
	uint32_t mechanisms; /* MPOL_MECHANISM_... */
	uint32_t zero;
};

/* Errors as of mpol_layer_update(). Either right will do. */
int mpol_layer_info(int layer, struct mpol_info *info);

/*
 * The same and more, for a reader, in JSON, to free(3): what `mpolrun layer show --json` prints but
 * for its name. mechanisms; profile, its title; generation; audit; persistent, stays without
 * processes; audited and refused calls, and allowed ones, if counts-allowed; rules, by name: answer
 * and, where no filter answers alone, calls that were not simply allowed. Of a layer that a server
 * has a part in: launches, ignored, killed, events-lost, and supervisor, its pid. Where the
 * resident has one: members. Of one that it holds alone: attached, to how many cgroups, and, for
 * root, cgroups, their paths. Errors as of mpol_layer_info(); -EOPNOTSUPP of a static layer.
 */
int mpol_layer_json(int layer, char **ret_json);

/*
 * The processes under a layer, of which @pids gets the first @room; *ret_n is how many there are.
 * Errors as of mpol_layer_info(); -ENOTSUP where the kernel has no way to ask, before 6.2, or this
 * pid namespace
 */
int mpol_layer_processes(int layer, int32_t *pids, size_t room, size_t *ret_n);

/*
 * Who under a layer, or in a cgroup that it is attached to, holds a memory policy that it refuses:
 * one of before, which nobody undoes. JSON with a version key, to free(3): processes, each with
 * pid, name and bound, as "bind:0, 2 areas, 9 MiB"; not-looked-at, how many. It reads the memory
 * map of each of them, which takes its time. Errors as of mpol_layer_info().
 */
int mpol_layer_bound_json(int layer, char **ret_json);

struct mpol_attach {
	uint32_t size;
	uint32_t processes; /* in the cgroup and below it */
	uint32_t bound; /* of those, that hold a memory policy which the layer refuses: it stays */
	uint32_t leaving; /* that hold a file by which they could go to another cgroup */
	uint32_t unseen; /* processes and cgroups that could not be looked at */
	uint32_t zero;
};

#define MPOL_ATTACH_CLEAN 0x1u /* or not at all */

/*
 * Put all that is and comes into the cgroup whose folder (of the v2 hierarchy, O_PATH will do) is
 * open as @cgroup, and below it, under the layer, until it is detached or the cgroup removed. As
 * root of the host, from outside of all layers. Install right. The layer must be one that the
 * resident holds alone.
 *
 * *ret, unless NULL, counts who is there, for whom it comes too late in part; *ret_json, unless
 * NULL, names them, to free(3):
 *
 *	{"version": 1, "cgroup": PATH, "processes": [{"pid": 1, "name": "", "bound": "bind:0, 2
 *	areas" or null, "leaves": a file's name or null}], "not-looked-at": 0, "error": why nobody
 *	could be, or null, "not-held": "files, cpuset", the rules for which this kernel has no
 *	program, or null, "own-programs": the hooks on which the cgroup got programs of its own,
 *	"no-own-programs": why it did not get more, or null: it is held all the same}
 *
 *   -EBUSY      not MPOL_ATTACH_CLEAN: it was under the layer for a moment. *ret and *ret_json are
 *               set
 *   -EPERM      not root, or a member of a layer;  -ERANGE  the root cgroup, or too deep
 *   -ENOTDIR    no cgroup of the v2 hierarchy;  -EOPNOTSUPP  a threaded one, or another layer
 *   -EEXIST     attached there already;  -E2BIG  16 others are;  -ENOSPC  too many cgroups
 *   -ESTALE     the cgroup was removed;  and as of mpol_layer_update()
 */
int mpol_layer_attach(int layer, int cgroup, uint32_t flags, struct mpol_attach *ret,
		      char **ret_json, struct mpol_error *err);

/* End that. Install right, as root. -ENOENT: it is not attached there; others as above. */
int mpol_layer_detach(int layer, int cgroup, struct mpol_error *err);

/* What an errno of the functions for layers, negative, means; never NULL, nobody's to free. */
const char *mpol_strerror(int err);

/* --- Events: calls that a layer did not simply allow ------------------------------------------ */

#define MPOL_EVENTS_JSON 0x1u /* an object a line, of which each has a version */
/*
 * Those that the resident remembers from before, too; and what supervisors do not keep is not
 * waited for.
 */
#define MPOL_EVENTS_RECENT 0x2u

/*
 * Be told of the events of @layer, which has the install right, called @name in them (NULL: it has
 * none); or, MPOL_NO_LAYER, of all layers that one may see: root all, others those of their own
 * layers, and of layers with a name that one may go under. Whoever has the right to change a layer
 * is told of all its events, others of those of their own layers.
 *   -ENODEV      no resident is loaded;  -EACCES  the layer is another user's, or this is a user
 *                namespace
 *   -ENODATA     MPOL_EVENTS_RECENT, of a layer that a supervisor holds alone
 *   -EOPNOTSUPP  a static layer
 *   -EUSERS      too many listen to its supervisor;  and as of mpol_layer_info()
 */
int mpol_events_new(int layer, const char *name, uint32_t flags, struct mpol_events **ret);

#define MPOL_EVENTS_ENDED 0x1 /* the layer has */
#define MPOL_EVENTS_SLEPT 0x2 /* nobody asked for a minute: what happened then is not known */

/*
 * Hand all that there is to tell now, a line each with its newline, to @line; events that came too
 * fast are counted by one of their own. Waits for nothing: ask some times a second, or some are
 * lost. Returns MPOL_EVENTS_... bits; -errno as above.
 */
int mpol_events_read(struct mpol_events *events, void (*line)(void *arg, const char *line),
		     void *arg);

struct mpol_events *mpol_events_free(struct mpol_events *events); /* NULL is fine; returns NULL */

/* --- Children: put a process under a layer ---------------------------------------------------- */

#define MPOL_CHILD_KEEP_NNP 0x1u /* leave no_new_privs alone: CAP_SYS_ADMIN is needed then */

/* Plain data, the caller's; its content is the library's. */
struct mpol_child {
	uint64_t opaque[2048];
};

/*
 * Before the fork: whatever needs memory or files. Install right. Errors as of mpol_layer_update().
 */
int mpol_child_prepare(int layer, uint32_t flags, struct mpol_child *ret);

/*
 * Between fork and execve, in the child, with one thread: reset the memory policy as the policy's
 * `start` says, set no_new_privs, go under the layer. Async-signal-safe: no allocation, no lock.
 * After a failure the child must _exit(2): how far it came is not defined.
 *   -EPERM  it carries a memory policy that the policy refuses at the start
 *   -EBUSY  a seccomp listener is above already;  -ESTALE  the layer was changed meanwhile
 *   -EMLINK it has several threads, with which the resident takes nobody;  -E2BIG  it is under 16
 *           layers
 *   -EPROTO a filter above answers in the kernel's place
 * It does not drop capabilities with which a layer can be undone (CAP_SYS_ADMIN, CAP_BPF, ...), and
 * closes no fd but its own.
 */
int mpol_child_enter(struct mpol_child *child);

/* In the parent, after the fork: close what the child has its own copy of. */
void mpol_child_done(struct mpol_child *child);

/* --- Launches: this process becomes a command ------------------------------------------------- */

/*
 * What mpolrun(1) does between its arguments and execve(2). More than a child of the functions
 * above gets: all mechanisms together, and what could undo the policy is taken from the command.
 */

#define MPOL_LAUNCH_KEEP_FDS 0x1u /* inherited files by which a layer could be undone stay open */
#define MPOL_LAUNCH_KEEP_CAPS 0x2u /* no capability is dropped */
#define MPOL_LAUNCH_NO_NEW_PRIVS 0x4u /* also where it could be left off */
#define MPOL_LAUNCH_CGROUP 0x8u /* in a cgroup of its own, or not at all */
#define MPOL_LAUNCH_NO_CGROUP 0x10u /* nor where root's layer is the resident's */
#define MPOL_LAUNCH_KERNEL_LOG 0x20u /* what a static filter refuses: the kernel's audit log */
#define MPOL_LAUNCH_SUMMARY 0x40u /* mpol_launch_above() follows, and somebody wants a summary */
#define MPOL_LAUNCH_DETAILS 0x80u /* MPOL_NOTE_STEP, and what the profile itself lets go */

#define MPOL_NOTE_WARNING 0u /* of what is lost */
#define MPOL_NOTE_STEP 1u /* what is done */

/* Everything that it points to has to stay until mpol_launch_free(). */
struct mpol_launch_request {
	uint32_t size;
	uint32_t flags; /* MPOL_LAUNCH_... */
	const char *keep_caps; /* not to be dropped: "sys_admin,cap_bpf"; NULL */
	/* Of a new layer that can be changed: */
	const char *name; /* see mpol_layer_name(); NULL */
	uint32_t mode, group; /* of its NAME.install */
	int32_t ticket_fd; /* where its ticket goes, see mpol_layer_hand_out(); -1 */
	uint32_t zero;
	const struct mpol_log *log; /* told of each call that is not simply allowed; NULL */
	/* Told, in a sentence, of what somebody may want to know; or NULL. */
	void (*note)(void *arg, uint32_t kind, const char *text);
	void *note_arg;
};

/*
 * Work out, for @plan, which is covered and stays until mpol_launch_free(), what this process has
 * to go through. Changes nothing yet: looks at inherited files, opens the log.
 *   -EPERM       it carries a memory policy, or a file of one, that the policy refuses
 *   -EOPNOTSUPP  the plan does not cover its policy, or is not MPOL_PLAN_LAUNCH
 *   -EINVAL      the flags; a name, or a log, of a layer that there is already; a live layer of a
 *                policy that takes nothing away;  -EBUSY  a log, where a listener is above
 */
int mpol_launch_prepare(const struct mpol_plan *plan, const struct mpol_launch_request *request,
			struct mpol_launch **ret, struct mpol_error *err);

/* 1 where mpol_launch_enter() will set no_new_privs, under which sudo and ping do not work; 0. */
int mpol_launch_no_new_privs(const struct mpol_launch *launch);

/*
 * Go under the policy: in the process that will call execve(2), with one thread, once. Not
 * async-signal-safe. Makes the layer and its name, closes (at execve) inherited files and drops
 * capabilities by which it could be undone, resets or sets the memory policy, sets no_new_privs,
 * the filter last. After a failure this process must execute nothing.
 */
int mpol_launch_enter(struct mpol_launch *launch, struct mpol_error *err);

struct mpol_launch *mpol_launch_free(struct mpol_launch *launch); /* NULL is fine; returns NULL */

/* The policy to launch under to learn from it: all goes on, and is told of. Of seccomp. */
#define MPOL_LEARN_PROFILE                                                                     \
	"{version: 1, mempolicy: {modes: {others: audit}, mode-flags: {others: audit}, "       \
	"mbind-flags: {others: audit}, home-node: audit, get-mempolicy: audit, mount: audit}," \
	" pages: {migrate: audit, move: audit}}"

/*
 * Before mpol_launch_above(): learn from the calls of the command what it takes to let it run.
 * @merge, unless NULL: the text, @len bytes and called @name, of a profile learned before, which
 * the new one is to be no tighter than. -EINVAL where it says what cannot be learned.
 */
int mpol_launch_learn(struct mpol_launch *launch, const char *merge, size_t len, const char *name,
		      struct mpol_error *err);

/*
 * Fork, of a launch with MPOL_LAUNCH_SUMMARY, before mpol_launch_enter(): 0 in the child, which
 * goes on to become the command; 1 in the parent, with *ret, when the command and every process
 * under the layer have ended. With one thread, once a process. The parent decides the layer's calls
 * meanwhile, by threads; is not dumpable; hands on signals that some process sent it; and reaps
 * whom the command leaves behind, as a good init. -errno: in one of the two; the other one goes on.
 *   -EOPNOTSUPP  the layer can be changed, and the resident has a part in it
 */
int mpol_launch_above(struct mpol_launch *launch, struct mpol_outcome **ret,
		      struct mpol_error *err);

struct mpol_end {
	uint32_t size;
	int32_t status; /* of the command, as of waitpid(2) */
	int32_t pid; /* that it had */
	uint32_t zero;
	uint64_t told; /* calls that were not simply allowed */
	uint64_t lost; /* of those, that the log was not told of in time */
	uint64_t peak_kib; /* the most memory that one of its processes had */
};

/* Of an outcome, which stays as long as the process does. */
int mpol_outcome_end(struct mpol_outcome *outcome, struct mpol_end *ret);

/* Some lines for people, @title in the first: what `mpolrun --summary` prints. To free(3). */
int mpol_outcome_text(struct mpol_outcome *outcome, const char *title, char **ret);

/*
 * The tightest profile that would have let it run, its text, to free(3). -EINVAL: not of
 * mpol_launch_learn().
 */
int mpol_outcome_profile(struct mpol_outcome *outcome, char **ret);

#ifdef __cplusplus
}
#endif

#endif
