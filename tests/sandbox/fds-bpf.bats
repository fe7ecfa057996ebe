# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: root bpf
# An inherited BPF map.

load common

@test "an inherited BPF map is closed, unless --keep-fds" {
	run "$HELPERS/helper" open bpf "$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 7
	[[ $status == 0 ]]
	run "$HELPERS/helper" open bpf "$MPOLRUN" -p nobind --keep-fds -- "$HELPERS/helper" closed 7
	[[ $status == 1 ]]
}
