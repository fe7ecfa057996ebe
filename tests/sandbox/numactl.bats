# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: numactl memhog migspeed
# numactl(8) and its companions. numademo is not among those that Debian packages.

load common

@test "bare, numactl can do all of what follows" {
	for how in --membind=0 --interleave=0 --preferred=0 --localalloc --hardware; do
		if [[ $how == --hardware ]]; then numactl "$how"; else numactl "$how" true; fi
	done
}

@test "nobind refuses numactl --membind, and numactl says why" {
	run nobind numactl --membind=0 echo the-target-ran
	[[ $status != 0 ]]
	[[ $output == *"Operation not permitted"* ]]
	[[ $output != *the-target-ran* ]]
}

@test "unrestricted lets numactl --membind bind" {
	run unrestricted numactl --membind=0 cat /proc/self/numa_maps
	[[ $status == 0 ]]
	[[ $output == *" bind:0"* ]]
}

@test "nobind leaves --interleave, --preferred, --localalloc and --hardware as they are" {
	run nobind numactl --interleave=0 cat /proc/self/numa_maps
	[[ $status == 0 && $output == *" interleave:0"* ]]
	run nobind numactl --preferred=0 cat /proc/self/numa_maps
	[[ $status == 0 && $output == *" prefer"*":0"* ]]
	run nobind numactl --localalloc cat /proc/self/numa_maps
	[[ $status == 0 && $output == *" local"* ]]
	run nobind numactl --hardware
	[[ $status == 0 && $output == *"node 0 cpus:"* ]]
}

@test "nobind-quiet tells numactl --membind that it worked, and nothing is bound" {
	run "$MPOLRUN" -p nobind-quiet -- numactl --membind=0 cat /proc/self/numa_maps
	[[ $status == 0 ]]
	no_mode_in bind "$output"
}

@test "interleave-only refuses --localalloc and --preferred, and lets --interleave through" {
	run "$MPOLRUN" -p interleave-only -- numactl --localalloc echo the-target-ran
	[[ $status != 0 && $output != *the-target-ran* ]]
	run "$MPOLRUN" -p interleave-only -- numactl --preferred=0 echo the-target-ran
	[[ $status != 0 && $output != *the-target-ran* ]]
	run "$MPOLRUN" -p interleave-only -- numactl --interleave=0 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "local-only refuses --interleave, and lets --localalloc through" {
	run "$MPOLRUN" -p local-only -- numactl --interleave=0 echo the-target-ran
	[[ $status != 0 && $output != *the-target-ran* ]]
	run "$MPOLRUN" -p local-only -- numactl --localalloc echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "under nonuma numactl finds a machine without NUMA" {
	run "$MPOLRUN" -p nonuma -- numactl --hardware
	[[ $status == 1 && $output == "No NUMA available on this system" ]]
	run unrestricted numactl --hardware
	[[ $status == 0 ]]
}

@test "memhog fills memory with every policy but the refused one" {
	run nobind memhog 4m membind 0
	[[ $output == *"Operation not permitted"* ]]
	for how in default "interleave 0" "preferred 0"; do
		# shellcheck disable=SC2086 # a policy and its nodes are two words
		run nobind memhog 4m $how
		[[ $status == 0 && $output != *"not permitted"* ]]
	done
	run unrestricted memhog 4m membind 0
	[[ $status == 0 && $output != *"not permitted"* ]]
}

@test "migspeed needs a binding: refused under nobind, not under unrestricted" {
	run nobind migspeed -p 10 0 0
	[[ $status != 0 && $output == *"mbind: Operation not permitted"* ]]
	run unrestricted migspeed -p 10 0 0
	[[ $status == 0 && $output == *migrated* ]]
}

@test "numastat and migratepages run, the latter only where pages may migrate" {
	run nobind sh -c 'migratepages $$ 0 0'
	[[ $status == 0 ]]
	run "$MPOLRUN" -p nomigrate -- sh -c 'migratepages $$ 0 0'
	[[ $status != 0 && $output == *"not permitted"* ]]
	run nobind numastat
	[[ $status == 0 && $output == *numa_hit* ]]
}
