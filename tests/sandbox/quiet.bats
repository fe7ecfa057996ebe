# SPDX-License-Identifier: LGPL-2.1-or-later
# A program that binds through libnuma's numa_alloc_onnode(), which complains to stderr.

load common

@test "bare and under unrestricted the program is silent" {
	run --separate-stderr "$HELPERS/onnode"
	# shellcheck disable=SC2154 # set by run --separate-stderr
	[[ $status == 0 && $output == "memory used" && -z $stderr ]]
	run --separate-stderr unrestricted "$HELPERS/onnode"
	[[ $status == 0 && $output == "memory used" && -z $stderr ]]
}

@test "under nobind it works, and libnuma complains" {
	run --separate-stderr nobind "$HELPERS/onnode"
	[[ $status == 0 && $output == "memory used" && $stderr == *"Operation not permitted"* ]]
}

@test "under nobind-quiet and container it works, in silence" {
	for profile in nobind-quiet container; do
		run --separate-stderr "$MPOLRUN" -p "$profile" -- "$HELPERS/onnode"
		[[ $status == 0 && $output == "memory used" && -z $stderr ]]
	done
}

@test "under nonuma it takes its path for machines without NUMA" {
	run --separate-stderr "$MPOLRUN" -p nonuma -- "$HELPERS/onnode"
	[[ $status == 0 && $output == "no NUMA" && -z $stderr ]]
}
