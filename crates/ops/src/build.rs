//! Constructing the charm.

use crate::framework::Charm;
use crate::model::Model;

/// A function that constructs a charm: without arguments, or from the [`Model`](crate::Model).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make a charm",
    note = "`ops::main` takes a function such as `MyCharm::default`, or one that takes a `&Model`"
)]
pub trait Build<C, Args> {
    #[doc(hidden)]
    fn build(self, model: &Model) -> C;
}

impl<C: Charm, F: FnOnce() -> C> Build<C, ()> for F {
    fn build(self, _: &Model) -> C {
        self()
    }
}

impl<C: Charm, F: FnOnce(&Model) -> C> Build<C, Model> for F {
    fn build(self, model: &Model) -> C {
        self(model)
    }
}
