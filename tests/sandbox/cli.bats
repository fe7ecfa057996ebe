# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# The command line as mpolrun(1) describes it: subcommands, options, help, errors.
# shellcheck disable=SC2016 # what single quotes hold is for another shell

load common

# The answers in the output of `explain --json`.
answers() {
	python3 -c 'import json, sys; print(*(r["answer"] for r in json.load(sys.stdin)["rules"]))' \
		<<<"$output"
}

@test "without any argument: a short usage on stderr, and 125" {
	run --separate-stderr "$MPOLRUN"
	[[ $status == 125 && -z $output ]]
	# shellcheck disable=SC2154 # set by run --separate-stderr
	[[ $stderr == "Usage: mpolrun [run] -p PROFILE"* ]]
	(($(wc -l <<<"$stderr") <= 6))
}

@test "--version prints the version and nothing else" {
	run --separate-stderr "$MPOLRUN" --version
	[[ $status == 0 && -z $stderr && $output =~ ^mpolrun\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run "$MPOLRUN" doctor --version
	[[ $status == 0 && $output == "mpolrun "* ]]
}

@test "every subcommand has its help, on stdout, within 80 columns" {
	local command word verb
	local -a commands=("")
	# What the help itself lists, each verb behind its word.
	for word in $("$MPOLRUN" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
		commands+=("$word")
		for verb in $("$MPOLRUN" "$word" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
			commands+=("$word $verb")
		done
	done
	((${#commands[@]} > 20))
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2086 # may be two words
		run --separate-stderr "$MPOLRUN" $command --help
		[[ $status == 0 && -z $stderr ]]
		[[ $output == "Usage: mpolrun "* && $output == *"--help"* ]]
		[[ -z $(awk 'length > 80' <<<"$output") ]]
		# shellcheck disable=SC2086
		[[ $output == "$("$MPOLRUN" $command -h)" ]]
	done
}

@test "help and -V are there in the other usual spelling" {
	[[ $("$MPOLRUN" help) == "$("$MPOLRUN" --help)" ]]
	[[ $("$MPOLRUN" help layer) == "$("$MPOLRUN" layer --help)" ]]
	[[ $("$MPOLRUN" help profile test) == "$("$MPOLRUN" profile test --help)" ]]
	[[ $("$MPOLRUN" -V) == "$("$MPOLRUN" --version)" ]]
	run "$MPOLRUN" help docter
	assert_refused "did you mean 'doctor'?"
}

@test "a command that is nearly a subcommand is told so, unless it has a profile" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho the-target-ran\n' >"$BATS_TEST_TMPDIR/bin/docter"
	chmod +x "$BATS_TEST_TMPDIR/bin/docter"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	run "$MPOLRUN" docter
	assert_refused "no profile (did you mean the subcommand 'doctor'?)"
	run "$MPOLRUN" -p nobind docter
	[[ $status == 0 && $output == the-target-ran ]]
	MPOLRUN_PROFILE=nobind run "$MPOLRUN" docter
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "an answer behind --deny RULE is not run as a command" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho the-target-ran\n' >"$BATS_TEST_TMPDIR/bin/EINVAL"
	chmod +x "$BATS_TEST_TMPDIR/bin/EINVAL"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	run "$MPOLRUN" --deny bind EINVAL
	assert_refused "did you mean '--deny bind=EINVAL'?"
	run "$MPOLRUN" --deny bind -- EINVAL
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "help that cannot be written is a failure" {
	run bash -c '"$MPOLRUN" --help >/dev/full'
	[[ $status == 125 && $output == "mpolrun: cannot write to standard output: "* ]]
	run bash -c '"$MPOLRUN" --help >/dev/null'
	[[ $status == 0 ]]
}

@test "an error names what, and the nearest word" {
	run "$MPOLRUN" -p nobind --bes-effort nodes -- echo the-target-ran
	assert_refused "unknown option '--bes-effort' (did you mean '--best-effort'?)"
	run "$MPOLRUN" -p nobind --best-effort node -- echo the-target-ran
	assert_refused "unknown rule 'node' (did you mean 'nodes'?)"
	run "$MPOLRUN" -p nobind --mechanism secomp -- echo the-target-ran
	assert_refused "unknown mechanism 'secomp' (did you mean 'seccomp'?)"
	run "$MPOLRUN" -p nobnd -- echo the-target-ran
	assert_refused "did you mean 'nobind'?"
	run "$MPOLRUN" --deny bnd -- echo the-target-ran
	assert_refused "did you mean 'bind'?"
	run "$MPOLRUN" -p nobind --keep-caps=sys_admn -- echo the-target-ran
	assert_refused "did you mean 'sys_admin'?"
	run "$MPOLRUN" profile lsit
	assert_refused "did you mean 'list'?"
	run "$MPOLRUN" layer foo
	assert_refused "'layer' has no verb 'foo' (its verbs are create, list, "
	run "$MPOLRUN" -p builtin:nobnd -- echo the-target-ran
	assert_refused "did you mean 'builtin:nobind'?"
	run "$MPOLRUN" -p nobind,nomigrate -- echo the-target-ran
	assert_refused "each of several profiles has a -p of its own"
	run "$MPOLRUN" --deny pages -- echo the-target-ran
	assert_refused "'pages' are several: which rule? (for example 'pages.migrate')"
	run "$MPOLRUN" -p nobind --no-new-privs -- echo the-target-ran
	assert_refused "say --no-new-privs=yes"
	run "$MPOLRUN" explain nobind
	assert_refused "a profile is named by -p nobind"
	run "$MPOLRUN" -p nobind --best-effort nodes -- echo the-target-ran
	[[ $status == 0 && $output == *the-target-ran ]]
}

@test "long options are not abbreviated" {
	run "$MPOLRUN" --prof nobind -- echo the-target-ran
	assert_refused "unknown option '--prof'"
	run "$MPOLRUN" --profile nobind -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "a value is the next word, or stands behind =" {
	local words
	for words in "-p nobind" "-pnobind" "--profile nobind" "--profile=nobind" "-qpnobind" \
		"-qp nobind"; do
		# shellcheck disable=SC2086 # several words
		run "$MPOLRUN" $words -- echo the-target-ran
		[[ $status == 0 && $output == the-target-ran ]]
	done
	run "$MPOLRUN" -p
	assert_refused "'-p' needs a value"
	run "$MPOLRUN" -p "" -- echo the-target-ran
	assert_refused "empty value"
	run "$MPOLRUN" -p nobind --audit=yes -- echo the-target-ran
	assert_refused "'--audit' takes no value"
}

@test "a value that may be left out stands behind = only" {
	printf '#!/bin/sh\necho "$@"\n' >"$BATS_TEST_TMPDIR/bpf"
	chmod +x "$BATS_TEST_TMPDIR/bpf"
	run "$MPOLRUN" -p nobind --keep-caps "$BATS_TEST_TMPDIR/bpf" the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "a first word that is a subcommand is no program, behind run it is one" {
	local word
	mkdir "$BATS_TEST_TMPDIR/bin"
	for word in events oci-hook; do
		printf '#!/bin/sh\necho the-target-ran "$0"\n' >"$BATS_TEST_TMPDIR/bin/$word"
		chmod +x "$BATS_TEST_TMPDIR/bin/$word"
		PATH=$BATS_TEST_TMPDIR/bin:$PATH run "$MPOLRUN" "$word" --help
		[[ $status == 0 && $output == *"mpolrun $word"* && $output != *the-target-ran* ]]
		PATH=$BATS_TEST_TMPDIR/bin:$PATH run "$MPOLRUN" run -p nobind -- "$word"
		[[ $status == 0 && $output == "the-target-ran "*"/$word" ]]
		PATH=$BATS_TEST_TMPDIR/bin:$PATH run "$MPOLRUN" -p nobind "$word"
		[[ $status == 0 && $output == "the-target-ran "*"/$word" ]]
	done
}

@test "doctor, explain and profile can be programs too" {
	local word
	mkdir "$BATS_TEST_TMPDIR/bin"
	for word in run doctor explain profile; do
		printf '#!/bin/sh\necho the-target-ran "$@"\n' >"$BATS_TEST_TMPDIR/bin/$word"
		chmod +x "$BATS_TEST_TMPDIR/bin/$word"
		PATH=$BATS_TEST_TMPDIR/bin:$PATH run "$MPOLRUN" run -p nobind -- "$word" --json
		[[ $status == 0 && $output == "the-target-ran --json" ]]
		PATH=$BATS_TEST_TMPDIR/bin:$PATH run "$MPOLRUN" -p nobind "$word" --json
		[[ $status == 0 && $output == "the-target-ran --json" ]]
	done
}

@test "subcommands refuse what they do not take" {
	run "$MPOLRUN" explain -p nobind ls
	assert_refused "one argument too many for 'explain'"
	run "$MPOLRUN" doctor -p nobind
	assert_refused "'doctor' has no option '-p'"
	run "$MPOLRUN" profile check nobind --json
	assert_refused "options come before arguments"
	run "$MPOLRUN" profile
	assert_refused "needs a verb"
}

@test "MPOLRUN_PROFILE counts only without -p and --deny" {
	run "$MPOLRUN" -- echo the-target-ran
	assert_refused "no profile"
	MPOLRUN_PROFILE=unrestricted run "$MPOLRUN" -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	MPOLRUN_PROFILE=no-such-profile run "$MPOLRUN" -- echo the-target-ran
	assert_refused no-such-profile
	MPOLRUN_PROFILE=no-such-profile run "$MPOLRUN" -p nobind -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	MPOLRUN_PROFILE=no-such-profile run "$MPOLRUN" --deny bind -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	MPOLRUN_PROFILE=nobind run "$MPOLRUN" explain
	[[ $status == 0 && $output == *"builtin:nobind"* ]]
}

@test "--deny refuses one thing, with the answer that is asked for" {
	local bind=2 interleave=3
	run "$HELPERS/helper" set $bind echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	run "$MPOLRUN" --deny bind -- "$HELPERS/helper" set $bind echo the-target-ran
	[[ $status == 2 && $output == *"Operation not permitted" ]]
	run "$MPOLRUN" --deny bind=EINVAL -- "$HELPERS/helper" set $bind echo the-target-ran
	[[ $status == 2 && $output == *"Invalid argument" ]]
	run wait_status "$MPOLRUN" --deny bind=kill -- "$HELPERS/helper" set $bind echo the-target-ran
	[[ $output == "-$(kill -l SYS)" ]]
	run "$MPOLRUN" --deny bind=kill -- "$HELPERS/helper" set $interleave echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "several profiles and denials are intersected, the first errno stays" {
	run "$MPOLRUN" explain -p '{mempolicy: {modes: {bind: EINVAL}}}' --deny bind=EACCES \
		-p '{pages: {migrate: EIO}}' --json
	[[ $status == 0 && $(answers) == "EINVAL EIO" ]]
	run "$MPOLRUN" explain --deny bind=EACCES -p '{mempolicy: {modes: {bind: EINVAL}}}' --json
	[[ $status == 0 && $(answers) == EACCES ]]
	run "$MPOLRUN" explain -p '{mempolicy: {modes: {bind: EINVAL}}}' --deny bind=kill --json
	[[ $status == 0 && $(answers) == kill ]]
}

@test "a rule that nothing enforces: 125 from run, 3 from explain, unless best effort" {
	local nodes='{mempolicy: {nodes: {0: allow, others: EPERM}}}'
	run "$MPOLRUN" -p "$nodes" --mechanism seccomp -- echo the-target-ran
	assert_refused "nodes cannot be enforced here"
	run "$MPOLRUN" explain -p "$nodes" --mechanism seccomp
	[[ $status == 3 && $output == "NOT COVERED"* ]]
	set -- -p "$nodes" --mechanism seccomp --best-effort nodes -- echo the-target-ran
	run --separate-stderr "$MPOLRUN" "$@"
	[[ $status == 0 && $output == the-target-ran && $stderr == "mpolrun: warning: nodes"* ]]
	run --separate-stderr "$MPOLRUN" -q "$@"
	[[ $status == 0 && $output == the-target-ran && -z $stderr ]]
	run "$MPOLRUN" explain -p "$nodes" --mechanism seccomp --best-effort nodes
	[[ $status == 0 ]]
}

@test "-v says more than nothing" {
	run --separate-stderr "$MPOLRUN" -p nobind -- true
	[[ $status == 0 && -z $stderr ]]
	run --separate-stderr "$MPOLRUN" -v -p nobind -- true
	[[ $status == 0 && $stderr == "mpolrun: "* ]]
}

@test "--dry-run runs nothing and says what would be done" {
	run "$MPOLRUN" -p nobind --dry-run -- touch "$BATS_TEST_TMPDIR/ran"
	[[ $status == 0 && $output == *"modes by "* && ! -e $BATS_TEST_TMPDIR/ran ]]
	run "$MPOLRUN" -p nobind -- touch "$BATS_TEST_TMPDIR/ran"
	[[ $status == 0 && -e $BATS_TEST_TMPDIR/ran ]]
}

@test "machine output is JSON with a version" {
	local words
	for words in "explain -p nobind" "doctor" "profile list" "profile check nobind" \
		"profile test nobind mbind(interleave)" "profile diff nobind nobind"; do
		# shellcheck disable=SC2086 # several words
		set -- $words
		if [[ $1 == profile ]]; then
			set -- "$1" "$2" --json "${@:3}"
		else
			set -- "$@" --json
		fi
		run --separate-stderr "$MPOLRUN" "$@"
		[[ $status == 0 && -z $stderr ]]
		python3 -c 'import json, sys; assert json.load(sys.stdin)["version"] == 1' <<<"$output"
	done
}

@test "--status-fd tells what was covered and that the command was executed" {
	run "$MPOLRUN" -p nobind --status-fd 9 -- sh -c '! true >&9' 9>"$BATS_TEST_TMPDIR/status"
	[[ $status == 0 ]]
	python3 - "$BATS_TEST_TMPDIR/status" <<-'PYTHON'
		import json, sys
		events = [json.loads(line) for line in open(sys.argv[1])]
		assert [event["event"] for event in events] == ["covered", "exec"], events
		assert all(event["version"] == 1 for event in events)
		assert events[0]["rules"]["modes"] == "seccomp", events
	PYTHON
	run "$MPOLRUN" -p nobind --status-fd 77 -- echo the-target-ran
	assert_refused "--status-fd: file descriptor 77 is not open"
}

@test "work that is done elsewhere is warned about" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho the-target-ran\n' >"$BATS_TEST_TMPDIR/bin/docker"
	chmod +x "$BATS_TEST_TMPDIR/bin/docker"
	ln -s docker "$BATS_TEST_TMPDIR/bin/true"
	run --separate-stderr "$MPOLRUN" -p nobind -- "$BATS_TEST_TMPDIR/bin/docker"
	[[ $status == 0 && $output == the-target-ran && $stderr == "mpolrun: warning: docker "* ]]
	run --separate-stderr "$MPOLRUN" -p nobind -- "$BATS_TEST_TMPDIR/bin/true"
	[[ $status == 0 && $output == the-target-ran && -z $stderr ]]
}

@test "ten thousand arguments arrive" {
	# shellcheck disable=SC2046 # one argument each
	run "$MPOLRUN" -p nobind -- sh -c 'echo $#' sh $(seq 10000)
	[[ $status == 0 && $output == 10000 ]]
}
