#!/usr/bin/python
"""Runs cookieclean for all users of a host."""

DOCUMENTATION = r"""
module: cookieclean
short_description: Removes one site's cookies from every browser of every user
description:
  - Runs C(cookieclean --all-users --json) as root. Each home folder is worked on with the
    rights of its owner. Browsers that are open are skipped and named.
  - In check mode it lists what would be deleted, and changes nothing.
options:
  sites:
    description: The sites, as on the command line. Needed to delete and to list.
    type: list
    elements: str
    default: []
  action:
    description: What is done.
    choices: [delete, list, undo]
    default: delete
  undo:
    description: With C(undo), the deletion of each user; none is the newest of all of them.
    type: dict
    default: {}
  site_data:
    description: Also local storage, IndexedDB, caches, service workers and files.
    type: bool
    default: false
  related:
    description: Also the other sites of the same service.
    type: bool
    default: false
  users:
    description: Only these users; none is everybody with a home folder.
    type: list
    elements: str
    default: []
  wait:
    description: How many seconds open browsers are waited for.
    type: int
    default: 0
  close:
    description: Asks open browsers to quit, as a person would.
    type: bool
    default: false
  fail_when_open:
    description: Fails where a browser was open.
    type: bool
    default: false
  program:
    description: The path of the program.
    type: path
    default: /usr/local/bin/cookieclean
"""

RETURN = r"""
document:
  description: What the program printed; see docs/json.md.
  type: dict
cookies:
  description: How many were deleted, put back, or would be deleted.
  type: int
open:
  description: Browsers that were open and skipped, each with its user and profile.
  type: list
undo:
  description: By user, what brings the deletion back.
  type: dict
"""

import json

from ansible.module_utils.basic import AnsibleModule

# Exit statuses of the program.
FINE, OPEN = 0, 3


def commands_of(options, check_mode):
    """One, but for an undo of named deletions: each user has another."""
    if options["action"] == "undo" and options["undo"] and not check_mode:
        deletions = sorted(options["undo"].items())
        return [command_of(options, check_mode, [user], id) for user, id in deletions]
    return [command_of(options, check_mode, options["users"], None)]


def command_of(options, check_mode, users, id):
    command = [options["program"]]
    action = options["action"]
    if action == "undo":
        command += ["undo"] + (["--list"] if check_mode else [id] if id else [])
    elif action == "list" or check_mode:
        command += ["list"] + options["sites"]
    else:
        command += options["sites"]
    is_deletion = action == "delete" and not check_mode
    if action != "undo":
        if options["site_data"]:
            command += ["--site-data"] + (["--yes"] if is_deletion else [])
        if options["related"]:
            command += ["--related"]
    if is_deletion or action == "undo" and not check_mode:
        if options["wait"]:
            command += ["--wait=%d" % options["wait"]]
        if options["close"]:
            command += ["--close"]
    for user in users:
        command += ["--user", user]
    return command + ["--all-users", "--json"]


def amount_of(result):
    """Items that a document of one user is about."""
    if "deleted" in result:
        return result["deleted"] + result.get("site_data", 0)
    if "restored" in result:
        return result["restored"] + sum(store["site_data"] for store in result["stores"])
    if "undo" in result:
        return sum(entry["cookies"] + int(entry["site_data"]) for entry in result["undo"][:1])
    return len(result["cookies"]) + len(result.get("site_data", []))


def main():
    module = AnsibleModule(
        argument_spec={
            "sites": {"type": "list", "elements": "str", "default": []},
            "action": {"choices": ["delete", "list", "undo"], "default": "delete"},
            "undo": {"type": "dict", "default": {}},
            "site_data": {"type": "bool", "default": False},
            "related": {"type": "bool", "default": False},
            "users": {"type": "list", "elements": "str", "default": []},
            "wait": {"type": "int", "default": 0},
            "close": {"type": "bool", "default": False},
            "fail_when_open": {"type": "bool", "default": False},
            "program": {"type": "path", "default": "/usr/local/bin/cookieclean"},
        },
        supports_check_mode=True,
    )
    options = module.params
    if options["action"] != "undo" and not options["sites"]:
        module.fail_json(msg="no site is named")
    users, statuses = [], []
    for command in commands_of(options, module.check_mode):
        status, out, err = module.run_command(command)
        statuses.append(status)
        try:
            users += json.loads(out)["users"]
        except ValueError:
            module.fail_json(msg=err.strip() or "it printed no JSON", command=command, status=status)
    results = [(row["user"], row["result"]) for row in users if row["result"]]
    cookies = sum(amount_of(result) for _, result in results)
    is_open = [
        {
            "user": user,
            "browser": store.get("browser"),
            "profile": store.get("profile"),
            "store": store.get("store"),
            "by": [process["name"] for process in store.get("in_use_by", [])],
        }
        for user, result in results
        for store in result.get("stores", [])
        if store.get("status") == "in-use"
    ]
    undo = {user: result["undo"]["id"] for user, result in results if is_undoable(result)}
    failed = [row for row in users if row["exit_code"] not in (FINE, OPEN)]
    answer = {
        "changed": options["action"] != "list" and cookies > 0,
        "cookies": cookies,
        "open": is_open,
        "undo": undo,
        "document": {"schema": 1, "users": users},
        # Ansible takes an "rc" other than 0 for a failure.
        "status": max(statuses),
    }
    if failed:
        why = ["%s: %s" % (row["user"], why_of(row)) for row in failed]
        module.fail_json(msg="; ".join(why), **answer)
    if is_open:
        who = sorted({"%s of %s" % (row["browser"] or row["store"], row["user"]) for row in is_open})
        answer["msg"] = "open, and skipped: " + ", ".join(who)
        if options["fail_when_open"]:
            module.fail_json(**answer)
    module.exit_json(**answer)


def is_undoable(result):
    return isinstance(result.get("undo"), dict)


def why_of(row):
    stores = (row["result"] or {}).get("stores", [])
    errors = [store["error"] for store in stores if store.get("error")]
    return row["error_code"] or ", ".join(errors) or row["messages"] or "failed"


if __name__ == "__main__":
    main()
