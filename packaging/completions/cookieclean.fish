# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cookieclean_global_optspecs
    string join \n exact name= keep= keep-login no-partitioned container= related b/browser= p/profile= profile-dir= home= layout= n/dry-run i/ask no-undo close json q/quiet v/verbose color= wait h/help V/version
end

function __fish_cookieclean_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cookieclean_global_optspecs) -- $cmd 2>/dev/null
    or return
    if contains -- "$argv[1]" list sites profiles undo
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cookieclean_using_subcommand
    set -l cmd (__fish_cookieclean_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cookieclean -n "__fish_cookieclean_needs_command" -l name -d 'Match only cookies with this name (repeatable; * is any text, ? is one character)' -r -f
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l keep -d 'Leave cookies with this name (repeatable)' -r -f
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l container -d 'Match only cookies in this Firefox container (repeatable; "none": outside of containers)' -r -f
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s b -l browser -d 'Look only in this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
chrome-beta\t''
chrome-dev\t''
chrome-canary\t''
chrome-for-testing\t''
chromium\t''
edge\t''
edge-beta\t''
edge-dev\t''
edge-canary\t''
brave\t''
brave-beta\t''
brave-dev\t''
brave-nightly\t''
vivaldi\t''
vivaldi-snapshot\t''
opera\t''
opera-beta\t''
opera-developer\t''
opera-gx\t''
arc\t''
yandex\t''
yandex-beta\t''
whale\t''
comet\t''
atlas\t''
dia\t''
helium\t''
firefox\t''
librewolf\t''
waterfox\t''
zen\t''
floorp\t''
tor-browser\t''
mullvad-browser\t''"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s p -l profile -d 'Look only in this profile (repeatable): its folder name, shown name, or path' -r
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l profile-dir -d 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l home -d 'Look in this home folder instead of yours. As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l layout -d 'The system whose folders to look in, for a mounted disk (default: this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l exact -d 'Match only this host, not its subdomains'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l keep-login -d 'Stay signed in: leave cookies that are a login, or look like one'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l no-partitioned -d 'Leave cookies that other hosts set while embedded in this site'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l related -d 'Include the other sites of the same service: chatgpt.com with openai.com'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s n -l dry-run -d 'Show what would be deleted and delete nothing, as "list" does'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s i -l ask -d 'Show what was found and ask before deleting'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l no-undo -d 'Keep no copy: the deletion cannot be undone'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l close -d 'Ask open browsers to quit, as a person would, and wait (30 seconds, or as --wait says). Never kills one'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l json -d 'Print one JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s q -l quiet -d 'Print only errors and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s v -l verbose -d 'Also print what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l wait -d 'Wait for open browsers to close, at most SECONDS (default: no limit)'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s V -l version -d 'Print version'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "list" -d 'Show what would be deleted. Changes nothing, and works while browsers run'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "sites" -d 'List the sites that have cookies, with counts'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "profiles" -d 'List browsers and profiles, with cookie counts and whether they are open'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "undo" -d 'Put back what a deletion removed, or manage the copies'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l name -d 'Match only cookies with this name (repeatable; * is any text, ? is one character)' -r -f
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l keep -d 'Leave cookies with this name (repeatable)' -r -f
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l container -d 'Match only cookies in this Firefox container (repeatable; "none": outside of containers)' -r -f
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s b -l browser -d 'Look only in this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
chrome-beta\t''
chrome-dev\t''
chrome-canary\t''
chrome-for-testing\t''
chromium\t''
edge\t''
edge-beta\t''
edge-dev\t''
edge-canary\t''
brave\t''
brave-beta\t''
brave-dev\t''
brave-nightly\t''
vivaldi\t''
vivaldi-snapshot\t''
opera\t''
opera-beta\t''
opera-developer\t''
opera-gx\t''
arc\t''
yandex\t''
yandex-beta\t''
whale\t''
comet\t''
atlas\t''
dia\t''
helium\t''
firefox\t''
librewolf\t''
waterfox\t''
zen\t''
floorp\t''
tor-browser\t''
mullvad-browser\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s p -l profile -d 'Look only in this profile (repeatable): its folder name, shown name, or path' -r
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l profile-dir -d 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l home -d 'Look in this home folder instead of yours. As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l layout -d 'The system whose folders to look in, for a mounted disk (default: this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l exact -d 'Match only this host, not its subdomains'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l keep-login -d 'Stay signed in: leave cookies that are a login, or look like one'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l no-partitioned -d 'Leave cookies that other hosts set while embedded in this site'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l related -d 'Include the other sites of the same service: chatgpt.com with openai.com'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l show-values -d 'Decrypt and show values. They are live credentials. Your keyring may ask for permission'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l full -d 'Do not cut long values'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l json -d 'Print one JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s q -l quiet -d 'Print only errors and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s v -l verbose -d 'Also print what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s h -l help -d 'Print help'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s b -l browser -d 'Look only in this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
chrome-beta\t''
chrome-dev\t''
chrome-canary\t''
chrome-for-testing\t''
chromium\t''
edge\t''
edge-beta\t''
edge-dev\t''
edge-canary\t''
brave\t''
brave-beta\t''
brave-dev\t''
brave-nightly\t''
vivaldi\t''
vivaldi-snapshot\t''
opera\t''
opera-beta\t''
opera-developer\t''
opera-gx\t''
arc\t''
yandex\t''
yandex-beta\t''
whale\t''
comet\t''
atlas\t''
dia\t''
helium\t''
firefox\t''
librewolf\t''
waterfox\t''
zen\t''
floorp\t''
tor-browser\t''
mullvad-browser\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s p -l profile -d 'Look only in this profile (repeatable): its folder name, shown name, or path' -r
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l profile-dir -d 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l home -d 'Look in this home folder instead of yours. As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l layout -d 'The system whose folders to look in, for a mounted disk (default: this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l json -d 'Print one JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s q -l quiet -d 'Print only errors and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s v -l verbose -d 'Also print what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s h -l help -d 'Print help'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s b -l browser -d 'Look only in this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
chrome-beta\t''
chrome-dev\t''
chrome-canary\t''
chrome-for-testing\t''
chromium\t''
edge\t''
edge-beta\t''
edge-dev\t''
edge-canary\t''
brave\t''
brave-beta\t''
brave-dev\t''
brave-nightly\t''
vivaldi\t''
vivaldi-snapshot\t''
opera\t''
opera-beta\t''
opera-developer\t''
opera-gx\t''
arc\t''
yandex\t''
yandex-beta\t''
whale\t''
comet\t''
atlas\t''
dia\t''
helium\t''
firefox\t''
librewolf\t''
waterfox\t''
zen\t''
floorp\t''
tor-browser\t''
mullvad-browser\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s p -l profile -d 'Look only in this profile (repeatable): its folder name, shown name, or path' -r
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l profile-dir -d 'Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l home -d 'Look in this home folder instead of yours. As root: with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l layout -d 'The system whose folders to look in, for a mounted disk (default: this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l json -d 'Print one JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s q -l quiet -d 'Print only errors and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s v -l verbose -d 'Also print what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s h -l help -d 'Print help'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l home -d 'As root: work with the rights and the copies of the owner of this home folder' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l list -d 'List the deletions that can be undone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l forget -d 'Destroy copies now: of deletion ID, or of all'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l close -d 'Ask open browsers to quit, as a person would, and wait (30 seconds, or as --wait says). Never kills one'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l wait -d 'Wait for open browsers to close, at most SECONDS (default: no limit)'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l json -d 'Print one JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -s q -l quiet -d 'Print only errors and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -s v -l verbose -d 'Also print what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -s h -l help -d 'Print help'
complete -c cookieclean -f
