// The smallest program around the `rookie` crate: lists one domain of one store
// and prints how many cookies it got. Built by `make`, outside this crate.
fn main() {
    let mut args = std::env::args().skip(1);
    let (Some(family), Some(store), Some(domain)) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: rookie-list chromium|firefox STORE DOMAIN");
        std::process::exit(2);
    };
    let domains = Some(vec![domain]);
    // The family's own function, not `any_browser`: that one tries seven
    // Chromiums before it gets to Firefox.
    let cookies = match family.as_str() {
        "firefox" => rookie::firefox_based(store.into(), domains),
        _ => {
            let chromium = rookie::config::get_browser_config("chromium");
            rookie::chromium_based(chromium, store.into(), domains)
        }
    };
    println!("{}", cookies.expect("rookie reads the store").len());
}
