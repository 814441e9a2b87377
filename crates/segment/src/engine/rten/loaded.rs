//! The models of this process. What a run needs besides is its engine's own.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use rten::Model;

/// Each model that an engine still has, by the SHA-256 of its bytes.
static LOADED: Mutex<Vec<(String, Weak<Model>)>> = Mutex::new(Vec::new());

/// The model of these bytes, by `load` if no engine has it.
///
/// # Errors
/// That of `load`.
pub(super) fn model<E>(
    sha256: &str,
    load: impl FnOnce() -> Result<Model, E>,
) -> Result<Arc<Model>, E> {
    // Held while one is loaded: whoever wants the same meanwhile waits, and then has it.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.retain(|(_, model)| model.strong_count() > 0);
    let known = loaded.iter().find(|(known, _)| known == sha256);
    if let Some(model) = known.and_then(|(_, model)| model.upgrade()) {
        return Ok(model);
    }
    let model = Arc::new(load()?);
    loaded.push((sha256.to_owned(), Arc::downgrade(&model)));
    Ok(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landscape() -> Result<Model, rten::LoadError> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/files/");
        let file = format!("{folder}selfie_landscape_256x144.onnx");
        Model::load(std::fs::read(file).unwrap())
    }

    #[test]
    fn a_model_is_loaded_once_as_long_as_somebody_has_it() {
        let first = model("a", landscape).unwrap();
        let again = model("a", || -> Result<Model, ()> { panic!("it is there") });
        assert!(Arc::ptr_eq(&first, &again.unwrap()));
        let other = model("b", landscape).unwrap();
        assert!(!Arc::ptr_eq(&first, &other));
        drop((first, other));
        let failed = model("a", || Err("it is gone"));
        assert_eq!(failed.err(), Some("it is gone"));
    }
}
