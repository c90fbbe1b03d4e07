
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
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Only cookies with such a name (repeatable; * and ? stand for any text)')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'All but cookies with such a name (repeatable)')
            [CompletionResult]::new('--container', '--container', [CompletionResultType]::ParameterName, 'Only cookies in this container of Firefox (repeatable; "none": outside of all)')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours; as root, with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'Where below the home folder to look (default: as on this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Only this host, not its subdomains')
            [CompletionResult]::new('--keep-login', '--keep-login', [CompletionResultType]::ParameterName, 'Stay signed in: leave what is a login, or looks like one')
            [CompletionResult]::new('--no-partitioned', '--no-partitioned', [CompletionResultType]::ParameterName, 'Leave cookies that other hosts set while embedded in this site')
            [CompletionResult]::new('--related', '--related', [CompletionResultType]::ParameterName, 'Also the other sites of the same service: chatgpt.com with openai.com')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only show what would be deleted, as "list" does')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only show what would be deleted, as "list" does')
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Show what was found and ask before deleting it')
            [CompletionResult]::new('--ask', '--ask', [CompletionResultType]::ParameterName, 'Show what was found and ask before deleting it')
            [CompletionResult]::new('--no-undo', '--no-undo', [CompletionResultType]::ParameterName, 'Keep no copy of what is deleted')
            [CompletionResult]::new('--close', '--close', [CompletionResultType]::ParameterName, 'Ask browsers in the way to quit, as a person would, and wait for that (30 seconds, or what --wait says); none is ever killed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until browsers in the way are closed, for so many seconds or as long as it takes')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show what would be deleted; changes nothing, works while browsers run')
            [CompletionResult]::new('sites', 'sites', [CompletionResultType]::ParameterValue, 'Show the sites that have cookies, with counts')
            [CompletionResult]::new('profiles', 'profiles', [CompletionResultType]::ParameterValue, 'Show every browser and profile, its cookie count, and whether it is in use')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Put back what a deletion removed')
            break
        }
        'cookieclean;list' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Only cookies with such a name (repeatable; * and ? stand for any text)')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'All but cookies with such a name (repeatable)')
            [CompletionResult]::new('--container', '--container', [CompletionResultType]::ParameterName, 'Only cookies in this container of Firefox (repeatable; "none": outside of all)')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours; as root, with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'Where below the home folder to look (default: as on this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--exact', '--exact', [CompletionResultType]::ParameterName, 'Only this host, not its subdomains')
            [CompletionResult]::new('--keep-login', '--keep-login', [CompletionResultType]::ParameterName, 'Stay signed in: leave what is a login, or looks like one')
            [CompletionResult]::new('--no-partitioned', '--no-partitioned', [CompletionResultType]::ParameterName, 'Leave cookies that other hosts set while embedded in this site')
            [CompletionResult]::new('--related', '--related', [CompletionResultType]::ParameterName, 'Also the other sites of the same service: chatgpt.com with openai.com')
            [CompletionResult]::new('--show-values', '--show-values', [CompletionResultType]::ParameterName, 'Decrypt and show the values, which are live credentials; your keyring may ask you')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Show values whole, however long')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cookieclean;sites' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours; as root, with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'Where below the home folder to look (default: as on this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cookieclean;profiles' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('--browser', '--browser', [CompletionResultType]::ParameterName, 'Only this browser (repeatable): chrome, edge, firefox, ...')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path')
            [CompletionResult]::new('--profile-dir', '--profile-dir', [CompletionResultType]::ParameterName, 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner')
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'Look in this home folder instead of yours; as root, with the rights of its owner')
            [CompletionResult]::new('--layout', '--layout', [CompletionResultType]::ParameterName, 'Where below the home folder to look (default: as on this system)')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'cookieclean;undo' {
            [CompletionResult]::new('--home', '--home', [CompletionResultType]::ParameterName, 'As root: with the rights and the copies of the owner of this home folder')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'Show the deletions that can be undone')
            [CompletionResult]::new('--forget', '--forget', [CompletionResultType]::ParameterName, 'Destroy the copies now, of one deletion or of all')
            [CompletionResult]::new('--close', '--close', [CompletionResultType]::ParameterName, 'Ask browsers in the way to quit, as a person would, and wait for that (30 seconds, or what --wait says); none is ever killed')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until browsers in the way are closed, for so many seconds or as long as it takes')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document on standard output, and nothing else there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only errors, and what was skipped')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Also what was looked at and left alone')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
