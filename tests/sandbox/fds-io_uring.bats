# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: io_uring
# An inherited io_uring.

load common

@test "an inherited io_uring is closed, unless --keep-fds" {
	run "$HELPERS/helper" open io_uring "$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 7
	[[ $status == 0 ]]
	run "$HELPERS/helper" open io_uring "$MPOLRUN" -p nobind --keep-fds -- "$HELPERS/helper" closed 7
	[[ $status == 1 ]]
}
