# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# needs: numactl
# shellcheck disable=SC2016 # inner shells expand
# What is told of refused calls: where, in which form, and that telling changes nothing.

load common
load events

setup() {
	events_setup
}

teardown() {
	[[ -z ${stuck-} ]] || kill -KILL "$stuck" 2>/dev/null || true
	events_teardown
}

logged() {
	"$MPOLRUN" -p nobind --log "$@"
}

@test "one line on standard error explains the refusal, before the program's own" {
	run --separate-stderr logged stderr -- numactl --membind=0 true
	[[ $status == 1 ]]
	echo "$stderr"
	line=${stderr_lines[0]}
	[[ $line == "mpolrun: refused set_mempolicy(MPOL_BIND, nodes 0 claimed) by numactl["*"] (builtin:nobind:"*" modes.bind): EPERM; 20"* ]]
	[[ $line == *" uid $EUID exe "*/numactl" cgroup "*" abi "* ]]
	[[ ${stderr_lines[1]} == set_mempolicy:* || ${stderr_lines[1]} == *"not permitted"* ]]
	# And the line that it names is the one that says so.
	number=${line#*builtin:nobind:}
	number=${number%% *}
	[[ $("$MPOLRUN" profile show nobind | sed -n "${number}p") == *bind* ]]
}

@test "allowed calls are not told of" {
	run --separate-stderr logged stderr -- numactl --interleave=0 cat /proc/self/numa_maps
	[[ $status == 0 && $output == *" interleave:0"* && -z $stderr ]]
}

@test "as JSON, with the same" {
	logged "$dir/log" --log-format json -- numactl --membind=0 true 2>/dev/null || true
	mapfile -t lines <"$dir/log"
	[[ ${#lines[@]} == 1 ]]
	[[ $(key "${lines[0]}" version) == 1 && $(key "${lines[0]}" event) == call ]]
	[[ $(key "${lines[0]}" verdict) == refused && $(key "${lines[0]}" answer) == EPERM ]]
	[[ $(key "${lines[0]}" call) == set_mempolicy && $(key "${lines[0]}" mode) == bind ]]
	[[ $(key "${lines[0]}" nodes-claimed) == 0 && $(key "${lines[0]}" uid) == "$EUID" ]]
	[[ $(key "${lines[0]}" rule) == modes.bind && $(key "${lines[0]}" comm) == numactl ]]
}

@test "a file is appended to, and is nobody else's to read" {
	for _ in 1 2; do logged "$dir/log" -- "$HELPERS/helper" set 2 true 2>/dev/null || true; done
	[[ $(wc -l <"$dir/log") == 2 && $(stat -c %a "$dir/log") == 600 ]]
}

@test "fd:N is written to, and the command does not get it" {
	run logged fd:9 -- "$HELPERS/helper" closed 9 9>"$dir/log"
	[[ $status == 0 ]]
	run logged fd:9 -- "$HELPERS/helper" set 2 true 9>"$dir/log"
	[[ $status == 2 && $(cat "$dir/log") == *"refused set_mempolicy"* ]]
	run logged fd:9 -- echo the-target-ran 9<"$dir/log"
	assert_refused "not open for writing"
}

@test "what cannot be opened stops the launch" {
	run logged "$dir/none/log" -- echo the-target-ran
	assert_refused "cannot open"
	mkfifo "$dir/fifo"
	run logged "$dir/fifo" -- echo the-target-ran
	assert_refused "nobody reads"
	[[ -S /run/systemd/journal/socket ]] || {
		run logged journal -- echo the-target-ran
		assert_refused "journal"
	}
	run "$MPOLRUN" -p nobind --log-format json -- echo the-target-ran
	assert_refused "no --log"
}

@test "a reader that is gone, stopped, or has a full disk changes no answer" {
	run logged /dev/full -- "$HELPERS/hammer" 1 0 50
	[[ $status == 0 && $output == "50 0 0" ]]
	run bash -c '"$MPOLRUN" -p nobind --log fd:9 -- "$HELPERS/hammer" 1 0 50 9> >(exec true)'
	[[ $status == 0 && $output == "50 0 0" ]]
	# A pipe that is full, and that nobody empties: opened by us, and somebody else's.
	mkfifo "$dir/fifo"
	exec 8<>"$dir/fifo"
	run timeout 60 "$MPOLRUN" -p nobind --log "$dir/fifo" -- "$HELPERS/hammer" 8 0 2000
	[[ $status == 0 && $output == "16000 0 0" ]]
	run timeout 60 "$MPOLRUN" -p nobind --log fd:9 -- "$HELPERS/hammer" 8 0 2000 9>"$dir/fifo"
	[[ $status == 0 && $output == "16000 0 0" ]]
	exec 8>&-
}

@test "--audit tells what would have been refused, and with what" {
	run --separate-stderr logged stderr --audit -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
	[[ $stderr == "mpolrun: audited set_mempolicy(MPOL_BIND,"*"modes.bind): would be EPERM; "* ]]
}

@test "ignored and killed calls are told of; what kills does so still" {
	run --separate-stderr "$MPOLRUN" -p nobind-quiet --log stderr -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 0 && $stderr == "mpolrun: ignored set_mempolicy("* ]]
	[[ $(wait_status "$MPOLRUN" --deny bind=kill --log "$dir/log" -- "$HELPERS/helper" set 2 true) == -9 ]]
	[[ $(cat "$dir/log") == "mpolrun: killed set_mempolicy(MPOL_BIND,"*" by helper["*"--deny bind=kill"* ]]
}

@test "names with newlines, escapes and bytes that are no UTF-8 forge no line" {
	evil=$dir/$'x\nmpolrun: ok\e[2J\xff'
	cp "$HELPERS/helper" "$evil"
	logged "$dir/log" -- "$evil" set 2 true 2>/dev/null || true
	logged "$dir/json" --log-format json -- "$evil" set 2 true 2>/dev/null || true
	[[ $(wc -l <"$dir/log") == 1 && $(wc -l <"$dir/json") == 1 ]]
	! grep -q $'\e' "$dir/log" "$dir/json" || false
	iconv -f UTF-8 -t UTF-8 "$dir/log" >/dev/null
	python3 -c 'import json, sys; assert "\n" not in json.load(open(sys.argv[1]))["exe"]' "$dir/json"
}

@test "no listener of one's own takes the log's place" {
	run logged "$dir/log" -- "$HELPERS/helper" open listener echo the-target-ran
	[[ $status == 2 && $output == *busy* ]]
	run "$MPOLRUN" --live -p nobind -- "$MPOLRUN" -p nobind --log "$dir/log" -- echo the-target-ran
	assert_refused "listener above us"
}

@test "a live layer tells of its calls, under its name and the line of its present policy" {
	printf 'version: 1\n\n\nmempolicy:\n  modes: {bind: EACCES}\n' >"$dir/p.yaml"
	"$MPOLRUN" layer create "$layer" -p nobind --log "$dir/log"
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	[[ $(tail -n1 "$dir/log") == "mpolrun: $layer: refused set_mempolicy("*" (builtin:nobind:"*": EPERM; "* ]]
	"$MPOLRUN" layer update "$layer" -p "$dir/p.yaml"
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
	[[ $(tail -n1 "$dir/log") == "mpolrun: $layer: refused set_mempolicy("*" ($dir/p.yaml:5 modes.bind): EACCES; "* ]]
	"$MPOLRUN" layer update "$layer" --audit on
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
	[[ $(tail -n1 "$dir/log") == "mpolrun: $layer: audited "*": would be EACCES; "* ]]
	[[ $(wc -l <"$dir/log") == 3 ]]
}

@test "a member whose mask cannot be read holds up itself alone" {
	touch "$dir/file"
	"$MPOLRUN" layer create "$layer" -p nobind --log "$dir/log"
	"$HELPERS/helper" silent "$dir/file" "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set-from "$dir/file" >"$dir/out" 2>"$dir/err" 3>&- &
	stuck=$!
	for _ in {1..100}; do [[ -s $dir/out || -s $dir/err ]] && break; sleep 0.05; done
	[[ -s $dir/out ]] || skip "$(cat "$dir/err")"
	sleep 0.3
	run timeout 10 "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	timeout 10 "$MPOLRUN" layer update "$layer" --deny bind=EACCES
	run timeout 10 "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"ermission denied"* ]]
	# It is stuck still, and nothing is told of it.
	kill -0 "$stuck"
	[[ ! -s $dir/err && $(wc -l <"$dir/log") == 2 ]]
	kill -KILL "$stuck"
	wait "$stuck" || true
}

@test "when the process beside is killed its calls are refused, and no new listener can allow them" {
	# Its files cannot be seen, but a limit can that nobody else has.
	mark=$(($$ % 800000 + 1))
	ulimit -S -q "$mark"
	"$MPOLRUN" -p nobind --log "$dir/log" -- bash -c 'until [[ -e $1/go ]]; do sleep 0.05; done
		"$HELPERS/helper" set 2 true; echo $?
		"$HELPERS/helper" open listener true; echo $?
		"$HELPERS/helper" set 3 true; echo $?' - "$dir" >"$dir/out" 2>"$dir/err" 3>&- &
	for _ in {1..100}; do
		for folder in /proc/[0-9]*; do
			[[ $(cat "$folder/comm" 2>/dev/null) == mpolrun-layer ]] || continue
			grep -q "^Max msgqueue size  *$mark " "$folder/limits" 2>/dev/null && break 2
		done
		sleep 0.05
	done
	[[ $(cat "$folder/comm") == mpolrun-layer ]]
	kill -KILL "${folder#/proc/}"
	touch "$dir/go"
	wait %1 || true
	cat "$dir/out" "$dir/err"
	[[ $(tr '\n' ' ' <"$dir/out") == "2 2 0 " ]]
	grep -q "not implemented" "$dir/err"
	grep -q "busy" "$dir/err"
}

@test "layer list has counters, and as OpenMetrics" {
	"$MPOLRUN" layer create "$layer" -p nobind
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 1 0 5 >/dev/null
	run "$MPOLRUN" layer list
	[[ $status == 0 && $output == *"$layer "*" refused 5"* ]]
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 3 true
	run "$MPOLRUN" layer show "$layer"
	[[ $output == *$'\n'"allowed 1  audited 0  ignored 0  refused 5  killed 0  events lost 0"$'\n'* ]]
	[[ $output == *"  modes.bind  "*" EPERM    5 calls"* ]]
	run "$MPOLRUN" layer list --format openmetrics
	echo "$output"
	[[ $status == 0 && ${lines[-1]} == "# EOF" ]]
	[[ $output == *"mpolrun_layer_calls_total{layer=\"$layer\",verdict=\"refused\"} 5"* ]]
	[[ $output == *"mpolrun_layer_rule_calls_total{layer=\"$layer\",rule=\"modes.bind\"} 5"* ]]
	# Each family once, its samples right behind it, and no other line.
	! grep -E '^# TYPE' <<<"$output" | sort | uniq -d | grep . || false
	! grep -vE '^(# (TYPE|HELP|EOF)|mpolrun_layer_[a-z_]+\{layer="[a-z0-9._-]+"[^}]*\} [0-9]+$)' <<<"$output"
}

# Start `mpolrun events --follow "$@"` into $dir/followed, and wait until it is told of a call.
start_follower() {
	"$MPOLRUN" events --follow "$@" >"$dir/followed" 3>&- &
	stuck=$!
	for _ in {1..100}; do
		"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
		[[ -s $dir/followed ]] && break
		sleep 0.05
	done
}

@test "events --follow shows what a supervisor refuses, by the layer's name, and ends with the layer" {
	"$MPOLRUN" layer create "$layer" -p nobind --mechanism notify,launcher
	start_follower "$layer"
	[[ $(head -n1 "$dir/followed") == "mpolrun: $layer: refused set_mempolicy(MPOL_BIND, nodes 0 claimed) by helper["*" (builtin:nobind:"*" modes.bind): EPERM; "* ]]
	"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 3 true
	! grep -q INTERLEAVE "$dir/followed" || false
	"$MPOLRUN" layer remove "$layer"
	wait "$stuck"
	unset stuck
	run "$MPOLRUN" events --follow "$layer"
	assert_refused "no layer"
}

@test "events --follow without a name shows all layers, those to come too; as JSON" {
	"$MPOLRUN" events --follow --json >"$dir/followed" 3>&- &
	stuck=$!
	"$MPOLRUN" layer create "$layer" -p nobind --mechanism notify,launcher
	for _ in {1..100}; do
		"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
		grep -q "\"layer\":\"$layer\"" "$dir/followed" && break
		sleep 0.05
	done
	# Others may have layers, too.
	line=$(grep -m1 "\"layer\":\"$layer\"" "$dir/followed")
	[[ $(key "$line" layer) == "$layer" && $(key "$line" verdict) == refused ]]
	kill "$stuck"
	wait "$stuck"
	unset stuck
}

@test "a follower that is stopped, or gone, holds up no call, and is told what it lost" {
	"$MPOLRUN" layer create "$layer" -p nobind --mechanism notify,launcher
	start_follower "$layer"
	kill -STOP "$stuck"
	before=$(refused)
	run timeout 60 "$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 8 0 2000
	[[ $status == 0 && $output == "16000 0 0" && $(refused) == $((before + 16000)) ]]
	kill -CONT "$stuck"
	# The number is written when there is room again, and something to be told of.
	for _ in {1..100}; do
		"$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true 2>/dev/null || true
		grep -q "lost" "$dir/followed" && break
		sleep 0.05
	done
	sleep 0.3
	lost=$(awk '/ events? lost:/ {n += $3} END {print n + 0}' "$dir/followed")
	told=$(grep -c " by hammer\[" "$dir/followed")
	echo "told $told lost $lost"
	((lost > 0 && told > 0 && told + lost == 16000))
	kill -KILL "$stuck"
	wait "$stuck" || true
	unset stuck
	run timeout 60 "$MPOLRUN" layer exec "$layer" -- "$HELPERS/hammer" 8 0 100
	[[ $status == 0 && $output == "800 0 0" ]]
}

@test "explain says what a log is told of, and what that costs" {
	run "$MPOLRUN" explain -p nobind --log stderr
	[[ $status == 0 && $output == *"Log: "*"allowed ones cost"* ]]
	run "$MPOLRUN" explain -p nobind
	[[ $status == 0 && $output != *"Log: "* ]]
}

@test "--log audit has no process beside, and goes with no live layer" {
	run "$MPOLRUN" -p nobind --log audit -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "$MPOLRUN" -p nobind --log audit -- "$HELPERS/helper" open listener echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	run "$MPOLRUN" --live -p nobind --log audit -- echo the-target-ran
	assert_refused "--log audit"
}
