# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: root capsh setcap chroot
# shellcheck disable=SC2016 # inner shells expand
# What only root can see: capabilities, no_new_privs left off, an empty root.

load common

DROPPED=(sys_admin bpf perfmon sys_module sys_rawio sys_boot sys_ptrace mac_admin mknod)

# The names in the capability set $1 of the command that the rest of the line runs.
capabilities() {
	local set=$1
	shift
	capsh --decode="$("$@" sed -n "s/^$set:\t//p" /proc/self/status)"
}

@test "with file capabilities no path of the caller's is read or written" {
	dir=$(mktemp -d)
	chmod 755 "$dir"
	cp "$MPOLRUN" "$dir/mpolrun"
	echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$dir/base"
	: >"$dir/log"
	chmod 600 "$dir/base" "$dir/log"
	setcap cap_dac_override+ep "$dir/mpolrun"
	as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	for words in "profile export --format oci-seccomp --merge $dir/base nobind" "oom $dir/log" \
		"profile check $dir/base" "learn -o $dir/learned -- true" "-p nobind --log $dir/log true"; do
		# shellcheck disable=SC2086 # words
		run as_nobody "$dir/mpolrun" $words
		assert_refused "more privileges than"
	done
	[[ ! -e $dir/learned ]]
	setcap -r "$dir/mpolrun"
	chmod 644 "$dir/base" "$dir/log"
	run as_nobody "$dir/mpolrun" profile export --format oci-seccomp --merge "$dir/base" nobind
	[[ $status == 0 ]]
	run as_nobody "$dir/mpolrun" oom "$dir/log"
	[[ $status == 0 ]]
	rm -r "$dir"
}

@test "where a name cannot be written for want of room, that is said, and nothing runs" {
	named_in() {
		mkdir -p /run/mpolrun
		unshare -m bash -c 'mount -t tmpfs -o mode=755,size=8k t /run/mpolrun && eval "$1"
			mpolrun=$(realpath "$MPOLRUN") && cd /run/mpolrun || exit 3
			"$mpolrun" --name full -p nobind -- echo the-target-ran; status=$?
			ls -A; exit $status' - "$1"
	}
	run named_in 'head -c 8192 /dev/zero >/run/mpolrun/much'
	assert_refused "cannot write the tickets of 'full': No space left on device"
	[[ ${lines[-1]} == much ]]
	run named_in true
	[[ $status == 0 && $output == the-target-ran* ]]
}

@test "names are written into a folder of one's own, that others cannot write, and into no other" {
	named_in() {
		mkdir -p /run/mpolrun
		unshare -m bash -c 'mount -t tmpfs -o "$1" t /run/mpolrun &&
			exec "$MPOLRUN" --name own -p nobind -- echo the-target-ran' - "$1"
	}
	run named_in uid=65534,mode=700
	assert_refused "/run/mpolrun belongs to somebody else (names are kept"
	run named_in mode=777
	assert_refused "/run/mpolrun can be written by others"
	run named_in mode=755
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "without /proc a supervisor is not started, which is said; a filter holds all the same" {
	without_proc() { unshare -m sh -c 'umount -l /proc && exec "$@"' - "$MPOLRUN" "$@" -p nobind -- echo the-target-ran; }
	run without_proc --live --mechanism notify
	assert_refused "it takes the /proc of this pid namespace"
	run without_proc
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "capabilities that undo a policy are gone from every set, the others stay" {
	for set in CapEff CapPrm CapBnd CapInh CapAmb; do
		held=$(capabilities "$set" nobind)
		for name in "${DROPPED[@]}"; do
			[[ $held != *"cap_$name"* ]]
		done
	done
	[[ $(capabilities CapEff nobind) == *cap_chown*cap_sys_nice* ]]
	# bare they are there, or nothing of this was shown
	held=$(capabilities CapEff env)
	for name in "${DROPPED[@]}"; do
		[[ $held == *"cap_$name"* ]]
	done
}

@test "--keep-caps keeps all, --keep-caps=LIST those named" {
	[[ $(capabilities CapEff "$MPOLRUN" -p nobind --keep-caps --) == "$(capabilities CapEff env)" ]]
	held=$(capabilities CapEff "$MPOLRUN" -p nobind --keep-caps=sys_admin,mknod --)
	[[ $held == *cap_sys_admin* && $held == *cap_mknod* ]]
	[[ $held != *cap_bpf* && $held != *cap_sys_ptrace* ]]
	run "$MPOLRUN" -p nobind --keep-caps=sys_adm -- echo the-target-ran
	assert_refused sys_admin
}

@test "the binding is refused to root too, with or without its capabilities" {
	for option in --keep-caps --no-new-privs=yes --no-new-privs=auto; do
		run "$MPOLRUN" -p nobind "$option" -- "$HELPERS/helper" set 2 true
		[[ $status == 2 && $output == *"not permitted"* ]]
		run "$MPOLRUN" -p nobind "$option" -- "$HELPERS/helper" set 3 "$HELPERS/helper" policy
		[[ $status == 0 && $output == 3 ]]
	done
}

@test "no_new_privs: left off for root, set on demand and where SETPCAP is missing" {
	run nobind grep NoNewPrivs /proc/self/status
	[[ $output == *0 ]]
	run "$MPOLRUN" -p nobind --no-new-privs=yes -- grep NoNewPrivs /proc/self/status
	[[ $output == *1 ]]
	run capsh --drop=cap_setpcap -- -c '"$MPOLRUN" -p nobind -- grep NoNewPrivs /proc/self/status'
	[[ $output == *1 ]]
}

@test "root without any capability is held like anybody else" {
	run setpriv --inh-caps=-all --bounding-set=-all "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run setpriv --inh-caps=-all --bounding-set=-all "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 3 true
	[[ $status == 0 ]]
}

@test "changing to an ordinary user under the profile keeps it" {
	run nobind setpriv --reuid=65534 --regid=65534 --clear-groups "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
	run nobind setpriv --reuid=65534 --regid=65534 --clear-groups "$HELPERS/helper" set 3 true
	[[ $status == 0 ]]
}

@test "a target in a chroot of its own is held" {
	cp "$HELPERS/helper" "$BATS_TEST_TMPDIR/h"
	run nobind chroot "$BATS_TEST_TMPDIR" /h set 2 /h policy
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
	run nobind chroot "$BATS_TEST_TMPDIR" /h set 3 /h policy
	[[ $status == 0 && $output == 3 ]]
}
