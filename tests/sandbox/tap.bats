# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: bats
# kernel: any
# `tap`, which runs these files in emulated guests, answers as bats does.
# shellcheck disable=SC2016 # texts of other shells

load common

# What bats and what tap make of the file in standard input, but for how they explain a failure,
# must be the same; it is in $output. $1 is the status of both. `%test` in the file is @test, which
# bats would find here.
both() {
	local file=$BATS_TEST_TMPDIR/sample.bats how=$1
	sed 's/^%/@/' >"$file"
	echo 'value=loaded' >"$BATS_TEST_TMPDIR/words.bash"
	run bats --tap "$file"
	local said=$status output_of_bats=$output
	printf 'bats: %s\n%s\n' "$said" "$output_of_bats"
	run "$BATS_TEST_DIRNAME/tap" --tap "$file"
	printf 'tap: %s\n%s\n' "$status" "$output"
	[[ $said == "$how" && $status == "$how" ]]
	[[ $(grep -v '^#' <<<"$output") == "$(grep -v '^#' <<<"$output_of_bats")" ]]
}

@test "what passes, and what fails at its end, in its midst, in a function, in a substitution" {
	both 1 <<-'BATS'
		outer() { inner; true; }
		inner() { false; true; }
		%test "passes" {
			if false; then false; fi
			! true
			true && false || true
		}
		%test "ends with a failure" {
			[[ a == b ]]
		}
		%test "fails in its midst" {
			echo this was said
			((1 == 2))
			true
		}
		%test "in a function" {
			outer
		}
		%test "in a substitution" {
			value=$(false)
			true
		}
		%test "leaves, and may not" {
			exit 0
		}
		%test 'says more' { echo more >&3; }
	BATS
	[[ $output == *"ok 1 passes"*"not ok 2 "*"not ok 3 "*"not ok 6 "*$'more\nok 7 says more' ]]
	[[ $output == *"# this was said"* && $output == *"line 13)"*"((1 == 2))' failed"* ]]
}

@test "run and its options" {
	both 1 <<-'BATS'
		bats_require_minimum_version 1.5.0
		words() { printf 'a\n\nb\n'; echo c >&2; return "$1"; }
		%test "both outputs, lines that are not empty, and the status" {
			run words 3
			[[ $status == 3 && $output == $'a\n\nb\nc' && ${#lines[@]} == 3 && ${lines[2]} == c ]]
		}
		%test "apart" {
			run -0 --separate-stderr words 0
			[[ $output == $'a\n\nb' && $stderr == c && ${stderr_lines[0]} == c ]]
		}
		%test "the status that is expected" { run -3 words 3; }
		%test "another one" { run -3 words 4; }
		%test "none but 0" { run ! words 4; }
		%test "0 after all" { run ! words 0; }
		%test "failures in it end nothing" {
			f() { false; echo reached; }
			run f
			[[ $output == reached ]]
		}
	BATS
}

@test "setup and teardown, which see the test's variables, and their failures" {
	both 1 <<-'BATS'
		load words
		setup() {
			echo "$value" >"$BATS_TEST_TMPDIR/setup"
			((BATS_TEST_NUMBER != 3))
		}
		teardown() {
			[[ $BATS_TEST_NUMBER != 2 && ${mine-} == "mine $BATS_TEST_NUMBER" ]]
		}
		%test "both work" {
			mine="mine 1"
			[[ $(<"$BATS_TEST_TMPDIR/setup") == loaded ]]
		}
		%test "teardown fails" { mine="mine 2"; }
		%test "setup fails" { mine="mine 3"; }
		%test "nothing is left of another test" {
			[[ ! ${mine-} ]]
			mine="mine 4"
		}
	BATS
}

@test "what is skipped" {
	both 0 <<-'BATS'
		setup() { ((BATS_TEST_NUMBER != 3)) || skip "in setup"; }
		%test "with a reason" { skip "because of it"; false; }
		%test "without" { skip; false; }
		%test "all of it" { false; }
	BATS
	[[ $output == *"ok 1 with a reason # skip because of it"* ]]
}

@test "setup_file, teardown_file, and failures of theirs" {
	both 0 <<-'BATS'
		setup_file() { export value=of-the-file; echo x >"$BATS_FILE_TMPDIR/x"; }
		teardown_file() { [[ -e $BATS_FILE_TMPDIR/x ]]; }
		%test "it is there" { [[ $value == of-the-file && -e $BATS_FILE_TMPDIR/x ]]; }
	BATS
	both 1 <<-'BATS'
		setup_file() { false; true; }
		%test "never" { true; }
	BATS
	both 1 <<-'BATS'
		teardown_file() { false; }
		%test "before it" { true; }
	BATS
}

@test "several files, numbered on, each with its own variables; one that is no shell's text fails" {
	local dir=$BATS_TEST_TMPDIR
	printf '@test "first" { [[ ! ${mark-} ]]; }\nmark=x\n@test "second" { false; }\n' >"$dir/a.bats"
	printf '@test "third" { [[ ! ${mark-} ]]; }\n' >"$dir/b.bats"
	printf '@test "never" { true; }\n}\n' >"$dir/c.bats"
	run "$BATS_TEST_DIRNAME/tap" "$dir/b.bats" "$dir/b.bats"
	[[ $status == 0 && $output == $'1..2\nok 1 third\nok 2 third' ]]
	run "$BATS_TEST_DIRNAME/tap" --timing "$dir/a.bats" "$dir/b.bats"
	[[ $status == 1 && ${lines[0]} == 1..3 && ${lines[1]} == "not ok 1 first in "*ms ]]
	[[ $output == *"ok 3 third in "* ]]
	run "$BATS_TEST_DIRNAME/tap" "$dir/c.bats"
	[[ $status == 1 && $output == *"not ok 1 "* ]]
}
