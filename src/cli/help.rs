//! The help and the usage errors in the language of the person: clap has them in English.

use std::collections::HashMap;
use std::io::Write;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};
use i18n_embed::fluent::FluentLanguageLoader;

use crate::wording::say;

/// The command with its texts in a language.
pub(super) fn in_words(command: Command, words: &FluentLanguageLoader) -> Command {
    let command = command
        .about(words.get("about-cookieclean"))
        .long_about(words.get("long-about-cookieclean"))
        .after_help(words.get("exit-status"))
        .mut_args(|argument| with_text(argument, "", words));
    command.mut_subcommands(|subcommand| {
        let name = subcommand.get_name().to_owned();
        subcommand
            .about(words.get(&format!("about-{name}")))
            .mut_args(|argument| with_text(argument, &name, words))
    })
}

/// `command`: the argument may mean something else there.
fn with_text(argument: Arg, command: &str, words: &FluentLanguageLoader) -> Arg {
    let id = argument.get_id().as_str().replace('_', "-");
    let own = format!("help-{command}-{id}");
    let text = match words.has(&own) {
        true => words.get(&own),
        false => words.get(&format!("help-{id}")),
    };
    let argument = match argument.get_action().takes_values() {
        true => with_values(argument, text, words),
        false => argument.help(text),
    };
    match argument.get_help_heading().map(|key| words.get(key)) {
        Some(heading) => argument.help_heading(heading),
        None => argument,
    }
}

/// What an option takes, which clap would say in English.
fn with_values(argument: Arg, text: String, words: &FluentLanguageLoader) -> Arg {
    let values = argument.get_possible_values();
    let values: Vec<_> = values.iter().map(|value| value.get_name()).collect();
    let default = argument.get_default_values().first();
    let default = default.map(|value| {
        let value = value.to_string_lossy().into_owned();
        words.get_args("help-default", HashMap::from([("value", value)]))
    });
    let values = (!values.is_empty() && !argument.is_hide_possible_values_set()).then(|| {
        let values = values.join(", ");
        words.get_args("help-possible-values", HashMap::from([("values", values)]))
    });
    let parts: Vec<_> = [Some(text), default, values]
        .into_iter()
        .flatten()
        .collect();
    argument
        .help(parts.join(" "))
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// Prints the help, the version, or what is wrong with the command line.
pub(super) fn print(error: &clap::Error) {
    if error.kind() == ErrorKind::DisplayVersion {
        // No sentence has to be read for that.
        let _ = error.print();
        return;
    }
    let mut text =
        usage_error(error).unwrap_or_else(|| in_own_words(error.render().ansi().to_string()));
    let is_missing = |missing: &ContextValue| missing.to_string().contains("<DOMAIN>");
    if error.kind() == ErrorKind::MissingRequiredArgument
        && error.get(ContextKind::InvalidArg).is_some_and(is_missing)
    {
        text += &format!("{}\n", say!("usage-sites"));
    }
    // Where it cannot be written, nothing can be said of that either.
    let _ = match error.use_stderr() {
        true => anstream::stderr().write_all(text.as_bytes()),
        false => anstream::stdout().write_all(text.as_bytes()),
    };
}

/// A text of clap with the words that it brings along itself put into the language.
fn in_own_words(text: String) -> String {
    let words = [
        ("error:", say!("label-error")),
        ("For more information, try '--help'.", say!("usage-more")),
        ("Usage:", say!("clap-usage")),
        ("Commands:", say!("clap-commands")),
        ("Arguments:", say!("clap-arguments")),
        ("Options:", say!("clap-options")),
        (
            "Print this message or the help of the given subcommand(s)",
            say!("clap-help-of-command"),
        ),
        (
            "Print help (see more with '--help')",
            say!("clap-help-short"),
        ),
        (
            "Print help (see a summary with '-h')",
            say!("clap-help-long"),
        ),
        ("Print help", say!("clap-help")),
        ("Print version", say!("clap-version")),
    ];
    words
        .iter()
        .fold(text, |text, (english, word)| text.replace(english, word))
}

/// What is wrong with the command line, in another language than clap's.
fn usage_error(error: &clap::Error) -> Option<String> {
    if crate::wording::language() == "en" {
        return None;
    }
    let get = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(" ")),
        ContextValue::StyledStrs(texts) => Some(
            texts
                .iter()
                .map(StyledStr::to_string)
                .collect::<Vec<_>>()
                .join(" "),
        ),
        _ => None,
    };
    let argument = || get(ContextKind::InvalidArg).unwrap_or_default();
    let value = || get(ContextKind::InvalidValue).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::UnknownArgument => say!("usage-unknown-argument", argument = argument()),
        ErrorKind::InvalidValue if value().is_empty() => {
            say!("usage-no-value", argument = argument())
        }
        ErrorKind::InvalidValue => say!(
            "usage-invalid-value",
            value = value(),
            argument = argument(),
            values = get(ContextKind::ValidValue).unwrap_or_default()
        ),
        ErrorKind::ValueValidation => {
            say!("usage-bad-value", value = value(), argument = argument())
        }
        ErrorKind::MissingRequiredArgument => say!("usage-missing", argument = argument()),
        ErrorKind::ArgumentConflict => match get(ContextKind::PriorArg) {
            Some(other) => say!("usage-conflict", argument = argument(), other = other),
            None => return None,
        },
        ErrorKind::InvalidSubcommand => say!(
            "usage-unknown-command",
            command = get(ContextKind::InvalidSubcommand).unwrap_or_default()
        ),
        _ => return None,
    };
    let style = super::ui::ERROR;
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => in_own_words(format!("{}\n\n", usage.ansi())),
        _ => String::new(),
    };
    Some(format!(
        "{style}{}{style:#} {message}\n\n{usage}{}\n",
        say!("label-error"),
        say!("usage-more")
    ))
}
