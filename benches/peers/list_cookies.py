"""Lists one domain's cookies of one store with one of the Python readers.

    list_cookies.py PEER chromium|firefox STORE DOMAIN

Prints how many it got. Each run is a whole process of one reader: nothing but
that reader is imported, and each is called with the narrowest question its
interface can express.
"""

import os
import sys


def gallery_dl(family, store, domain):
    from gallery_dl import cookies

    # The leading dot asks for subdomains as well; "basictext" is the keyring
    # that is none, so that no D-Bus call is timed.
    return cookies.load_cookies(
        (family, os.path.dirname(store), "basictext", "all", "." + domain)
    )


def yt_dlp(family, store, domain):
    from yt_dlp import cookies

    class Quiet(cookies.YDLLogger):
        def debug(self, *args, **kwargs): ...
        info = warning = error = debug

        def progress_bar(self):
            return None

    # There is no question narrower than "everything" here.
    jar = cookies.extract_cookies_from_browser(
        family,
        os.path.dirname(store),
        Quiet(),
        keyring="BASICTEXT" if family == "chromium" else None,
    )
    return [
        cookie
        for cookie in jar
        if ("." + cookie.domain.lstrip(".")).endswith("." + domain)
    ]


def browser_cookie3(family, store, domain):
    import browser_cookie3

    # It gives up altogether where there is no D-Bus to ask. A keyring that says
    # "nothing here" leaves it with the fixed key, as on a desktop without one.
    def nothing_here(*_):
        raise RuntimeError

    manager = browser_cookie3._LinuxPasswordManager
    for name in list(vars(manager)):
        if name.endswith(("_jeepney", "_dbus")):
            setattr(manager, name, nothing_here)
    return browser_cookie3.__dict__[family](cookie_file=store, domain_name=domain)


def pycookiecheat(family, store, domain):
    from pycookiecheat import BrowserType, get_cookies

    # It answers for one host: subdomains cannot be asked for.
    return get_cookies(
        "https://" + domain,
        browser=BrowserType(family),
        as_cookies=True,
        cookie_file=store,
        password="peanuts" if family == "chromium" else None,
    )


if __name__ == "__main__":
    peer, family, store, domain = sys.argv[1:]
    readers = {
        "gallery-dl": gallery_dl,
        "yt-dlp": yt_dlp,
        "browser_cookie3": browser_cookie3,
        "pycookiecheat": pycookiecheat,
    }
    print(len(list(readers[peer](family, store, domain))))
