//! The scopes of a stream: one number for one piece of code, whatever block names it.

use std::collections::HashMap;
use std::sync::Arc;

/// What identifies a scope. Two blocks describe the same scope with the same text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) name: Arc<str>,
    pub(crate) target: Arc<str>,
    pub(crate) file: Arc<str>,
    pub(crate) line: u32,
    pub(crate) hash: u32,
}

impl Scope {
    /// The scope of a thread's root row.
    pub(crate) fn of_thread(label: &str) -> Self {
        let none: Arc<str> = "".into();
        Self { name: label.into(), target: Arc::clone(&none), file: none, line: 0, hash: 0 }
    }

    /// Whether this is the scope of a thread: it has no place in a source file.
    pub(crate) fn is_thread(&self) -> bool {
        self.hash == 0 && self.line == 0 && self.file.is_empty() && self.target.is_empty()
    }
}

/// Numbers for scopes, in the order in which they were met.
#[derive(Debug, Default)]
pub(crate) struct ScopeTable {
    scopes: Vec<Scope>,
    numbers: HashMap<Scope, u32>,
}

impl ScopeTable {
    /// The number of a scope.
    pub(crate) fn number(&mut self, scope: Scope) -> u32 {
        if let Some(number) = self.numbers.get(&scope) {
            return *number;
        }
        let number = self.scopes.len() as u32;
        self.scopes.push(scope.clone());
        self.numbers.insert(scope, number);
        number
    }

    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }
}
