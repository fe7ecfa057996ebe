# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# needs: numactl
# What README.md shows is what happens: its profile, its commands and their output are taken from it.

load common

setup() {
	readme=$BATS_TEST_DIRNAME/README.md # where `run` puts it
	[[ -e $readme ]] || readme=$BATS_TEST_DIRNAME/../../README.md
	dir=$(mktemp -d)
	export XDG_RUNTIME_DIR=$dir layer=readme$$.$BATS_TEST_NUMBER
	chmod 700 "$dir"
	cd "$dir"
	mkdir build bin
	ln -s "$MPOLRUN" build/mpolrun
	profile >db.yaml
	# What the page calls COMMAND, postgres and server: each tries to bind and to interleave.
	cat >bin/COMMAND <<-'SH'
		#!/bin/bash
		"$HELPERS/helper" set 2 echo bound 2>&1
		"$HELPERS/helper" set 3 echo interleaved 2>&1
		echo "the-target-ran $*"
	SH
	chmod +x bin/COMMAND
	ln -s COMMAND bin/postgres
	PATH=$dir/bin:$PATH
}

teardown() {
	cd /
	touch "$dir/end"
	wait
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
	rm -rf "$dir"
}

# The profile that the page shows.
profile() {
	sed -n '/^    version: 1$/,/^$/s/^    //p' "$readme"
}

# The commands that the page shows, without what is said beside them.
commands() {
	sed -n 's/^    \$ //p' "$readme" | sed 's/  *#.*//'
}

# What the page shows below command $1, up to "..." or the next command.
shown_below() {
	awk -v command="    \$ $1" '
		on && (/^    \$/ || /^    \.\.\.$/ || !/^    /) { exit }
		on { print substr($0, 5) }
		$0 == command { on = 1 }' "$readme"
}

is_on_page() {
	commands | grep -qxF -e "$1" || {
		echo "not on the page: $1"
		return 1
	}
}

# Command $1 is on the page, and run; but for the name of a layer, which somebody may have already.
on_page() {
	is_on_page "$1"
	run bash -c "${1/ web/ $layer}"
	echo "$output"
}

@test "each command of the page is tested here, or named as one that is not" {
	local command n=0
	while read -r command; do
		n=$((n + 1))
		grep -qF -e "on_page '$command'" "$BATS_TEST_FILENAME" && continue
		case $command in
		"./bootstrap demo") ;; # installs packages
		*)
			echo "no test of: $command"
			return 1
			;;
		esac
	done < <(commands)
	((n > 8))
}

@test "a command under nobind cannot bind, and interleaves" {
	on_page 'build/mpolrun -p nobind -- COMMAND'
	[[ $status == 0 && $output == *"Operation not permitted"*interleaved*the-target-ran* ]]
	[[ $output != *bound* ]]
}

@test "numactl says what the page shows" {
	on_page 'build/mpolrun -p nobind -- numactl --membind=0 true'
	[[ $status == 1 && $output == "$(shown_below 'build/mpolrun -p nobind -- numactl --membind=0 true')" ]]
	on_page 'build/mpolrun -p nobind -- numactl --interleave=0 true'
	[[ $status == 0 && -z $output ]]
}

@test "explain begins as the page shows" {
	local shown
	shown=$(shown_below 'build/mpolrun explain -p nobind')
	(($(wc -l <<<"$shown") > 4))
	on_page 'build/mpolrun explain -p nobind'
	[[ $status == 0 && $output == "$shown"$'\n'* ]]
}

@test "the page's profile is valid, and does what it says" {
	on_page 'build/mpolrun profile check ./db.yaml'
	[[ $status == 0 ]]
	on_page 'build/mpolrun -p ./db.yaml -- postgres -D /data'
	[[ $status == 0 && $output == *"the-target-ran -D /data" && $output != *bound* ]]
	for call in 'mbind(bind, 0)' 'set_mempolicy_home_node(0)' 'migrate_pages(0, 0)'; do
		run build/mpolrun profile test ./db.yaml "$call"
		echo "$output"
		[[ $status == 1 && $output == *EPERM* ]]
	done
	run build/mpolrun profile test ./db.yaml 'mbind(interleave, 0)'
	[[ $status == 0 ]]
}

@test "the page's --deny refuses with its errno" {
	on_page 'build/mpolrun -p nobind --deny interleave=EINVAL -- COMMAND'
	[[ $status == 0 && $output == *"Operation not permitted"*"Invalid argument"*the-target-ran* ]]
	[[ $output != *bound* && $output != *interleaved* ]]
}

@test "a server is watched, and then bound to its profile, as the page shows" {
	# It binds at each order, until the end.
	cat >server <<-'SH'
		#!/bin/bash
		until [[ -e end ]]; do
			if [[ -e order ]]; then
				rm order
				"$HELPERS/helper" set 2 echo bound >now 2>&1
				mv now answer
			fi
			sleep 0.05
		done
	SH
	chmod +x server
	is_on_page 'build/mpolrun -p nobind --audit --name web -- ./server &'
	build/mpolrun -p nobind --audit --name "$layer" -- ./server 3>&- &
	ask() {
		rm -f answer
		touch order
		for _ in {1..200}; do
			[[ ! -e answer ]] || break
			sleep 0.05
		done
		cat answer
	}
	[[ $(ask) == bound ]]
	on_page 'build/mpolrun layer show web'
	[[ $status == 0 && $output == *modes.bind* ]]
	on_page 'build/mpolrun layer update web --audit off'
	[[ $status == 0 ]]
	[[ $(ask) == *"Operation not permitted"* ]]
}

@test "the page's entrypoint runs its command, which cannot bind and is not told" {
	mapfile -t words < <(sed -n 's/^    ENTRYPOINT //p; s/^    CMD //p' "$readme" |
		python3 -c 'import json, sys; [print(word) for line in sys.stdin for word in json.loads(line)]')
	[[ ${words[0]} == mpolrun && ${#words[@]} -gt 3 ]]
	run "$MPOLRUN" "${words[@]:1}"
	echo "$output"
	[[ $status == 0 && $output == *bound*interleaved*the-target-ran* ]]
	run "$MPOLRUN" "${words[@]:1:${#words[@]}-2}" "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 0 ]]
}
