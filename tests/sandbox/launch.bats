# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # inner shells expand
# The options of a launch.

load common

@test "--status-fd tells in lines of JSON what happens" {
	run bash -c '"$MPOLRUN" -p nobind --status-fd 9 -- true 9>&1'
	[[ $status == 0 ]]
	python3 -c '
import json, sys
events = [json.loads(line) for line in sys.argv[1].splitlines()]
assert [event["event"] for event in events] == ["covered", "exec"], events
assert all(event["version"] == 1 for event in events)
assert events[0]["rules"]["modes"] == "seccomp", events
assert events[1]["command"] == "true"
' "$output"
}

@test "--status-fd tells of a command that cannot be executed" {
	run -127 bash -c '"$MPOLRUN" -p nobind --status-fd 9 -- /no/such/command 9>&1 2>/dev/null'
	[[ ${lines[-1]} == *'"event":"failed"'*'"status":127'* ]]
}

@test "the status fd is not passed on" {
	run bash -c '"$MPOLRUN" -p nobind --status-fd 9 -- "$HELPERS/helper" closed 9 9>/dev/null'
	[[ $status == 0 ]]
	run bash -c '"$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 9 9>/dev/null'
	[[ $status == 1 ]]
}

@test "standard output and error as status fd stay the command's" {
	for fd in 1 2; do
		run "$MPOLRUN" -p nobind --status-fd "$fd" -- "$HELPERS/helper" closed "$fd"
		[[ $status == 1 && $output == *covered* ]]
	done
}

@test "a status fd that is closed, or that nobody reads, is an error of ours" {
	run bash -c '"$MPOLRUN" -p nobind --status-fd 9 -- echo the-target-ran 9>&-'
	assert_refused status-fd
	run python3 -c '
import os, subprocess
r, w = os.pipe()
os.close(r)
print(subprocess.call([os.environ["MPOLRUN"], "-p", "nobind", "--status-fd", str(w), "--",
                       "echo", "the-target-ran"], pass_fds=[w]))'
	[[ ${lines[-1]} == 125 && $output != *the-target-ran* ]]
}

@test "--dry-run runs nothing and says what would enforce what" {
	run "$MPOLRUN" --dry-run -p nobind -- echo the-target-ran
	[[ $status == 0 && $output == *modes*seccomp* ]]
	[[ $output != *the-target-ran* ]]
	run "$MPOLRUN" --dry-run -p nobindd -- echo the-target-ran
	assert_refused nobind
}

@test "a rule that nothing here enforces is a reason not to run, unless --best-effort names it" {
	profile='{mempolicy: {nodes: {0-3: allow, others: EPERM}}}'
	run "$MPOLRUN" --mechanism seccomp -p "$profile" -- echo the-target-ran
	assert_refused nodes
	run --separate-stderr "$MPOLRUN" --mechanism seccomp --best-effort nodes -p "$profile" -- \
		echo the-target-ran
	# shellcheck disable=SC2154 # set by run --separate-stderr
	[[ $status == 0 && $output == the-target-ran && $stderr == *warning*nodes* ]]
	run "$MPOLRUN" -q --mechanism seccomp --best-effort nodes -p "$profile" -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "a loss that the profile itself declares is silent" {
	run nobind true
	[[ $status == 0 && -z $output ]]
}

@test "--audit refuses nothing" {
	run "$MPOLRUN" --audit -p nobind -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
	run "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 2 ]]
}

@test "--cgroup=yes puts the command into a cgroup of its own, or does not run it" {
	run "$MPOLRUN" -p nobind --cgroup=yes -- sh -c 'echo the-target-ran; cat /proc/self/cgroup'
	echo "$status: $output"
	if [[ $status == 0 ]]; then
		[[ $output == *the-target-ran*/mpolrun-* ]]
	else
		[[ $status == 125 && $output == *"a cgroup"* && $output != *the-target-ran* ]]
	fi
	run "$MPOLRUN" -p nobind --cgroup=no -- sh -c 'echo the-target-ran; cat /proc/self/cgroup'
	[[ $status == 0 && $output == *the-target-ran* && $output != */mpolrun-* ]]
}

@test "--help and --version print and run nothing" {
	run "$MPOLRUN" --help
	[[ $status == 0 && $output == *--profile* ]]
	run "$MPOLRUN" --version
	[[ $status == 0 && $output == *[0-9].[0-9]* ]]
}

@test "mpolrun inside mpolrun: both hold" {
	run nobind "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "$MPOLRUN" --deny interleave -- "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 3 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run nobind "$MPOLRUN" -p unrestricted -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run nobind "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
	run unrestricted "$MPOLRUN" -p unrestricted -- "$HELPERS/helper" set 2 true
	[[ $status == 0 ]]
}

@test "mpolrun nests under nonuma and local-only too, though they refuse its own reset" {
	for outer in nonuma local-only interleave-only; do
		run "$MPOLRUN" -p "$outer" -- "$MPOLRUN" -p nobind -- echo the-target-ran
		echo "$outer: $status $output"
		[[ $status == 0 && $output == the-target-ran ]]
	done
}

@test "eight nested layers still run" {
	command=()
	for _ in {1..8}; do command+=("$MPOLRUN" -p nobind --); done
	run "${command[@]}" "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "${command[@]}" "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "commands whose work starts elsewhere are warned about" {
	run "$MPOLRUN" -p nobind -- docker
	[[ $output == *warning*docker* ]]
	run "$MPOLRUN" -p nobind -- true
	[[ $output != *warning* ]]
}
