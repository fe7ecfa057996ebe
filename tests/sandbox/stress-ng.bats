# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: stress-ng
# stress-ng --numa binds, migrates and moves as fast as it can.

load common

stress() {
	"$@" stress-ng --numa 1 -t 2 --temp-path "$BATS_TEST_TMPDIR"
}

# No bare run beside it: one round of the stressor takes most of a minute in an emulated guest.
@test "under unrestricted the stressor ends well" {
	run stress "$MPOLRUN" -p unrestricted --
	[[ $status == 0 && $output == *" successful run completed"* ]]
}

@test "under nobind its bindings are refused, and it says so" {
	run stress "$MPOLRUN" -p nobind --
	echo "$output"
	[[ $status != 0 && $output == *"mbind"*"Operation not permitted"* ]]
}

@test "under nobind-quiet it ends well, or misses only a refusal of the kernel's own" {
	run stress "$MPOLRUN" -p nobind-quiet --
	echo "$output"
	if ((EUID == 0)); then
		[[ $status == 0 && $output == *" successful run completed"* ]]
	else
		# It binds with move-all, and expects EPERM: what is ignored never gets so far.
		[[ $output == *" info: "* ]]
		! grep fail: <<<"$output" | grep -qv "without capability CAP_SYS_NICE unexpectedly"
	fi
}
