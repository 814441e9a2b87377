//! What is planted in a picture beside its pixels is not in what comes out.
// What a test sets up for itself works or the test has failed.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use support::{blur, contains, read_rgb, repository, succeeds};

/// The words that are planted, each in another place.
const PLANTED: [&[u8]; 9] = [
    b"EXIF-CAMERA-4711",
    b"GPS-52.5200N",
    b"THUMBNAIL-BYTES",
    b"XMP-AUTHOR",
    b"ICC-DEVICE",
    b"COMMENT-WORDS",
    b"TEXT-CHUNK",
    b"INTERNATIONAL-TEXT",
    b"AFTER-THE-END",
];

/// EXIF whose orientation is a quarter turn clockwise, with words in its other fields.
fn exif() -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    for words in [
        PLANTED[0],
        PLANTED[1],
        b"\xFF\xD8\xFF",
        PLANTED[2],
        b"\xFF\xD9",
    ] {
        tiff.extend_from_slice(words);
    }
    tiff
}

fn segment(marker: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = (body.len() + 2) as u16;
    [&[0xFF, marker], length.to_be_bytes().as_slice(), &body].concat()
}

fn planted_jpeg(clean: &[u8]) -> Vec<u8> {
    let segments = [
        segment(0xE1, &[b"Exif\0\0", &exif()]),
        segment(
            0xE1,
            &[b"http://ns.adobe.com/xap/1.0/\0<x>", PLANTED[3], b"</x>"],
        ),
        segment(0xE2, &[b"ICC_PROFILE\0\x01\x01", PLANTED[4]]),
        segment(0xFE, &[PLANTED[5]]),
    ];
    [&clean[..2], &segments.concat(), &clean[2..], PLANTED[8]].concat()
}

fn planted_png(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let mut info = png::Info::with_size(width as u32, height as u32);
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    info.exif_metadata = Some(exif().into());
    info.icc_profile = Some(PLANTED[4].into());
    let mut encoder = png::Encoder::with_info(&mut file, info).unwrap();
    let text = |words: &[u8]| String::from_utf8(words.to_vec()).unwrap();
    encoder
        .add_text_chunk("Comment".into(), text(PLANTED[6]))
        .unwrap();
    encoder
        .add_itxt_chunk("XML:com.adobe.xmp".into(), text(PLANTED[7]))
        .unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(rgb).unwrap();
    writer.finish().unwrap();
    file.extend_from_slice(PLANTED[8]);
    file
}

#[test]
fn pictures_are_turned_upright_and_stripped() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let portrait = repository().join("examples/data/portrait.png");
    // A JPEG of the portrait, and both kinds with everything planted.
    succeeds(blur(
        folder.path(),
        &[
            portrait.to_str().unwrap(),
            "clean.jpg",
            "--background",
            "green",
        ],
    ));
    let clean = fs::read(at("clean.jpg")).unwrap();
    let (rgb, width, height) = read_rgb(&portrait);
    let (wide, wide_height) = (width, height / 2);
    fs::write(at("in.jpg"), planted_jpeg(&clean)).unwrap();
    fs::write(
        at("in.png"),
        planted_png(&rgb[..3 * wide * wide_height], wide, wide_height),
    )
    .unwrap();
    for input in ["in.jpg", "in.png"] {
        let bytes = fs::read(at(input)).unwrap();
        assert!(
            PLANTED
                .iter()
                .filter(|words| contains(&bytes, words))
                .count()
                >= 5,
            "nothing was planted in {input}"
        );
        for output in ["out.jpg", "out.png"] {
            succeeds(blur(
                folder.path(),
                &[input, output, "--background", "green", "--force"],
            ));
            let bytes = fs::read(at(output)).unwrap();
            for words in PLANTED {
                assert!(
                    !contains(&bytes, words),
                    "{input} -> {output}: {}",
                    String::from_utf8_lossy(words)
                );
            }
            for marker in [
                &b"Exif"[..],
                b"ICC_PROFILE",
                b"adobe",
                b"tEXt",
                b"iTXt",
                b"zTXt",
                b"eXIf",
                b"iCCP",
                b"tIME",
            ] {
                assert!(
                    !contains(&bytes, marker),
                    "{input} -> {output}: {}",
                    String::from_utf8_lossy(marker)
                );
            }
            let (_, out_width, out_height) = read_rgb(&at(output));
            let upright = if input == "in.png" {
                (wide_height, wide)
            } else {
                (height, width)
            };
            assert_eq!((out_width, out_height), upright, "{input} -> {output}");
        }
    }
}

/// PNG of every depth and kind is read.
#[test]
fn grey_alpha_sixteen_bits_and_palettes_are_read() {
    use png::{BitDepth, ColorType};
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("grey", ColorType::Grayscale, BitDepth::Eight, 1),
        ("grey-1", ColorType::Grayscale, BitDepth::One, 0),
        ("grey-16", ColorType::Grayscale, BitDepth::Sixteen, 2),
        ("grey-alpha", ColorType::GrayscaleAlpha, BitDepth::Eight, 2),
        ("rgb-16", ColorType::Rgb, BitDepth::Sixteen, 6),
        ("rgba", ColorType::Rgba, BitDepth::Eight, 4),
        ("rgba-16", ColorType::Rgba, BitDepth::Sixteen, 8),
        ("palette", ColorType::Indexed, BitDepth::Eight, 1),
    ];
    for (name, colour, depth, pixel_bytes) in cases {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 40, 24);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == ColorType::Indexed {
            encoder.set_palette(vec![77; 3 * 256]);
        }
        let row = if pixel_bytes == 0 {
            5
        } else {
            40 * pixel_bytes
        };
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&vec![0x80; row * 24]).unwrap();
        writer.finish().unwrap();
        let path = folder.path().join(format!("{name}.png"));
        fs::write(&path, &file).unwrap();
        let (rgb, width, height) = read_rgb(&path);
        assert_eq!((width, height), (40, 24), "{name}");
        let expected = match (name, colour) {
            ("grey-1", _) => 255,
            (_, ColorType::Indexed) => 77,
            // Half transparent on black.
            (_, ColorType::GrayscaleAlpha | ColorType::Rgba) => 64,
            _ => 128,
        };
        assert_eq!(rgb[..3], [expected; 3], "{name}");
        let output = succeeds(blur(
            folder.path(),
            &[path.to_str().unwrap(), "out.png", "--force"],
        ));
        let transparent = matches!(colour, ColorType::GrayscaleAlpha | ColorType::Rgba);
        let told = support::stderr(&output).contains("lying on black");
        assert_eq!(told, transparent, "{name}");
    }
}
