# SPDX-License-Identifier: Apache-2.0
# Completion of signet for bash; written by scripts/man-options.
_signet()
{
	local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} sub=${COMP_WORDS[2]} options

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "bench help identity remove requirement show sign sign-digests verify --help --version" -- "$current")
		return
	fi
	case $verb in
	help)
		if [ "$COMP_CWORD" -eq 2 ]; then
			mapfile -t COMPREPLY < <(compgen -W "bench identity remove requirement show sign sign-digests verify" -- "$current")
			return
		fi
		;;
	identity)
		if [ "$COMP_CWORD" -eq 2 ]; then
			mapfile -t COMPREPLY < <(compgen -W "list show check import join csr make-test" -- "$current")
			return
		fi
		;;
	requirement)
		if [ "$COMP_CWORD" -eq 2 ]; then
			mapfile -t COMPREPLY < <(compgen -W "compile decompile test explain same transfer designated" -- "$current")
			return
		fi
		;;
	esac
	case "$verb $sub" in
	"sign "*) options="--allow-expired --allow-loose-modes --allow-no-executable --apple-root= --attach= --cert-chain= --certificate= --debug --deep --digest-algorithm= --dryrun --durable --entitlements-for= --entitlements= --find-all-code --force --force-library-entitlements --generate-pre-encrypt-hashes --help --identifier-for= --identifier= --identities= --in-place --intel-host --jobs= --json --key= --launch-constraint-parent= --launch-constraint-responsible= --launch-constraint-self= --library-constraint= --no-color --no-signing-time --only-code-places --options-for= --options= --output= --pagesize= --password-env= --password-fd= --password-file= --pin-env= --pin-fd= --pin-file= --pkcs11-module= --prefix= --prepare= --preserve-metadata --profile-dir= --profile= --quiet --repair-symlinks --requirements= --runtime-version= --settings= --sign= --signature-size= --signing-time= --skip= --team-identifier= --timestamp --timestamp-fallback= --timestamp-timeout= --timestamp-tries= --verbose" ;;
	"sign-digests "*) options="--allow-expired --allow-identifier= --allow-loose-modes --allow-team= --any-time --apple-root= --cert-chain= --certificate= --debug --dryrun --help --identities= --jobs= --json --key= --no-color --output= --password-env= --password-fd= --password-file= --pin-env= --pin-fd= --pin-file= --pkcs11-module= --quiet --sign= --verbose" ;;
	"verify "*) options="--apple-root= --architecture= --at-time= --bundle-version= --check-expiration --debug --deep --help --ignore-resources --jobs= --json --no-color --no-strict --quiet --test-requirement= --verbose" ;;
	"show "*) options="--apple-root= --architecture= --debug --der --dump-cms= --entitlements --extract-certificates --format= --help --jobs= --json --no-color --requirements --tree --verbose --xml" ;;
	"remove "*) options="--debug --deep --dryrun --durable --help --in-place --jobs= --json --no-color --output= --quiet --verbose" ;;
	"identity list"*) options="--allow-loose-modes --apple-root= --cert-chain= --debug --help --identities= --json --key= --no-color --password-env= --password-fd= --password-file= --verbose" ;;
	"identity show"*) options="--allow-loose-modes --apple-root= --cert-chain= --certificate= --debug --help --identities= --json --key= --no-color --password-env= --password-fd= --password-file= --pin-env= --pin-fd= --pin-file= --pkcs11-module= --verbose" ;;
	"identity check"*) options="--allow-loose-modes --apple-root= --cert-chain= --certificate= --debug --expires-within= --help --identities= --json --key= --no-color --password-env= --password-fd= --password-file= --pin-env= --pin-fd= --pin-file= --pkcs11-module= --profile= --quiet --verbose" ;;
	"identity import"*) options="--allow-loose-modes --allow-unusable --apple-root= --cert-chain= --debug --empty-password --encryption= --force --help --identities= --json --key-password-env= --key-password-fd= --key-password-file= --key= --name= --no-color --password-env= --password-fd= --password-file= --quiet --verbose" ;;
	"identity join"*) options="--allow-loose-modes --apple-root= --cert-chain= --debug --empty-password --encryption= --force --help --json --key-password-env= --key-password-fd= --key-password-file= --key= --name= --no-chain --no-color --output= --password-env= --password-fd= --password-file= --verbose" ;;
	"identity csr"*) options="--allow-loose-modes --country= --debug --email= --force --help --json --key-output= --key-password-env= --key-password-fd= --key-password-file= --key-type= --key= --name= --no-color --output= --verbose" ;;
	"identity make-test"*) options="--allow-loose-modes --common-name= --days= --debug --encryption= --help --json --key-type= --kind= --name= --no-color --password-env= --password-fd= --password-file= --root= --team= --verbose" ;;
	"requirement compile"*) options="--debug --help --identifier= --json --no-color --output= --verbose" ;;
	"requirement decompile"*) options="--debug --help --json --no-color --verbose" ;;
	"requirement test"*) options="--apple-root= --architecture= --debug --help --json --no-color --quiet --test-requirement= --verbose" ;;
	"requirement explain"*) options="--apple-root= --architecture= --debug --help --json --no-color --test-requirement= --verbose" ;;
	"requirement same"*) options="--apple-root= --debug --help --json --no-color --quiet --verbose" ;;
	"requirement transfer"*) options="--apple-root= --debug --from= --help --identifier= --json --no-color --output= --quiet --to= --verbose" ;;
	"requirement designated"*) options="--allow-loose-modes --apple-root= --cert-chain= --certificate= --debug --help --identifier= --identities= --json --key= --no-color --password-env= --password-fd= --password-file= --pin-env= --pin-fd= --pin-file= --pkcs11-module= --sign= --verbose" ;;
	"bench "*) options="--debug --help --json --no-color --time= --verbose" ;;
	"help "*) options="--debug --help --no-color --verbose" ;;
	*) options="" ;;
	esac
	case $current in
	-*)
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		case ${COMPREPLY[0]-} in
		*=) compopt -o nospace ;;
		esac
		;;
	*) compopt -o default ;;
	esac
}
complete -F _signet signet
