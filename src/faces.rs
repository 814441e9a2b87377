use frosted_segment::{EngineOptions, FaceDetector, RuntimeSearch};

use crate::setup::SetupError;

/// Loads the network that finds faces, with the engine and by the rules by which the
/// person's is loaded; `None` in a build without the feature `faces`.
#[cfg(feature = "faces")]
pub(crate) fn face_finder(
    engine: EngineOptions,
    runtime: &RuntimeSearch,
) -> Result<Option<FaceDetector>, SetupError> {
    use frosted_segment::{FaceOptions, Look, ModelSpec, open_faces};

    let model = &frosted_models::FACES;
    let spec = ModelSpec::from_toml(model.spec)?;
    // The picture as a whole shows the face of whoever sits close, its squares those of
    // people behind; below .6 squares see faces where there are none (the model's card).
    let options = FaceOptions {
        least_score: 0.6,
        look: Look::WholeAndSquares,
        ..FaceOptions::default()
    };
    Ok(Some(open_faces(
        engine, runtime, &spec, model.onnx, options,
    )?))
}

/// Loads nothing: this build finds no faces.
#[cfg(not(feature = "faces"))]
pub(crate) fn face_finder(
    _: EngineOptions,
    _: &RuntimeSearch,
) -> Result<Option<FaceDetector>, SetupError> {
    Ok(None)
}

#[cfg(all(test, feature = "faces", feature = "embedded"))]
mod tests {
    use frosted_core::FaceFinder;
    use frosted_segment::EngineChoice;

    use super::*;

    #[test]
    fn the_finder_is_the_model_that_comes_along() {
        let finder = face_finder(EngineChoice::Rten.into(), &RuntimeSearch::default());
        let info = finder.unwrap().unwrap().info();
        assert_eq!(info.model, frosted_models::FACES.name);
        assert_eq!(info.model_sha256, frosted_models::FACES.sha256);
        assert!(info.engine.starts_with("rten"), "{info:?}");
    }
}
