# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Helpers of the scripts here and of .ci/run; sourced, never run.

say() {
	printf '==> %s\n' "$*"
}

die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

# as_root COMMAND...: runs it as root, directly or through sudo.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		die "installing packages needs root: run this as root, or install sudo"
	fi
}

# Each line: package, and why it is needed. One list per purpose; see docs/dependencies.md.
packages_build() {
	cat <<-'LIST'
		gcc            the compiler
		libc6-dev      headers of the C library
		cmake          configures the build
		ninja-build    runs the build
		pkg-config     finds the libraries
		libssl-dev     OpenSSL: certificates, CMS, SHA-1 and SHA-384
		libplist-dev   binary property lists
		libxml2-dev    XML property lists, with line numbers in messages
		libyaml-dev    settings files
		libcurl4-openssl-dev requests to timestamp servers
		libjansson-dev JSON output of the command
	LIST
}

packages_test() {
	packages_build
	cat <<-'LIST'
		libcriterion-dev unit tests
		python3        test drivers (standard library only)
		openssl        second opinion on every CMS
		g++            public headers must compile as C++
		git            checks that a build leaves no file behind
		mandoc         checks the manual pages
		softhsm2       a token made of files, for the tests of PKCS#11
		opensc         puts certificates into that token
		libengine-pkcs11-openssl OpenSSL's way to keys in tokens
	LIST
}

packages_ci() {
	packages_test
	cat <<-'LIST'
		clang          second compiler, and libFuzzer
		libclang-rt-14-dev sanitizers and libFuzzer for clang
		clang-format   the code style
		clang-tidy     static checks
		shellcheck     static checks of the scripts
		npm            fetches the public corpus
		python3-pip    fetches the public corpus
		python3-venv   the oracle tools get an environment of their own
		maven          fetches the public corpus
		unzip          unpacks bundles of the public corpus with their links
		bzip2          unpacks bundles of the public corpus
		default-jre-headless Java for maven
		gcc-aarch64-linux-gnu cross build
		qemu-user      runs the cross build's tests
		universal-ctags function sizes
	LIST
}

# A package counts as there when dpkg says so, or when its tool came some other way (an image with
# its own node, for instance): installing a second one beside it helps nobody.
have_package() {
	case $1 in
	npm) command -v npm >/dev/null 2>&1 && return 0 ;;
	maven) command -v mvn >/dev/null 2>&1 && return 0 ;;
	default-jre-headless) command -v java >/dev/null 2>&1 && return 0 ;;
	python3-pip) python3 -m pip --version >/dev/null 2>&1 && return 0 ;;
	python3-venv) python3 -c 'import venv, ensurepip' >/dev/null 2>&1 && return 0 ;;
	esac
	dpkg-query --show --showformat '${db:Status-Status}\n' "$1" 2>/dev/null |
		grep -qx installed
}

# install_packages PURPOSE: installs what is missing of packages_PURPOSE, and says what and why.
install_packages() {
	local name why missing=()
	command -v dpkg-query >/dev/null 2>&1 ||
		die "this script installs Debian packages; elsewhere install what docs/dependencies.md lists"
	while read -r name why; do
		have_package "$name" && continue
		[ ${#missing[@]} -gt 0 ] || say "installing with apt-get:"
		printf '      %-22s %s\n' "$name" "$why"
		missing+=("$name")
	done < <("packages_$1")
	if [ ${#missing[@]} -eq 0 ]; then
		say "packages: nothing to install"
		return 0
	fi
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq --no-install-recommends --yes \
		install "${missing[@]}" >/dev/null
}

# jobs: how many compilers to run at once.
jobs_available() {
	nproc 2>/dev/null || echo 2
}

# build PRESET [TARGET...]: configures when needed and builds.
build() {
	local preset=$1 out
	shift
	out="build/$preset"
	mkdir -p "$out"
	say "building preset '$preset' in $out"
	if ! cmake --preset "$preset" >"$out/configure.log" 2>&1; then
		cat "$out/configure.log"
		die "configuring preset '$preset' failed"
	fi
	cmake --build "$out" --parallel "$(jobs_available)" ${1+--target "$@"}
}

# count_tests JUNIT: prints 'PASSED FAILED SKIPPED' of ctest's report. A Criterion program is one test of
# ctest but tells how many it ran; where it does, those count.
count_tests() {
	python3 -B - "$1" <<-'PYTHON'
		import re, sys, xml.etree.ElementTree as tree
		passed = failed = skipped = 0
		for case in tree.parse(sys.argv[1]).getroot().iter("testcase"):
		    output = case.findtext("system-out") or ""
		    inner = re.findall(r"Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)", output)
		    plain = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", output, re.M)
		    bad = case.get("status") == "fail"
		    if inner:
		        _, good, fails, crashes = map(int, inner[-1])
		        passed, failed = passed + good, failed + max(fails + crashes, int(bad))
		    elif plain:
		        good, fails, left_out = (int(x or 0) for x in plain[-1])
		        passed, failed, skipped = passed + good, failed + max(fails, int(bad)), skipped + left_out
		    elif case.get("status") in ("notrun", "disabled") or case.find("skipped") is not None:
		        skipped += 1
		    elif bad:
		        failed += 1
		    else:
		        passed += 1
		print(passed, failed, skipped)
	PYTHON
}

# run_ctest PRESET [arguments...]: runs the tests of build/PRESET; the last line counts them.
run_ctest() {
	local preset=$1 status=0 passed failed skipped
	shift
	local report="$PWD/build/$preset/junit.xml"
	rm -f "$report"
	ctest --test-dir "build/$preset" --output-on-failure --parallel "$(jobs_available)" \
		--timeout 900 --output-junit "$report" --test-output-size-passed 8192 \
		--test-output-truncation head "$@" || status=$?
	if [ ! -s "$report" ]; then
		echo "0 passed, 1 failed, 0 skipped"
		return 1
	fi
	read -r passed failed skipped < <(count_tests "$report")
	[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
	echo "$passed passed, $failed failed, $skipped skipped"
	return "$status"
}
