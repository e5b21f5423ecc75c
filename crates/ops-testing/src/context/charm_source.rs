//! Constructs the charm of a test.

use ops::{Charm, Model};

/// What a [`Context`](crate::Context) gets its charm from: a function, as [`ops::main`] takes, or the charm itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a charm nor a function that constructs one",
    note = "`Context::new` takes a charm, a function such as `MyCharm::default`, or one that takes a `&Model`"
)]
pub trait Make<C, How> {
    #[doc(hidden)]
    fn make(self) -> Maker<C>;
}

/// Constructs the charm for a run.
pub(super) type MakeAnew<C> = dyn Fn(&Model) -> C;

#[doc(hidden)]
pub enum Maker<C> {
    Once(C),
    Anew(Box<MakeAnew<C>>),
}

/// The charm is given, and kept between runs.
#[doc(hidden)]
pub enum Once {}

/// The charm is constructed for each run.
#[doc(hidden)]
pub enum Anew {}

/// The charm is constructed for each run, from the model.
#[doc(hidden)]
pub enum FromModel {}

impl<C: Charm> Make<C, Once> for C {
    fn make(self) -> Maker<C> {
        Maker::Once(self)
    }
}

impl<C: Charm, F: Fn() -> C + 'static> Make<C, Anew> for F {
    fn make(self) -> Maker<C> {
        Maker::Anew(Box::new(move |_| self()))
    }
}

impl<C: Charm, F: Fn(&Model) -> C + 'static> Make<C, FromModel> for F {
    fn make(self) -> Maker<C> {
        Maker::Anew(Box::new(self))
    }
}
