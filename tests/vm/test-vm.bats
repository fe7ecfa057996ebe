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
	tests/vm/vm --kernel "$VM_KERNEL" -- sh -c "$look" >"$BATS_FILE_TMPDIR/$VM_KERNEL" || status=$?
	if ((status == 77)); then skip "QEMU cannot run here"; fi
	((status == 0))
}

# Of each kernel: its nodes, and which of two hooks it has, one that every kernel has. Names stand in the BTF as
# they are, and a dump of Debian's takes long.
look='numactl -H
for hook in mmap_file set_mempolicy; do
	if grep -aqw "bpf_lsm_$hook" /sys/kernel/btf/vmlinux; then echo "hook $hook"; fi
done'

vm() { "$BATS_TEST_DIRNAME/vm" --kernel "$VM_KERNEL" "$@"; }

# QEMU processes that have the mark $1 in their command line.
qemus() {
	pgrep -c -f "^qemu-system-x86_64.*$1" || true
}

@test "every kernel has two nodes by default, the lab's the set_mempolicy hook" {
	local kernel hooks
	for kernel in debian-6.12 debian-6.1 lab; do
		[[ $kernel == "$VM_KERNEL" ]] || vm --kernel $kernel -- sh -c "$look" >"$BATS_FILE_TMPDIR/$kernel"
		run cat "$BATS_FILE_TMPDIR/$kernel"
		[[ ${lines[0]} == "available: 2 nodes (0-1)" ]]
		[[ $output == *"node 0 cpus: 0"*"node 1 cpus: 1"* ]]
		hooks=$(grep '^hook' <<<"$output")
		case $kernel in
		lab) [[ $hooks == $'hook mmap_file\nhook set_mempolicy' ]] ;;
		*) [[ $hooks == "hook mmap_file" ]] ;;
		esac
	done
}

@test "the status is the command's, and its output alone is on standard output" {
	run -1 vm -- false
	[[ $output == "" ]]
	run -127 vm -- no-such-command
	run -3 --separate-stderr vm -- sh -c 'echo out; echo err >&2; echo noise >/dev/kmsg; exit 3'
	[[ $output == out ]]
	[[ $stderr == err ]]
}

@test "setup runs as root before the user's command" {
	run -0 vm --setup 'touch /run/x' --user 1000 -- test -e /run/x
	run -125 vm --setup 'exit 7' -- true
	[[ $output == *"setup failed with status 7"* ]]
}

@test "a user has no rights, a home, a runtime folder, and user namespaces" {
	run -0 vm --user 4321 -- sh -euc '
		[ "$(id -u) $(id -g) $(id -G)" = "4321 4321 4321" ]
		grep -q "^CapEff:.0*$" /proc/self/status
		touch "$HOME/x" "$XDG_RUNTIME_DIR/x" /tmp/x /dev/shm/x
		[ "$(stat -c %a "$XDG_RUNTIME_DIR")" = 700 ]
		[ ! -e /run/x ]
		touch /run/x 2>/dev/null && exit 1
		ls /sys/fs/bpf 2>/dev/null && exit 1
		echo works >/dev/stdout
		unshare -Urm true'
	[[ $output == works ]]
}

@test "root is the whole machine's: control groups, BPF, tracing, a read-only root" {
	run -0 vm -- sh -euc '
		[ "$(id -u)" = 0 ]
		touch /usr/x 2>/dev/null && exit 1
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
		grep -q "127\.0\.0\.1" /proc/net/fib_trie'
}

@test "the build folder, the current one and shared ones are seen, even below /tmp" {
	local tmp
	tmp=$(mktemp -d /tmp/vm-test.XXXXXX)
	mkdir "$tmp/build" "$tmp/here" "$tmp/shared" "$tmp/other"
	printf '#!/bin/sh\necho mpolrun of the build folder\n' >"$tmp/build/mpolrun"
	chmod +x "$tmp/build/mpolrun"
	touch "$tmp/shared/x"
	cd "$tmp/here"
	MPOLRUN_BUILD=$tmp/build run -0 vm --share "$tmp/shared" -- sh -euc '
		[ "$PWD" = "$1/here" ]
		[ -e "$1/shared/x" ]
		[ ! -e "$1/other" ]
		mpolrun' - "$tmp"
	[[ $output == "mpolrun of the build folder" ]]
	rm -r "$tmp"
}

@test "arguments arrive as they are, and output leaves as it is" {
	local file=$BATS_TEST_TMPDIR/words bytes
	# More than any buffer on the way holds, of every byte.
	bytes='import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(1000000))'
	set -- sh -c 'printf "%s\0" "$@"; exec python3 -c "$0"' "$bytes" \
		'a b' "it's" '"q" \n $HOME `id`' $'two\nlines\n' '' '*' $'\x01\xff'
	"$@" >"$file"
	vm -- "$@" | cmp - "$file"
}

@test "output is passed on while the command runs" {
	local line fd
	exec {fd}< <(exec "$BATS_TEST_DIRNAME/vm" --kernel "$VM_KERNEL" -- sh -c 'echo first; sleep 1000')
	read -r -t 60 -u "$fd" line
	kill $!
	[[ $line == first ]]
}

@test "a hanging command is given up at the timeout" {
	SECONDS=0
	run -125 vm --timeout 8 -- sleep 1000
	((SECONDS >= 8 && SECONDS < 500))
	[[ $output == *"no result within 8 s"* ]]
}

@test "a panic ends it, with the end of the console" {
	# What was said a moment before is lost with the guest, as on any machine.
	run -125 --separate-stderr vm -- sh -c 'echo before; sleep 3; echo c >/proc/sysrq-trigger; sleep 60'
	[[ $output == before ]]
	[[ $stderr == *"panicked"*"sysrq triggered crash"* ]]
	run -125 vm --append rdinit=/bin/ln -- true
	[[ $output == *"panicked"* ]]
}

@test "a guest that goes away without a result has failed" {
	run -125 vm -- /bin/busybox reboot -f
	[[ $output == *"ended without a result"* ]]
}

@test "a process left behind does not hold the result up, which a signal may be" {
	SECONDS=0
	run -137 vm -- sh -c 'sleep 1000 & kill -KILL $$'
	((SECONDS < 500))
}

@test "several run at once" {
	local pids=() i
	for i in 1 2; do
		vm -- sh -c "touch /tmp/\$0; sleep 2; ls -d /tmp/x*; exit $i" "x$i" >"$BATS_TEST_TMPDIR/$i" &
		pids+=($!)
	done
	for i in 1 2; do
		local status=0
		wait "${pids[i - 1]}" || status=$?
		((status == i))
		[[ $(<"$BATS_TEST_TMPDIR/$i") == "/tmp/x$i" ]]
	done
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

@test "nodes, CPUs and memory are as asked" {
	run -0 vm --nodes 4 --cpus 2 --mem 2048 -- sh -euc '
		[ "$(cat /sys/devices/system/node/online)" = 0-3 ]
		[ "$(cat /sys/devices/system/node/has_cpu)" = 0-1 ]
		[ "$(nproc)" = 2 ]
		cat /sys/devices/system/node/node*/access0/initiators/read_latency 2>/dev/null && exit 1 # without --hmat
		for node in 0 1 2 3; do
			awk "/MemTotal/ { exit !(\$4 > 380000 && \$4 <= 524288) }" /sys/devices/system/node/node$node/meminfo
		done'
}

@test "--hmat shows latencies and bandwidths" {
	local files='/sys/devices/system/node/node*/access0/initiators/read_'
	run -0 vm --hmat --nodes 3 -- sh -c "cat ${files}latency ${files}bandwidth"
	[[ ${lines[*]} == "10 10 30 20480 20480 5120" ]]
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

@test "--append reaches the kernel, and its last word wins" {
	run -0 vm --append 'lsm=landlock,yama,bpf' --append 'word' --nodes 1 --cpus 3 -- \
		sh -c 'cat /proc/cmdline; nproc; cat /sys/devices/system/node/online /sys/kernel/security/lsm'
	[[ ${lines[0]} == *" word" ]]
	[[ "${lines[1]} ${lines[2]}" == "3 0" ]]
	[[ ${lines[3]} == *yama* ]]
}

@test "--systemd boots systemd, with units, logins and a user's manager" {
	run -0 --separate-stderr vm --systemd --user 4321 --setup 'touch /etc/x /var/x' -- sh -euc '
		cat /proc/1/comm
		systemctl is-system-running
		test -e /etc/x
		systemd-run --user --scope -q -p Delegate=yes cat /proc/self/cgroup
		systemd-run --user --wait --pipe -q sh -c "exit 3" || echo $?'
	[[ ${lines[0]} == systemd ]]
	[[ ${lines[1]} == running || ${lines[1]} == degraded ]]
	[[ ${lines[2]} == 0::/user.slice/user-4321.slice/user@4321.service/*.scope ]]
	[[ ${lines[3]} == 3 ]]
	run -5 --separate-stderr vm --systemd --boot 'cat /proc/1/comm >/etc/first' \
		-- sh -c 'cat /proc/self/cgroup /etc/first; exit 5'
	[[ ${lines[0]} == 0::/system.slice/guest.service ]]
	[[ ${lines[1]} != systemd ]]
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
