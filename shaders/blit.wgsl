// Copies the finished picture, texel by pixel, into the viewport of somebody else's pass. The
// picture holds sRGB bytes: a plain target takes them as they are, an sRGB target encodes what it
// is given, so it is given linear values.

@group(0) @binding(1) var picture: texture_2d<f32>;

struct Fragment {
    @builtin(position) position: vec4f,
    // Position in the picture, 0..1, y down.
    @location(0) place: vec2f,
}

@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> Fragment {
    let corner = quad_corner(index);
    return Fragment(vec4f(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0), corner);
}

fn texel(place: vec2f) -> vec4f {
    return textureLoad(picture, vec2u(place * vec2f(textureDimensions(picture))), 0);
}

@fragment
fn fs_plain(in: Fragment) -> @location(0) vec4f {
    return texel(in.place);
}

@fragment
fn fs_srgb(in: Fragment) -> @location(0) vec4f {
    let encoded = texel(in.place);
    let low = encoded.rgb / 12.92;
    let high = pow((encoded.rgb + 0.055) / 1.055, vec3f(2.4));
    return vec4f(select(high, low, encoded.rgb <= vec3f(0.04045)), encoded.a);
}
