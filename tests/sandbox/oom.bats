# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# mpolrun oom, on logs that are given to it: what is said of which log is in tests/unit/oom.

load common

logs=$BATS_TEST_DIRNAME/logs
[[ -d $logs ]] || logs=$BATS_TEST_DIRNAME/../unit/oom/logs

oom() {
	run --separate-stderr "$MPOLRUN" oom "$@"
}

@test "a file and standard input are explained alike, with the command that prevents it" {
	oom "$logs/debian-6.12-policy.log"
	[[ $status == 0 && -z $stderr ]]
	[[ ${lines[0]} == "18.830165 node 0 was full by POLICY; node 1 had 471 of 503 MiB free" ]]
	[[ ${lines[1]} == "  asked   hog[207] uid 1000  allowed nodes 0" ]]
	[[ ${lines[2]} == "  killed  innocent[194] 242 MiB "*" not the asker" ]]
	[[ $output == *"mpolrun -p nobind -- hog ..."* ]]
	local of_file=$output
	run --separate-stderr bash -c '"$MPOLRUN" oom - <"$1"' bash "$logs/debian-6.12-policy.log"
	[[ $status == 0 && $output == "$of_file" ]]
}

@test "other kills take a line each, and a log without ours says so" {
	oom "$logs/debian-6.1-memcg.log"
	[[ $status == 0 && ${#lines[@]} == 2 ]]
	[[ ${lines[0]} == *" not ours: fat["*"] was killed; its memory cgroup was full" ]]
	[[ ${lines[1]} == "No task was killed because of a memory policy or a cpuset." ]]
	oom /dev/null
	[[ $status == 0 && $output == "No task was killed because of a memory policy or a cpuset, nor for other reasons." ]]
}

@test "--json is one object, whatever the number of kills" {
	local log
	for log in /dev/null "$logs/debian-6.1-memcg.log" "$logs/lab-kmsg.log"; do
		cat "$log" "$log" >"$BATS_TEST_TMPDIR/twice"
		oom --json "$BATS_TEST_TMPDIR/twice"
		[[ $status == 0 && -z $stderr ]]
		python3 - "$output" "$(basename "$log")" <<-'PYTHON'
			import json, sys
			answer = json.loads(sys.argv[1])
			expected = {"null": 0, "debian-6.1-memcg.log": 2}
			assert answer["version"] == 1
			kills = answer["kills"]
			assert len(kills) == expected.get(sys.argv[2], len(kills)), kills
			if sys.argv[2] == "lab-kmsg.log":
			    assert len(kills) >= 4 and all(k["constraint"] == "memory-policy" for k in kills)
			    assert kills[0]["killed"]["comm"] == "a\\x0aoom-kill:cons", kills[0]
		PYTHON
	done
}

@test "--follow tells of a kill when it is written, with a line of JSON each" {
	local log=$BATS_TEST_TMPDIR/log out=$BATS_TEST_TMPDIR/out tries
	: >"$log"
	"$MPOLRUN" oom --follow --json "$log" >"$out" 2>&1 3>&- &
	local pid=$!
	head -n 30 "$logs/debian-6.12-policy.log" >>"$log"
	sleep 1
	[[ ! -s $out ]]
	tail -n +31 "$logs/debian-6.12-policy.log" >>"$log"
	for ((tries = 0; tries < 100; tries++)); do
		[[ -s $out ]] && break
		sleep 0.1
	done
	# another file in its place is followed too
	cp "$logs/lab-policy.log" "$log.new"
	mv "$log.new" "$log"
	for ((tries = 0; tries < 100; tries++)); do
		(($(wc -l <"$out") > 1)) && break
		sleep 0.1
	done
	kill "$pid"
	python3 - "$out" <<-'PYTHON'
		import json, sys
		kills = [json.loads(line) for line in open(sys.argv[1])]
		assert [kill["asked"]["pid"] for kill in kills] == [207, 111], kills
		assert all(kill["version"] == 1 for kill in kills)
	PYTHON
}

@test "a log of 200 MB is read in the memory that a short one takes" {
	python3 - "$MPOLRUN" "$logs/debian-6.12-policy.log" <<-'PYTHON'
		import resource, subprocess, sys
		log = open(sys.argv[2], "rb").read()
		# with one line that never ends, and no line ends at all in the last part
		child = subprocess.Popen([sys.argv[1], "oom", "--json", "-"], stdin=subprocess.PIPE,
		                         stdout=subprocess.DEVNULL)
		for _ in range(100):
		    child.stdin.write(log)
		    child.stdin.write(b"[    1.000000] noise " * 50000 + b"\n")
		for _ in range(100):
		    child.stdin.write(b"\xff" * 1000000)
		child.stdin.close()
		assert child.wait() == 0
		peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
		assert peak < 20000, f"{peak} KiB"
	PYTHON
}

@test "nothing of a hostile name reaches the terminal or a command" {
	oom "$logs/debian-6.1-escapes-in-name.log"
	[[ $status == 0 && $output != *$'\e'* ]]
	oom "$logs/debian-6.12-fields-in-names.log"
	[[ $output == *"killed  y,task=z["*"] "*"/evil,task=mysqld,pid=1,uid=0"* ]]
	printf '\e[2J$(reboot) invoked oom-killer: gfp_mask=0x1, nodemask=0, order=0, oom_score_adj=0\n' \
		>"$BATS_TEST_TMPDIR/log"
	printf 'oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=0\n' >>"$BATS_TEST_TMPDIR/log"
	oom "$BATS_TEST_TMPDIR/log"
	[[ $status == 0 && $output == *"asked   ?[2J\$(reboot) "* ]]
	[[ $output == *"prevent: mpolrun -p nobind -- COMMAND ..."* ]]
}

@test "what cannot be read is an error, and so is an output that cannot be written" {
	oom "$BATS_TEST_TMPDIR/none"
	[[ $status == 125 && -z $output && $stderr == "mpolrun: cannot open '"*"/none': No such file"* ]]
	oom "$BATS_TEST_TMPDIR"
	[[ $status == 125 && $stderr == "mpolrun: cannot read '"*"Is a directory" ]]
	oom a b
	[[ $status == 125 && $stderr == "mpolrun: one argument too many for 'oom': 'b'" ]]
	run bash -c '"$MPOLRUN" oom "$1" >/dev/full' bash "$logs/debian-6.12-policy.log"
	[[ $status == 125 && $output == "mpolrun: cannot write"* ]]
}

@test "the kernel's own log is read, or who may not is told what to do" {
	oom
	if ((status == 125)); then
		[[ $stderr == "mpolrun: cannot read the kernel log: "*"journalctl -k | mpolrun oom -)" ]]
	else
		[[ $status == 0 && ($output == *"POLICY"* || $output == *"CPUSET"* || $output == "No task was killed "* || $output == *$'\n'"No task was killed "*) ]]
	fi
}
