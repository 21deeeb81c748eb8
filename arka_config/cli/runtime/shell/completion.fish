# fish completion for __PROGRAM__
function __FUNCTION__
    set -l token (commandline -ct)
    set -l prefix (string match -r -- '^-[^=]*=' "$token")
    set -l response (env __VARIABLE__=fish_complete COMP_WORDS=(commandline -cp | string collect) COMP_CWORD="$token" __PROGRAM__ 2>/dev/null)

    for line in $response
        set -l item (string split -m 1 , -- $line)
        switch $item[1]
            case plain
                printf '%s\n' "$prefix$item[2]"
            case file dir
                # What precedes the path is an option or a key.
                set -l before (string replace -r -- (string escape --style=regex -- "$item[2]")'$' '' "$token")
                set -l path (string replace -r -- '^'(string escape --style=regex -- "$before") '' "$token")
                if test $item[1] = dir
                    printf '%s\n' $before(__fish_complete_directories "$path" '')
                else
                    printf '%s\n' $before(__fish_complete_path "$path")
                end
            case command
                set -l words (commandline -cpo)
                set -l first (math (count $words) - $item[2] + 1)
                test $item[2] -gt 0; and set words $words[$first..-1]; or set words
                complete -C (string join ' ' -- (string escape -- $words) "$token")
        end
    end
end

complete --erase --command __PROGRAM__
complete --no-files --keep-order --command __PROGRAM__ --arguments '(__FUNCTION__)'
