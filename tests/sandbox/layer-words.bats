# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# What is wrong with the words about a layer is said before anything is made or run.

load common

setup() {
	layer=t$$.$BATS_TEST_NUMBER
	# Where names are kept: root's are in /run.
	if ((EUID)); then export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR; else unset XDG_RUNTIME_DIR; fi
}

teardown() {
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
}

@test "--mode and --group: what is none is named, and nothing is made; 0644 and a group make a layer" {
	for mode in 9 0x1 7777777 rw; do
		run "$MPOLRUN" layer create "$layer" -p nobind --mode "$mode"
		[[ $status == 125 && $output == *"'$mode' is not the mode of a file"* ]]
	done
	run "$MPOLRUN" layer create "$layer" -p nobind --group no-such-group
	[[ $status == 125 && $output == *"there is no group 'no-such-group'"* ]]
	run "$MPOLRUN" layer show "$layer"
	[[ $status == 125 ]]
	"$MPOLRUN" layer create "$layer" -p nobind --mode 0644 --group "$(id -g)"
	"$MPOLRUN" layer show "$layer"
}

@test "fd:N: no number, no such file, and a file that is no ticket are told apart" {
	for verb in "layer update fd:x -p nobind" "--layer fd:x -- true" "layer exec fd:x -- true"; do
		# shellcheck disable=SC2086 # words
		run "$MPOLRUN" $verb
		[[ $status == 125 && $output == *"'fd:x' is not the number of a file descriptor"* ]]
	done
	for verb in "layer update fd:0 -p nobind" "--layer fd:0 -- echo the-target-ran" "layer exec fd:0 -- echo the-target-ran"; do
		# shellcheck disable=SC2086 # words
		run "$MPOLRUN" $verb </dev/null
		[[ $status == 125 && $output == *"fd:0 is no ticket of a layer"* && $output != *the-target-ran* ]]
	done
}

@test "a layer that nothing asked for can hold is not made, and the words to make it anyhow are said" {
	run "$MPOLRUN" layer create "$layer" --mechanism seccomp -p nobind
	[[ $status == 125 && $output == *"--best-effort modes"* ]]
	run "$MPOLRUN" layer show "$layer"
	[[ $status == 125 ]]
	"$MPOLRUN" layer create "$layer" -p nobind
	"$MPOLRUN" layer show "$layer"
}
