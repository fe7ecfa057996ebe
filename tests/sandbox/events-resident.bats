# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# needs: resident numactl userns
# shellcheck disable=SC2016 # inner shells expand
# What the resident tells of the calls that it refuses: `mpolrun events`.

load common
load events

setup() {
	events_resident_setup
}

teardown() {
	events_teardown
}

@test "a refused call is told of, with the nodes that were decided on; an allowed one is not" {
	nobind numactl --membind=1 true 2>/dev/null || true
	nobind numactl --interleave=0 true
	run "$MPOLRUN" events
	echo "$output"
	line=$(tail -n1 <<<"$output")
	[[ $line == "mpolrun: refused set_mempolicy(MPOL_BIND, nodes 1) by numactl["*"] (builtin:nobind:"*" modes.bind): EPERM; 20"*" uid $EUID exe "*" abi x86_64" ]]
	number=${line#*builtin:nobind:}
	[[ $("$MPOLRUN" profile show nobind | sed -n "${number%% *}p") == *bind* ]]
	[[ $output != *INTERLEAVE* ]]
	# Nor what a launch itself does to see that the programs run.
	[[ $output != *"by mpolrun["* ]]
}

@test "a named layer's events have its name, and can be asked for alone; as JSON" {
	"$MPOLRUN" layer create "$layer" -p nobind
	nobind "$HELPERS/helper" set 2 true 2>/dev/null || true
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	run "$MPOLRUN" events "$layer"
	[[ $status == 0 && ${#lines[@]} == 1 ]]
	[[ $output == "mpolrun: $layer: refused set_mempolicy(MPOL_BIND, "*" by helper["*"(builtin:nobind:"*" modes.bind): EPERM; "* ]]
	# The line that it names is the one that says so.
	number=${output#*builtin:nobind:}
	[[ $("$MPOLRUN" profile show nobind | sed -n "${number%% *}p") == *bind* ]]
	run "$MPOLRUN" events --json "$layer"
	python3 -c 'import json, sys; json.loads(sys.argv[1])' "$output"
	[[ $(key "$output" profile) == builtin:nobind && $(key "$output" line) == "${number%% *}" ]]
	[[ $(key "$output" layer) == "$layer" && $(key "$output" call) == set_mempolicy && $(key "$output" nodes) == 0 ]]
	[[ $(key "$output" uid) == "$EUID" && $(key "$output" verdict) == refused && $(key "$output" answer) == EPERM ]]
}

@test "the profile and its line are those that decided, also of a layer that was changed" {
	printf 'version: 1\n\n\nmempolicy:\n  modes: {bind: EACCES}\n' >"$dir/p.yaml"
	bind() { "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true; }
	"$MPOLRUN" layer create "$layer" -p nobind --ticket-fd 9 9>"$dir/ticket"
	bind
	"$MPOLRUN" events --follow "$layer" >"$dir/followed" 3>&- &
	follower=$!
	sleep 0.5
	bind
	for _ in {1..50}; do [[ -s $dir/followed ]] && break; sleep 0.05; done
	"$MPOLRUN" layer update "$layer" -p "$dir/p.yaml"
	bind
	for _ in {1..50}; do [[ $(wc -l <"$dir/followed") == 2 ]] && break; sleep 0.05; done
	cat "$dir/followed"
	[[ $(head -n1 "$dir/followed") == *"(builtin:nobind:"*" modes.bind): EPERM; "* ]]
	[[ $(tail -n1 "$dir/followed") == *"($dir/p.yaml:5 modes.bind): EACCES; "* ]]
	# What was told of before is not said to be of the profile of now.
	run "$MPOLRUN" events "$layer"
	[[ ${lines[0]} == *"($dir/p.yaml, changed since modes.bind): EPERM; "* ]]
	[[ ${lines[-1]} == *"($dir/p.yaml:5 modes.bind): EACCES; "* ]]
	# Whoever changed it by a ticket alone left the files of its name as they were.
	"$MPOLRUN" layer update fd:9 --deny bind=ENOSYS 9<"$dir/ticket"
	bind
	run "$MPOLRUN" events "$layer"
	[[ ${lines[-1]} == *"($dir/p.yaml, changed since modes.bind): ENOSYS; "* ]]
}

@test "the profile and line of a layer without a name, of several profiles, and not of one that was changed" {
	printf 'version: 1\n\nmempolicy:\n  modes: {interleave: ENOSYS}\n' >"$dir/p.yaml"
	"$MPOLRUN" --deny bind -p "$dir/p.yaml" -- bash -c '"$1" set 2 true; "$1" set 3 true' - "$HELPERS/helper" 2>/dev/null || true
	run "$MPOLRUN" events
	echo "$output"
	[[ ${lines[-2]} == *" by helper["*"(--deny bind modes.bind): EPERM; "* ]]
	[[ ${lines[-1]} == *" by helper["*"($dir/p.yaml:4 modes.interleave): ENOSYS; "* ]]
	[[ $(key "$("$MPOLRUN" events --json | tail -n1)" line) == 4 ]]
	"$MPOLRUN" --deny bind --ticket-fd 9 9>"$dir/ticket" -- bash -c 'read -r; exec "$1" set 2 true' - "$HELPERS/helper" < <(
		for _ in {1..100}; do [[ -s $dir/ticket ]] && break; sleep 0.05; done
		"$MPOLRUN" layer update fd:9 --deny bind=EXDEV 9<"$dir/ticket"
		echo) 2>/dev/null || true
	[[ $("$MPOLRUN" events | tail -n1) == *" by helper["*"(modes.bind of a profile not known): EXDEV; "* ]]
}

@test "what would be refused under --audit is told of, with what it would have got" {
	"$MPOLRUN" layer create "$layer" -p nobind --audit
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
	[[ $("$MPOLRUN" events "$layer") == "mpolrun: $layer: audited set_mempolicy(MPOL_BIND, "*": would be EPERM; "* ]]
}

@test "a tmpfs option, a file with a policy, and cpuset.mems are told of too" {
	"$MPOLRUN" layer create "$layer" -p nobind --ticket-fd 9 9>"$dir/ticket"
	run "$MPOLRUN" layer exec "$layer" -- unshare -Urm mount -t tmpfs -o mpol=bind:0 none /mnt
	[[ $status != 0 ]]
	run "$MPOLRUN" layer exec "$layer" -- unshare -Urm mount -t tmpfs -o size=1m none /mnt
	[[ $status == 0 ]]
	run "$MPOLRUN" events "$layer"
	[[ ${#lines[@]} == 1 && $output == *": refused "*"by mount["*"(builtin:nobind:"*" mount): EPERM; "* ]]
	run unshare -Urm bash -c 'mount -t tmpfs -o mpol=bind:0 none /mnt && echo x >/mnt/f
		"$MPOLRUN" layer exec fd:9 -- cat /mnt/f 9<"$1"' - "$dir/ticket"
	[[ $status == 1 && $output == *"not permitted"* ]]
	run "$MPOLRUN" events "$layer"
	[[ ${lines[1]} == *": refused a file with a memory policy by "*"(builtin:nobind:"*" files): EPERM; "* ]]
}

@test "--log tells of what the resident refuses, too, by the line of the profile" {
	run "$MPOLRUN" -p nobind --log "$dir/log" -- unshare -Urm bash -c 'mount -t tmpfs -o size=1m none /mnt && mount -t tmpfs -o mpol=bind:0 none /mnt'
	[[ $status != 0 ]]
	for _ in {1..100}; do [[ -s $dir/log ]] && break; sleep 0.05; done
	sleep 0.2
	cat "$dir/log"
	[[ $(wc -l <"$dir/log") == 1 ]]
	line=$(cat "$dir/log")
	[[ $line == "mpolrun: refused "*"(an option string) by mount["*" (builtin:nobind:"*" mount): EPERM; "* ]]
	number=${line#*builtin:nobind:}
	[[ $("$MPOLRUN" profile show nobind | sed -n "${number%% *}p") == *mount* ]]
	# And of what is decided beside it, before the program's own words.
	run --separate-stderr "$MPOLRUN" -p nobind --log stderr -- numactl --membind=0 true
	[[ $status == 1 && ${stderr_lines[0]} == "mpolrun: refused set_mempolicy(MPOL_BIND, nodes 0"*" by numactl["*" modes.bind): EPERM; 20"* ]]
}

@test "what the resident let through is counted too, and what it did not, by rule" {
	local shown
	"$MPOLRUN" layer create "$layer" -p nobind
	for _ in {1..5}; do "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 3 true; done
	shown=$("$MPOLRUN" layer show "$layer" --json)
	[[ $shown == *'"counts-allowed": true'* ]]
	(($(sed -n 's/^  "allowed": \([0-9]*\),$/\1/p' <<<"$shown") >= 5))
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 2 0 250 >/dev/null
	run "$MPOLRUN" layer show "$layer"
	[[ $output =~ refused\ ([0-9]+) ]]
	((BASH_REMATCH[1] >= 500))
	[[ $output =~ modes.bind\ +EPERM\ +${BASH_REMATCH[1]}\ calls ]]
	[[ $output =~ mount\ +EPERM\ +0\ calls ]]
}

@test "--summary counts what is let through, until the last process has ended" {
	run "$MPOLRUN" -p nobind --summary -- bash -c '"$1" set 3 true; "$1" set 2 true; (sleep 0.3; "$1" set 3 "$1" set 3 true) & exit 4' - "$HELPERS/helper"
	echo "$output"
	[[ $status == 4 && $output == *$'\n'"  allowed 3  events lost 0"$'\n'* ]]
	[[ $output == *$'\n'"  refused 1  "*"set_mempolicy(MPOL_BIND, nodes 0"*" helper["*"builtin:nobind:"* ]]
	# The launch's own trial of its layer is nobody's call.
	run "$MPOLRUN" -p nobind --summary -- true
	[[ $status == 0 && $output == *$'\n'"  nothing was refused"$'\n'"  allowed 0  events lost 0"$'\n'* ]]
	# Those that would be refused are not let through, and are told of once.
	run "$MPOLRUN" -p nobind --audit --summary -- bash -c '"$1" set 3 true; "$1" set 2 true' - "$HELPERS/helper"
	[[ $status == 0 && $output == *$'\n'"  allowed 1  events lost 0"$'\n'* && $(grep -c "^  audited 1 " <<<"$output") == 1 ]]
	[[ $(grep -c "^  [a-z]*d [1-9]" <<<"$output") == 2 ]]
}

@test "a reader that is gone costs nobody anything, and the next one finds what was told of since" {
	"$MPOLRUN" events --follow >/dev/null 3>&- &
	follower=$!
	sleep 0.2
	kill -KILL "$follower"
	wait "$follower" || true
	unset follower
	run nobind "$HELPERS/hammer" 1 0 50
	[[ $status == 0 && $output == "50 0 0" ]]
	[[ $("$MPOLRUN" events | grep -c "by hammer\[") -ge 50 ]]
}

@test "names with newlines, escapes and bytes that are no UTF-8 forge no line" {
	evil=$dir/$'x\nmpoln: ok\e\xff'
	cp "$HELPERS/helper" "$evil"
	"$MPOLRUN" layer create "$layer" -p nobind
	"$MPOLRUN" layer exec "$layer" -- "$evil" set 2 true 2>/dev/null || true
	run "$MPOLRUN" events "$layer"
	[[ ${#lines[@]} == 1 && $output == *" by x?mpoln: ok"* ]]
	! grep -q $'\e' <<<"$output" || false
	[[ $("$MPOLRUN" events --json "$layer" | wc -l) == 1 ]]
}
