# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# mpolrun profile list, show, check, test and diff.
# shellcheck disable=SC2016 # what single quotes hold is for another shell

load common

profile() {
	run --separate-stderr "$MPOLRUN" profile "$@"
}

builtins=(audit-all container interleave-only local-only nobind nobind-quiet nomigrate nonuma
	unrestricted)

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "list names the built-in profiles, sorted, within 80 columns" {
	profile list
	[[ $status == 0 && -z $stderr ]]
	local names
	mapfile -t names < <(grep -o '^[^ ]*' <<<"$output" | grep .)
	for name in "${builtins[@]}"; do
		[[ " ${names[*]} " == *" $name "* ]]
	done
	[[ ${names[*]} == "$(printf '%s\n' "${names[@]}" | sort | tr '\n' ' ' | sed 's/ $//')" ]]
	[[ -z $(grep -o '^[^(]*' <<<"$output" | awk 'length > 80') ]]
	[[ $output == *"nobind "*"MPOL_BIND"* ]]
}

@test "list shows a user's own profile, and what it hides; not to root" {
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	mkdir -p config/mpolrun/profiles
	printf 'version: 1\ndescription: site-wide\n' >config/mpolrun/profiles/nobind.yaml
	printf 'version: 1\nmempolicy: {modes: {bnd: EPERM}}\n' >config/mpolrun/profiles/broken.yaml
	printf 'version: 1\ndescription: "\\e[2Jcleared"\n' >config/mpolrun/profiles/terminal.yaml
	profile list
	[[ $status == 0 && $output != *$'\e'* ]]
	if ((EUID == 0)); then
		[[ $output != *"$XDG_CONFIG_HOME"* && $output != *site-wide* ]]
		return
	fi
	[[ $output == *"nobind "*"site-wide"*"profiles/nobind.yaml, hides builtin:nobind)"* ]]
	[[ $output == *"broken "*"NOT VALID: "*"bnd"*"did you mean 'bind'?"* ]]
	[[ $output == *"[2Jcleared"* ]]
	# the built-in one is still there under its full name
	profile diff nobind builtin:nobind
	[[ $status == 1 ]]
	profile list --json
	python3 - <<-PYTHON
		import json
		found = {p["name"]: p for p in json.loads('''${output//\\/\\\\}''')["profiles"]}
		assert found["nobind"]["hides-builtin"] and not found["nonuma"]["hides-builtin"]
		assert "bnd" in found["broken"]["fault"]["what"]
		assert "fault" not in found["nobind"]
	PYTHON
}

@test "show prints the text as it stands, and where it is from" {
	printf 'version: 1\nmempolicy: {modes: {bind: EPERM}}\n' >site.yaml
	profile show ./site.yaml
	[[ $status == 0 && $output == "$(cat site.yaml)"$'\n'"# from "*site.yaml ]]
	profile show nobind
	[[ $status == 0 && ${lines[-1]} == "# from builtin:nobind" ]]
	profile show no-such-profile
	[[ $status == 125 && -z $output && $stderr == "mpolrun: "*no-such-profile* ]]
}

@test "what show prints is the same profile" {
	printf '{"version": 1, "mempolicy": {"modes": {"bind": "EPERM"}}}' >json.yaml
	printf '\xef\xbb\xbfversion: 1\r\nmempolicy: {modes: {bind: EPERM}}\r\n' >bom.yaml
	for one in "${builtins[@]}" ./json.yaml ./bom.yaml; do
		"$MPOLRUN" profile show "$one" >shown.yaml
		profile diff "$one" ./shown.yaml
		[[ $status == 0 && -z $output ]]
	done
	# the line that is named is the line of the file
	printf 'version: 1\nmempolicy:\n  modes: {bind: EPERM}\n' >site.yaml
	"$MPOLRUN" profile show ./site.yaml >shown.yaml
	profile test ./shown.yaml 'mbind(bind)'
	[[ $output == *"shown.yaml:3 modes.bind"* ]]
}

@test "check: 0 valid, 125 with a fault, each named" {
	profile check "${builtins[@]}"
	[[ $status == 0 && -z $stderr && ${#lines[@]} == "${#builtins[@]}" ]]
	[[ ${lines[4]} == "nobind: ok" ]]

	printf 'version: 1\nmempolicy:\n  modes: {bnd: EPERM}\n' >bad.yaml
	profile check nobind ./bad.yaml nonuma
	[[ $status == 125 && $output == $'nobind: ok\nnonuma: ok' ]]
	[[ $stderr == "mpolrun: ./bad.yaml:3:11: unknown "*"'bnd' (did you mean 'bind'?)" ]]
}

@test "check refuses what cannot work" {
	profile check '{mempolicy: {modes: {bind: EPERM}}, start: {inherited: keep}}'
	[[ $status == 125 && -n $stderr ]]
	profile check '{mempolicy: {modes: {bind: EPERM}}, start: {inherited: reset}}'
	[[ $status == 0 ]]
	profile check '{mempolicy: {modes: {default: EPERM}}}'
	[[ $status == 125 && -n $stderr ]]
}

@test "check: 3 where nothing here enforces a rule, as explain says" {
	local nodes='{mempolicy: {nodes: {0: allow, others: EPERM}}}'
	run "$MPOLRUN" explain -p "$nodes"
	local explained=$status
	profile check "$nodes"
	[[ $status == "$explained" ]]
	if ((status == 3)); then
		[[ $output == *"nothing here enforces nodes" ]]
	fi
	profile check "{best-effort: [nodes], ${nodes#?}"
	[[ $status == 0 && $output == *": ok" ]]
}

@test "test: the answer, and the line that gives it" {
	profile test nobind 'mbind(bind|static-nodes, 0)'
	[[ $status == 1 && $output =~ ^refused\ .*:\ EPERM\ \(builtin:nobind:[0-9]+\ modes\.bind\)$ ]]
	profile test nobind 'mbind(interleave, 0)' 'set_mempolicy(default)'
	[[ $status == 0 && $output == $'allowed  mbind(interleave, 0)\nallowed  set_mempolicy(default)' ]]
	profile test nobind 'mbind(interleave)' 'mbind(bind)'
	[[ $status == 1 && ${lines[0]} == allowed* && ${lines[1]} == refused* ]]
	profile test nobind-quiet 'mbind(bind)'
	[[ $status == 1 && $output == "ignored  mbind(bind): ignore "* ]]
	profile test audit-all 'mbind(bind)'
	[[ $status == 0 && $output == "allowed  mbind(bind): audit "* ]]
	profile test '{mempolicy: {modes: {bind: kill}}}' 'mbind(bind)'
	[[ $status == 1 && $output == "killed  "* ]]
}

@test "test: numbers count as the kernel counts them" {
	for mode in 2 0x2 0x8002 0x100000002 2\|0x8000; do
		profile test nobind "mbind($mode)"
		[[ $status == 1 && $output == refused* ]]
	done
	for mode in 3 0x8003 0x100000003; do
		profile test nobind "mbind($mode)"
		[[ $status == 0 && $output == allowed* ]]
	done
}

@test "test: nodes count where they are said" {
	local nodes='{mempolicy: {nodes: {0-3: allow, others: EPERM}}}'
	profile test "$nodes" 'mbind(bind, 0-3)'
	[[ $status == 0 && ${#lines[@]} == 1 ]]
	profile test "$nodes" 'mbind(bind, 0-4)'
	[[ $status == 1 && $output == *" nodes)" ]]
	profile test "$nodes" 'mbind(bind)'
	[[ $status == 0 && $output == *"the rule 'nodes' needs to know the nodes"* ]]
}

@test "test answers as the kernel then does" {
	local bind=2 interleave=3
	profile test nobind 'set_mempolicy(bind, 0)'
	[[ $status == 1 ]]
	run "$MPOLRUN" -p nobind -- "$HELPERS/helper" set $bind true
	[[ $status == 2 && $output == *"Operation not permitted" ]]
	profile test nobind 'set_mempolicy(interleave, 0)'
	[[ $status == 0 ]]
	run "$MPOLRUN" -p nobind -- "$HELPERS/helper" set $interleave true
	[[ $status == 0 ]]
}

@test "test: a call that is not one is 125, and nothing is answered" {
	for call in 'mbnd(bind)' 'mbind(bnd)' 'mbind(bind' 'mbind()' 'mbind(bind, x)' ''; do
		profile test nobind 'mbind(bind)' "$call"
		[[ $status == 125 && -z $output && $stderr == "mpolrun: "* ]]
	done
}

@test "diff: 0 and silent where they are the same, 1 with the rules where not" {
	profile diff nobind builtin:nobind
	[[ $status == 0 && -z $output ]]
	profile diff nobind nobind-quiet
	[[ $status == 1 && $output == *"modes.bind"*"EPERM -> ignore"* ]]
	profile diff unrestricted '{start: {policy: "interleave:0"}}'
	[[ $status == 1 && $output == *"start.policy"*"none -> interleave:0"* ]]
	profile diff '{mempolicy: {nodes: {0: allow, others: EPERM}}}' \
		'{mempolicy: {nodes: {0-1: allow, others: EPERM}}}'
	[[ $status == 1 && $output == *nodes* ]]
	profile diff '{mempolicy: {mount: deny}}' '{best-effort: [mount], mempolicy: {mount: deny}}'
	[[ $status == 1 && $output == *"best-effort mount"*"no -> yes"* ]]
	profile diff nobind no-such-profile
	[[ $status == 125 && -z $output ]]
}

@test "diff in JSON says the same" {
	profile diff --json nobind nobind-quiet
	[[ $status == 1 ]]
	python3 - "$output" <<-'PYTHON'
		import json, sys
		diff = json.loads(sys.argv[1])
		assert diff["profiles"] == ["nobind", "nobind-quiet"]
		assert diff["rules"] == [{"rule": "modes.bind", "answers": ["EPERM", "ignore"]}], diff
	PYTHON
}

@test "a profile comes from a pipe, an fd or the command line too" {
	run bash -c 'printf "version: 1\n" | "$MPOLRUN" profile check -'
	[[ $status == 0 ]]
	printf 'version: 1\nmempolicy: {modes: {bind: EPERM}}\n' >site.yaml
	run bash -c '"$MPOLRUN" profile test fd:7 "mbind(bind)" 7<site.yaml'
	[[ $status == 1 && $output == refused* ]]
	profile check ./site.yaml site.yaml
	[[ $status == 0 ]]
	# without a slash or .yaml it is a name, and ./ is not searched
	cp site.yaml site
	profile check site
	[[ $status == 125 ]]
}

@test "output that cannot be written is a failure" {
	for words in "list" "show nobind" "check nobind" "diff nobind nonuma"; do
		# shellcheck disable=SC2086 # several words
		run bash -c '"$MPOLRUN" profile "$@" >/dev/full' bash $words
		[[ $status == 125 && $output == "mpolrun: cannot write"* ]]
	done
}
