#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests/vm/vm promises in its help. VM_KERNEL chooses the kernel where any
# will do; the lab's boots fastest. As a boot is most of what each takes, what
# does not get in another's way shares one.

bats_require_minimum_version 1.5.0

setup_file() {
	local status=0
	export VM_KERNEL=${VM_KERNEL-lab}
	cd "$BATS_TEST_DIRNAME/../.."
	export tmp
	tmp=$(mktemp -d /tmp/vm-test.XXXXXX)
	mkdir "$tmp/build" "$tmp/here" "$tmp/shared" "$tmp/other"
	printf '#!/bin/sh\necho mpolrun of the build folder\n' >"$tmp/build/mpolrun"
	chmod +x "$tmp/build/mpolrun"
	touch "$tmp/shared/x"
	MPOLRUN_BUILD=$tmp/build env -C "$tmp/here" "$BATS_TEST_DIRNAME/vm" --kernel "$VM_KERNEL" --share "$tmp/shared" -- \
		sh -c "$shared" "$tmp" "$look" "${words[@]}" >"$BATS_FILE_TMPDIR/out" 2>"$BATS_FILE_TMPDIR/err" || status=$?
	if ((status == 77)); then skip "QEMU cannot run here"; fi
	if ((status == 125)); then cat "$BATS_FILE_TMPDIR/err" >&2; fi
	echo "$status" >"$BATS_FILE_TMPDIR/status"
}

teardown_file() {
	rm -rf "$tmp"
}

# What the guest of setup_file does, which several tests look at. Its standard output is that of $words, and the
# rest is on standard error.
# shellcheck disable=SC2016 # for the guest's shell
shared='
	exec 3>&1 >&2
	eval "$1"
	echo "here: $PWD $(ls "$0" | tr "\n" " ")$(ls "$0/shared")"
	mpolrun
	cat /sys/devices/system/node/node*/access0/initiators/read_latency
	echo noise >/dev/kmsg
	shift
	"$@" >&3
	exit 3'
# More than any buffer on the way holds, of every byte.
bytes='import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(1000000))'
# shellcheck disable=SC2016
words=(sh -c 'printf "%s\0" "$@"; exec python3 -c "$0"' "$bytes"
	'a b' "it's" '"q" \n $HOME `id`' $'two\nlines\n' '' '*' $'\x01\xff')

# Of each kernel: its nodes, and which of two hooks it has, one that every kernel has. Names stand in the BTF as
# they are, and a dump of Debian's takes long.
look='numactl -H
for hook in mmap_file set_mempolicy; do
	if grep -aqw "bpf_lsm_$hook" /sys/kernel/btf/vmlinux; then echo "hook $hook"; fi
done'
# seen HOOK...: that is what $output says
seen() {
	[[ $output == *"available: 2 nodes (0-1)"*"node 0 cpus: 0"*"node 1 cpus: 1"* ]]
	[[ $(grep '^hook' <<<"$output") == "$(printf 'hook %s\n' "$@")" ]]
}

vm() { "$BATS_TEST_DIRNAME/vm" --kernel "$VM_KERNEL" "$@"; }

# QEMU processes that have the mark $1 in their command line.
qemus() {
	pgrep -c -f "^qemu-system-x86_64.*$1" || true
}

@test "the lab kernel has two nodes by default, and the set_mempolicy hook" {
	[[ $VM_KERNEL == lab ]] || skip "VM_KERNEL is another"
	run cat "$BATS_FILE_TMPDIR/err"
	seen mmap_file set_mempolicy
}

@test "the status is the command's, and its output alone is on standard output" {
	[[ $(<"$BATS_FILE_TMPDIR/status") == 3 ]]
	run -1 grep -aq noise "$BATS_FILE_TMPDIR/out" "$BATS_FILE_TMPDIR/err"
	grep -qx 'mpolrun of the build folder' "$BATS_FILE_TMPDIR/err"
}

@test "arguments arrive as they are, and output leaves as it is" {
	"${words[@]}" | cmp - "$BATS_FILE_TMPDIR/out"
}

@test "the build folder, the current one and shared ones are seen, even below /tmp" {
	run cat "$BATS_FILE_TMPDIR/err"
	[[ $output == *"here: /tmp/vm-test."*"/here build here shared x"$'\n'"mpolrun of the build folder"* ]]
}

@test "on debian-6.12 a user has no rights, a home, a runtime folder, and user namespaces; setup is root's, before" {
	run -0 vm --kernel debian-6.12 --setup 'id -u >/run/x' --user 4321 -- sh -euxc '
		exec 2>&1 # by one way, so that lines stay lines
		[ "$(id -u) $(id -g) $(id -G)" = "4321 4321 4321" ]
		[ "$(cat /run/x)" = 0 ]
		grep -q "^CapEff:.0*$" /proc/self/status
		touch "$HOME/x" "$XDG_RUNTIME_DIR/x" /tmp/x /dev/shm/x
		[ "$(stat -c %a "$XDG_RUNTIME_DIR")" = 700 ]
		touch /run/y && exit 1
		ls /sys/fs/bpf && exit 1
		unshare -Urm true
		echo works >/dev/stdout
		set +x
		eval "$0"' "$look"
	[[ $'\n'$output == *$'\nworks\n'* ]]
	seen mmap_file
}

@test "on debian-6.1 root is the whole machine's: control groups, BPF, tracing, a read-only root" {
	run -0 vm --kernel debian-6.1 -- sh -euxc '
		exec 2>&1
		[ "$(id -u)" = 0 ]
		touch /usr/x && exit 1
		for controller in cpuset memory pids; do
			grep -qw $controller /sys/fs/cgroup/cgroup.subtree_control
		done
		mkdir /sys/fs/cgroup/x
		[ -e /sys/fs/cgroup/x/cpuset.mems ]
		[ "$(stat -c %a /sys/fs/bpf)" = 1700 ]
		mountpoint -q /sys/kernel/security
		mountpoint -q /sys/kernel/tracing
		mountpoint -q /sys/kernel/debug
		mountpoint -q /dev/pts
		grep -q bpf /sys/kernel/security/lsm
		read -r line && exit 1
		[ "$(cat /proc/sys/kernel/randomize_va_space)" = 0 ]
		grep -q "127\.0\.0\.1" /proc/net/fib_trie
		set +x
		eval "$0"' "$look"
	seen mmap_file
}

@test "output is passed on while the command runs; a panic ends it, with the end of the console" {
	local line began status err=$BATS_TEST_TMPDIR/err
	# What was said a moment before is lost with the guest, as on any machine.
	exec {fd}< <(status=0
		vm -- sh -c 'echo first; sleep 2; echo c >/proc/sysrq-trigger; sleep 60' 2>"$err" || status=$?
		echo "$status")
	read -r -t 60 -u "$fd" line
	[[ $line == first ]]
	began=${EPOCHREALTIME/./}
	read -r -u "$fd" status
	((${EPOCHREALTIME/./} - began > 1000000))
	[[ $status == 125 ]]
	[[ $(<"$err") == *"panicked"*"sysrq triggered crash"* ]]
	run -125 vm --append rdinit=/bin/ln -- true
	[[ $output == *"panicked"* ]]
}

@test "a setup that fails is said" {
	run -125 vm --setup 'exit 7' -- true
	[[ $output == *"setup failed with status 7"* ]]
}

@test "a hanging command is given up at the timeout" {
	SECONDS=0
	run -125 vm --timeout 5 -- sleep 1000
	((SECONDS >= 5 && SECONDS < 500))
	[[ $output == *"no result within 5 s"* ]]
}

@test "a guest that goes away without a result has failed" {
	run -125 vm -- /bin/busybox reboot -f
	[[ $output == *"ended without a result"* ]]
}

@test "several run at once; a process left behind does not hold the result up, which a signal may be" {
	local pids=() ends=('exit 1' 'sleep 1000 & kill -KILL $$') i
	SECONDS=0
	for i in 0 1; do
		vm -- sh -c "touch /tmp/x$i; sleep 2; ls -d /tmp/x*; ${ends[i]}" >"$BATS_TEST_TMPDIR/$i" &
		pids+=($!)
	done
	for i in 0 1; do
		local status=0
		wait "${pids[i]}" || status=$?
		((status == (i ? 137 : 1)))
		[[ $(<"$BATS_TEST_TMPDIR/$i") == "/tmp/x$i" ]]
	done
	((SECONDS < 500))
}

@test "Ctrl-C, a termination and a kill leave no QEMU behind" {
	local signal pid status mark tries
	for signal in INT TERM KILL; do
		mark=mark.$BASHPID.$signal
		env --default-signal=INT TMPDIR="$BATS_TEST_TMPDIR" "$BATS_TEST_DIRNAME/vm" --kernel "$VM_KERNEL" --append "$mark" \
			-- sleep 1000 3>&- &
		pid=$!
		for ((tries = 0; tries < 100; tries++)); do
			(($(qemus "$mark") == 1)) && break
			sleep 0.1
		done
		(($(qemus "$mark") == 1))
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		((status == 128 + $(kill -l "$signal")))
		for ((tries = 0; tries < 50; tries++)); do
			(($(qemus "$mark") == 0)) && break
			sleep 0.1
		done
		(($(qemus "$mark") == 0))
	done
}

@test "nodes, CPUs, memory, and with --hmat latencies and bandwidths, are as asked" {
	local files='/sys/devices/system/node/node*/access0/initiators/read_'
	run -0 --separate-stderr vm --nodes 4 --cpus 2 --mem 2048 --hmat -- sh -euxc '
		[ "$(cat /sys/devices/system/node/online)" = 0-3 ]
		[ "$(cat /sys/devices/system/node/has_cpu)" = 0-1 ]
		[ "$(nproc)" = 2 ]
		for node in 0 1 2 3; do
			awk "/MemTotal/ { exit !(\$4 > 380000 && \$4 <= 524288) }" /sys/devices/system/node/node$node/meminfo
		done
		cat '"${files}latency ${files}bandwidth"
	[[ ${lines[*]} == "10 10 30 30 20480 20480 5120 5120" ]]
	# Without it there are none.
	grep -q 'read_latency.*No such file' "$BATS_FILE_TMPDIR/err"
}

@test "--icount makes the clock count instructions" {
	# Spinning for a while takes the guest's clock exactly as long each time.
	local count='import time
def spin():
    begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    for i in range(20000): pass
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) - begin
spin()
times = sorted(spin() for i in range(15))
print(times[0], times[7])'
	run -0 --separate-stderr vm --icount --cpus 4 -- sh -c 'nproc; python3 -c "$1"' - "$count"
	[[ ${lines[0]} == 1 ]]
	read -r least median <<<"${lines[1]}"
	((least > 0 && (median - least) * 1000 <= least))
}

@test "--append reaches the kernel, and its last word wins; no such command is 127" {
	run -127 vm --append 'lsm=landlock,yama,bpf' --append 'word' --nodes 1 --cpus 3 --setup \
		'cat /proc/cmdline; nproc; cat /sys/devices/system/node/online /sys/kernel/security/lsm' -- no-such-command
	[[ ${lines[0]} == *" word" ]]
	[[ "${lines[1]} ${lines[2]}" == "3 0" ]]
	[[ ${lines[3]} == *yama* ]]
}

@test "--systemd boots systemd, with units, logins and a user's manager" {
	run -5 --separate-stderr vm --systemd --user 4321 --boot 'cat /proc/1/comm >/etc/first' --setup 'touch /etc/x /var/x' \
		-- sh -euxc '
		cat /proc/1/comm
		systemctl is-system-running
		test -e /etc/x
		systemd-run --user --scope -q -p Delegate=yes cat /proc/self/cgroup
		systemd-run --user --wait --pipe -q sh -c "exit 3" || echo $?
		cat /proc/self/cgroup /etc/first
		exit 5'
	[[ ${lines[0]} == systemd ]]
	[[ ${lines[1]} == running || ${lines[1]} == degraded ]]
	[[ ${lines[2]} == 0::/user.slice/user-4321.slice/user@4321.service/*.scope ]]
	[[ ${lines[3]} == 3 ]]
	[[ ${lines[4]} == 0::/system.slice/guest.service ]]
	[[ ${lines[5]} != systemd ]]
}

@test "a machine without QEMU is skipped, unless all must work" {
	local bin=$BATS_TEST_TMPDIR/bin tool
	mkdir "$bin"
	for tool in bash dirname sed; do ln -s "$(command -v $tool)" "$bin/"; done
	PATH=$bin MPOLRUN_MUST_WORK='' run -77 vm -- true
	[[ $output == *"no qemu-system-x86_64"* ]]
	PATH=$bin MPOLRUN_MUST_WORK=1 run -125 vm -- true
}

@test "mistakes are named" {
	local words
	for words in "--nodes 9 -- true" "--mem x -- true" "--kernel linux -- true" "--nonsense 1 -- true" "--user" "--boot true -- true" ""; do
		# shellcheck disable=SC2086  # words
		run -125 "$BATS_TEST_DIRNAME/vm" $words
		[[ $output == "vm: "* || $output == "kernel: "* ]]
	done
}
