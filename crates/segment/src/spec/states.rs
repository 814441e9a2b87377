/// A tensor that a recurrent network gives with one picture and takes with the next. It
/// starts at 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelState {
    pub(super) input: String,
    pub(super) output: String,
    pub(super) shape: Vec<usize>,
}

impl ModelState {
    /// Name of the model's input that takes it.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Name of the model's output that gives it.
    pub fn output(&self) -> &str {
        &self.output
    }

    /// Its shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }
}
