//! The one pipeline there is: strokes with round ends, a disc being a stroke of no length.
//!
//! All shapes of all scenes stand back to front in one buffer and are drawn with one call, so a
//! gallery or a large graph costs no more calls than a molecule.

use super::{Placed, RenderError, View, target};
use crate::scene::{Curve, Rgb, Stroke};
use bytemuck::{Pod, Zeroable};
use glam::Vec2;
use wgpu::util::DeviceExt as _;

/// Length of a dash, and of the gap after it, world units; as in figures.
const DASH: f32 = 0.1;

/// Smallest buffer, bytes; enough for most molecules.
const SMALLEST_BUFFER: u64 = 16 << 10;

/// One shape as the shader sees it (`Stroke` in `stroke.wgsl`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct Shape {
    start: [f32; 2],
    end: [f32; 2],
    width: f32,
    /// 0 for a solid stroke.
    dash: f32,
    /// sRGB and alpha.
    color: [u8; 4],
}

impl Shape {
    fn stroke(placed: &Placed, stroke: &Stroke) -> Self {
        Self {
            start: placed.point(stroke.from),
            end: placed.point(stroke.to),
            width: placed.scale * stroke.width,
            dash: if stroke.dashed { placed.scale * DASH } else { 0.0 },
            color: opaque(stroke.color),
        }
    }

    /// Half an arc, as straight strokes that join.
    fn curve(placed: &Placed, curve: &Curve) -> impl Iterator<Item = Self> {
        let Curve { width, color, dashed, .. } = *curve;
        let dash = if dashed { placed.scale * DASH } else { 0.0 };
        let (width, color) = (placed.scale * width, opaque(color));
        curve.pieces().map(move |(from, to)| Self {
            start: placed.point(from),
            end: placed.point(to),
            width,
            dash,
            color,
        })
    }

    fn disc(placed: &Placed, center: Vec2, radius: f32, color: Rgb) -> Self {
        let center = placed.point(center);
        Self { start: center, end: center, width: 2.0 * placed.scale * radius, dash: 0.0, color: opaque(color) }
    }
}

impl Placed {
    fn point(&self, point: Vec2) -> [f32; 2] {
        (self.offset + self.scale * point).to_array()
    }
}

fn opaque(color: Rgb) -> [u8; 4] {
    let Rgb([red, green, blue]) = color;
    [red, green, blue, u8::MAX]
}

/// All shapes, back to front: every halo, then every arc, every stroke, every disc behind a label.
fn shapes(scenes: &[Placed], background: Rgb) -> Vec<Shape> {
    let halos = scenes.iter().flat_map(|placed| placed.scene.halos.iter().map(|halo| Shape::stroke(placed, halo)));
    let strokes =
        scenes.iter().flat_map(|placed| placed.scene.strokes.iter().map(|stroke| Shape::stroke(placed, stroke)));
    let discs = scenes.iter().flat_map(|placed| {
        let labelled = placed.scene.atoms.iter().filter(|atom| atom.radius > 0.0);
        labelled.map(|atom| Shape::disc(placed, atom.center, atom.radius, background))
    });
    let arcs = scenes.iter().flat_map(|placed| placed.scene.arcs.iter().flat_map(|half| Shape::curve(placed, half)));
    halos.chain(arcs).chain(strokes).chain(discs).collect()
}

/// The pipeline with its shapes and its view.
pub(super) struct Strokes {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    view: wgpu::Buffer,
    bindings: wgpu::BindGroup,
    shapes: wgpu::Buffer,
    count: u32,
}

impl Strokes {
    pub(super) fn new(device: &wgpu::Device) -> Self {
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("view"),
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::VERTEX,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            }],
        });
        Self::with(device, pipeline(device, &layout), layout)
    }

    /// The same pipeline with no shapes yet and a view of its own.
    pub(super) fn sibling(&self, device: &wgpu::Device) -> Self {
        Self::with(device, self.pipeline.clone(), self.layout.clone())
    }

    fn with(device: &wgpu::Device, pipeline: wgpu::RenderPipeline, layout: wgpu::BindGroupLayout) -> Self {
        let view = device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("view"),
            contents: bytemuck::bytes_of(&View::zeroed()),
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        });
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("view"),
            layout: &layout,
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: view.as_entire_binding() }],
        });
        let shapes = shape_buffer(device, SMALLEST_BUFFER);
        Self { pipeline, layout, view, bindings, shapes, count: 0 }
    }

    /// Replaces all shapes. The buffer at least doubles when it is too small and never shrinks.
    pub(super) fn upload(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        scenes: &[Placed],
        background: Rgb,
    ) -> Result<(), RenderError> {
        let shapes = shapes(scenes, background);
        let bytes: &[u8] = bytemuck::cast_slice(&shapes);
        let largest = device.limits().max_buffer_size;
        let limit = largest / size_of::<Shape>() as u64;
        let (Ok(count), true) = (u32::try_from(shapes.len()), bytes.len() as u64 <= largest) else {
            return Err(RenderError::TooManyShapes { shapes: shapes.len(), limit });
        };
        if bytes.len() as u64 > self.shapes.size() {
            self.shapes = shape_buffer(device, (bytes.len() as u64).next_power_of_two().min(largest));
        }
        queue.write_buffer(&self.shapes, 0, bytes);
        self.count = count;
        Ok(())
    }

    /// Moves the camera.
    pub(super) fn look(&self, queue: &wgpu::Queue, view: &View) {
        queue.write_buffer(&self.view, 0, bytemuck::bytes_of(view));
    }

    pub(super) fn draw(&self, pass: &mut wgpu::RenderPass<'_>) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.set_vertex_buffer(0, self.shapes.slice(..));
        pass.draw(0..4, 0..self.count);
    }
}

fn shape_buffer(device: &wgpu::Device, size: u64) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("shapes"),
        size,
        usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn pipeline(device: &wgpu::Device, layout: &wgpu::BindGroupLayout) -> wgpu::RenderPipeline {
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("stroke.wgsl"),
        source: wgpu::ShaderSource::Wgsl(
            concat!(include_str!("../../shaders/common.wgsl"), include_str!("../../shaders/stroke.wgsl")).into(),
        ),
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("strokes"),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("strokes"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &shader,
            entry_point: Some("vs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<Shape>() as u64,
                step_mode: wgpu::VertexStepMode::Instance,
                attributes: &wgpu::vertex_attr_array![
                    0 => Float32x2, 1 => Float32x2, 2 => Float32, 3 => Float32, 4 => Unorm8x4
                ],
            })],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &shader,
            entry_point: Some("fs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format: target::FORMAT,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AtomId, DirectedEdge};
    use crate::scene::{AtomMark, Scene};
    use std::sync::Arc;

    fn stroke(width: f32, dashed: bool) -> Stroke {
        let (from, to) = (Vec2::ZERO, Vec2::X);
        Stroke { from, to, width, color: Rgb([1, 2, 3]), dashed, edge: None, bond: None }
    }

    fn atom(radius: f32) -> AtomMark {
        let (label, pieces) = (String::new(), Vec::new());
        AtomMark { atom: AtomId(0), center: Vec2::Y, radius, label, pieces, color: Rgb([0; 3]) }
    }

    #[test]
    fn shapes_of_all_scenes_stand_back_to_front() {
        let scene = Arc::new(Scene {
            halos: vec![stroke(0.5, false)],
            strokes: vec![stroke(0.25, true)],
            atoms: vec![atom(0.0), atom(0.75)],
            ..Scene::default()
        });
        let moved = Placed { scene: Arc::clone(&scene), offset: Vec2::new(10.0, 0.0), scale: 2.0 };
        let shapes = shapes(&[Placed::at_origin(scene), moved], Rgb([7, 8, 9]));

        assert_eq!(shapes.iter().map(|shape| shape.width).collect::<Vec<_>>(), [0.5, 1.0, 0.25, 0.5, 1.5, 3.0]);
        assert_eq!(shapes.iter().map(|shape| shape.dash).collect::<Vec<_>>(), [0.0, 0.0, DASH, 2.0 * DASH, 0.0, 0.0]);
        assert_eq!((shapes[3].start, shapes[3].end), ([10.0, 0.0], [12.0, 0.0]));
        assert_eq!((shapes[5].start, shapes[5].end), ([10.0, 2.0], [10.0, 2.0]));
        assert_eq!((shapes[3].color, shapes[5].color), ([1, 2, 3, 255], [7, 8, 9, 255]));
    }

    #[test]
    fn an_arc_is_a_chain_of_strokes_behind_the_bonds() {
        let half = Curve {
            from: Vec2::ZERO,
            control: Vec2::Y,
            to: Vec2::new(2.0, 1.0),
            width: 0.05,
            color: Rgb([9, 8, 7]),
            dashed: false,
            edge: DirectedEdge::new(0, 1),
        };
        let scene = Scene { arcs: vec![half], strokes: vec![stroke(0.25, false)], ..Scene::default() };
        let placed = Placed { scene: Arc::new(scene), offset: Vec2::ZERO, scale: 2.0 };
        let shapes = shapes(&[placed], Rgb([0; 3]));
        let (bond, arc) = shapes.split_last().unwrap();
        assert!((bond.width - 0.5).abs() < 1e-6 && arc.len() > 3);
        assert!(arc.iter().all(|piece| (piece.width - 0.1).abs() < 1e-6 && piece.color == [9, 8, 7, 255]));
        assert_eq!((arc[0].start, arc[arc.len() - 1].end), ([0.0, 0.0], [4.0, 2.0]));
        assert!(arc.windows(2).all(|pair| pair[0].end.map(f32::to_bits) == pair[1].start.map(f32::to_bits)));
    }
}
