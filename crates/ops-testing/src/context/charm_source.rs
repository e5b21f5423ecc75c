//! Where a test's charm comes from.

use ops::{Charm, Model};

/// What a [`Context`](crate::Context) gets its charm from: a function, as [`ops::main`] takes, or the charm itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a charm nor a function that constructs one",
    note = "`Context::new` takes a charm, a function such as `MyCharm::default`, or one that takes a `&Model`"
)]
pub trait CharmSource<C, Kind> {
    #[doc(hidden)]
    fn into_charm(self) -> CharmOrConstructor<C>;
}

/// Constructs the charm for a run.
pub(super) type Constructor<C> = dyn Fn(&Model) -> C;

#[doc(hidden)]
pub enum CharmOrConstructor<C> {
    Charm(C),
    Constructor(Box<Constructor<C>>),
}

/// The source is the charm itself, which is kept between runs.
#[doc(hidden)]
pub enum Value {}

/// The source is a function that constructs the charm for each run.
#[doc(hidden)]
pub enum Function {}

/// The source is a function that constructs the charm for each run, from the model.
#[doc(hidden)]
pub enum FunctionOfModel {}

impl<C: Charm> CharmSource<C, Value> for C {
    fn into_charm(self) -> CharmOrConstructor<C> {
        CharmOrConstructor::Charm(self)
    }
}

impl<C: Charm, F: Fn() -> C + 'static> CharmSource<C, Function> for F {
    fn into_charm(self) -> CharmOrConstructor<C> {
        CharmOrConstructor::Constructor(Box::new(move |_| self()))
    }
}

impl<C: Charm, F: Fn(&Model) -> C + 'static> CharmSource<C, FunctionOfModel> for F {
    fn into_charm(self) -> CharmOrConstructor<C> {
        CharmOrConstructor::Constructor(Box::new(self))
    }
}
