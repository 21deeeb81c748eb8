# PowerShell completion for __PROGRAM__
Register-ArgumentCompleter -Native -CommandName '__PROGRAM__' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $line = $commandAst.ToString()
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $line = $line.PadRight($length).Substring(0, $length)
    $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    $prefix = if ($wordToComplete -match '^-[^=]*=') { $Matches[0] } else { '' }

    $saved = @{}
    $given = @{ '__VARIABLE__' = 'powershell_complete'; 'COMP_WORDS' = $line; 'COMP_CWORD' = "$($before.Count)" }
    foreach ($name in $given.Keys) {
        $saved[$name] = [Environment]::GetEnvironmentVariable($name)
        [Environment]::SetEnvironmentVariable($name, $given[$name])
    }
    try {
        $response = @(& '__PROGRAM__' 2> $null)
    } finally {
        foreach ($name in $saved.Keys) { [Environment]::SetEnvironmentVariable($name, $saved[$name]) }
    }

    for ($at = 0; $at + 2 -lt $response.Count; $at += 3) {
        $type, $value, $help = $response[$at..($at + 2)]
        if ($type -eq 'plain') {
            $text = $prefix + $value
            if ($text -match '[^\w@%+=:,./-]') { $text = "'" + ($text -replace "['\u2018-\u201b]", '$0$0') + "'" }
            if ($help -eq '_') { $help = $value }
            [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $help)
        } elseif ($type -eq 'command') {
            $first = $before.Count - [int]$value
            $rest = ''
            if ($first -lt $before.Count) { $rest = $line.Substring($before[$first].Extent.StartOffset - $commandAst.Extent.StartOffset) }
            elseif ($wordToComplete) { $rest = $wordToComplete }
            (TabExpansion2 -inputScript $rest -cursorColumn $rest.Length).CompletionMatches
        }
        # For a file or a folder, PowerShell completes paths when it gets no answer.
    }
}
