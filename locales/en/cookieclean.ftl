# Every sentence that a person reads. The names are those that src/ uses; a message is
# one line. Numbers come as numbers and are grouped by the program.

# Numbers and lists
count-bytes = { $n ->
    [one] { $n } byte
   *[other] { $n } bytes
}
count-cookies = { $n ->
    [one] { $n } cookie
   *[other] { $n } cookies
}
count-deletions = { $n ->
    [one] { $n } deletion
   *[other] { $n } deletions
}
count-keys = { $n ->
    [one] { $n } key
   *[other] { $n } keys
}
count-origins = { $n ->
    [one] { $n } origin
   *[other] { $n } origins
}
count-profiles = { $n ->
    [one] { $n } profile
   *[other] { $n } profiles
}
count-service-workers = { $n ->
    [one] { $n } service worker
   *[other] { $n } service workers
}
list-comma = { $first }, { $rest }
next-sentence = { $first } { $next }
list-and = { $first } and { $last }
list-or = { $first } or { $last }

# Labels in front of messages
label-error = error:
label-note = note:

# Names of things
title-profile = { $browser }, profile { $profile }
title-profiles = { $browser }, profiles { $profiles }
profile-with-folder = { $shown } ({ $folder })
open = open
item-bound-session = (device-bound session)
item-site-data = (site data)
lifetime-session = session
lifetime-expired = expired
lifetime-until = until { $time }
remark-older-copy = in an older copy
remark-login = login
remark-embedded = embedded in { $site }
remark-only-under = only under { $site }
remark-container = container { $name }
remark-path = path { $path }
remark-session-files = in session files

# Who has a profile open
in-use-open = it is open ({ $by })
in-use-cookieclean = another cookieclean is working on it ({ $by })
in-use-process = { $name }, process { $pid }
in-use-process-since = { $name }, process { $pid }, since { $time }
in-use-by = { $who } ({ $by })
evidence-locked = { $path } is locked
evidence-named = { $path } names it
evidence-says-so = { $path } says so
evidence-other-computer = { $path } names the computer "{ $host }"; if no browser runs there, remove that link
evidence-store-open = it has the cookie store open
evidence-just-made = { $path } was just made
evidence-open-on-windows = { $path } is kept open by Windows
evidence-taken-over = { $path } was taken over
evidence-replaced = { $path } was replaced
evidence-waiting = a browser that starts has waited at { $path } for { $seconds } s
evidence-being-worked-on = { $path } is being worked on
unseen-background-apps = It runs in the background, without a window. Quit it by its icon in the notification area, or turn off "Continue running background apps" in its settings under System.
unseen-startup-boost = Startup boost keeps it running without a window. Turn it off in its settings under System and performance.
unseen-background-task = It is a background task of Firefox ({ $name }) and ends by itself.
unseen-headless = It was started without a window (--headless), usually by another program. Close that program.
unseen-remnant = The browser was closed, but some of its processes still run.

# Open browsers
close-and-run-again = Close it and run this again.
close-or-wait = Close it and run this again, or use --wait or --close.
run-again = Run this again.
blocked = { $what }: { $user }. { $help }
could-not-read = could not read { $what }
skipped = skipped { $what }
skipped-cookies = skipped { $what } ({ $cookies } to delete)
waiting-for = Waiting for { $names } to close
question-open = { $who } is open ({ $by }).
question-what-to-do = { $n ->
    [one] [w]ait until you have closed it, ask it to [q]uit, or [s]kip it? [s]
   *[other] [w]ait until you have closed them, ask them to [q]uit, or [s]kip them? [s]
}
not-asked-waiting = { $who } could not be asked to quit: { $why }; waiting for you to close it
not-asked-close = { $who } could not be asked to quit: { $why }; close it yourself and run this again
not-asked-no-way = it cannot be asked from here

# Searching
nothing-found = No browser profile was found.
looked-in = Looked in:
looked-for = Looked for { $names }; --verbose shows where.
under-wsl = This is WSL. For the browsers of Windows, add: --layout windows --home { $home }
name-the-folder = If a browser keeps its profiles elsewhere, name the folder with --profile-dir.
did-you-mean = Did you mean { $names }?

# The report of a list
list-none = No cookies of { $domains } in { $profiles }.
list-none-filtered = No cookies of { $domains } in { $profiles } match these filters.
list-none-readable = No cookies of { $domains } in what could be read.
list-none-readable-filtered = No cookies of { $domains } in what could be read match these filters.
list-matched = { $cookies } of { $domains } in { $within } of { $profiles }.
list-matched-filtered = { $n ->
    [one] { $cookies } of { $domains } in { $within } of { $profiles } matches these filters.
   *[other] { $cookies } of { $domains } in { $within } of { $profiles } match these filters.
}
nothing-was-changed = Nothing was changed.
set-embedded = { $n ->
    [one] 1 of them was set by another site, embedded in { $domains }.
   *[other] { $n } of them were set by other sites, embedded in { $domains }.
}
set-elsewhere = { $n ->
    [one] 1 of them was set by { $domains } embedded in another site.
   *[other] { $n } of them were set by { $domains } embedded in other sites.
}
repeated = { $n ->
    [one] 1 of them is in a second session file, the same as a cookie shown above.
   *[other] { $n } of them are in a second session file, the same as cookies shown above.
}
values-cut = Long values were cut; --full shows them whole.
preview-open = { $n ->
    [one] 1 of them is in profiles that are open, and would be skipped.
   *[other] { $n } of them are in profiles that are open, and would be skipped.
}
open-may-have-more = An open browser may have cookies that it has not written yet.
also-sent = { $n ->
    [one] 1 cookie of a parent domain is sent to { $domains } too, and stays. To delete it: { $command }
   *[other] { $n } cookies of parent domains are sent to { $domains } too, and stay. To delete them: { $command }
}
keeps-bound-session = A device-bound session of the whole site stays, and may bring cookies back. To delete it: { $command }
related-sites = { $service } also has cookies at { $sites }. To delete them: { $command }
and-more = { $n ->
    [one] and 1 more
   *[other] and { $n } more
}
value-not-shown = value not shown: { $why }
value-empty = value: (empty)
value-text = value:
value-base64 = value (no text, so in base64):

# The report of a deletion
deleted = Deleted { $cookies } of { $domains } from { $profiles }; { $kept ->
    [one] 1 other was kept.
   *[other] { $kept } others were kept.
}
deleted-nothing = Nothing was deleted.
deleted-nothing-there = Nothing was deleted: no cookies of { $domains } in { $profiles }.
deleted-nothing-there-filtered = Nothing was deleted: no cookies of { $domains } in { $profiles } match these filters.
deleted-nothing-closed = Nothing was deleted: no cookies of { $domains } in the closed profiles.
deleted-nothing-closed-filtered = Nothing was deleted: no cookies of { $domains } in the closed profiles match these filters.
put-back-within = To put them back within { $days } days: { $command }
no-copy-kept = No copy was kept.
still-locked-out = Still locked out? { $command }
question-delete = Delete these cookies? [y/N]
question-delete-site-data = Delete these cookies and this site data? Drafts and offline data go as well. [y/N]
interrupted-all-done = interrupted; every store is either done or unchanged
interrupted-not-reached = { $n ->
    [one] interrupted; 1 store was not reached and is unchanged
   *[other] interrupted; { $n } stores were not reached and are unchanged
}
progress-stores = {"{pos}"} of {"{len}"} stores

# Lines of a store
store-line = ({ $path }: { $what })
store-site-data = site data of { $origins }
store-matched = { $n } of { $total } match
store-in-use = in use
store-in-use-skipped = in use, skipped
store-not-read = not read
store-site-data-deleted = site data of { $origins } deleted
store-no-site-data = no site data to delete
store-deleted = { $n } deleted, { $kept } kept
store-nothing = nothing to delete, { $kept } kept
store-not-cleaned = not cleaned
store-not-reached = not reached
store-not-put-back = not put back
store-put-back = { $n } put back, { $not } not
store-site-data-put-back = site data of { $origins } put back

# Site data
site-data = site data
site-data-none = Site data: none.
site-data-found = Site data: { $size } of { $origins }.
site-data-deleted = Deleted site data of { $origins } ({ $size }).
site-data-left = Not deleted: the HTTP cache, permissions, history and open tabs.
site-data-hint = There is also site data ({ $size }). To delete it as well, add --site-data.
kind-local-storage = local storage
kind-local-storage-keys = local storage ({ $keys })
kind-session-storage = session storage ({ $keys })
kind-indexeddb = IndexedDB
kind-cache = cache storage
kind-files = files
kind-nothing = an empty store

# Sites and profiles
sites-none = No cookies are stored.
sites-none-like = No site with "{ $text }" in its name has cookies.
profiles-browser = browser
profiles-folder = folder
profiles-name = name
profiles-cookies = cookies
profile-open = open ({ $by })

# Undo
undo-nothing = There is nothing to undo.
undo-put-back-nothing = Nothing was put back.
undo-put-back = Put back { $what } of { $domains } in { $profiles }.
undo-replaced = The site had stored new data since. To have that instead: { $command }
undo-rest = The copies of what was not put back are kept: run this again.
undo-skipped = { $n ->
    [one] { $cookies } was not put back, because the browser has the same cookie already.
   *[other] { $cookies } were not put back, because the browser has the same cookie already.
}
undo-orphaned = { $n ->
    [one] { $cookies } was not put back, because the Firefox session of the cookie has ended.
   *[other] { $cookies } were not put back, because the Firefox session of the cookie has ended.
}
undo-copy-kept = { $store }: { $fault }; its copy is kept
undo-copy-left = { $store } has its cookies back, but their copy is still there: { $error }
undo-orphaned-trash = { $path } holds { $size } of site data that no deletion can put back any more. To delete it: { $command }
undo-destroyed = The copies of { $deletions } were destroyed.
undo-none-to-destroy = There are no copies to destroy.
undo-not-expired = old copies for undo could not be destroyed: { $error }
undo-id = id
undo-domains = domains
undo-cookies = cookies
undo-kept-until = kept until
undo-deleted = deleted
undo-running = (still running)
undo-damaged = (damaged)
undo-cut-off = (cut off; undo puts back what is missing)
undo-leftovers = (leftovers of a run that was cut off)
undo-with-site-data = { $n } + site data ({ $size })

# Values
values-are-credentials = these values are live credentials: anyone who has them can act as you at the site.
waiting-for-keyring = waiting for the keyring, which may be asking on your screen.
value-not-a-cookie = a device-bound session has no value
value-missing = the store has no value of this cookie
value-too-long = it is { $bytes } bytes long, which no browser lets a value be
value-app-bound = app-bound: only the browser can read it
value-unknown = it is encrypted in a way that is not known here ({ $scheme })
value-misfit = the key at hand does not open it: it was encrypted with another one, or is damaged
value-of-another-application = the desktop portal has another secret for every application, and the one that this was encrypted with is not given to others
value-other-host = it was encrypted for another host
key-no-bus = the keyring cannot be reached: there is no D-Bus session here (run this on the desktop of the browser's user, without sudo)
key-not-running = no keyring is running here
key-locked = the keyring is locked; unlock it and look again
key-dismissed = the keyring's question was dismissed, or could not be shown here
key-no-answer = the keyring did not answer within { $seconds } seconds
key-no-entry = the keyring has no key of this browser
key-not-built-in = this cookieclean was built without access to keyrings
key-elsewhere-mac = only the Keychain of its Mac can open its key
key-elsewhere-windows = only its own user on its own Windows can open its key
key-elsewhere-desktop = only the keyring of its own Linux desktop can open its key
key-elsewhere-windows-user = only the Windows user who made it can open its key
key-local-state = "Local State" of the browser has no key that can be read: { $why }
key-failed = the keyring failed: { $why }

# What was typed
domain-empty = the domain is empty
domain-wildcard = "{ $text }": wildcards are not needed; openai.com means that host and every host below it
domain-public-suffix = "{ $text }" is shared by many sites (a public suffix); name one of them, such as example.{ $text }
domain-bare-word = "{ $text }" is a word, not a domain; write the whole domain, such as { $text }.com (or http://{ $text }/ for a host of your own network)
domain-not-a-host = "{ $text }" is not a host name
domain-scheme = "{ $text }": only addresses with http:// or https:// have cookies
domain-alone = To delete cookies, write the domain alone, without "{ $word }".
domain-did-you-mean = Did you mean one of these sites, which have cookies here?
command-did-you-mean = Did you mean the command "{ $command }"?
no-such-container = there is no container "{ $name }"
no-containers = No profile has containers.
known-containers = Known containers: { $names }
only-cookies = { $option } selects single cookies, but --site-data takes everything that a site has stored. Leave one of them out
needs-yes = --site-data also deletes drafts and offline data of the site. Without a terminal to ask on, add --yes
no-such-profile = there is no profile "{ $name }"
no-profiles = No profile was found.
known-profiles = Profiles (browser, folder, name):
not-a-profile = { $path }: not a profile or user-data folder of a known browser
no-such-deletion = there is no deletion "{ $id }" to undo; "cookieclean undo --list" shows those there are
cannot-write-report = cannot write the report: { $why }
cannot-list-users = cannot list the users of this computer: { $why }
no-such-user = there is no user "{ $name }" with a home folder
known-users = Users: { $names }
not-admin = --all-users looks in the home folders of others: run it as root or Administrator
home-not-there = Nothing is there. If the home folder is encrypted or on a network disk, it is not mounted now.
home-not-a-folder = the home folder is not a folder
home-of-another = the home folder belongs to user { $owner }, so it was left alone
home-no-answer = the home folder did not answer within { $seconds } seconds; if it is on a network disk, its server may be gone
home-not-begun = the run in this home folder could not be started: { $why }
home-cut-off = the run in this home folder was ended from outside; every store is whole

# Root and the owner of the files
owner-led = { $way }: it belongs to { $whose }, not to the owner of { $folder }, and could lead root elsewhere
owner-several = these folders belong to different users: { $folders }
owner-several-each = { $folder } to { $name }
owner-closed = { $folder }: its owner { $name } may not pass through { $door }
owner-refused = { $folder }: cannot take on the rights of its owner { $name }: { $why }
owner-state = { $state }: { $name }, the owner of the profiles, cannot keep copies for undo there
owner-no-home = there is nowhere to keep copies for undo: { $name } has no home folder here
owner-working-as = working as { $name }, the owner of { $folder }.
owner-led-advice = Nothing was changed. If you mean that folder, name it by its real path, or run this as its owner.
owner-several-advice = Run this once for each owner.
owner-closed-advice = Let everybody pass through that folder (chmod a+x), or mount the disk elsewhere.
owner-state-advice = Unset COOKIECLEAN_STATE_DIR, or set it to a folder of that user.
owner-no-home-advice = Name the home folder with --home, set COOKIECLEAN_STATE_DIR to a folder of that user, or delete without a copy: --no-undo.

# What is wrong with a file
fault-at = { $path }: { $fault }
fault-denied = permission denied
fault-read-only = it is read-only
fault-gone = it does not exist
fault-not-a-file = it is not a regular file
fault-link = it is a symbolic link, which is not followed
fault-path-too-long = its path has { $length } bytes, and { $room } is the limit: a socket beside it, where a browser that starts has to wait, needs the rest
fault-no-socket = cannot create the socket where a browser that starts would wait: { $why }
fault-taken-over = a browser took over the profile meanwhile and may undo the change: { $why }
fault-not-a-database = it is not an SQLite database, or it is cut off
fault-corrupt = the database is damaged: { $why }
fault-no-table = it has no table { $table }, so it is not a known cookie store
fault-no-column = its table { $table } has no column { $column }, so its version is not known
fault-unknown-schema = no browser creates such a schema: { $why }
fault-sparse = its size is { $length } bytes, but only { $stored } are on the disk
fault-too-large = reading it means copying { $bytes } bytes, more than any cookie store has
fault-beside = a file beside it cannot be used: { $why }
fault-locked = another program keeps it locked
fault-keeps-changing = it changed during every attempt to read it
fault-full = the disk is full
fault-outside = it leads out of the browser's folder, to { $path }
fault-others-folder = { $path } belongs to another user, who could lead root elsewhere
fault-unparsable = it does not parse: { $why }
fault-bad-session = it is not a readable session file: { $why }
fault-no-room = it changes while it is read, and making a private copy failed: { $why }
fault-no-backup = writing the copy for undo failed, so nothing was deleted: { $why }
fault-bad-backup = the copy for undo is damaged: { $why }
fault-other-format = the copy for undo has format { $format }; this version of cookieclean is too old for it
fault-running = deletion { $id } is still running, or is being undone
fault-anothers = it belongs to { $name }
fault-open-to-others = other users may write to it
fault-other-name = it has a second name (a hard link)
fault-not-overwritten = it was removed, but overwriting its content failed: { $why }
fault-other-version = the browser has changed the schema from version { $was } to { $is } since; the old rows no longer fit
fault-unsure = it cannot be seen what was changed, so a copy for undo stays: { $why }
fault-not-erased = the cookies are deleted, but overwriting their bytes failed: { $why }
fault-not-verified = checking the result failed: { $why }
fault-half-done = it failed halfway: { $first }; and putting everything back failed: { $second }

# What a person can do about it
advice-older-copy = It was not changed. It is an older copy that the browser does not use. Delete it if you do not need it.
advice-denied-macos = Run this as the user who owns the browser's files. If that is you, macOS blocks your terminal: allow it in System Settings > Privacy & Security > Full Disk Access, then restart the terminal.
advice-denied = Run this as the user who owns the browser's files, or give yourself access.
advice-read-only = Nothing was changed. Make the file, its folder and the disk writable, then try again.
advice-damaged = It was not changed. Start the browser once, which repairs or replaces a damaged store, close it, and try again.
advice-no-table = It was not changed. If the browser is newer than cookieclean, update cookieclean. If the file is very old, start the browser once, which converts it.
advice-unknown-schema = It was not changed. If a browser created it, please report this.
advice-not-a-browsers-file = It was not changed. No browser creates such a file. Delete it if you do not need it.
advice-beside = The store was not changed. No browser creates such a file. Delete it if you do not need it.
advice-not-erased = Close the program that has that file open, then delete the file.
advice-locked = Close the program that has it open (a browser, a backup, another cookieclean), then try again.
advice-keeps-changing = Close the browser, then try again.
advice-full = The store was not changed. Free some space on that disk, then try again.
advice-outside = It was skipped. If your cookies really are there, name the profile with --profile-dir.
advice-others-folder = It was skipped. Name the profile with --profile-dir: root then works on it with the rights of its owner.
advice-unparsable = Profiles that only this file lists may be missing. Name a missing one with --profile-dir.
advice-bad-session = It was not changed, and the browser probably cannot read it either. Delete it if you do not need the windows and tabs in it.
advice-no-room = Close the browser, or set TMPDIR (TEMP) to a folder with free space.
advice-unsure = "cookieclean list" shows what is there; "cookieclean undo" puts back what is missing.
advice-no-backup = Free some space or repair that folder, set COOKIECLEAN_STATE_DIR to another folder, or delete without a copy: --no-undo.
advice-other-version = The copy stays. Sign in again, or destroy it with "cookieclean undo --forget".
advice-bad-backup = The copy stays. "cookieclean undo --list" shows its deletion; "cookieclean undo --forget ID" destroys it.
advice-other-format = The copy stays. Put it back with a newer cookieclean.
advice-running = Wait until it has ended, or stop it with Ctrl-C, then try again. "cookieclean undo --list" shows what else can be put back.
advice-anothers = Run this as that user, or set COOKIECLEAN_STATE_DIR to a folder of your own outside of theirs.
advice-open-to-others = Remove that right (chmod go-w), or set COOKIECLEAN_STATE_DIR to a folder that only you can write to.
advice-not-verified = Please report this: it should not happen. "cookieclean undo --list" shows whether something can be put back.
advice-link = No browser creates a link of that name. See where it leads, then delete it.
advice-path-too-long = Nothing was changed. Make the folder reachable by a shorter path (on Linux: mount --bind) and name that with --profile-dir.
advice-no-socket = Nothing was changed. Some network file systems have no sockets. Run this on the computer that has the disk, or on a copy of the profile that you put back.
advice-taken-over = Close the browser, then run this again.
advice-half-done = Part of it is deleted. "cookieclean undo" puts that back; running this again deletes the rest.

# The help
about-cookieclean = Removes one site's cookies, and on request its other data, from every browser on this computer, and nothing else
long-about-cookieclean =
    Removes one site's cookies, and on request its other data, from every browser on this computer, and nothing else.

    openai.com means that host, every host below it, and cookies that other hosts set while embedded in it. Browsers that are open are skipped and named. For 7 days, "cookieclean undo" puts back what was deleted.
exit-status = Exit status: 0 success, also when nothing matched; 1 a store could not be read, cleaned or verified; 2 wrong usage; 3 a browser was open and its profiles were skipped; 130 interrupted.
heading-matching = What to match
heading-places = Where to look
heading-open-browsers = Open browsers
heading-deletion = Deletion
heading-output = Output
about-list = Show what would be deleted. Changes nothing, and works while browsers run
about-sites = List the sites that have cookies, with counts
about-profiles = List browsers and profiles, with cookie counts and whether they are open
about-undo = Put back what a deletion removed, or manage the copies
help-dry-run = Show what would be deleted and delete nothing, as "list" does
help-ask = Show what was found and ask before deleting
help-yes = Delete site data without asking
help-no-undo = Keep no copy: the deletion cannot be undone
help-wait = Wait for open browsers to close, at most SECONDS (default: no limit)
help-close = Ask open browsers to quit, as a person would, and wait (30 seconds, or as --wait says). Never kills one
help-show-values = Decrypt and show values. They are live credentials. Your keyring may ask for permission
help-full = Do not cut long values
help-text = List only sites whose name contains TEXT
help-sites-site-data = Also count site data: the origins that have some
help-id = The deletion to undo (default: the newest)
help-list = List the deletions that can be undone
help-forget = Destroy copies now: of deletion ID, or of all
help-undo-home = As root: work with the rights and the copies of the owner of this home folder
help-domains = A site: a host such as openai.com, or an address copied from the browser
help-exact = Match only this host, not its subdomains
help-name = Match only cookies with this name (repeatable; * is any text, ? is one character)
help-keep = Leave cookies with this name (repeatable)
help-keep-login = Stay signed in: leave cookies that are a login, or look like one
help-no-partitioned = Leave cookies that other hosts set while embedded in this site
help-container = Match only cookies in this Firefox container (repeatable; "none": outside of containers)
help-related = Include the other sites of the same service: chatgpt.com with openai.com
help-site-data = Include site data: local storage, IndexedDB, caches, service workers and files
help-browser = Look only in this browser (repeatable): chrome, edge, firefox, ...
help-profile = Look only in this profile (repeatable): its folder name, shown name, or path
help-profile-dir = Look in this profile or user-data folder instead of searching (repeatable). As root: with the rights of its owner
help-home = Look in this home folder instead of yours. As root: with the rights of its owner
help-all-users = Look in the home folders of all users of this computer, as root or Administrator; each with the rights and the undo copies of its owner
help-user = With --all-users: only this user (repeatable)
help-layout = The system whose folders to look in, for a mounted disk (default: this system)
help-json = Print one JSON document on standard output, and nothing else there
help-quiet = Print only errors and what was skipped
help-verbose = Also print what was looked at and left alone
help-color = When to use colours
help-lang = The language to speak (default: the system's)
clap-usage = Usage:
clap-commands = Commands:
clap-arguments = Arguments:
clap-options = Options:
help-default = [default: { $value }]
help-possible-values = [possible values: { $values }]
clap-help = Print help
clap-help-short = Print help (see more with '--help')
clap-help-long = Print help (see a summary with '-h')
clap-help-of-command = Print this message or the help of the given subcommand(s)
clap-version = Print version

# Usage errors, which clap words in English
usage-unknown-argument = unexpected argument '{ $argument }'
usage-no-value = a value is required for '{ $argument }'
usage-invalid-value = invalid value '{ $value }' for '{ $argument }' [possible values: { $values }]
usage-bad-value = invalid value '{ $value }' for '{ $argument }'
usage-missing = the following required arguments were not provided: { $argument }
usage-conflict = the argument '{ $argument }' cannot be used with '{ $other }'
usage-unknown-command = unrecognized command '{ $command }'
usage-astray = '{ $argument }' goes after '{ $command }'
usage-more = For more information, try '--help'.
usage-sites = To see which sites have cookies: cookieclean sites

# Man pages
man-manual = User Commands
man-name = NAME
man-synopsis = SYNOPSIS
man-description = DESCRIPTION
man-options = OPTIONS
man-subcommands = SUBCOMMANDS
man-exit-status = EXIT STATUS
man-environment = ENVIRONMENT
man-see-also = SEE ALSO
man-variable-lang = The language to speak, as --lang
man-variable-state-dir = The folder for copies of what was deleted, for undo. By default cookieclean/undo in the state folder: $XDG_STATE_HOME or ~/.local/state on Linux, ~/Library/Application Support on macOS, %LOCALAPPDATA% on Windows
man-variable-no-color = If set, no colours

# doctor
about-doctor = Say what stands in the way, and what else helps when a site stays locked
help-domain = The site that is locked: what is stored of it, and what else helps
help-fix = Remove what runs of cookieclean that were killed have left
help-report = Print a report for support, without hosts, names, values and paths
doctor-found = Found
doctor-in-the-way = In the way of a deletion
doctor-earlier-runs = Of earlier runs
doctor-browser = { $browser }: { $profiles }, { $cookies }
doctor-close = A deletion skips it: close it, or use --wait or --close.
doctor-errors-below = { $n ->
    [one] 1 error, see below.
   *[other] { $n } errors, see below.
}
doctor-nothing-in-the-way = Nothing.
doctor-undo = { $n ->
    [one] 1 deletion can be undone. Its site data takes up { $size }.
   *[other] { $n } deletions can be undone. Their site data takes up { $size }.
}
doctor-undo-cookies = { $n ->
    [one] 1 deletion can be undone.
   *[other] { $n } deletions can be undone.
}
doctor-left-lock = { $path } is left of a run that was killed; the next deletion there removes it
doctor-left-trash = { $path } holds { $size } of site data that cannot be put back any more
doctor-left-copies = Copies of deletion { $id }, which was cut off before it deleted anything
doctor-removed = Removed: { $what }
doctor-not-removed = Not removed: { $what } ({ $why })
doctor-fix = To remove what is left: { $command }
doctor-cookies = { $cookies } in { $profiles }.
doctor-no-cookies = No cookies.
doctor-related = Sites of the same service with cookies: { $sites }.
doctor-delete = To delete all of it: { $command }
doctor-not-the-cookies = Nothing of this site is stored: its cookies are not the cause.
ladder-title = If you are still locked out
ladder-1020 = "Error 1020, Access denied": a firewall of the site refuses your connection, mostly for the address that it comes from. Begin with steps 2 to 5.
ladder-1015 = "Error 1015, You are being rate limited": too many requests came from your address. Begin with step 6.
ladder-verify = "Verify you are human", again and again: allow JavaScript and cookies for the site, switch off extensions that block or change pages, and check the date and time of this computer.
ladder-login = A login that does not stick: allow cookies for the site and its login page, and check whether the browser deletes cookies when it closes.
ladder-browser = Try another browser, or a private window. If that works, it is an extension or a setting of this browser.
ladder-vpn = Switch off the VPN or proxy, or choose another region. Sites refuse addresses that many people share.
ladder-security-suite = Security suites bring a VPN or a web filter of their own (Avast, AVG, Kaspersky, McAfee, Norton): switch that off for a test, then on again.
ladder-tor = Leave Tor for this site: many sites refuse its exits.
ladder-network = Try another network, such as your phone's. If that works, the network is blocked: ask who runs it (a company, a school), or restart the router to get another address.
ladder-wait = Wait: a limit ends by itself, after minutes or a day. Do not reload meanwhile, which prolongs it.
ladder-dns = Use another DNS server, in the system's network settings: 8.8.8.8 (Google) or 1.1.1.1 (Cloudflare). To go back: choose automatic again.
ladder-flush-windows = Forget stored DNS answers: ipconfig /flushdns. Nothing else is lost; they are looked up again.
ladder-reset-windows = Last, reset the network as Administrator, then restart: netsh winsock reset, and netsh int ip reset. They undo fixed IP addresses and DNS servers, and what VPN and security programs have added, which may have to be installed again.
ladder-flush-macos = Forget stored DNS answers: sudo dscacheutil -flushcache; sudo killall -HUP mDNSResponder. Nothing else is lost; they are looked up again.
ladder-reset-macos = Last, in System Settings > Network, remove the service (Wi-Fi) and add it again. It undoes fixed IP addresses, DNS servers and proxies of that service.
ladder-flush-linux = Forget stored DNS answers: resolvectl flush-caches (where systemd-resolved runs). Nothing else is lost; they are looked up again.
ladder-reset-linux = Last, reconnect: nmcli networking off, then nmcli networking on (where NetworkManager runs). It cuts every open connection.
ladder-end = cookieclean does none of this itself, and has not asked the network.

# The screen
about-browse = Show all sites on a full screen, look inside, delete and undo
help-browse-text = Show only sites whose name contains TEXT at first
help-no-tui = Never open the full screen
count-sites = { $n ->
    [one] { $n } site
   *[other] { $n } sites
}
screen-reading = Reading ...
screen-counting = Counting ...
screen-none-open = No browser is open
screen-open = Open: { $names }
screen-search = Search:
screen-site = Site
screen-cookies = Cookies
screen-site-data = Site data
screen-where = Where
screen-count = { $shown } of { $all } sites in { $profiles }
screen-marked = { $counts }, { $n } marked
screen-nothing-here = Nothing is stored of this site any more.
screen-not-alone = deleted only with the whole site
screen-deletions = Put back which deletion?
screen-keys-search = Type to search  Enter: to the list  Esc: clear, then leave
screen-keys-sites = Enter: inside  Space: mark  d: delete  u: undo  /: search  ?: keys  q: leave
screen-keys-inside = Space: mark  d: delete  v: values  Esc: back  ?: all keys  q: leave
screen-keys-question = Enter: delete  Esc: back
screen-keys-nothing = ↑ ↓ Space: choose  Esc: back
screen-keys-none = Esc: back  q: leave
screen-keys-choices = ↑ ↓ Space: choose  Enter: delete  Esc: back
screen-keys-deletions = Enter: put back  Esc: back  q: leave
screen-keys-working = Esc: stop after this store
screen-keys-done = Enter: back to the list  q: leave
screen-keys-done-undo = Enter: back to the list  u: undo  q: leave
screen-question = Delete from { $what }?
screen-goes = Will be deleted: { $what } in { $profiles }. Other sites are not touched.
screen-goes-nothing = Nothing will be deleted.
screen-keep-login = Stay signed in: keep { $n ->
    [one] 1 login cookie
   *[other] { $n } login cookies
}
screen-with-site-data = Also delete site data ({ $size }): logins, drafts and offline data in it, too
screen-with-related = Also delete from { $sites } (the same service)
screen-is-open = { $who } is open: { $what }
screen-open-skip = skip it
screen-open-wait = wait until you have closed it
screen-open-quit = ask it to quit, as you would (30 seconds)
screen-close-it = Close it and try again.
screen-can-be-undone = You can undo this for 7 days.
screen-working = Working ...
screen-progress = { $done } of { $of } stores
screen-deleted = Deleted { $cookies } from { $profiles }.
screen-nothing-left = Nothing of { $what } is left in { $profiles }.
screen-no-cookie-left = No cookie of { $what } is left in { $profiles }.
screen-something-left = Of { $what } there are { $cookies } again: something stores them while you look.
screen-press-u = Press u to put everything back.
screen-help = Keys
screen-help-type = any text          search, in the search field
screen-help-move = ↑ ↓ PgUp PgDn     move
screen-help-search = / Tab Esc         to the search field
screen-help-enter = Enter             look inside a site; Esc: back
screen-help-mark = Space             mark a site or a cookie
screen-help-delete = d or Del          delete what is marked; else the selected site
screen-help-choose = ↑ ↓ Space         before a deletion: choose what goes and stays
screen-help-values = v                 show the values of cookies
screen-help-undo = u                 undo: the deletions of the last 7 days
screen-help-read = r                 read everything again
screen-help-mouse = mouse             click to select, again to look inside
screen-help-leave = q or Ctrl-C       leave
no-screen = the full screen needs a terminal; "cookieclean sites", "list" and "undo" do all that it does
doctor-keyring = Values of { $browser } cannot be shown, which a deletion does not need: { $why }
