# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# needs: numactl java qemu-system-x86_64 stress-ng
# shellcheck disable=SC2016 # inner shells expand
# Profiles that are written from a run, and summaries of one: both have a process above the command.

load common

setup() {
	dir=$(mktemp -d)
	profile=$dir/p.yaml
}

teardown() {
	rm -rf "$dir"
}

learn() {
	"$MPOLRUN" learn -o "$profile" "$@"
}

# The profile is valid, covers all of its rules here, and the command in "$@" meets no refusal under it.
replays_clean() {
	rm -f "$dir/log"
	"$MPOLRUN" profile check "$profile"
	run "$MPOLRUN" -p "$profile" --log "$dir/log" -- "$@"
	cat "$profile" "$dir/log"
	# What no kernel takes either was refused with its own words.
	[[ -z $(grep -v 'mbind-flags.unknown): EINVAL;' "$dir/log") ]]
}

refuses() {
	run "$MPOLRUN" profile test "$profile" "$@"
	echo "$output"
	[[ $status == 1 && $output != *allowed* ]]
}

quit_qemu() {
	echo quit | timeout 60 "$@" qemu-system-x86_64 -machine none -nodefaults -display none \
		-monitor stdio -object memory-backend-ram,id=m,size=64M,policy=interleave,host-nodes=0
}

@test "numactl: interleave is allowed, the probe is marked, bind is refused" {
	run learn -- numactl --interleave=0 true
	[[ $status == 0 && -z $output ]]
	grep -q "interleave: allow,  *# 1 call$" "$profile"
	grep -q "preferred-many: allow,  *# 1 call: libnuma's start-up probe" "$profile"
	grep -q "^description: learned from 1 run, 1 task, exit 0$" "$profile"
	replays_clean numactl --interleave=0 true
	refuses 'set_mempolicy(bind, 0)' 'mbind(local)' 'migrate_pages()' 'move_pages(nodes)' \
		'mbind(interleave, 0, move)' 'set_mempolicy(interleave|static-nodes)'
	run "$MPOLRUN" -p "$profile" -- numactl --membind=0 echo the-target-ran
	[[ $status == 1 && $output != *the-target-ran* ]]
}

@test "stress-ng, a JVM and QEMU run under what was learned from them as they do without" {
	# What it does is chosen by chance, the same each time.
	stress=(stress-ng --no-rand-seed --numa 1 --numa-ops 2 --temp-path "$dir")
	run learn -- "${stress[@]}"
	replays_clean "${stress[@]}"

	run learn -- java -XX:+UseNUMA -XX:+UseParallelGC -Xms64m -Xmx64m -version
	[[ $status == 0 ]]
	replays_clean java -XX:+UseNUMA -XX:+UseParallelGC -Xms64m -Xmx64m -version
	[[ $status == 0 && $output == *"Server VM"* ]]
	refuses 'set_mempolicy(bind, 0)' 'migrate_pages()'

	run quit_qemu "$MPOLRUN" learn -o "$profile" --
	[[ $status == 0 ]]
	"$MPOLRUN" profile check "$profile"
	rm "$dir/log"
	run quit_qemu "$MPOLRUN" -p "$profile" --log "$dir/log" --
	[[ $status == 0 && ! -s $dir/log ]]
	refuses 'mbind(bind, 0)' 'set_mempolicy(bind, 0)'
}

@test "--merge widens a profile by another run, and without it the last run counts" {
	learn -- numactl --interleave=0 true
	learn --merge -- numactl --preferred=0 true
	"$MPOLRUN" profile test "$profile" 'set_mempolicy(interleave, 0)' 'set_mempolicy(preferred, 0)'
	refuses 'set_mempolicy(bind, 0)'
	grep -q "interleave: allow,  *# not seen now, allowed before" "$profile"
	learn -- numactl --preferred=0 true
	refuses 'set_mempolicy(interleave, 0)'
	"$MPOLRUN" profile test "$profile" 'set_mempolicy(preferred, 0)'
}

@test "--merge takes no file that says what cannot be learned" {
	while read -r what text; do
		printf 'version: 1\n%b\n' "$text" >"$profile"
		# 3: valid, but no kernel here holds it.
		"$MPOLRUN" profile check "$profile" || [[ $? == 3 ]]
		cp "$profile" "$dir/before"
		run learn --merge -- echo the-target-ran
		assert_refused "'$what', which cannot be learned"
		cmp "$profile" "$dir/before"
	done <<-'END'
		nodes mempolicy: {nodes: {0: allow, others: EPERM}}
		get-mempolicy mempolicy: {get-mempolicy: EPERM}
		files mempolicy: {modes: {bind: EPERM}, files: EPERM}
		cpuset mempolicy: {cpuset: EPERM}
		start start: {inherited: refuse}
		start start: {policy: interleave}
		best-effort best-effort: [mount]\nmempolicy: {mount: deny}
	END
	printf 'version: 1\nmempolicy: {modes: {bind: EPERM}, get-mempolicy: allow, files: allow}\n' >"$profile"
	run learn --merge -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	refuses 'set_mempolicy(bind, 0)'
}

@test "mbind's flags, moves and queries are learned" {
	if command -v migspeed >/dev/null; then migspeed=migspeed; else migspeed=true; fi
	learn -- bash -c '"$1" -p 10 0 0; exec memhog 4m membind 0' - "$migspeed" || true
	"$MPOLRUN" profile check "$profile"
	"$MPOLRUN" profile test "$profile" 'mbind(bind, 0)'
	refuses 'mbind(bind|static-nodes, 0)' 'mbind(interleave, 0)'
}

@test "a command that did not run has taught nothing" {
	echo before >"$profile"
	run -127 learn -- "$dir/no-such-command"
	[[ $status == 127 && $output == *"nothing was learned"* && $(cat "$profile") == before ]]
	run "$MPOLRUN" learn -- echo the-target-ran
	assert_refused "needs -o FILE"
	run "$MPOLRUN" learn -o "$dir/none/p.yaml" -- echo the-target-ran
	assert_refused "cannot write"
	run "$MPOLRUN" --live -p nobind -- "$MPOLRUN" learn -o "$profile" -- echo the-target-ran
	assert_refused "listener above us"
}

@test "who waits above ends as the command does, and hands on what it is sent" {
	for how in learn summary; do
		if [[ $how == learn ]]; then above=("$MPOLRUN" learn -o "$profile"); else above=("$MPOLRUN" -p nobind --summary); fi
		run "${above[@]}" -- bash -c 'exit 7'
		[[ $status == 7 ]]
		[[ $(wait_status "${above[@]}" -- bash -c 'kill -TERM $$') == -15 ]]
		"${above[@]}" -- bash -c 'trap "exit 9" USR1; echo >"$1"; while :; do sleep 0.05; done' - "$dir/up.$how" 3>&- 2>/dev/null &
		for _ in {1..100}; do [[ -e $dir/up.$how ]] && break; sleep 0.05; done
		kill -USR1 $!
		status=0
		wait $! || status=$?
		[[ $status == 9 ]]
	done
}

@test "who waits above waits for all of them, and reaps whom the command leaves behind" {
	run learn -- bash -c '(sleep 0.3; "$HELPERS/helper" set 3 true) >/dev/null 2>&1 & exit 0'
	[[ $status == 0 ]]
	grep -q "interleave: allow" "$profile"
}

@test "who waits above does so where SIGCHLD was ignored, which the command finds as it was" {
	for ignored in "trap '' CHLD" :; do
		bare=$(timeout 20 bash -c "$ignored"'; exec "$HELPERS/helper" signals')
		run --separate-stderr timeout 20 bash -c "$ignored"'; exec "$MPOLRUN" --summary -p nobind -- "$HELPERS/helper" signals'
		[[ $status == 0 && $output == "$bare" && $stderr == *"exit 0 after"* ]]
		run timeout 20 bash -c "$ignored"'; exec "$MPOLRUN" learn -o "$1" -- bash -c "exit 7"' - "$profile"
		[[ $status == 7 ]]
	done
}

@test "timers and real-time signals reach the command too; whom it left is waited for until a signal" {
	summary=("$MPOLRUN" -p nobind --summary --)
	for signal in ALRM RTMIN+3 CONT; do
		"${summary[@]}" bash -c 'trap "exit 9" "$1"; echo >"$2"; while :; do sleep 0.05; done' - "$signal" "$dir/up.$signal" 3>&- 2>/dev/null &
		for _ in {1..100}; do [[ -e $dir/up.$signal ]] && break; sleep 0.05; done
		kill "-$signal" $!
		status=0
		wait $! || status=$?
		[[ $status == 9 ]]
	done
	# An alarm that was set before.
	run timeout 20 python3 -c 'import os, signal, sys; signal.alarm(1); os.execv(sys.argv[1], sys.argv[1:])' \
		"${summary[@]}" bash -c 'trap "exit 9" ALRM; while :; do sleep 0.05; done'
	[[ $status == 9 ]]

	"${summary[@]}" bash -c 'sleep 60 >/dev/null 2>&1 & echo $! >"$1"; "$HELPERS/helper" set 2 true; exit 7' - "$dir/left" 3>&- 2>"$dir/said" &
	for _ in {1..100}; do [[ -s $dir/left && -z $(pgrep -P $! bash) ]] && break; sleep 0.05; done
	sleep 0.3
	kill -USR1 $!
	sleep 0.2
	kill -0 $!
	kill -TERM $!
	status=0
	wait $! || status=$?
	cat "$dir/said"
	[[ $status == 7 && $(cat "$dir/said") == *"exit 7 after"*"refused 1"* ]]
	# The one that was left is none of our business.
	kill "$(cat "$dir/left")"
}

@test "--summary says how it ended, what was refused to whom, and what was not counted" {
	run "$MPOLRUN" -p nobind --summary -- "$HELPERS/hammer" 2 0 50
	echo "$output"
	[[ $status == 0 && ${lines[0]} == "100 0 0" ]]
	[[ ${lines[1]} == "mpolrun: exit 0 after "*" s, builtin:nobind" ]]
	[[ ${lines[2]} == "  refused 100 "*"set_mempolicy(MPOL_BIND, nodes 0 claimed) EPERM  hammer["*"builtin:nobind:"* ]]
	[[ ${lines[3]} == "  allowed not counted  events lost 0" ]]
	# Where all calls are handed over anyway, the allowed ones are counted.
	run "$MPOLRUN" -p nobind --live --summary -- numactl --interleave=0 true
	[[ $status == 0 && ${lines[1]} == "  nothing was refused" ]]
	[[ ${lines[2]} =~ ^"  allowed "[1-9] ]]
	run "$MPOLRUN" -p nobind --summary --log "$dir/log" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"refused 1 "* && $(wc -l <"$dir/log") == 1 ]]
	run "$MPOLRUN" -p nobind --summary --log /dev/full -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"events lost 1"$'\n'* ]]
	# And how much memory the largest process had.
	run "$MPOLRUN" -p nobind --summary -- bash -c 'python3 -c "memory = bytearray(96 << 20)"; true'
	[[ $status == 0 && $output =~ "  largest process "([0-9]+) ]]
	((BASH_REMATCH[1] >= 96 && BASH_REMATCH[1] < 192))
}
