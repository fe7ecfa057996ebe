# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# shellcheck disable=SC2016 # inner shells expand
# Live layers: run under, changed while they run, by name and by ticket.

load common
load live

@test "a live layer refuses and allows as a static one does" {
	run "$MPOLRUN" "${by[@]}" --live -p nobind -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "$MPOLRUN" "${by[@]}" --live -p nobind -- "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
	run "$MPOLRUN" --live -p nobind-quiet -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 0 ]]
	run "$MPOLRUN" "${by[@]}" --live --audit -p nobind -- "$HELPERS/helper" set 2 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 2 ]]
}

@test "'kill' kills, by SIGKILL" {
	[[ $(wait_status "$MPOLRUN" "${by[@]}" --live --deny bind=kill -- "$HELPERS/helper" set 2 true) == -9 ]]
	[[ $(wait_status "$MPOLRUN" "${by[@]}" --live --deny bind=kill -- "$HELPERS/helper" set 3 true) == 0 ]]
}

@test "the command keeps mpolrun's pid, status and standard output" {
	run bash -c 'echo $$; exec "$MPOLRUN" ${LIVE_BY:+--mechanism $LIVE_BY} --live -p nobind -- bash -c "echo \$\$; exit 7"'
	[[ $status == 7 && ${lines[0]} == "${lines[1]}" ]]
	# Nothing beside it holds the pipe open.
	run timeout 10 bash -c '"$MPOLRUN" ${LIVE_BY:+--mechanism $LIVE_BY} --live -p nobind -- bash -c "sleep 30 >/dev/null 2>&1 & echo \$!" | cat'
	kill "$output"
	[[ $status == 0 ]]
}

@test "an update reaches the same running process, and back again" {
	start --name "$layer" -p nobind
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {interleave: EPERM}, mount: deny}}'
	try 2
	[[ $output == 2*"status 0" ]]
	try 3
	[[ $output == *"not permitted"*"status 2" ]]
	"$MPOLRUN" layer update "$layer" -p nobind
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	# The shell is one member, or one launch; the resident counts the launch's own trial, too.
	[[ $(field generation) == 3 && $(field "$(counted)") == 1 && $(field refused) -ge 3 ]]
}

@test "--audit on tries, --audit off enforces" {
	start --name "$layer" -p nobind
	"$MPOLRUN" layer update "$layer" --audit on
	try 2
	[[ $output == 2*"status 0" && $(field audited) == 1 ]]
	"$MPOLRUN" layer update "$layer" --audit off
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
}

@test "a member does not change its layer, though it can read the keys" {
	start --name "$layer" -p nobind
	order '"$MPOLRUN"' layer update "$layer" -p unrestricted
	[[ $output == *"status 125" && $output == *member* ]]
	try 2
	[[ $output == *"not permitted"*"status 2" ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {bind: allow, others: audit}}}'
	try 2
	[[ $output == 2*"status 0" ]]
}

@test "--layer and layer exec put more processes under a layer" {
	"$MPOLRUN" layer create "$layer" "${by[@]}" -p nobind
	run "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	"$MPOLRUN" layer update "$layer" -p '{mempolicy: {modes: {interleave: EPERM}}}'
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 2 echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
	run "$MPOLRUN" --layer "$layer" -- "$HELPERS/helper" set 3 echo the-target-ran
	[[ $status == 2 && $output != *the-target-ran* ]]
	"$MPOLRUN" layer remove "$layer"
	run "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	assert_refused "no layer"
}

@test "a name is taken once" {
	"$MPOLRUN" layer create "$layer" "${by[@]}" -p nobind
	run "$MPOLRUN" "${by[@]}" --name "$layer" -p nobind -- echo the-target-ran
	assert_refused "--layer $layer"
	for name in ../x .x X "" "$(printf 'x%.0s' {1..65})"; do
		run "$MPOLRUN" --name "$name" -p nobind -- echo the-target-ran
		[[ $status == 125 && $output != *the-target-ran* ]]
	done
}

@test "a name is looked for only where nobody else can write" {
	user=()
	((UID)) || user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chmod 711 "$dir"
	mkdir "$dir/mine"
	((UID)) || chown 65534 "$dir/mine"
	user+=(env "XDG_RUNTIME_DIR=$dir/mine")
	"${user[@]}" "$MPOLRUN" layer create "$layer" "${by[@]}" -p nobind
	"${user[@]}" "$MPOLRUN" layer exec "$layer" -- "$HELPERS/helper" set 3 true
	chmod 775 "$dir/mine/mpolrun"
	for verb in "exec $layer -- echo the-target-ran" "show $layer" "remove $layer"; do
		# shellcheck disable=SC2086
		run "${user[@]}" "$MPOLRUN" layer $verb
		[[ $status == 125 && $output == *"others can write"* && $output != *the-target-ran* ]]
	done
	run "${user[@]}" "$MPOLRUN" layer list
	[[ $output != *"$layer"* ]]
	chmod 755 "$dir/mine/mpolrun"
	"${user[@]}" "$MPOLRUN" layer remove "$layer"
}

@test "what is no ticket, where names are, is called so, and waited for by nobody" {
	folder=$dir/mpolrun
	((EUID)) || folder=/run/mpolrun
	"$MPOLRUN" layer create "$layer" "${by[@]}" -p nobind
	mkfifo "$folder/$layer-a.install"
	ln -s "$folder/$layer.install" "$folder/$layer-b.install"
	for name in "$layer-a" "$layer-b"; do
		run "$MPOLRUN" layer show "$name"
		echo "$output"
		[[ $status == 125 && $output == *"'$name' is no ticket of a layer" ]]
		run "$MPOLRUN" --layer "$name" -- echo the-target-ran
		assert_refused "is no ticket"
	done
	run "$MPOLRUN" layer list
	[[ $output == *"$layer-b "*"it is no ticket of a layer"* && $output == *"$layer "*"builtin:nobind"* ]]
	rm "$folder/$layer-a.install" "$folder/$layer-b.install"
	run "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "a ticket by --ticket-fd changes the layer; the command does not get it" {
	"$MPOLRUN" "${by[@]}" --live --ticket-fd 9 -p nobind -- bash -c '"$HELPERS/helper" closed 9 || exit 9
		while [[ ! -e $1/go ]]; do sleep 0.05; done
		"$HELPERS/helper" set 2 "$HELPERS/helper" policy' - "$dir" 9>"$dir/ticket" >"$dir/out" 3>&- &
	for _ in {1..100}; do [[ -s $dir/ticket ]] && break; sleep 0.05; done
	"$MPOLRUN" layer update fd:7 -p '{mempolicy: {modes: {interleave: EPERM}}}' 7<"$dir/ticket"
	touch "$dir/go"
	wait %1
	[[ $(cat "$dir/out") == 2 ]]
}

@test "an inherited ticket is closed, unless it is kept on purpose" {
	"$MPOLRUN" layer create "$layer" "${by[@]}" -p nobind --ticket-fd 9 9>"$dir/ticket"
	run "$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 7 7<"$dir/ticket"
	[[ $status == 0 ]]
	run "$MPOLRUN" -p nobind --keep-fds -- "$HELPERS/helper" closed 7 7<"$dir/ticket"
	[[ $status == 1 ]]
	run "$MPOLRUN" --layer fd:7 -- "$HELPERS/helper" closed 7 7<"$dir/ticket"
	[[ $status == 0 ]]
	printf x >>"$dir/ticket"
	run "$MPOLRUN" --layer fd:7 -- echo the-target-ran 7<"$dir/ticket"
	assert_refused "no ticket"
}

@test "after rekey the old tickets are worth nothing" {
	"$MPOLRUN" layer create "$layer" "${by[@]}" -p nobind --ticket-fd 9 9>"$dir/ticket"
	"$MPOLRUN" --layer fd:7 -- true 7<"$dir/ticket"
	"$MPOLRUN" layer rekey "$layer"
	run "$MPOLRUN" --layer fd:7 -- echo the-target-ran 7<"$dir/ticket"
	assert_refused "other keys"
	run "$MPOLRUN" layer update fd:7 -p nobind 7<"$dir/ticket"
	[[ $status == 125 ]]
	run "$MPOLRUN" --layer "$layer" -- echo the-target-ran
	[[ $status == 0 && $output == the-target-ran ]]
}

@test "eight threads see no answer that neither policy gives, while the layer is changed" {
	"$MPOLRUN" "${by[@]}" --name "$layer" --deny bind=EPERM -- "$HELPERS/hammer" 8 2 >"$dir/out" 3>&- &
	for _ in {1..50}; do [[ -e $dir/mpolrun/$layer.modify || -e /run/mpolrun/$layer.modify ]] && break; sleep 0.05; done
	updates=0
	while "$MPOLRUN" layer update "$layer" --deny bind=EINVAL && "$MPOLRUN" layer update "$layer" --deny bind=EPERM; do
		updates=$((updates + 2))
	done 2>/dev/null
	wait %1
	cat "$dir/out"
	read -r eperm einval other <"$dir/out"
	echo "updates $updates"
	((updates >= 2 && eperm > 100 && einval > 100 && other == 0))
}
