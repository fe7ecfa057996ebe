# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # inner shells expand
# What the command gets, and what its parent gets back: as if mpolrun had not been there.

load common

@test "the command's own exit status is ours" {
	for n in 0 1 3 124 125 126 127 128 255; do
		run "-$n" nobind sh -c "exit $n"
		[[ -z $output ]]
	done
}

@test "a command ended by a signal ends us by the same signal" {
	for signal in TERM KILL SEGV USR1; do
		run wait_status "$MPOLRUN" -p nobind -- sh -c "kill -$signal \$\$"
		[[ $output == "-$(kill -l $signal)" ]]
	done
}

@test "127: no such command" {
	run -127 nobind /no/such/command
	[[ $output == "mpolrun: "*"/no/such/command"* ]]
	run -127 nobind no-such-command-anywhere
	[[ $output == "mpolrun: "*"no-such-command-anywhere"* ]]
}

@test "126: a command that cannot be executed, 127 where its interpreter is missing" {
	echo data >"$BATS_TEST_TMPDIR/data"
	run nobind "$BATS_TEST_TMPDIR/data"
	[[ $status == 126 && $output == "mpolrun: "* ]]
	run nobind /
	[[ $status == 126 && $output == "mpolrun: "* ]]
	printf '#!/no/such/interpreter\n' >"$BATS_TEST_TMPDIR/script"
	chmod +x "$BATS_TEST_TMPDIR/script"
	run -127 nobind "$BATS_TEST_TMPDIR/script"
	[[ $output == "mpolrun: "* ]]
}

@test "125: mpolrun's own failures" {
	run "$MPOLRUN" -p no-such-profile -- echo the-target-ran
	assert_refused no-such-profile
	run "$MPOLRUN" --no-such-option -- echo the-target-ran
	assert_refused no-such-option
	run "$MPOLRUN" -p nobind
	[[ $status == 125 && -n $output ]]
	run "$MPOLRUN" -- echo the-target-ran
	assert_refused profile
}

@test "the command keeps mpolrun's pid and parent" {
	run sh -c 'echo $$ $PPID; exec "$MPOLRUN" -p nobind -- sh -c "echo \$\$ \$PPID"'
	[[ $status == 0 && ${lines[0]} == "${lines[1]}" ]]
}

@test "arguments and environment arrive untouched" {
	run env -i "A=b c" EMPTY= $'NL=1\n2' "$MPOLRUN" -p nobind -- env -0
	[[ $status == 0 ]]
	env -i "A=b c" EMPTY= $'NL=1\n2' env -0 | cksum >"$BATS_TEST_TMPDIR/bare"
	env -i "A=b c" EMPTY= $'NL=1\n2' "$MPOLRUN" -p nobind -- env -0 | cksum >"$BATS_TEST_TMPDIR/under"
	cmp "$BATS_TEST_TMPDIR/bare" "$BATS_TEST_TMPDIR/under"

	run nobind printf '<%s>' "" "a b" -- --help $'\t' '*'
	[[ $status == 0 && $output == "<><a b><--><--help>"$'<\t>'"<*>" ]]
}

@test "options end at the command" {
	run "$MPOLRUN" -p nobind echo -p unrestricted --help
	[[ $status == 0 && $output == "-p unrestricted --help" ]]
	run "$MPOLRUN" run -p nobind -- echo doctor
	[[ $status == 0 && $output == doctor ]]
	run "$MPOLRUN" -p nobind -- echo -- x
	[[ $status == 0 && $output == "-- x" ]]
}

@test "standard input, output and error are the command's" {
	run --separate-stderr bash -c 'echo in | "$MPOLRUN" -p nobind -- sh -c "cat; echo err >&2"'
	[[ $status == 0 && $output == in ]]
	# shellcheck disable=SC2154 # set by run --separate-stderr
	[[ $stderr == err ]]
}

@test "works with standard input, output or error closed, and leaves them closed" {
	for fd in 0 1 2; do
		bash -c "\"\$MPOLRUN\" -p nobind -- \"\$HELPERS/helper\" closed $fd $fd>&-"
	done
	bash -c '"$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 1 0<&- 1>&- 2>&-'
	# open they stay open
	for fd in 0 1 2; do
		run nobind "$HELPERS/helper" closed "$fd"
		[[ $status == 1 ]]
	done
}

@test "the signal mask and the ignored signals stay as they were" {
	bare=$(trap '' USR1 PIPE && "$HELPERS/helper" signals)
	under=$(trap '' USR1 PIPE && nobind "$HELPERS/helper" signals)
	[[ $bare == "$under" ]]
	[[ $bare != "$("$HELPERS/helper" signals)" ]]
}

@test "an empty argv is an error and no crash" {
	run wait_status "$HELPERS/helper" argv0 "$MPOLRUN"
	[[ ${lines[-1]} == 125 ]]
}

@test "the working folder, umask and limits stay as they were" {
	run bash -c 'cd /usr && umask 027 && ulimit -n 99 && "$MPOLRUN" -p nobind -- bash -c "pwd; umask; ulimit -n"'
	[[ $status == 0 && $output == $'/usr\n0027\n99' ]]
}

@test "no_new_privs is set" {
	run nobind grep NoNewPrivs /proc/self/status
	if ((EUID)); then
		[[ $status == 0 && $output == *1 ]]
	fi
	run "$MPOLRUN" -p nobind --no-new-privs=yes -- grep NoNewPrivs /proc/self/status
	[[ $status == 0 && $output == *1 ]]
	run grep NoNewPrivs /proc/self/status
	[[ $output == *0 ]]
}
