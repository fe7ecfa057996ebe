# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: bwrap userns
# Around bubblewrap, inside it, and with it as process 1.

load common

setup() {
	# Root without CAP_SYS_ADMIN, which mpolrun takes away, has to ask for the user namespace.
	sandbox=(bwrap --unshare-user --ro-bind / / --proc /proc)
	run "${sandbox[@]}" true
	[[ $status == 0 ]]
}

@test "around bubblewrap: it starts, and what is inside is held" {
	run nobind "${sandbox[@]}" "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
	run nobind "${sandbox[@]}" "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
	run unrestricted "${sandbox[@]}" "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
}

@test "what the coarse cover of mount costs: --tmpfs and --dev, which pass mount options" {
	for option in --tmpfs --dev; do
		run nobind "${sandbox[@]}" "$option" /mnt echo the-target-ran
		[[ $status != 0 && $output != *the-target-ran* ]]
		run "$MPOLRUN" -p nomigrate -- "${sandbox[@]}" "$option" /mnt echo the-target-ran
		[[ $status == 0 && $output == the-target-ran ]]
	done
}

@test "inside bubblewrap, with a read-only root" {
	run "${sandbox[@]}" "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
	run "${sandbox[@]}" "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
}

@test "inside bubblewrap without /proc, /dev, /tmp and /etc" {
	bare=(bwrap --ro-bind /usr /usr --symlink usr/lib64 /lib64 --symlink usr/lib /lib
		--symlink usr/bin /bin --ro-bind "$MPOLRUN" /m --ro-bind "$HELPERS/helper" /h)
	run "${bare[@]}" /m -p nobind -- /h set 2 /bin/true
	echo "$output"
	[[ $status == 2 && $output == *"set_mempolicy: Operation not permitted"* ]]
	# Where standard output is a file on tmpfs it cannot be looked at without /proc, which is warned of.
	run "${bare[@]}" /m -q -p nobind -- /h set 3 /h policy
	echo "$output"
	[[ $status == 0 && $output == 3 ]]
}

@test "as process 1 of a pid namespace: the command is process 1" {
	one=("${sandbox[@]}" --unshare-pid --as-pid-1)
	# shellcheck disable=SC2016 # for the inner shell
	run "${one[@]}" "$MPOLRUN" -p nobind -- sh -c 'echo $$; exec "$HELPERS/helper" set 2 true'
	[[ $status == 2 && ${lines[0]} == 1 && $output == *"not permitted"* ]]
	run "${one[@]}" "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
	run "${one[@]}" "$MPOLRUN" -p nobind -- sh -c 'exit 42'
	[[ $status == 42 ]]
}
