# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# Bad and unusual profiles, through the command line: each is an error that says where, and nothing
# runs. The unit tests of the parser know every message; here it is that none gets past it.

load common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# The profile in the printf(1) format $1 must be refused, with $2 in the message.
refuses() {
	# shellcheck disable=SC2059 # escapes are the point
	printf -- "$1" >p.yaml
	run "$MPOLRUN" -p ./p.yaml -- echo the-target-ran
	assert_refused "$2"
}

# And this one must run.
accepts() {
	# shellcheck disable=SC2059
	printf -- "$1" >p.yaml
	run "$MPOLRUN" -p ./p.yaml -- echo the-target-ran
	echo "status $status: $output"
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "garbage is refused" {
	refuses '\177ELF\002\001\001' p.yaml:1:
	refuses '\377\376v\0e\0' p.yaml:1:
	refuses '{{{{' p.yaml:1:
	refuses '- a\n- b\n' p.yaml:1:
	refuses 'just words\n' p.yaml:1:
	refuses '' p.yaml
	head -c 4096 /dev/urandom >random.yaml
	run "$MPOLRUN" -p ./random.yaml -- echo the-target-ran
	assert_refused random.yaml
}

@test "64 KiB is read, one byte more is refused" {
	{ echo 'version: 1'; head -c 65525 /dev/zero | tr '\0' '#'; } >full.yaml
	[[ $(stat -c %s full.yaml) == 65536 ]]
	run "$MPOLRUN" -p ./full.yaml -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	echo -n '#' >>full.yaml
	run "$MPOLRUN" -p ./full.yaml -- echo the-target-ran
	assert_refused "64 KiB"
}

@test "CRLF and a byte order mark are accepted, and the rules in such a file hold" {
	accepts '\357\273\277version: 1\r\nmempolicy:\r\n  modes: {bind: EPERM, others: allow}\r\n'
	run "$MPOLRUN" -p ./p.yaml -- "$HELPERS/helper" set 2 echo the-target-ran
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
}

@test "a NUL byte is refused" {
	refuses 'version: 1\n\0' NUL
	refuses 'version: 1\ndescription: a\0b\n' NUL
}

@test "anchors, aliases, tags, a second document and a duplicate key are refused" {
	accepts 'version: 1\nx-a: 1\n'
	refuses 'version: 1\nx-a: &a 1\n' p.yaml:2:6
	refuses 'version: 1\nx-a: *a\n' p.yaml:2:
	refuses 'version: !!int 1\n' p.yaml:1:10
	refuses 'version: 1\n---\nversion: 1\n' p.yaml:2:
	refuses 'version: 1\nx-a: 1\nversion: 1\n' p.yaml:3:1
}

@test "unknown words name the nearest valid one, with their place" {
	refuses 'version: 1\nmempolicy:\n  modes: {bnd: EPERM}\n' "p.yaml:3:11: unknown mode 'bnd' (did you mean 'bind'?)"
	refuses 'version: 1\nmempolcy: {}\n' "p.yaml:2:1:"
	[[ $output == *"'mempolicy'"* ]]
	refuses 'version: 1\nmempolicy:\n  modes: {bind: EPRM}\n' "p.yaml:3:17:"
	[[ $output == *"'EPERM'"* ]]
	refuses 'version: 2\n' "p.yaml:1:10: needs a newer mpolrun"
	refuses 'mempolicy: {}\n' version
}

@test "an unknown profile names the nearest one" {
	run "$MPOLRUN" -p nobindd -- echo the-target-ran
	assert_refused "did you mean 'nobind'?"
	run "$MPOLRUN" -p builtin:nobid -- echo the-target-ran
	assert_refused nobind
}

@test "a circle and a chain of extends without end are refused, a short chain is not" {
	refuses 'version: 1\nextends: [./p.yaml]\n' p.yaml:2:
	printf 'version: 1\nextends: [./b.yaml]\n' >a.yaml
	printf 'version: 1\nextends: [./a.yaml]\n' >b.yaml
	run "$MPOLRUN" -p ./a.yaml -- echo the-target-ran
	assert_refused "goes round"
	for i in {1..40}; do
		printf 'version: 1\nextends: [./chain%d.yaml]\n' $((i + 1)) >"chain$i.yaml"
	done
	printf 'version: 1\nmempolicy: {modes: {bind: EPERM, others: allow}}\n' >chain41.yaml
	run "$MPOLRUN" -p ./chain1.yaml -- echo the-target-ran
	assert_refused deeper
	run "$MPOLRUN" -p ./chain30.yaml -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"Operation not permitted"* ]]
	run "$MPOLRUN" -p ./chain30.yaml -- "$HELPERS/helper" set 3 true
	[[ $status == 0 ]]
	refuses 'version: 1\nextends: [no-such-profile]\n' p.yaml:2:
}

@test "a folder, a pipe, a device and a missing file are refused, and none is waited for" {
	mkdir folder.yaml
	mkfifo pipe.yaml
	for path in ./folder.yaml ./pipe.yaml ./missing.yaml /dev/zero /dev/null; do
		run timeout 20 "$MPOLRUN" -p "$path" -- echo the-target-ran
		assert_refused "$path"
	done
}

@test "a profile comes from a file, inline, standard input or a file descriptor" {
	text='{version: 1, mempolicy: {modes: {bind: EPERM, others: allow}}}'
	echo "$text" >p.yaml
	for how in "$MPOLRUN -p ./p.yaml" "$MPOLRUN -p p.yaml" "$MPOLRUN -p $PWD/p.yaml" \
		"$MPOLRUN -p - <p.yaml" "$MPOLRUN -p fd:8 8<p.yaml" "$MPOLRUN -p '$text'"; do
		for mode in 2 3; do
			run sh -c "$how -- \"\$HELPERS/helper\" set $mode true"
			echo "$how: $status $output"
			[[ $status == $((mode == 2 ? 2 : 0)) ]]
		done
	done
	run "$MPOLRUN" -p fd:99 -- echo the-target-ran
	assert_refused 99
	run "$MPOLRUN" -p fd:x -- echo the-target-ran
	assert_refused fd:
}

@test "./ is not searched for a name" {
	echo 'version: 1' >nobinds.yaml
	run "$MPOLRUN" -p nobinds -- echo the-target-ran
	assert_refused nobinds
	run "$MPOLRUN" -p nobinds.yaml -- echo the-target-ran
	[[ $status == 0 ]]
}

@test "several profiles: the strictest answer wins" {
	run "$MPOLRUN" -p unrestricted -p nobind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 ]]
	run "$MPOLRUN" -p nobind -p unrestricted -- "$HELPERS/helper" set 2 true
	[[ $status == 2 ]]
	run "$MPOLRUN" -p unrestricted -p unrestricted -- "$HELPERS/helper" set 2 true
	[[ $status == 0 ]]
}

@test "--deny takes a mode, a dotted rule and an errno" {
	run "$MPOLRUN" --deny bind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "$MPOLRUN" --deny bind -- "$HELPERS/helper" set 3 true
	[[ $status == 0 ]]
	run "$MPOLRUN" --deny MPOL_INTERLEAVE=EINVAL -- "$HELPERS/helper" set 3 true
	[[ $status == 2 && $output == *"Invalid argument"* ]]
	run "$MPOLRUN" --deny bnd -- echo the-target-ran
	assert_refused bind
	run "$MPOLRUN" --deny mbind-flags.move-all -- echo the-target-ran
	[[ $status == 0 ]]
}

@test "the answer kill kills, and only the caller of the refused call" {
	run wait_status "$MPOLRUN" -p '{mempolicy: {modes: {bind: kill, others: allow}}}' -- \
		"$HELPERS/helper" set 2 true
	[[ ${lines[-1]} == -31 ]]
	run wait_status "$MPOLRUN" -p '{mempolicy: {modes: {bind: kill, others: allow}}}' -- \
		"$HELPERS/helper" set 3 true
	[[ ${lines[-1]} == 0 ]]
}

@test "MPOLRUN_PROFILE counts without -p, and only then" {
	run env MPOLRUN_PROFILE=nobind "$MPOLRUN" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 ]]
	run env MPOLRUN_PROFILE=nobind "$MPOLRUN" -p unrestricted -- "$HELPERS/helper" set 2 true
	[[ $status == 0 ]]
}

@test "a user's own profile is found by its name, by an ordinary user only" {
	mkdir -p config/mpolrun/profiles
	echo 'version: 1' >config/mpolrun/profiles/mine.yaml
	XDG_CONFIG_HOME=$PWD/config run "$MPOLRUN" -p mine -- echo the-target-ran
	if ((EUID)); then
		[[ $status == 0 && $output == the-target-ran ]]
	else
		assert_refused mine
	fi
}

@test "builtin:nobind means the one built in, whatever the user calls nobind" {
	mkdir -p config/mpolrun/profiles
	echo 'version: 1' >config/mpolrun/profiles/nobind.yaml
	XDG_CONFIG_HOME=$PWD/config run "$MPOLRUN" -p builtin:nobind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
}
