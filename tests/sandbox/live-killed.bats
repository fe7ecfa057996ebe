# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# shellcheck disable=SC2016 # inner shells expand
# needs: userns
# A supervisor that is killed at any moment of a launch, or gets no time and no files.

load common
load live
by=(--mechanism notify)

# In a pid namespace of its own, where the supervisor is found by its name: kill it $1 ms after it is
# there, while the rest of "$@" runs.
killed_after() {
	unshare -Urpf --mount-proc bash -c 'delay=$1; shift
		"$@" 3>&- &
		for ((i = 0; i < 2000; i++)); do
			pid=$(grep -lx mpolrun-layer /proc/[0-9]*/comm 2>/dev/null | head -n 1 | cut -d/ -f3) || true
			[[ -z $pid ]] || break
			kill -0 $! 2>/dev/null || exit 99
		done
		sleep "$delay"
		kill -KILL "$pid" && echo killed
		wait $!' - "$@" 2>&1
}

@test "killed at any moment of a launch: the command does not run, or is refused what it asks" {
	killed=0
	for i in {0..19}; do
		run killed_after "0.00$((i / 2))$((i % 2 * 5))" "$MPOLRUN" "${by[@]}" --live -p nobind -- \
			bash -c 'for ((n = 0; n < 200; n++)); do "$HELPERS/helper" set 2 echo the-target-ran; done'
		[[ $output != *the-target-ran* ]] || { echo "$i: $output"; return 1; }
		[[ $output != *killed* ]] || killed=$((killed + 1))
	done
	echo "killed $killed times"
	((killed >= 10))
}

# Not by the clock: by the count of its system calls, from its first one to its last.
@test "killed at every step, in a launch, while it serves and in an update: never is bind allowed" {
	run "$HELPERS/supervisor-steps" 500 "$MPOLRUN"
	echo "$output"
	"$MPOLRUN" layer list >/dev/null # sweeps the names away
	[[ $status == 0 && $output == *", every 1 tried: "* ]]
}

@test "left alone, the same commands run" {
	run unshare -Urpf --mount-proc "$MPOLRUN" "${by[@]}" --live -p nobind -- \
		bash -c '"$HELPERS/helper" set 3 echo the-target-ran'
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "stopped in the middle of a launch: it waits, and gives up" {
	"$MPOLRUN" layer create "$layer" "${by[@]}" -p nobind
	pid=$(field supervisor)
	kill -STOP "$pid"
	run "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	kill -CONT "$pid"
	assert_refused "does not answer"
}

@test "starved of time: the calls wait, and then get their answer" {
	start --name "$layer" -p nobind
	chrt --idle --pid 0 "$(field supervisor)"
	for _ in 1 2 3 4; do timeout 3 bash -c 'while :; do :; done' 3>&- & done
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	try 3
	[[ $output == 3*"status 0" ]]
}

@test "starved of files: it ends, nobody new gets under the layer, and nobody gets out" {
	start --name "$layer" -p nobind
	try 3
	prlimit --nofile=4:4 --pid "$(field supervisor)"
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 2 echo the-target-ran
	[[ $status == 125 && $output != *the-target-ran* ]]
	try 2
	[[ $output == *"status 2" ]]
}
