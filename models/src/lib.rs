//! The models that come with frosted, as bytes in the program: networks that tell the person from the room, and one
//! that finds faces.
//!
//! Each [`EmbeddedModel`] is an ONNX file, the spec that tells how to feed it, and its checksum. What a model was
//! made from, what it can do and what nobody measured is in its card (`CARD-*.md` in the package).
//!
//! This is not a loader: it reads no file and runs no network.
//!
//! ```
//! # #[cfg(feature = "quality")] {
//! let model = &frosted_models::QUALITY;
//! assert_eq!(model.name, "selfie-general-320x192");
//! assert_eq!(model.onnx.len(), 457_948);
//! # }
//! ```
//!
//! Features, each with its size in the program:
//!
//! - `quality` (default, 443 KB): `QUALITY`, 320x192, loses less of the person;
//! - `landscape` (443 KB): `LANDSCAPE`, 256x144, about 1.7 times as quick;
//! - `faces` (default, 416 KB): `FACES`, 128x128, finds the faces of people within about 2 m.
#![forbid(unsafe_code)]

use std::fmt;

/// A model file and what belongs to it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmbeddedModel {
    /// Name of the model, the same as in its spec: `selfie-landscape-256x144`.
    pub name: &'static str,
    /// The ONNX file.
    pub onnx: &'static [u8],
    /// The spec as TOML: input size and layout, channel order, normalisation, fit and kind of output.
    pub spec: &'static str,
    /// SHA-256 of [`onnx`](Self::onnx), 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
}

// Half a million bytes in a log line help nobody.
impl fmt::Debug for EmbeddedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedModel")
            .field("name", &self.name)
            .field("onnx_bytes", &self.onnx.len())
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

/// MediaPipe's selfie segmentation, landscape: 256x144, RGB in 0..1, one alpha plane: the quick one.
#[cfg(feature = "landscape")]
pub static LANDSCAPE: EmbeddedModel = EmbeddedModel {
    name: "selfie-landscape-256x144",
    onnx: include_bytes!("../files/selfie_landscape_256x144.onnx"),
    spec: include_str!("../files/selfie_landscape_256x144.toml"),
    sha256: "43fecd321965ef8f19c2af23d841c0149f6c89423052450d308238b1cbb8c5d8",
};

/// MediaPipe's selfie segmentation, general, at 320x192: RGB in 0..1, one alpha plane. The default.
#[cfg(feature = "quality")]
pub static QUALITY: EmbeddedModel = EmbeddedModel {
    name: "selfie-general-320x192",
    onnx: include_bytes!("../files/selfie_general_320x192.onnx"),
    spec: include_str!("../files/selfie_general_320x192.toml"),
    sha256: "a57916db881bd783be5e07634b510feac07cc85f7205f23ffcbbfcff55dc7a0e",
};

/// MediaPipe's face detection, short range: 128x128 letterboxed, RGB in -1..1; boxes with six key points, and logits.
#[cfg(feature = "faces")]
pub static FACES: EmbeddedModel = EmbeddedModel {
    name: "face-short-range-128x128",
    onnx: include_bytes!("../files/face_short_range_128.onnx"),
    spec: include_str!("../files/face_short_range_128.toml"),
    sha256: "c25ff1354541318329441037eaadae644014505ff2c5e97abc035675d3226b26",
};

/// The models compiled in: those of the person, the default one first, then that of faces; empty where no model
/// feature is on. The key `output.kind` of a spec tells which is which.
#[must_use]
pub fn embedded() -> &'static [&'static EmbeddedModel] {
    static ALL: &[&EmbeddedModel] = &[
        #[cfg(feature = "landscape")]
        &LANDSCAPE,
        #[cfg(feature = "quality")]
        &QUALITY,
        #[cfg(feature = "faces")]
        &FACES,
    ];
    ALL
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn sha256_of(bytes: &[u8]) -> String {
        let digest = Sha256::digest(bytes);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn each_feature_adds_its_model() {
        let names: Vec<_> = embedded().iter().map(|model| model.name).collect();
        let mut expected = Vec::new();
        if cfg!(feature = "landscape") {
            expected.push("selfie-landscape-256x144");
        }
        if cfg!(feature = "quality") {
            expected.push("selfie-general-320x192");
        }
        if cfg!(feature = "faces") {
            expected.push("face-short-range-128x128");
        }
        assert_eq!(names, expected);
    }

    #[test]
    fn files_have_the_checksums_that_are_written_down() {
        for EmbeddedModel {
            name, onnx, sha256, ..
        } in embedded()
        {
            assert_eq!(sha256_of(onnx), *sha256, "{name}");
        }
    }

    #[test]
    fn a_flipped_bit_changes_the_checksum() {
        for EmbeddedModel {
            name, onnx, sha256, ..
        } in embedded()
        {
            let mut changed = onnx.to_vec();
            changed[1000] ^= 1;
            assert_ne!(sha256_of(&changed), *sha256, "{name}");
        }
    }

    #[test]
    fn specs_name_their_model_its_checksum_and_its_size() {
        for EmbeddedModel {
            name, spec, sha256, ..
        } in embedded()
        {
            let spec: toml::Table = spec.parse().expect(name);
            assert_eq!(spec["name"].as_str(), Some(*name));
            assert_eq!(spec["sha256"].as_str(), Some(*sha256), "{name}");
            let [width, height] = ["width", "height"].map(|key| spec[key].as_integer().expect(key));
            assert!(
                name.ends_with(&format!("-{width}x{height}")),
                "{name}: {width}x{height}"
            );
            let kind = if name.starts_with("face-") {
                "faces"
            } else {
                "alpha-planes"
            };
            assert_eq!(spec["output"]["kind"].as_str(), Some(kind), "{name}");
        }
    }

    #[test]
    fn debug_keeps_the_bytes_out() {
        for model in embedded() {
            let shown = format!("{model:?}");
            assert!(shown.contains(model.name), "{shown}");
            assert!(shown.contains(&model.onnx.len().to_string()), "{shown}");
            assert!(shown.len() < 250, "{} characters", shown.len());
        }
    }
}
