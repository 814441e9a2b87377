use crate::media::open::Coding;

/// A container that ffmpeg writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// MPEG-4 part 14 (.mp4, .m4v).
    Mp4,
    /// QuickTime (.mov).
    Mov,
    /// Matroska (.mkv).
    Mkv,
    /// WebM (.webm).
    Webm,
    /// AVI (.avi).
    Avi,
}

impl Container {
    /// The container of an extension in lower case.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "mp4" | "m4v" => Self::Mp4,
            "mov" => Self::Mov,
            "mkv" => Self::Mkv,
            "webm" => Self::Webm,
            "avi" => Self::Avi,
            _ => return None,
        })
    }

    /// ffmpeg's name of it.
    pub(super) fn muxer(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::Mkv => "matroska",
            Self::Webm => "webm",
            Self::Avi => "avi",
        }
    }

    /// Whether it is written so.
    pub fn codes(self, coding: Coding) -> bool {
        coding == Coding::Usual || self == Self::Mkv
    }

    /// Whether it can hold transparent pixels.
    pub fn holds_alpha(self, coding: Coding) -> bool {
        match self {
            Self::Mkv => coding == Coding::Lossless,
            Self::Webm => coding == Coding::Usual,
            _ => false,
        }
    }

    /// Whether it can hold sound of this codec (ffmpeg's name) as it is.
    pub(super) fn holds_sound(self, codec: &str) -> bool {
        match self {
            Self::Mkv => true,
            Self::Webm => matches!(codec, "opus" | "vorbis"),
            Self::Mp4 => matches!(
                codec,
                "aac" | "mp3" | "ac3" | "eac3" | "opus" | "flac" | "alac"
            ),
            Self::Mov => {
                matches!(codec, "aac" | "mp3" | "ac3" | "alac") || codec.starts_with("pcm_s16")
            }
            Self::Avi => matches!(codec, "mp3" | "ac3" | "pcm_s16le"),
        }
    }

    /// The encoders for sound that it cannot hold as it is, best first.
    pub(super) fn sound_encoders(self) -> &'static [&'static str] {
        match self {
            Self::Webm => &["libopus", "libvorbis"],
            Self::Avi => &["libmp3lame", "pcm_s16le"],
            _ => &["aac"],
        }
    }

    /// The encoders for the picture, best first.
    pub(super) fn picture_encoders(self) -> &'static [&'static str] {
        match self {
            Self::Webm => &["libvpx-vp9", "libvpx"],
            _ => &["libx264", "mpeg4"],
        }
    }
}
