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

complete -c cookieclean -n "__fish_cookieclean_needs_command" -l name -d 'Only cookies with such a name (repeatable; * and ? stand for any text)' -r -f
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l keep -d 'All but cookies with such a name (repeatable)' -r -f
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l container -d 'Only cookies in this container of Firefox (repeatable; "none": outside of all)' -r -f
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s b -l browser -d 'Only this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
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
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s p -l profile -d 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path' -r
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l profile-dir -d 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l home -d 'Look in this home folder instead of yours; as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l layout -d 'Where below the home folder to look (default: as on this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l exact -d 'Only this host, not its subdomains'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l keep-login -d 'Stay signed in: leave what is a login, or looks like one'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l no-partitioned -d 'Leave cookies that other hosts set while embedded in this site'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l related -d 'Also the other sites of the same service: chatgpt.com with openai.com'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s n -l dry-run -d 'Only show what would be deleted, as "list" does'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s i -l ask -d 'Show what was found and ask before deleting it'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l no-undo -d 'Keep no copy of what is deleted'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l close -d 'Ask browsers in the way to quit, as a person would, and wait for that (30 seconds, or what --wait says); none is ever killed'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l json -d 'One JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s q -l quiet -d 'Only errors, and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s v -l verbose -d 'Also what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -l wait -d 'Wait until browsers in the way are closed, for so many seconds or as long as it takes'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -s V -l version -d 'Print version'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "list" -d 'Show what would be deleted; changes nothing, works while browsers run'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "sites" -d 'Show the sites that have cookies, with counts'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "profiles" -d 'Show every browser and profile, its cookie count, and whether it is in use'
complete -c cookieclean -n "__fish_cookieclean_needs_command" -a "undo" -d 'Put back what a deletion removed'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l name -d 'Only cookies with such a name (repeatable; * and ? stand for any text)' -r -f
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l keep -d 'All but cookies with such a name (repeatable)' -r -f
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l container -d 'Only cookies in this container of Firefox (repeatable; "none": outside of all)' -r -f
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s b -l browser -d 'Only this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
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
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s p -l profile -d 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path' -r
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l profile-dir -d 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l home -d 'Look in this home folder instead of yours; as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l layout -d 'Where below the home folder to look (default: as on this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l exact -d 'Only this host, not its subdomains'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l keep-login -d 'Stay signed in: leave what is a login, or looks like one'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l no-partitioned -d 'Leave cookies that other hosts set while embedded in this site'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l related -d 'Also the other sites of the same service: chatgpt.com with openai.com'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l show-values -d 'Decrypt and show the values, which are live credentials; your keyring may ask you'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l full -d 'Show values whole, however long'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -l json -d 'One JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s q -l quiet -d 'Only errors, and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s v -l verbose -d 'Also what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand list" -s h -l help -d 'Print help'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s b -l browser -d 'Only this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
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
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s p -l profile -d 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path' -r
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l profile-dir -d 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l home -d 'Look in this home folder instead of yours; as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l layout -d 'Where below the home folder to look (default: as on this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -l json -d 'One JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s q -l quiet -d 'Only errors, and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s v -l verbose -d 'Also what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand sites" -s h -l help -d 'Print help'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s b -l browser -d 'Only this browser (repeatable): chrome, edge, firefox, ...' -r -f -a "chrome\t''
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
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s p -l profile -d 'Only this profile (repeatable): its folder name, the name that the browser shows, or its path' -r
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l profile-dir -d 'A profile folder or a whole user-data folder, anywhere (repeatable; replaces the search); as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l home -d 'Look in this home folder instead of yours; as root, with the rights of its owner' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l layout -d 'Where below the home folder to look (default: as on this system)' -r -f -a "linux\t''
macos\t''
windows\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -l json -d 'One JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s q -l quiet -d 'Only errors, and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s v -l verbose -d 'Also what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand profiles" -s h -l help -d 'Print help'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l home -d 'As root: with the rights and the copies of the owner of this home folder' -r -f -a "(__fish_complete_directories)"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l list -d 'Show the deletions that can be undone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l forget -d 'Destroy the copies now, of one deletion or of all'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l close -d 'Ask browsers in the way to quit, as a person would, and wait for that (30 seconds, or what --wait says); none is ever killed'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l wait -d 'Wait until browsers in the way are closed, for so many seconds or as long as it takes'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -l json -d 'One JSON document on standard output, and nothing else there'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -s q -l quiet -d 'Only errors, and what was skipped'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -s v -l verbose -d 'Also what was looked at and left alone'
complete -c cookieclean -n "__fish_cookieclean_using_subcommand undo" -s h -l help -d 'Print help'
complete -c cookieclean -f
