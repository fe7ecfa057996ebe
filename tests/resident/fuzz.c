/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fuzz CALLS [SEED]: verbs with garbage, from an ordinary user. Requests that make sense are among
 * them, with bits turned over, at the end of a page, in memory that is not there. What they made is
 * gone with this process and its children, except for layers with keys, which are removed by key;
 * so afterwards the resident must hold as much as before, which the caller looks at.
 */

#include "check.h"

static uint64_t state;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t n)
{
	return random64() % n;
}

#define SEEDS 8 /* of keys that requests have */

static struct resident_request sensible(void)
{
	struct resident_request request = nobind(100 + below(SEEDS));
	size_t i;

	request.key = below(2) ? request.install : request.modify;
	request.field = (uint32_t)below(RESIDENT_UNDER + 2);
	request.part = (uint32_t)(below(4) ? below(4) : below(100));
	for (i = 0; i < below(4); i++)
		request.rules.answer[below(MPOL_RULES_ROOM)] = (__u16)random64();
	return request;
}

static void *place(char *pages, const struct resident_request *request)
{
	void *at = pages + 4096 - sizeof(*request);

	memcpy(at, request, sizeof(*request));
	switch (below(12)) {
	case 0:
		return NULL;
	case 1:
		return (void *)random64();
	case 2:
		return (void *)(0xffff800000000000 | random64());
	case 3:
		return pages + 4096 -
		       below(sizeof(*request)); /* runs into a page that is not there */
	default:
		return at;
	}
}

/* Children, so that whatever was joined ends with them. */
static void some(char *pages, unsigned long calls)
{
	unsigned long n;

	if (below(2))
		no_new_privs();
	for (n = 0; n < calls; n++) {
		struct resident_request request = sensible();
		unsigned long size = below(8) ? sizeof(request) : random64() >> below(64);
		unsigned long verb = below(10) ? below(RESIDENT_LABEL + 2) : random64();
		size_t i;
		long r;

		for (i = below(3); i > 0; i--)
			((char *)&request)[below(sizeof(request))] ^= (char)(1u << below(8));
		r = prctl(RESIDENT_PRCTL, verb, place(pages, &request), size,
			  below(2) ? 0 : random64());
		/* Either it is done, and says so, or it is not. */
		CHECK(r < 0 || (r & RESIDENT_YES));
	}
}

int main(int argc, char **argv)
{
	unsigned long calls = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000, done;
	struct resident_request request;
	char *pages;
	uint64_t i;

	state = argc > 2 ? strtoul(argv[2], NULL, 10) : 0x9e3779b97f4a7c15;
	if (!deciding_program()) {
		puts("nothing here decides, or only what may be skipped");
		return 77;
	}
	pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(pages != MAP_FAILED && munmap(pages + 4096, 4096) == 0);
	for (done = 0; done < calls; done += 200) {
		pid_t pid = fork();
		int status;

		CHECK(pid >= 0);
		random64();
		if (pid == 0) {
			some(pages, 200);
			_exit(0);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		/* A kill is an answer that a rule can give. */
		CHECK(status == 0 || WIFSIGNALED(status));
	}
	/* Keys that a turned bit made are nobody's: they stay within this user's quota. */
	for (i = 0; i < SEEDS; i++) {
		request = nobind(100 + i);
		(void)drop_layer(request.modify);
	}
	printf("%lu calls\n", done);
	return 0;
}
