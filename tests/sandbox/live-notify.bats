# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# shellcheck disable=SC2016 # inner shells expand
# Live layers that a supervisor holds: its death, its members, and what its filters do not see.

load common
load live
by=(--mechanism notify)

@test "an update that a filter in force cannot see is refused whole" {
	start --name "$layer" -p nobind
	try 3
	run "$MPOLRUN" layer update "$layer" -p nomigrate
	[[ $status == 125 && $output == *"the filters of 1 running process "* ]]
	# Children, one that has lost its parent, and a second tree; not what else runs.
	order '(sleep 60 >/dev/null 2>&1 & echo $! >"$1/orphan"); sleep 60 >/dev/null 2>&1 & sleep 0.2'
	"$MPOLRUN" --layer "$layer" -- sleep 60 >/dev/null 2>&1 3>&- &
	other=$!
	"$MPOLRUN" -p nobind -- sleep 60 >/dev/null 2>&1 3>&- &
	sleep 0.5
	message=$("$MPOLRUN" layer update "$layer" -p nomigrate 2>&1) || true
	kill "$other" "$!" "$(<"$dir/orphan")"
	order 'kill $(jobs -p)'
	echo "$message"
	[[ $message == *"the filters of 4 running processes "* ]]
	run "$MPOLRUN" layer update "$layer" -p audit-all --best-effort nodes
	[[ $status == 125 ]]
	try 2
	[[ $output == *"not permitted"*"status 2" && $(field generation) == 1 ]]
}

@test "when the supervisor is killed its calls are refused, and no new listener can allow them" {
	start --name "$layer" -p nobind
	kill -KILL "$(field supervisor)"
	try 2
	[[ $output == *"not implemented"*"status 2" ]]
	try 3
	[[ $output == *"not implemented"*"status 2" ]]
	order '"$HELPERS/helper"' open listener true
	[[ $output == *"busy"*"status 2" ]]
	run "$MPOLRUN" layer show "$layer"
	[[ $status == 125 && $output == *"has ended"* ]]
	run "$MPOLRUN" layer list
	[[ $status == 0 && $output != *"$layer"* ]]
	# And the name is free again.
	"$MPOLRUN" "${by[@]}" --name "$layer" -p nobind -- true
}

@test "while the supervisor is stopped its calls wait, and then get their answer" {
	start --name "$layer" -p nobind
	pid=$(field supervisor)
	kill -STOP "$pid"
	order timeout -s KILL 1 '"$HELPERS/helper"' set 2 true
	[[ $output == *"status 137" ]]
	kill -CONT "$pid"
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
}

@test "a member cannot signal its supervisor" {
	start --name "$layer" -p nobind
	order kill -KILL "$(field supervisor)"
	[[ $output == *"ot permitted"*"status 1" ]]
	try 3
	[[ $output == 3*"status 0" ]]
}

@test "layers stack: static below and above a live one; a live one in a live one is refused in words" {
	run "$MPOLRUN" --deny interleave=EINVAL -- "$MPOLRUN" "${by[@]}" --live -p nobind -- "$MPOLRUN" --deny weighted-interleave=EACCES -- \
		bash -c 'for mode in 1 2 3 6; do "$HELPERS/helper" set $mode true; done'
	echo "$output"
	[[ ${lines[0]} == *"not permitted"* && ${lines[1]} == *"Invalid argument"* &&
		${lines[2]} == *"Permission denied"* && ${#lines[@]} == 3 ]]
	run "$MPOLRUN" "${by[@]}" --live -p nobind -- "$MPOLRUN" "${by[@]}" --live -p nobind -- echo the-target-ran
	assert_refused "listener above us"
	run "$MPOLRUN" "${by[@]}" --live -p nobind -- "$MPOLRUN" -p nobind -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "without room for a process more, that is said, and nothing runs" {
	((EUID)) || skip "the limit does not hold root"
	run prlimit --nproc=1 "$MPOLRUN" "${by[@]}" --live -p nobind -- echo the-target-ran
	assert_refused "cannot fork to see"
	[[ $output == *"(allow a process more"* ]]
	run prlimit --nproc=1 "$MPOLRUN" -p nobind -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "what cannot be changed live is not taken for it" {
	run "$MPOLRUN" "${by[@]}" --live -p '{mempolicy: {nodes: {0-3: allow, others: EPERM}}}' -- echo the-target-ran
	assert_refused nodes
	run "$MPOLRUN" "${by[@]}" --live -p unrestricted -- echo the-target-ran
	assert_refused "restricts nothing"
	run "$MPOLRUN" --live --mechanism seccomp -p nobind -- echo the-target-ran
	assert_refused ""
}

@test "without Landlock a name cannot be changed, and by ticket only from under fewer filters than a member" {
	filter="$PWD/under-filter"
	"$filter" no-landlock "$MPOLRUN" "${by[@]}" --name "$layer" --ticket-fd 9 -p nobind -- bash -c "$obey" - "$dir" 9>"$dir/ticket" 3>&- &
	exec 8>"$dir/orders"
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	run "$MPOLRUN" layer update "$layer" -p nobind
	[[ $status == 125 && $output == *"no right to change"* ]]
	# Of a member, that has the ticket, and of somebody under as many filters.
	order '"$MPOLRUN"' layer update fd:7 -p nobind-quiet '7<"$1/ticket"'
	echo "$output"
	[[ $output == *"status 125" && $output == *member* ]]
	run "$filter" allow "$filter" allow "$MPOLRUN" layer update fd:7 -p nobind-quiet 7<"$dir/ticket"
	[[ $status == 125 && $output == *member* ]]
	[[ $(field generation) == 1 ]]
	# Of those under fewer.
	"$filter" allow "$MPOLRUN" layer update fd:7 -p '{mempolicy: {modes: {interleave: EPERM}}}' 7<"$dir/ticket"
	try 2
	[[ $output == 2*"status 0" ]]
	"$MPOLRUN" layer update fd:7 -p nobind 7<"$dir/ticket"
	try 2
	[[ $output == *"not permitted"*"status 2" && $(field generation) == 3 ]]
}

@test "under a filter that fakes Landlock's success a member does not change its layer either" {
	"$HELPERS/helper" answer 0 landlock "$MPOLRUN" "${by[@]}" --name "$layer" -p nobind -- bash -c "$obey" - "$dir" 3>&- &
	exec 8>"$dir/orders"
	try 2
	[[ -e $dir/mpolrun/$layer.modify || -e /run/mpolrun/$layer.modify ]] || skip "takes Linux 6.12"
	[[ $output == *"not permitted"*"status 2" ]]
	order '"$MPOLRUN"' layer update "$layer" -p unrestricted
	[[ $output == *"status 125" && $output == *member* ]]
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {interleave: EPERM}}}'
	try 2
	[[ $output == 2*"status 0" ]]
}
