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

@test "a bound page behind the end of an inherited memfd refuses the launch" {
	run "$HELPERS/helper" open bound-behind-memfd "$MPOLRUN" -p nobind -- echo the-target-ran
	assert_refused bind
}

# numa_maps, which no filter can fake, must show that nothing is bound, or nothing may run.
refused_or_unbound() {
	run "$@" "$MPOLRUN" -p nobind -- cat /proc/self/numa_maps
	echo "$*: status $status: $output"
	if [[ $status == 0 ]]; then no_mode_in bind "$output"; else assert_refused ""; fi
}

@test "a filter above that fakes or denies the reset lets no inherited binding through" {
	for answer in 0 1 38; do
		for calls in set set,get; do
			refused_or_unbound "$HELPERS/helper" set 2 "$HELPERS/helper" answer "$answer" "$calls"
			# under the same filter what is not bound starts
			run "$HELPERS/helper" answer "$answer" "$calls" "$MPOLRUN" -p nobind -- echo the-target-ran
			echo "$answer $calls: status $status: $output"
			[[ $status == 0 && $output == *the-target-ran ]]
		done
	done
}

@test "a filter above that fakes the installing of ours lets nothing run" {
	run "$HELPERS/helper" answer 0 seccomp "$MPOLRUN" -p nobind -- echo the-target-ran
	assert_refused ""
	run "$HELPERS/helper" answer 0 none "$MPOLRUN" -p nobind -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}
