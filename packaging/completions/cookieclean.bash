_cookieclean() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="cookieclean"
                ;;
            cookieclean,list)
                cmd="cookieclean__subcmd__list"
                ;;
            cookieclean,profiles)
                cmd="cookieclean__subcmd__profiles"
                ;;
            cookieclean,sites)
                cmd="cookieclean__subcmd__sites"
                ;;
            cookieclean,undo)
                cmd="cookieclean__subcmd__undo"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        cookieclean)
            opts="-b -p -n -i -q -v -h -V --exact --name --keep --keep-login --no-partitioned --container --related --browser --profile --profile-dir --home --layout --dry-run --ask --no-undo --close --json --quiet --verbose --color --wait --help --version list sites profiles undo"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --name)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --keep)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --container)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --browser)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                -b)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -p)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile-dir)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --home)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "linux macos windows" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        cookieclean__subcmd__list)
            opts="-b -p -q -v -h --exact --name --keep --keep-login --no-partitioned --container --related --browser --profile --profile-dir --home --layout --show-values --full --json --quiet --verbose --color --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --name)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --keep)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --container)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --browser)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                -b)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -p)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile-dir)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --home)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "linux macos windows" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        cookieclean__subcmd__profiles)
            opts="-b -p -q -v -h --browser --profile --profile-dir --home --layout --json --quiet --verbose --color --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --browser)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                -b)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -p)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile-dir)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --home)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "linux macos windows" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        cookieclean__subcmd__sites)
            opts="-b -p -q -v -h --browser --profile --profile-dir --home --layout --json --quiet --verbose --color --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --browser)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                -b)
                    COMPREPLY=($(compgen -W "chrome chrome-beta chrome-dev chrome-canary chrome-for-testing chromium edge edge-beta edge-dev edge-canary brave brave-beta brave-dev brave-nightly vivaldi vivaldi-snapshot opera opera-beta opera-developer opera-gx arc yandex yandex-beta whale comet atlas dia helium firefox librewolf waterfox zen floorp tor-browser mullvad-browser" -- "${cur}"))
                    return 0
                    ;;
                --profile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -p)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --profile-dir)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --home)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "linux macos windows" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        cookieclean__subcmd__undo)
            opts="-q -v -h --list --forget --home --close --wait --json --quiet --verbose --color --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --home)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _cookieclean -o nosort -o bashdefault -o default cookieclean
else
    complete -F _cookieclean -o bashdefault -o default cookieclean
fi
