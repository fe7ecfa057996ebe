# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: stress-ng
# stress-ng --numa binds, migrates and moves as fast as it can.

load common

# One round makes every call that the stressor knows. It moves each 4 KiB of memory to another node
# than the next: with huge pages that is 2 MiB each time, up to a minute of an emulated guest.
stress() {
	"$@" "$HELPERS/helper" small-pages \
		stress-ng --numa 1 --numa-ops 1 -t 60 --temp-path "$BATS_TEST_TMPDIR"
}

# No bare run beside it: one round takes seconds in an emulated guest.
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
