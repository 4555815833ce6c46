//! Who does something, as the audit log names them.

/// The user as the system knows it.
pub(crate) fn actor() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| {
        #[expect(clippy::disallowed_methods, reason = "a binary may read the environment")]
        std::env::var(name).ok().filter(|user| !user.is_empty())
    });
    let user = user.unwrap_or_else(|| "somebody".to_owned());
    let user: String = user.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("command line: {user}")
}
