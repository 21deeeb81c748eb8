#compdef __PROGRAM__
# zsh completion for __PROGRAM__
__FUNCTION__() {
    local -a response values shown
    local type value help
    response=("${(@f)$(env COMP_WORDS="${(j: :)words[1,CURRENT]}" COMP_CWORD=$((CURRENT - 1)) __VARIABLE__=zsh_complete __PROGRAM__ 2> /dev/null)}")
    local -a open open_shown

    for type value help in "${response[@]}"; do
        case $type in
            plain)
                [[ $help == _ ]] && help=$value || help="$value  -- $help"
                if [[ $value == *[=.] ]]; then
                    open+=("$value") open_shown+=("$help")
                else
                    values+=("$value") shown+=("$help")
                fi
                ;;
            file | dir)
                # What precedes the path is an option or a key.
                [[ $PREFIX == *=* && $value != "$PREFIX" ]] && compset -P 1 '*='
                if [[ $type == dir ]]; then _path_files -/; else _path_files; fi
                ;;
            command)
                words=("${(@)words[CURRENT - value, -1]}")
                CURRENT=$((value + 1))
                _normal
                return
                ;;
        esac
    done

    if (( $#values + $#open )); then
        [[ $PREFIX == -*=* ]] && compset -P 1 '*='
        (( $#values )) && compadd -V __PROGRAM__ -d shown -a values
        (( $#open )) && compadd -S '' -V __PROGRAM__ -d open_shown -a open
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    __FUNCTION__ "$@"
elif (( $+functions[compdef] )); then
    compdef __FUNCTION__ __PROGRAM__
else
    # compinit may run later, or never: look again when the first prompt is shown.
    __FUNCTION___register() {
        add-zsh-hook -d precmd __FUNCTION___register
        (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i -D }
        compdef __FUNCTION__ __PROGRAM__
    }
    autoload -Uz add-zsh-hook && add-zsh-hook precmd __FUNCTION___register
fi
