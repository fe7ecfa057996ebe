/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "layer/layer_sources.h"
#include "layer/ticket.h"
#include "layer/wire.h"
#include "profile/profile.h"
#include "resident_abi.h"

static struct ticket live_ticket(void)
{
	struct ticket_server server = {.address = {1, 2, 3}, .pid = 42, .started = 7};
	struct ticket_key install = {.byte = {1}}, modify = {.byte = {2}};
	struct ticket ticket;

	ticket_of_server(&server, &install, &modify, &ticket);
	return ticket;
}

static struct ticket static_ticket(void)
{
	_cleanup_(cleanup_policy) struct policy *policy = NULL;
	static const char text[] = "{mempolicy: {modes: {bind: EPERM}, nodes: {0-3: allow, others: "
				   "EPERM}}, start: {inherited: reset, policy: 'interleave:0'}}";
	_cleanup_(cleanup_profile) struct profile *profile = NULL;
	struct fault fault = {0};
	struct ticket ticket;

	assert_int_equal(
		profile_parse(text, strlen(text), "inline", PROFILE_INLINE, &profile, &fault), 0);
	assert_int_equal(policy_build(&profile, 1, &policy, &fault), 0);
	assert_int_equal(ticket_of_policy(policy, false, &ticket), 0);
	return ticket;
}

static struct ticket resident_ticket(void)
{
	struct ticket_key install = {.byte = {1}}, modify = {.byte = {2}};
	struct ticket ticket = static_ticket();
	struct layer_policy policy = ticket.policy;

	policy.by_resident = GROUP_BIT(GROUP_MODES) | GROUP_BIT(GROUP_NODES);
	policy.deciders = RESIDENT_LSM_SET;
	ticket_of_resident(&policy, &install, &modify, 1001, &ticket);
	return ticket;
}

static void a_ticket_is_read_as_it_was_made(void **state)
{
	struct ticket made[] = {live_ticket(), static_ticket(), resident_ticket()}, read;
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(made); i++) {
		_cleanup_close_ int fd = ticket_create(&made[i]);

		assert_true(fd >= 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_true(ticket_is_one(fd));
		assert_int_equal(ticket_read(fd, &read), 0);
		assert_memory_equal(&read, &made[i], sizeof(read));
	}
}

static void nobody_changes_a_ticket_that_he_holds(void **state)
{
	struct ticket made = live_ticket(), read;
	_cleanup_close_ int fd = ticket_create(&made), again = -EBADF;
	struct iovec bytes = {.iov_base = &made, .iov_len = sizeof(made)};
	char path[64];
	void *map;

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_true(again < 0 || pwrite(again, "x", 1, 0) == -1);
	assert_int_equal(pwritev2(fd, &bytes, 1, 0, RWF_APPEND), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 64), -1);
	assert_true(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map, 4096, PROT_READ | PROT_WRITE), -1);
	munmap(map, 4096);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
	assert_int_equal(ticket_read(fd, &read), 0);
	assert_memory_equal(&read, &made, sizeof(read));
}

static void a_memfd_that_is_not_sealed_is_no_ticket(void **state)
{
	static const int seals[] = {0, F_SEAL_SHRINK, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE,
				    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE};
	struct ticket made = live_ticket(), read;
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(seals); i++) {
		_cleanup_close_ int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		assert_int_equal(write(fd, &made, sizeof(made)), sizeof(made));
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		assert_int_equal(ticket_read(fd, &read), -EPERM);
	}
}

static void other_files_are_no_tickets(void **state)
{
	static const char *const paths[] = {"/dev/zero", "/proc/self/status", "/", "/dev/null"};
	struct ticket read;
	int pair[2];
	size_t i;

	(void)state;
	for (i = 0; i < ELEMENTSOF(paths); i++) {
		_cleanup_close_ int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		assert_int_equal(ticket_read(fd, &read), -EBADMSG);
		assert_false(ticket_is_one(fd));
	}
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(ticket_read(pair[0], &read), -EBADMSG);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(ticket_read(-1, &read), -EBADF);
}

static void narrowing_gives_nothing_back(void **state)
{
	struct ticket ticket = live_ticket(), again;

	(void)state;
	assert_int_equal(ticket_narrow(&ticket, TICKET_INSTALL), 0);
	assert_true(ticket_key_is_zero(&ticket.modify));
	assert_int_equal(ticket_narrow(&ticket, TICKET_INSTALL | TICKET_MODIFY), -EACCES);
	assert_int_equal(ticket_narrow(&ticket, TICKET_MODIFY), -EACCES);
	assert_int_equal(ticket_narrow(&ticket, 0), -EACCES);
	assert_int_equal(ticket_decode(&ticket, sizeof(ticket), &again), 0);
	/* Writing the right into it does not help without the key. */
	ticket.rights |= TICKET_MODIFY;
	assert_int_equal(ticket_decode(&ticket, sizeof(ticket), &again), -EBADMSG);
}

/* What of a ticket may be anything: keys, addresses, pids and times, and words for people. */
static bool may_differ(const struct ticket *ticket, size_t at)
{
	static const struct {
		size_t first, size;
	} free_fields[] = {
		{offsetof(struct ticket, install), sizeof(struct ticket_key)},
		{offsetof(struct ticket, modify), sizeof(struct ticket_key)},
		{offsetof(struct ticket, server.address), 16},
		{offsetof(struct ticket, server.pid), 4},
		{offsetof(struct ticket, server.started), 8},
		{offsetof(struct ticket, policy.rules.generation), 8},
		{offsetof(struct ticket, policy.rules.nodes_refused), MPOL_NODES_WORDS * 8},
		{offsetof(struct ticket, policy.rules.answer), MPOL_RULES_ROOM * 2},
		{offsetof(struct ticket, policy.rules.flags), 1},
		{offsetof(struct ticket, policy.start_nodes), MPOL_NODES_WORDS * 8},
		{offsetof(struct ticket, policy.start_mode), 2},
		{offsetof(struct ticket, policy.must), 4},
		{offsetof(struct ticket, policy.by_resident), 4},
		{offsetof(struct ticket, policy.deciders), 2},
		{offsetof(struct ticket, policy.inherited), 1},
		{offsetof(struct ticket, policy.title), LAYER_TITLE_MAX},
		{offsetof(struct ticket, policy.sources),
		 MPOL_RULE_COUNT * sizeof(struct layer_source)},
	};
	size_t i;

	if (at >= offsetof(struct ticket, owner) && at < offsetof(struct ticket, zero))
		return ticket->kind == TICKET_RESIDENT;
	for (i = 0; i < ELEMENTSOF(free_fields); i++)
		if (at >= free_fields[i].first && at < free_fields[i].first + free_fields[i].size)
			return at < offsetof(struct ticket, server) ||
			       (at < offsetof(struct ticket, policy)) ==
				       (ticket->kind == TICKET_NOTIFY);
	return false;
}

static void every_byte_that_matters_is_looked_at(void **state)
{
	struct ticket made[] = {live_ticket(), static_ticket(), resident_ticket()}, changed, read;
	size_t i, at;
	int bit;

	(void)state;
	for (i = 0; i < ELEMENTSOF(made); i++)
		for (at = 0; at < sizeof(struct ticket); at++) {
			if (may_differ(&made[i], at))
				continue;
			for (bit = 0; bit < 8; bit++) {
				changed = made[i];
				((char *)&changed)[at] ^= (char)(1 << bit);
				if (ticket_decode(&changed, sizeof(changed), &read) == 0)
					fail_msg("ticket %zu, byte %zu, bit %d", i, at, bit);
			}
		}
	for (at = 0; at < sizeof(struct ticket); at++)
		assert_int_equal(ticket_decode(&made[0], at, &read), -EBADMSG);
	/* Whose it is, a ticket of the resident's says, and no other. */
	changed = made[2];
	changed.owner = 0;
	assert_int_equal(ticket_decode(&changed, sizeof(changed), &read), -EBADMSG);
	changed = made[0];
	changed.version = TICKET_VERSION + 1;
	assert_int_equal(ticket_decode(&changed, sizeof(changed), &read), -ENOTSUP);
}

static void a_policy_that_no_parser_makes_is_refused(void **state)
{
	struct layer_policy good = static_ticket().policy, bad;

	(void)state;
	assert_int_equal(layer_policy_check(&good), 0);
#define BAD(change)                                                  \
	do {                                                         \
		bad = good;                                          \
		change;                                              \
		assert_int_equal(layer_policy_check(&bad), -EINVAL); \
	} while (0)
	BAD(bad.rules.answer[0] = MPOL_ANSWER(7, 0));
	BAD(bad.rules.answer[0] = MPOL_ANSWER(MPOL_ERRNO, 0));
	BAD(bad.rules.answer[MPOL_RULE_MOUNT] = MPOL_ANSWER(MPOL_IGNORE, 0));
	BAD(bad.rules.answer[MPOL_RULE_COUNT] = MPOL_ANSWER(MPOL_ERRNO, 1));
	BAD(bad.rules.answer[MPOL_RULE_NODES] = 0);
	BAD(bad.must |= GROUP_BIT(GROUP_MOVE));
	BAD(bad.inherited = START_UNSAID);
	BAD(bad.inherited = 9);
	BAD(bad.by_resident = GROUP_BIT(GROUP_MODES)); /* without a program that decides */
	BAD(bad.by_resident = GROUP_BIT(GROUP_MOVE); bad.deciders = RESIDENT_ENTRY_PAGES);
	BAD(bad.deciders = RESIDENT_PROGRAMS + 1);
	BAD(bad.start_mode = 7);
	BAD(bad.start_set = 0);
	BAD(memset(bad.title, 'x', sizeof(bad.title)));
	BAD(bad.title[0] = '\033');
	BAD(bad.sources.rule[0].at = (__u8)strlen(good.title); bad.sources.rule[0].length = 1);
	BAD(bad.title[0] = '\0'); /* and a source in it */
	BAD(bad.sources.rule[MPOL_RULE_COUNT].line = 1);
#undef BAD
}

static void a_policy_survives_the_way(void **state)
{
	struct layer_policy policy = static_ticket().policy, back;
	_cleanup_(cleanup_policy) struct policy *made = NULL;

	(void)state;
	assert_int_equal(layer_policy_to(&policy, &made), 0);
	layer_policy_from(made, &back);
	assert_memory_equal(&back, &policy, sizeof(back));
	assert_true(made->restricted & GROUP_BIT(GROUP_NODES));
}

/* As of a struct layer_label: "" where it is no good, else "name:line". */
static const char *said(const struct layer_label *label, __u32 rule)
{
	static char text[300];
	char name[200];
	__u32 line;

	if (layer_label_source(label, rule, name, sizeof(name), &line) < 0)
		return "";
	(void)snprintf(text, sizeof(text), "%s:%u", name, line);
	return text;
}

static void a_label_says_what_its_maker_said_and_no_more(void **state)
{
	struct layer_policy policy = {.title = "./db.yaml + builtin:nobind"};
	struct layer_label good, bad;

	(void)state;
	policy.sources.rule[2] = (struct layer_source){12, 14, 6};
	policy.sources.rule[3] = (struct layer_source){0, 9, 7};
	layer_label_of(&policy, &good);
	assert_string_equal(said(&good, 2), "builtin:nobind:6");
	assert_string_equal(said(&good, 3), "./db.yaml:7");
	assert_string_equal(said(&good, 4), "./db.yaml + builtin:nobind:0");
	/* Of a name that has no room there is no line, either. */
	memset(policy.title, 'x', sizeof(policy.title) - 1);
	policy.sources.rule[3] = (struct layer_source){110, 30, 7};
	layer_label_of(&policy, &good);
	assert_int_equal(strlen(good.title), sizeof(good.title) - 1);
	assert_string_equal(strrchr(said(&good, 2), ':'), ":6");
	assert_string_equal(strrchr(said(&good, 3), ':'), ":0");
	/* Anybody can make one, of any bytes. */
	bad = good;
	bad.title[sizeof(bad.title) - 1] = 'x';
	assert_string_equal(said(&bad, 2), "");
	bad = good;
	bad.sources.rule[2].at = 200;
	assert_string_equal(said(&bad, 2), "");
	bad = good;
	memcpy(bad.title + 12, "a\nb\033c", 5);
	bad.sources.rule[2].length = 5;
	assert_string_equal(said(&bad, 2), "a?b?c:6");
	memset(&bad, 0xff, sizeof(bad));
	assert_string_equal(said(&bad, 2), "");
	memset(&bad, 0, sizeof(bad));
	assert_string_equal(said(&bad, 2), ":0");
}

static size_t open_files(void)
{
	size_t n = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void ten_thousand_tickets_are_passed_and_closed_without_a_leak(void **state)
{
	struct ticket made = live_ticket(), read;
	size_t before = open_files();
	struct wire_with with;
	int pair[2], fd;
	char byte;
	int i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (i = 0; i < 10000; i++) {
		fd = ticket_create(&made);
		assert_true(fd >= 0);
		assert_int_equal(wire_send(pair[0], "T", 1, fd), 0);
		close(fd);
		assert_int_equal(wire_receive(pair[1], &byte, 1, 0, &with), 1);
		assert_int_equal(ticket_read(with.fd, &read), 0);
		close(with.fd);
	}
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(open_files(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_is_read_as_it_was_made),
		cmocka_unit_test(nobody_changes_a_ticket_that_he_holds),
		cmocka_unit_test(a_memfd_that_is_not_sealed_is_no_ticket),
		cmocka_unit_test(other_files_are_no_tickets),
		cmocka_unit_test(narrowing_gives_nothing_back),
		cmocka_unit_test(every_byte_that_matters_is_looked_at),
		cmocka_unit_test(a_policy_that_no_parser_makes_is_refused),
		cmocka_unit_test(a_policy_survives_the_way),
		cmocka_unit_test(a_label_says_what_its_maker_said_and_no_more),
		cmocka_unit_test(ten_thousand_tickets_are_passed_and_closed_without_a_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
