# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # status and output are set by run
# The program where there is nothing but itself and a static target: no libraries, no /proc, no /sys, no
# /etc. ROOT, PROFILES (the project's) and VERSION come from `run`.

bats_require_minimum_version 1.5.0

# Root changes its root; an ordinary user needs a namespace for that, and bubblewrap makes one.
in_root() {
	if ((EUID == 0)); then
		chroot "$ROOT" "$@"
	else
		bwrap --ro-bind "$ROOT" / -- "$@"
	fi
}

needs_of() {
	readelf --dynamic --program-headers --wide "$1" | grep -E 'INTERP|\(NEEDED\)'
}

# Without /proc/self/numa_maps the prober has one witness, get_mempolicy(2): 0 default, 2 bind.
tried() {
	[[ $output == *"$1 $2"*"get_mempolicy says $3,"* && $output == *"prober end"* ]]
}

@test "it is one file: no interpreter, no shared library" {
	run -1 needs_of "$ROOT/mpolrun"
	[[ -z $output ]]
	run -0 needs_of "$BASH"
	[[ $output == *INTERP*libc.so* ]]
	run -0 file "$ROOT/mpolrun"
	[[ $output == *"static-pie linked"* ]]
}

@test "stripped it is smaller than 3 MB" {
	strip -o "$BATS_TEST_TMPDIR/stripped" "$ROOT/mpolrun"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/stripped")
	echo "$size bytes"
	((size > 100000 && size < 3000000))
}

# glibc would load shared libraries for these behind our back, of the version that it was built with.
@test "it looks up no users, groups or hosts" {
	nm "$ROOT/mpolrun" >"$BATS_TEST_TMPDIR/names"
	grep -w main "$BATS_TEST_TMPDIR/names"
	run ! grep -E -w 'getpw(uid|nam)(_r)?|getgr(gid|nam)(_r)?|getgrouplist|initgroups|getaddrinfo|gethostby(name|addr)' \
		"$BATS_TEST_TMPDIR/names"
}

@test "there is nothing in the root but what we put there" {
	run -127 in_root /mpolrun -p nobind -- /bin/true
	run -0 find "$ROOT" -mindepth 1 -printf '%P '
	[[ $(tr ' ' '\n' <<<"$output" | sort | xargs) == "mpolrun prober text" ]]
}

@test "nobind refuses bind, and bind alone" {
	local bind='native:set_mempolicy(bind)' interleave='native:set_mempolicy(interleave)'
	run -0 in_root /prober "$bind"
	tried "$bind" ignored 2
	run -0 in_root /mpolrun -p nobind -- /prober "$bind"
	tried "$bind" 'refused EPERM' 0
	run -0 in_root /mpolrun -p nobind -- /prober "$interleave"
	tried "$interleave" ignored 3
	run -0 in_root /mpolrun -p nobind -- /prober 'i386:set_mempolicy(bind)' 'native:mbind(bind, 0)'
	[[ $output == *"i386:set_mempolicy(bind) refused EPERM"* ]]
	[[ $output == *"native:mbind(bind, 0) refused EPERM"* ]]
}

@test "an all-allowing profile lets bind through" {
	run -0 in_root /mpolrun -p unrestricted -- /prober 'native:set_mempolicy(bind)'
	tried 'native:set_mempolicy(bind)' ignored 2
}

@test "it says nothing of its own" {
	run -0 --separate-stderr in_root /mpolrun -p nobind -- /prober 'native:set_mempolicy(bind)'
	# shellcheck disable=SC2154 # --separate-stderr sets it
	[[ -z $stderr ]]
}

@test "the profiles are inside" {
	run -0 in_root /mpolrun profile list
	[[ $output == *nobind* ]]
	run -0 in_root /mpolrun profile show builtin:nobind
	[[ $output == *"$(cat "$PROFILES/nobind.yaml")"* ]]
	run -125 in_root /mpolrun -p no-such-profile -- /prober 'native:set_mempolicy(bind)'
	[[ $output == *no-such-profile* && $output != *prober* ]]
	run -0 in_root /mpolrun -p '{mempolicy: {modes: {bind: ENOSYS}}}' -- /prober 'native:set_mempolicy(bind)'
	tried 'native:set_mempolicy(bind)' 'refused ENOSYS' 0
}

@test "explain and doctor know what is to be had" {
	run -0 in_root /mpolrun explain -p nobind
	[[ $output == COVERED*"modes bind"*EPERM*seccomp* ]]
	run -0 in_root /mpolrun explain -p nobind --json
	python3 -c 'import json, sys; json.loads(sys.argv[1])' "$output"
	run -0 in_root /mpolrun doctor
	[[ $output == *"Can a task bind here now?"*"yes (tried)"* && $output == *"no /proc here"* ]]
	run -0 in_root /mpolrun -p nobind -- /mpolrun doctor
	[[ $output == *"Can a task bind here now?"*no* ]]
}

@test "exit statuses: the command's, 126, 127, 125" {
	run -2 in_root /prober
	run -2 in_root /mpolrun -p nobind -- /prober
	run -127 in_root /mpolrun -p nobind -- /no/such/command
	[[ $output == "mpolrun: "*"/no/such/command"* ]]
	run -126 in_root /mpolrun -p nobind -- /text
	[[ $output == "mpolrun: "*"/text"* ]]
	run -126 in_root /mpolrun -p nobind -- /
	run -125 in_root /mpolrun --no-such-option
	[[ $output == "mpolrun: "*"--no-such-option"* ]]
}

@test "--version is the project's, and --help needs nothing either" {
	run -0 in_root /mpolrun --version
	[[ $output == "mpolrun $VERSION" ]]
	run -0 in_root /mpolrun --help
	[[ $output == *--profile* ]]
}
