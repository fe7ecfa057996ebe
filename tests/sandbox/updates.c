/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * updates MECHANISM SECONDS: eight threads under a live layer that MECHANISM (lsm, fmod_ret,
 * notify) holds ask for MPOL_BIND by mbind(2) until the time is over, while the layer's policy is
 * changed as fast as can be between one that answers EPERM and one that answers EDOM. Prints "CALLS
 * calls, UPDATES updates"; exit status 1 if any call got another answer, 77 where MECHANISM is not
 * to be had.
 */
#include <errno.h>
#include <mpol.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MPOL_BIND 2
#define THREADS 8
#define PAGE 4096

static struct answers {
	unsigned long eperm, edom, other;
} * answers; /* shared with the child */
static time_t end;

static void die(const char *what, int r)
{
	fprintf(stderr, "updates: %s: %s\n", what, strerror(-r));
	exit(1);
}

static void *hammer(void *page)
{
	unsigned long node0 = 1;

	while (time(NULL) < end) {
		long r = syscall(SYS_mbind, page, PAGE, MPOL_BIND, &node0, 64, 0);
		unsigned long *which = &answers->other;

		if (r < 0 && errno == EPERM)
			which = &answers->eperm;
		else if (r < 0 && errno == EDOM)
			which = &answers->edom;
		__atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int hammer_all(void)
{
	pthread_t thread[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		void *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED || pthread_create(&thread[i], NULL, hammer, page))
			return 1;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

static uint32_t mechanism(const char *name)
{
	if (strcmp(name, "lsm") == 0)
		return MPOL_MECHANISM_LSM;
	if (strcmp(name, "fmod_ret") == 0)
		return MPOL_MECHANISM_FMOD_RET;
	return strcmp(name, "notify") == 0 ? MPOL_MECHANISM_NOTIFY : 0;
}

static struct mpol_plan *plan_of(const char *text, uint32_t by)
{
	struct mpol_policy *policy;
	struct mpol_plan *plan = NULL;
	int r;

	r = mpol_policy_parse(text, strlen(text), "updates", MPOL_POLICY_INLINE, &policy, NULL);
	if (r < 0)
		die(text, r);
	r = mpol_plan_new(policy, by, MPOL_PLAN_LIVE, &plan, NULL);
	if (r == -EOPNOTSUPP)
		exit(77);
	if (r < 0)
		die("mpol_plan_new", r);
	mpol_policy_unref(policy);
	return plan;
}

static void *serve(void *server)
{
	mpol_serve(server, -1);
	return NULL;
}

/* The child of @pid ends by itself. */
static unsigned long update_until(pid_t pid, int layer, struct mpol_plan *const *plans)
{
	unsigned long updates = 0;
	int status = 0, r;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		r = mpol_layer_update(layer, plans[++updates % 2], 0);
		if (r < 0)
			die("mpol_layer_update", r);
	}
	if (status)
		die("the child", -ECHILD);
	return updates;
}

/* One more change, only of the generation that it is, and other keys: the new ticket. */
static int change_and_rekey(int layer, const struct mpol_plan *plan, uint64_t generation)
{
	struct mpol_info info = {.size = sizeof(info)};
	int anew, r;

	r = mpol_layer_update(layer, plan, generation + 1);
	if (r != -ESTALE)
		die("changed, though of another generation", r < 0 ? r : -EINVAL);
	r = mpol_layer_update(layer, plan, generation);
	if (r < 0)
		die("mpol_layer_update", r);
	r = mpol_layer_info(layer, &info);
	if (r < 0 || info.generation != generation + 1)
		die("mpol_layer_info", r < 0 ? r : -ERANGE);
	anew = mpol_layer_rekey(layer);
	if (anew < 0)
		die("mpol_layer_rekey", anew);
	r = mpol_layer_update(layer, plan, 0);
	if (r != -EKEYREJECTED)
		die("changed by the old keys", r < 0 ? r : -EINVAL);
	close(layer);
	return anew;
}

int main(int argc, char **argv)
{
	struct mpol_server *server = NULL;
	struct mpol_plan *plans[2];
	struct mpol_child child;
	unsigned long updates;
	pthread_t thread;
	uint32_t by;
	int layer, r;
	pid_t pid;

	by = argc == 3 ? mechanism(argv[1]) : 0;
	if (!by)
		return 2;
	answers = mmap(NULL, sizeof(*answers), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (answers == MAP_FAILED)
		die("mmap", -errno);
	plans[0] = plan_of("{mempolicy: {modes: {bind: EPERM}}}", by);
	plans[1] = plan_of("{mempolicy: {modes: {bind: EDOM}}}", by);
	layer = mpol_layer_create(plans[0], &server);
	if (layer < 0)
		die("mpol_layer_create", layer);
	if (server && pthread_create(&thread, NULL, serve, server))
		die("pthread_create", -EAGAIN);
	r = mpol_child_prepare(layer, 0, &child);
	if (r < 0)
		die("mpol_child_prepare", r);
	end = time(NULL) + atoi(argv[2]) + 1;
	pid = fork();
	if (pid == 0) {
		r = mpol_child_enter(&child);
		if (r < 0)
			die("mpol_child_enter", r);
		_exit(hammer_all());
	}
	mpol_child_done(&child);
	updates = update_until(pid, layer, plans);
	layer = change_and_rekey(layer, plans[0], updates + 1);
	r = mpol_layer_remove(layer);
	if (r < 0)
		die("mpol_layer_remove", r);
	close(layer);
	if (server && pthread_join(thread, NULL) == 0)
		mpol_server_free(server);
	printf("%lu calls, %lu updates\n", answers->eperm + answers->edom, updates);
	if (answers->other)
		fprintf(stderr, "updates: %lu calls got an answer that neither policy gives\n",
			answers->other);
	return answers->other || !answers->eperm || !answers->edom;
}
