use frosted_core::Rate;
use pipewire::spa::param::ParamType;
use pipewire::spa::param::format::{FormatProperties, MediaSubtype, MediaType};
use pipewire::spa::param::video::VideoFormat;
use pipewire::spa::pod::serialize::PodSerializer;
use pipewire::spa::pod::{self, ChoiceValue, Object, Property, Value};
use pipewire::spa::sys;
use pipewire::spa::utils::{Choice, ChoiceEnum, ChoiceFlags, Fraction, Rectangle, SpaTypes};

use super::super::SinkOptions;
use crate::error::{CameraError, CameraErrorKind};

/// Two black pixels of YUY2, limited range.
pub(super) const BLACK: [u8; 4] = [16, 128, 16, 128];

/// What every picture of a sink is: YUY2 without gaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rate: Rate,
}

impl Form {
    /// The options have been checked.
    pub(super) fn new(options: &SinkOptions) -> Self {
        Self {
            width: options.width as u32,
            height: options.height as u32,
            rate: options.rate,
        }
    }

    pub(super) fn stride_bytes(&self) -> usize {
        2 * self.width as usize
    }

    pub(super) fn picture_bytes(&self) -> usize {
        self.stride_bytes() * self.height as usize
    }

    pub(super) fn black(&self) -> Vec<u8> {
        BLACK.repeat(self.picture_bytes() / 4)
    }

    /// The one format that viewers may choose.
    pub(super) fn format(&self) -> Result<Vec<u8>, CameraError> {
        serialized(pod::object!(
            SpaTypes::ObjectParamFormat,
            ParamType::EnumFormat,
            pod::property!(FormatProperties::MediaType, Id, MediaType::Video),
            pod::property!(FormatProperties::MediaSubtype, Id, MediaSubtype::Raw),
            pod::property!(FormatProperties::VideoFormat, Id, VideoFormat::YUY2),
            pod::property!(
                FormatProperties::VideoSize,
                Rectangle,
                Rectangle {
                    width: self.width,
                    height: self.height,
                }
            ),
            pod::property!(
                FormatProperties::VideoFramerate,
                Fraction,
                Fraction {
                    num: self.rate.numerator(),
                    denom: self.rate.denominator(),
                }
            ),
        ))
    }

    /// How many buffers there are and how large they are. The number has to be a range:
    /// viewers want other numbers.
    pub(super) fn buffers(&self) -> Result<Vec<u8>, CameraError> {
        let number = ChoiceEnum::Range {
            default: 8,
            min: 2,
            max: 16,
        };
        serialized(Object {
            type_: sys::SPA_TYPE_OBJECT_ParamBuffers,
            id: sys::SPA_PARAM_Buffers,
            properties: vec![
                Property::new(
                    sys::SPA_PARAM_BUFFERS_buffers,
                    Value::Choice(ChoiceValue::Int(Choice(ChoiceFlags::empty(), number))),
                ),
                Property::new(sys::SPA_PARAM_BUFFERS_blocks, Value::Int(1)),
                Property::new(
                    sys::SPA_PARAM_BUFFERS_size,
                    Value::Int(self.picture_bytes() as i32),
                ),
                Property::new(
                    sys::SPA_PARAM_BUFFERS_stride,
                    Value::Int(self.stride_bytes() as i32),
                ),
            ],
        })
    }

    /// A header with time and number on each buffer. Chromium reads it without a look
    /// whether it is there.
    pub(super) fn header(&self) -> Result<Vec<u8>, CameraError> {
        serialized(Object {
            type_: sys::SPA_TYPE_OBJECT_ParamMeta,
            id: sys::SPA_PARAM_Meta,
            properties: vec![
                Property::new(
                    sys::SPA_PARAM_META_type,
                    Value::Id(pipewire::spa::utils::Id(sys::SPA_META_Header)),
                ),
                Property::new(
                    sys::SPA_PARAM_META_size,
                    Value::Int(size_of::<sys::spa_meta_header>() as i32),
                ),
            ],
        })
    }
}

fn serialized(object: Object) -> Result<Vec<u8>, CameraError> {
    PodSerializer::serialize(std::io::Cursor::new(Vec::new()), &Value::Object(object))
        .map(|(cursor, _)| cursor.into_inner())
        .map_err(|error| {
            CameraError::new(
                CameraErrorKind::System,
                format!("the camera's format cannot be written for PipeWire: {error}"),
            )
        })
}
