# SPDX-License-Identifier: LGPL-2.1-or-later
# What a launch finds already done: a task policy, a bound file.

load common

@test "an inherited binding is reset" {
	run "$HELPERS/helper" set 2 cat /proc/self/numa_maps
	[[ $status == 0 && $output == *" bind:0"* ]]
	run "$HELPERS/helper" set 2 "$MPOLRUN" -p nobind -- cat /proc/self/numa_maps
	[[ $status == 0 ]]
	no_mode_in bind "$output"
	run "$HELPERS/helper" set 2 "$MPOLRUN" -p nobind -- "$HELPERS/helper" policy
	[[ $status == 0 && $output == 0 ]]
}

@test "unrestricted keeps an inherited binding" {
	run "$HELPERS/helper" set 2 "$MPOLRUN" -p unrestricted -- "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
}

@test "inherited: refuse refuses to start under a policy, and starts without one" {
	run "$HELPERS/helper" set 3 "$MPOLRUN" -p '{start: {inherited: refuse}}' -- echo the-target-ran
	assert_refused interleave
	run "$MPOLRUN" -p '{start: {inherited: refuse}}' -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "inherited: keep keeps what the modes allow" {
	run "$HELPERS/helper" set 3 "$MPOLRUN" -p '{start: {inherited: keep}}' -- "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
}

@test "start.policy sets the policy of the command" {
	run "$MPOLRUN" -p '{start: {policy: "interleave:0"}}' -- "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
	run "$MPOLRUN" -p '{start: {policy: "interleave=static:0"}}' -- "$HELPERS/helper" policy
	[[ $status == 0 && $output == $((0x8003)) ]]
	run "$MPOLRUN" -p '{start: {policy: none}}' -- "$HELPERS/helper" policy
	[[ $status == 0 && $output == 0 ]]
}

@test "an inherited memfd that is bound refuses the launch" {
	run "$HELPERS/helper" open bound-memfd "$MPOLRUN" -p nobind -- echo the-target-ran
	assert_refused bind
	[[ $output == *7* ]]
}

@test "an inherited memfd that is not bound stays open" {
	run "$HELPERS/helper" open plain-memfd "$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 7
	[[ $status == 1 ]]
	run "$HELPERS/helper" open bound-memfd "$MPOLRUN" -p unrestricted -- "$HELPERS/helper" closed 7
	[[ $status == 1 ]]
}

@test "one bound page in the midst of an inherited memfd refuses the launch" {
	run "$HELPERS/helper" open bound-later-memfd "$MPOLRUN" -p nobind -- echo the-target-ran
	assert_refused bind
}
