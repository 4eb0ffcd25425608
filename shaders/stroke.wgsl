// Straight strokes with round ends, one quad each; a stroke of no length is a disc. The shape is a
// signed distance, so edges are smooth at every zoom without multisampling. Colours are sRGB bytes
// and are blended as they are, premultiplied, as the window around the picture does.

struct Stroke {
    // World units.
    @location(0) start: vec2f,
    @location(1) end: vec2f,
    @location(2) width: f32,
    // Length of a dash and of a gap, 0 for a solid stroke.
    @location(3) dash: f32,
    @location(4) color: vec4f,
}

struct Fragment {
    @builtin(position) position: vec4f,
    // Along and across the stroke from its start, pixels.
    @location(0) local: vec2f,
    // Length, radius, dash, pixels.
    @location(1) @interpolate(flat) shape: vec3f,
    @location(2) @interpolate(flat) color: vec4f,
}

@vertex
fn vs_main(stroke: Stroke, @builtin(vertex_index) index: u32) -> Fragment {
    let start = (stroke.start - view.center) * view.pixels_per_unit;
    let span = (stroke.end - stroke.start) * view.pixels_per_unit;
    let shape = vec3f(length(span), vec2f(0.5 * stroke.width, stroke.dash) * view.pixels_per_unit);
    let along = select(vec2f(1.0, 0.0), span / max(shape.x, 1e-6), shape.x > 1e-6);
    let across = vec2f(-along.y, along.x);

    // One pixel more than the shape leaves room for its soft edge.
    let reach = shape.y + 1.0;
    let corner = quad_corner(index);
    let local = vec2f(mix(-reach, shape.x + reach, corner.x), mix(-reach, reach, corner.y));
    let pixel = start + along * local.x + across * local.y;
    return Fragment(vec4f(2.0 * pixel / view.size, 0.0, 1.0), local, shape, stroke.color);
}

// A dash, a gap and so on from the start, cut straight. Far out, where dashes are smaller than
// pixels, this becomes the average, one half.
fn dash_coverage(along: f32, dash: f32) -> f32 {
    let periods = (along - 0.5 * dash) / (2.0 * dash);
    let from_center = 2.0 * dash * abs(periods - round(periods));
    return saturate(0.5 + 0.5 * dash - from_center);
}

@fragment
fn fs_main(in: Fragment) -> @location(0) vec4f {
    let along = clamp(in.local.x, 0.0, in.shape.x);
    var alpha = coverage(length(in.local - vec2f(along, 0.0)), in.shape.y);
    if in.shape.z > 0.0 {
        alpha *= dash_coverage(along, in.shape.z);
    }
    return vec4f(in.color.rgb * alpha, alpha);
}
