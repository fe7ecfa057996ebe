# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# shellcheck disable=SC2016 # inner shells expand
# Live layers: run under, changed while they run, by name and by ticket.

load common

setup() {
	dir=$(mktemp -d)
	export XDG_RUNTIME_DIR=$dir
	chmod 700 "$dir"
	layer=t$$.$BATS_TEST_NUMBER
	mkfifo "$dir/orders"
}

teardown() {
	exec 8>&-
	wait
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
	rm -rf "$dir"
}

# Start a shell under `mpolrun "$@"` that does what `order` sends it, one line at a time.
start() {
	"$MPOLRUN" "$@" -- bash -c 'exec 8>&-; while read -r line; do eval "$line" &>"$1/out"
		echo "status $?" >>"$1/out"; mv "$1/out" "$1/done"; done <"$1/orders"' - "$dir" 3>&- &
	exec 8>"$dir/orders"
}

order() {
	rm -f "$dir/done"
	echo "$*" >&8
	for _ in {1..200}; do
		[[ -e $dir/done ]] && break
		sleep 0.05
	done
	run cat "$dir/done"
}

try() {
	order '"$HELPERS/helper"' set "$1" '"$HELPERS/helper"' policy
	echo "$output"
}

supervisor() {
	"$MPOLRUN" layer show --json "$layer" 2>/dev/null ||
		"$MPOLRUN" layer show "$layer" --json
}

field() {
	supervisor | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

@test "a live layer refuses and allows as a static one does" {
	run "$MPOLRUN" --live -p nobind -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "$MPOLRUN" --live -p nobind -- "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
	run "$MPOLRUN" --live -p nobind-quiet -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 0 ]]
	run "$MPOLRUN" --live --audit -p nobind -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
}

@test "'kill' kills, by SIGKILL" {
	[[ $(wait_status "$MPOLRUN" --live --deny bind=kill -- "$HELPERS/helper" set 2 true) == -9 ]]
	[[ $(wait_status "$MPOLRUN" --live --deny bind=kill -- "$HELPERS/helper" set 3 true) == 0 ]]
}

@test "the command keeps mpolrun's pid, status and standard output" {
	run bash -c 'echo $$; exec "$MPOLRUN" --live -p nobind -- bash -c "echo \$\$; exit 7"'
	[[ $status == 7 && ${lines[0]} == "${lines[1]}" ]]
	# Nothing beside it holds the pipe open.
	run timeout 10 bash -c '"$MPOLRUN" --live -p nobind -- bash -c "sleep 30 >/dev/null 2>&1 & echo $!" | cat'
	[[ $status == 0 ]]
}

@test "an update reaches the same running process, and back again" {
	start --name "$layer" -p nobind
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {interleave: EPERM}, mount: deny}}'
	try 2
	[[ $output == 2*"status 0" ]]
	try 3
	[[ $output == *"not permitted"*"status 2" ]]
	"$MPOLRUN" layer update "$layer" -p nobind
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	[[ $(field generation) == 3 && $(field launches) == 1 && $(field refused) == 3 ]]
}

@test "--audit on tries, --audit off enforces" {
	start --name "$layer" -p nobind
	"$MPOLRUN" layer update "$layer" --audit on
	try 2
	[[ $output == 2*"status 0" && $(field audited) == 1 ]]
	"$MPOLRUN" layer update "$layer" --audit off
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
}

@test "an update that a filter in force cannot see is refused whole" {
	start --name "$layer" -p nobind
	try 3
	run "$MPOLRUN" layer update "$layer" -p nomigrate
	[[ $status == 125 && $output == *"1 running launch "* ]]
	try 2
	[[ $output == *"not permitted"*"status 2" && $(field generation) == 1 ]]
}

@test "a member does not change its layer, though it can read the keys" {
	start --name "$layer" -p nobind
	order '"$MPOLRUN"' layer update "$layer" -p unrestricted
	[[ $output == *"status 125" && $output == *member* ]]
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	run "$MPOLRUN" layer update "$layer" -p audit-all --best-effort nodes
	[[ $status == 125 ]] # it restricts calls that the filter does not hand over
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {bind: allow, others: audit}}}'
	try 2
	[[ $output == 2*"status 0" ]]
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
	"$MPOLRUN" --name "$layer" -p nobind -- true
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

@test "--layer and layer exec put more processes under a layer" {
	"$MPOLRUN" layer create "$layer" -p nobind
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {interleave: EPERM}}}'
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 2 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 2 && $output != *the-target-ran* ]]
	"$MPOLRUN" layer remove "$layer"
	run "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	assert_refused "no layer"
}

@test "a name is taken once" {
	"$MPOLRUN" layer create "$layer" -p nobind
	run "$MPOLRUN" --name "$layer" -p nobind -- echo the-target-ran
	assert_refused "--layer $layer"
	for name in ../x .x X "" "$(printf 'x%.0s' {1..65})"; do
		run "$MPOLRUN" --name "$name" -p nobind -- echo the-target-ran
		[[ $status == 125 && $output != *the-target-ran* ]]
	done
}

@test "a ticket by --ticket-fd changes the layer; the command does not get it" {
	"$MPOLRUN" --live --ticket-fd 9 -p nobind -- bash -c '"$HELPERS/helper" closed 9 || exit 9
		while [[ ! -e $1/go ]]; do sleep 0.05; done
		"$HELPERS/helper" set 2 "$HELPERS/helper" policy' - "$dir" 9>"$dir/ticket" >"$dir/out" 3>&- &
	for _ in {1..100}; do [[ -s $dir/ticket ]] && break; sleep 0.05; done
	"$MPOLRUN" layer update fd:7 -p '{mempolicy: {modes: {interleave: EPERM}}}' 7<"$dir/ticket"
	touch "$dir/go"
	wait %1
	[[ $(cat "$dir/out") == 2 ]]
}

@test "an inherited ticket is closed, unless it is kept on purpose" {
	"$MPOLRUN" layer create "$layer" -p nobind --ticket-fd 9 9>"$dir/ticket"
	run "$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 7 7<"$dir/ticket"
	[[ $status == 0 ]]
	run "$MPOLRUN" -p nobind --keep-fds -- "$HELPERS/helper" closed 7 7<"$dir/ticket"
	[[ $status == 1 ]]
	run "$MPOLRUN" --layer fd:7 -- "$HELPERS/helper" closed 7 7<"$dir/ticket"
	[[ $status == 0 ]]
	printf x >>"$dir/ticket"
	run "$MPOLRUN" --layer fd:7 -- echo the-target-ran 7<"$dir/ticket"
	assert_refused "no ticket"
}

@test "after rekey the old tickets are worth nothing" {
	"$MPOLRUN" layer create "$layer" -p nobind --ticket-fd 9 9>"$dir/ticket"
	"$MPOLRUN" --layer fd:7 -- true 7<"$dir/ticket"
	"$MPOLRUN" layer rekey "$layer"
	run "$MPOLRUN" --layer fd:7 -- echo the-target-ran 7<"$dir/ticket"
	assert_refused "other keys"
	run "$MPOLRUN" layer update fd:7 -p nobind 7<"$dir/ticket"
	[[ $status == 125 ]]
	run "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "layers stack: static below and above a live one; a live one in a live one is refused in words" {
	run "$MPOLRUN" --deny interleave=EINVAL -- "$MPOLRUN" --live -p nobind -- "$MPOLRUN" --deny weighted-interleave=EACCES -- \
		bash -c 'for mode in 1 2 3 6; do "$HELPERS/helper" set $mode true; done'
	echo "$output"
	[[ ${lines[0]} == *"not permitted"* && ${lines[1]} == *"Invalid argument"* &&
		${lines[2]} == *"Permission denied"* && ${#lines[@]} == 3 ]]
	run "$MPOLRUN" --live -p nobind -- "$MPOLRUN" --live -p nobind -- echo the-target-ran
	assert_refused "listener above us"
	run "$MPOLRUN" --live -p nobind -- "$MPOLRUN" -p nobind -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "what cannot be changed live is not taken for it" {
	run "$MPOLRUN" --live -p '{mempolicy: {nodes: {0-3: allow, others: EPERM}}}' -- echo the-target-ran
	assert_refused nodes
	run "$MPOLRUN" --live -p unrestricted -- echo the-target-ran
	assert_refused "restricts nothing"
	run "$MPOLRUN" --live --mechanism seccomp -p nobind -- echo the-target-ran
	assert_refused ""
}

@test "eight threads see no answer that neither policy gives, while the layer is changed" {
	"$MPOLRUN" --name "$layer" --deny bind=EPERM -- "$HELPERS/hammer" 8 3 >"$dir/out" 3>&- &
	for _ in {1..50}; do [[ -e $dir/mpolrun/$layer.modify || -e /run/mpolrun/$layer.modify ]] && break; sleep 0.05; done
	updates=0
	while "$MPOLRUN" layer update "$layer" --deny bind=EINVAL && "$MPOLRUN" layer update "$layer" --deny bind=EPERM; do
		updates=$((updates + 2))
	done 2>/dev/null
	wait %1
	cat "$dir/out"
	read -r eperm einval other <"$dir/out"
	echo "updates $updates"
	((updates > 10 && eperm > 100 && einval > 100 && other == 0))
}

@test "without Landlock a name cannot be changed, and by ticket only from under fewer filters than a member" {
	filter="$PWD/under-filter"
	"$filter" no-landlock "$MPOLRUN" --name "$layer" --ticket-fd 9 -p nobind -- bash -c 'exec 8>&-
		while read -r line; do eval "$line" &>"$1/out"; echo "status $?" >>"$1/out"
		mv "$1/out" "$1/done"; done <"$1/orders"' - "$dir" 9>"$dir/ticket" 3>&- &
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
