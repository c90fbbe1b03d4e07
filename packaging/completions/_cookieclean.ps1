
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'cookieclean' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'cookieclean'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value -notin @('list', 'sites', 'profiles', 'undo') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'cookieclean' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Match only cookies with this name (repeatable; * is any text, ? is one character)')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave cookies with this name (repeatable)')
            [CompletionResult]::new('--container', '--container', [CompletionResultType]::ParameterName, 'Match only cookies in this Firefox container (repeatable; "none": outside of containers)')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours. As root: with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'The system whose folders to look in, for a mounted disk (default: this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Match only this host, not its subdomains')
            [CompletionResult]::new('--keep-login', '--keep-login', [CompletionResultType]::ParameterName, 'Stay signed in: leave cookies that are a login, or look like one')
            [CompletionResult]::new('--no-partitioned', '--no-partitioned', [CompletionResultType]::ParameterName, 'Leave cookies that other hosts set while embedded in this site')
            [CompletionResult]::new('--related', '--related', [CompletionResultType]::ParameterName, 'Include the other sites of the same service: chatgpt.com with openai.com')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Show what would be deleted and delete nothing, as "list" does')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be deleted and delete nothing, as "list" does')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Show what was found and ask before deleting')
            [CompletionResult]::new('--ask', '--ask', [CompletionResultType]::ParameterName, 'Show what was found and ask before deleting')
            [CompletionResult]::new('--no-undo', '--no-undo', [CompletionResultType]::ParameterName, 'Keep no copy: the deletion cannot be undone')
            [CompletionResult]::new('--close', '--close', [CompletionResultType]::ParameterName, 'Ask open browsers to quit, as a person would, and wait (30 seconds, or as --wait says). Never kills one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait for open browsers to close, at most SECONDS (default: no limit)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show what would be deleted. Changes nothing, and works while browsers run')
            [CompletionResult]::new('sites', 'sites', [CompletionResultType]::ParameterValue, 'List the sites that have cookies, with counts')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'List browsers and profiles, with cookie counts and whether they are open')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Put back what a deletion removed, or manage the copies')
            break
        }
        'cookieclean;list' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Match only cookies with this name (repeatable; * is any text, ? is one character)')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave cookies with this name (repeatable)')
            [CompletionResult]::new('--container', '--container', [CompletionResultType]::ParameterName, 'Match only cookies in this Firefox container (repeatable; "none": outside of containers)')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours. As root: with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'The system whose folders to look in, for a mounted disk (default: this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Match only this host, not its subdomains')
            [CompletionResult]::new('--keep-login', '--keep-login', [CompletionResultType]::ParameterName, 'Stay signed in: leave cookies that are a login, or look like one')
            [CompletionResult]::new('--no-partitioned', '--no-partitioned', [CompletionResultType]::ParameterName, 'Leave cookies that other hosts set while embedded in this site')
            [CompletionResult]::new('--related', '--related', [CompletionResultType]::ParameterName, 'Include the other sites of the same service: chatgpt.com with openai.com')
            [CompletionResult]::new('--show-values', '--show-values', [CompletionResultType]::ParameterName, 'Decrypt and show values. They are live credentials. Your keyring may ask for permission')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Do not cut long values')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cookieclean;sites' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours. As root: with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'The system whose folders to look in, for a mounted disk (default: this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cookieclean;profiles' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Look only in this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Look only in this profile (repeatable): its folder name, shown name, or path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours. As root: with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'The system whose folders to look in, for a mounted disk (default: this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cookieclean;undo' {
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'As root: work with the rights and the copies of the owner of this home folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the deletions that can be undone')
            [CompletionResult]::new('--forget', '--forget', [CompletionResultType]::ParameterName, 'Destroy copies now: of deletion ID, or of all')
            [CompletionResult]::new('--close', '--close', [CompletionResultType]::ParameterName, 'Ask open browsers to quit, as a person would, and wait (30 seconds, or as --wait says). Never kills one')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait for open browsers to close, at most SECONDS (default: no limit)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print one JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only errors and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also print what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
