/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bomb.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define LINES 8
#define LIFE 240 /* seconds, if nobody tells them to end */
#define PATIENCE 1500 /* times a hundredth of a second, for all lines to have tried */

struct line {
	unsigned long generations;
	unsigned int done; /* of the rounds */
	struct outcome out;
};

/* Shared by all that fork from here. */
static struct bomb {
	volatile unsigned int round; /* when it grows, the route is tried */
	volatile int over;
	struct route route;
	struct line lines[LINES];
} * bomb;

/* Never returns to the caller but in the next process of the line. */
static void live_once(struct line *line)
{
	unsigned int round = bomb->round;
	pid_t next;

	if (line->done != round && !fork()) {
		/* Not by the line itself, which would hand on to the next what it got. */
		line->out = (struct outcome){0};
		route_try(&bomb->route, &line->out);
		__atomic_store_n(&line->done, round, __ATOMIC_RELEASE);
		_exit(0);
	}
	while (line->done != round && !bomb->over)
		usleep(1000);
	next = fork();
	/* No room for another: this one goes on. */
	if (next > 0)
		_exit(0);
	if (!next)
		line->generations++;
}

static void line_run(struct line *line)
{
	time_t began = time(NULL);

	if (fork())
		return;
	while (!bomb->over && time(NULL) - began < LIFE)
		live_once(line);
	_exit(0);
}

int bomb_start(void)
{
	pid_t pid;

	bomb = mmap(NULL, sizeof(*bomb), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bomb == MAP_FAILED)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid)
		return 0;
	/* Those that end have nobody who waits for them. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < LINES; i++)
		line_run(&bomb->lines[i]);
	while (!bomb->over)
		usleep(20000);
	_exit(0);
}

void bomb_stop(void)
{
	if (bomb)
		bomb->over = 1;
}

void from_bomb(const struct job *job)
{
	unsigned long generations = 0;
	int allowed = 0, missing = 0;

	if (!bomb) {
		outcome_absent(job->out, ENOENT, "nothing forks");
		return;
	}
	bomb->route = *job->route;
	__atomic_add_fetch(&bomb->round, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < LINES; i++) {
		struct line *line = &bomb->lines[i];
		bool got;

		for (int n = 0; line->done != bomb->round && n < PATIENCE; n++)
			usleep(10000);
		missing += line->done != bomb->round;
		got = line->out.kind == OUTCOME_ALLOWED || line->out.kind == OUTCOME_LEAKED;
		if (i == 0 || (got && !allowed))
			*job->out = line->out;
		allowed += got;
		generations += line->generations;
	}
	if (missing)
		outcome_absent(job->out, ETIMEDOUT, "all lines");
	else
		snprintf(job->out->note, sizeof(job->out->note), "%d of %d got it; %lu forks",
			 allowed, LINES, generations);
}
