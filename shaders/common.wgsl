// Shared by every pipeline, prepended to each of the other files.

// Where the camera stands. World units are bond lengths, y up; pixels are those of the picture.
struct View {
    // World point in the middle of the picture.
    center: vec2f,
    // Width and height of the picture, pixels.
    size: vec2f,
    pixels_per_unit: f32,
    // Uniforms come in multiples of 16 bytes.
    padding_0: f32,
    padding_1: f32,
    padding_2: f32,
}

@group(0) @binding(0) var<uniform> view: View;

// Corner 0..4 of a unit square, in the order of a triangle strip.
fn quad_corner(index: u32) -> vec2f {
    return vec2f(f32(index & 1u), f32(index >> 1u));
}

// Share of a pixel, `offset` pixels from an axis, that a band of `radius` pixels either side of the
// axis covers. A band thinner than a pixel gets fainter instead of breaking up.
fn coverage(offset: f32, radius: f32) -> f32 {
    return max(min(radius, offset + 0.5) - max(-radius, offset - 0.5), 0.0);
}
