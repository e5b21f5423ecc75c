//! Functions that handle events.

use crate::model::Model;

/// A function that handles an event `E` for a `C`: a charm or a library.
///
/// It takes `&self` or `&mut self`, the event and the [`Model`], and returns nothing, or `Result<(), E>` with any error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle this event for `{C}`",
    label = "not a handler of `{E}`",
    note = "a handler is a method such as `fn on_event(&mut self, event: &{E}, model: &Model) -> anyhow::Result<()>`",
    note = "it may also take `&self`, and return nothing, or `Result<(), _>` with any error"
)]
pub trait Handler<C, E, Shape>: 'static {
    #[doc(hidden)]
    fn handle(&self, charm: &mut C, event: &E, model: &Model) -> anyhow::Result<()>;
}

/// The shape of a handler that takes `&mut self`.
#[doc(hidden)]
pub enum MutSelf {}

/// The shape of a handler that takes `&self`.
#[doc(hidden)]
pub enum RefSelf {}

impl<C, E, R: Outcome, F: Fn(&mut C, &E, &Model) -> R + 'static> Handler<C, E, (MutSelf, R)> for F {
    fn handle(&self, charm: &mut C, event: &E, model: &Model) -> anyhow::Result<()> {
        self(charm, event, model).into_result()
    }
}

impl<C, E, R: Outcome, F: Fn(&C, &E, &Model) -> R + 'static> Handler<C, E, (RefSelf, R)> for F {
    fn handle(&self, charm: &mut C, event: &E, model: &Model) -> anyhow::Result<()> {
        self(charm, event, model).into_result()
    }
}

/// What a handler can return: nothing, or a result without a value.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    note = "a handler returns nothing, or `Result<(), _>` with any error"
)]
pub trait Outcome {
    #[doc(hidden)]
    fn into_result(self) -> anyhow::Result<()>;
}

impl Outcome for () {
    fn into_result(self) -> anyhow::Result<()> {
        Ok(())
    }
}

impl<E: Into<anyhow::Error>> Outcome for Result<(), E> {
    fn into_result(self) -> anyhow::Result<()> {
        self.map_err(Into::into)
    }
}

/// A handler's name, by which a deferred event finds it again: `crate::charm::MyCharm<W>::on_start` becomes
/// `MyCharm::on_start`. Only the names are used, which do not depend on the compiler. Modules and type parameters may
/// change.
pub(crate) fn name(path: &str) -> String {
    let mut depth = 0_u32;
    let mut previous = ' ';
    let mut plain = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '<' => depth += 1,
            // Not part of the arrow in a function type.
            '>' if previous != '-' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
        previous = c;
    }
    let segments: Vec<&str> = plain.split("::").filter(|segment| !segment.is_empty()).collect();
    match segments[..] {
        [.., function, closure] if closure.starts_with('{') => format!("a closure in {function}"),
        _ => segments[segments.len().saturating_sub(2)..].join("::"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_s_name_is_its_type_and_function() {
        for (path, expected) in [
            ("my_charm::charm::MyCharm<my_charm::Workload<u8>>::on_start", "MyCharm::on_start"),
            ("my_charm::MyCharm<fn(u8) -> alloc::vec::Vec<u8>>::on_start", "MyCharm::on_start"),
            ("my_charm::MyCharm::reconcile<ops::StartEvent>", "MyCharm::reconcile"),
            ("<my_charm::MyCharm as my_charm::Starts>::on_start", "on_start"),
            ("my_charm::on_start", "my_charm::on_start"),
            ("a::b::on_start", "b::on_start"),
            ("on_start", "on_start"),
        ] {
            assert_eq!(name(path), expected);
        }
        let closure = name(std::any::type_name_of_val(&|| ()));
        assert_eq!(closure, "a closure in a_handler_s_name_is_its_type_and_function");
    }
}
