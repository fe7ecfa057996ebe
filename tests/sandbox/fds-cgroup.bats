# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: cgroup2
# An inherited folder of the cgroup file system.

load common

@test "an inherited cgroup folder is closed, unless --keep-fds" {
	run bash -c '"$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 7 7</sys/fs/cgroup'
	[[ $status == 0 ]]
	run bash -c '"$MPOLRUN" -p nobind --keep-fds -- "$HELPERS/helper" closed 7 7</sys/fs/cgroup'
	[[ $status == 1 ]]
}
