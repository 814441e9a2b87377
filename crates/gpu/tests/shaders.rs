//! Every shader as composed is valid, without a GPU.
#![allow(clippy::unwrap_used, reason = "a test's own functions may panic too")]

use frosted_core::PixelFormat;
use frosted_gpu::shaders;
use naga::valid::{Capabilities, ValidationFlags, Validator};

fn check(name: &str, text: &str) -> Result<(), String> {
    let module = naga::front::wgsl::parse_str(text)
        .map_err(|error| error.emit_to_string_with_path(text, name))?;
    Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .map(drop)
        .map_err(|error| error.emit_to_string_with_path(text, name))
}

#[test]
fn every_shader_is_valid() {
    let mut failures = Vec::new();
    failures.extend(check("reduce", &shaders::reduce()).err());
    failures.extend(check("check", &shaders::check()).err());
    for format in PixelFormat::ALL {
        let texts = shaders::paint(format);
        let direct = PixelFormat::DIRECT.contains(&format);
        assert_eq!(texts.len(), if direct { format.plane_count() } else { 0 });
        for (plane, text) in texts.iter().enumerate() {
            failures.extend(check(&format!("paint {format} {plane}"), text).err());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_check_finds_what_is_wrong() {
    let shader = shaders::reduce();
    for (given, wrong) in [
        ("vec3(0u)", "vec3(0i)"),
        ("workgroupBarrier();", "workgroupBarrier()"),
        ("params.rows", "params.row"),
    ] {
        assert!(shader.contains(given), "{given}");
        assert!(
            check("wrong", &shader.replace(given, wrong)).is_err(),
            "{wrong}"
        );
    }
}
