/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * impostor FILE: make a layer that allows everything, with the install key of the ticket in FILE,
 * as who could read that may do once its layer has ended. Prints the uid that pays for it.
 */
#include "check.h"
#include "layer/ticket.h"

int main(int argc, char **argv)
{
	struct resident_request request = nobind((uint64_t)getpid() << 20 | 71);
	struct ticket ticket;
	int fd;

	if (!deciding_program()) {
		puts("nothing here decides, or only what may be skipped");
		return 77;
	}
	CHECK(argc == 2);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, &ticket, sizeof(ticket)) == sizeof(ticket));
	memcpy(&request.install, &ticket.install, sizeof(request.install));
	answer_bind(&request, 0);
	ANSWERS(0, resident_call(RESIDENT_CREATE, &request));
	request.key = request.modify;
	request.field = RESIDENT_OWNER;
	printf("%d\n", resident_call(RESIDENT_QUERY, &request));
	return 0;
}
