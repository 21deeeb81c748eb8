# bash completion for __PROGRAM__
__FUNCTION__() {
    local line=$COMP_LINE word cur prefix="" broken="" breaks="" quote="" type value given
    local i at=-1 number=0
    local -a words=() starts=()
    COMPREPLY=()

    # bash splits words at `=` and `:`. Join what has no space between.
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if ((at >= 0)) && [[ -n $COMP_LINE && $line != [[:space:]]* ]]; then
            words[at]+=$word
        else
            words[++at]=$word
            starts[at]=$i
            line=${line#"${line%%[![:space:]]*}"}
        fi
        line=${line#"$word"}
        ((i == COMP_CWORD)) && number=$at
    done
    cur=${words[number]}

    # bash inserts a reply in place of what follows the last `=` or `:`.
    [[ $cur == -*=* ]] && prefix=${cur%%=*}=
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+="="
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=":"
    case ${cur#"$prefix"} in
        [\"\']*) quote=${cur#"$prefix"} quote=${quote:0:1} ;;
        *) [[ -n $breaks && $cur == *[$breaks]* ]] && broken=${cur%"${cur##*[$breaks]}"} ;;
    esac

    while IFS=, read -r type value; do
        case $type in
            plain)
                # Within quotes, bash inserts a reply as it is: what would end them, or be executed there, is left out.
                case $quote in
                    \') [[ $value == *\'* ]] && continue ;;
                    \") [[ $value == *[\"\$\`\\!]* ]] && continue ;;
                    *) printf -v value %q "$prefix$value" ;;
                esac
                [[ $value == *[=.] ]] && type compopt &> /dev/null && compopt -o nospace
                COMPREPLY+=("${value#"$broken"}")
                ;;
            file) type compopt &> /dev/null && compopt -o default ;;
            dir) type compopt &> /dev/null && compopt -o dirnames ;;
            command)
                given=$value
                ;;
        esac
    done < <(IFS=" "; env COMP_WORDS="${words[*]}" COMP_CWORD="$number" __VARIABLE__=bash_complete __PROGRAM__ 2> /dev/null)

    [[ -n $given ]] && __FUNCTION___command "$given" "${starts[number - given]}"
    return 0
}

# Complete another command, of which $1 words precede this one and which begins at word $2.
__FUNCTION___command() {
    local function word
    if declare -F _comp_command_offset > /dev/null; then
        _comp_command_offset "$2"
    elif declare -F _command_offset > /dev/null; then
        _command_offset "$2"
    elif (($1 == 0)); then
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -A command -- "${COMP_WORDS[COMP_CWORD]}")
        type compopt &> /dev/null && compopt -o default
    else
        COMP_WORDS=("${COMP_WORDS[@]:$2}")
        COMP_CWORD=$((COMP_CWORD - $2))
        COMP_LINE=${COMP_WORDS[*]}
        COMP_POINT=${#COMP_LINE}
        function=$(complete -p -- "${COMP_WORDS[0]}" 2> /dev/null)
        if [[ $function == *" -F "* ]]; then
            function=${function##* -F }
            "${function%% *}" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        else
            type compopt &> /dev/null && compopt -o default
        fi
    fi
}

complete -o nosort -F __FUNCTION__ __PROGRAM__ 2> /dev/null || complete -F __FUNCTION__ __PROGRAM__
