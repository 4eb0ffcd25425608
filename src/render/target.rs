//! The texture that scenes are drawn into, the way from there into a window's pass, and the way
//! back to main memory.

use super::RenderError;
use crate::scene::Rgb;
use std::sync::mpsc;

/// Plain bytes, not `Srgb`: colours are blended as encoded, as egui and SVG viewers do, so an
/// opaque colour comes out exactly as given.
pub(super) const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// A picture in main memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Pixels per row.
    pub width: u32,
    /// Number of rows, from the top.
    pub height: u32,
    /// sRGB and alpha (always 255), 4 bytes a pixel.
    pub rgba: Vec<u8>,
}

/// The off-screen texture, ready to be drawn into and to be copied from.
pub(super) struct Target {
    texture: wgpu::Texture,
    view: wgpu::TextureView,
    bindings: wgpu::BindGroup,
}

impl Target {
    pub(super) fn new(device: &wgpu::Device, blit: &Blit, [width, height]: [u32; 2]) -> Self {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT
                | wgpu::TextureUsages::TEXTURE_BINDING
                | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("picture"),
            layout: &blit.layout,
            entries: &[wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(&view) }],
        });
        Self { texture, view, bindings }
    }

    pub(super) fn size(&self) -> [u32; 2] {
        [self.texture.width(), self.texture.height()]
    }

    /// A pass that starts with nothing but the background.
    pub(super) fn pass<'a>(&self, encoder: &'a mut wgpu::CommandEncoder, background: Rgb) -> wgpu::RenderPass<'a> {
        let Rgb(bytes) = background;
        let [r, g, b] = bytes.map(|byte| f64::from(byte) / 255.0);
        encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("scene"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &self.view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a: 1.0 }),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..wgpu::RenderPassDescriptor::default()
        })
    }

    pub(super) fn read_back(&self, device: &wgpu::Device, queue: &wgpu::Queue) -> Result<Image, RenderError> {
        let [width, height] = self.size();
        // Rows of a copy start at multiples of 256 bytes.
        let row = (4 * width).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read-back"),
            size: u64::from(row) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("read-back") });
        encoder.copy_texture_to_buffer(
            self.texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: None },
            },
            self.texture.size(),
        );
        queue.submit([encoder.finish()]);

        let (sender, mapped) = mpsc::channel();
        // A receiver that is gone has returned an error already.
        buffer.map_async(wgpu::MapMode::Read, .., move |result| drop(sender.send(result)));
        device.poll(wgpu::PollType::wait_indefinitely()).map_err(read_back_error)?;
        mapped.recv().map_err(read_back_error)?.map_err(read_back_error)?;
        let bytes = buffer.get_mapped_range(..).map_err(read_back_error)?;
        let rows = bytes.chunks_exact(row as usize);
        Ok(Image { width, height, rgba: rows.flat_map(|row| row.iter().take(4 * width as usize)).copied().collect() })
    }
}

fn read_back_error(error: impl std::error::Error) -> RenderError {
    RenderError::ReadBack(error.to_string())
}

/// The pipeline that copies a [`Target`] into a pass.
#[derive(Clone)]
pub(super) struct Blit {
    layout: wgpu::BindGroupLayout,
    pipeline: wgpu::RenderPipeline,
    /// Longest side that the device's viewports may have.
    limit: u32,
}

impl Blit {
    pub(super) fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("picture"),
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 1,
                visibility: wgpu::ShaderStages::FRAGMENT,
                ty: wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: false },
                    view_dimension: wgpu::TextureViewDimension::D2,
                    multisampled: false,
                },
                count: None,
            }],
        });
        let pipeline = blit_pipeline(device, &layout, format);
        Self { layout, pipeline, limit: device.limits().max_texture_dimension_2d }
    }

    pub(super) fn composite(&self, pass: &mut wgpu::RenderPass<'_>, target: &Target, corner: [i32; 2]) {
        let [width, height] = target.size();
        let reach = 2 * i64::from(self.limit);
        let allowed = |start: i32, length: u32| {
            let start = i64::from(start);
            start > -reach && start + i64::from(length) < reach - 1
        };
        // No window is that large: a viewport out there shows nothing, but an error would cost the frame.
        if !allowed(corner[0], width) || !allowed(corner[1], height) {
            return;
        }
        pass.set_viewport(corner[0] as f32, corner[1] as f32, width as f32, height as f32, 0.0, 1.0);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &target.bindings, &[]);
        pass.draw(0..4, 0..1);
    }
}

fn blit_pipeline(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("blit.wgsl"),
        source: wgpu::ShaderSource::Wgsl(
            concat!(include_str!("../../shaders/common.wgsl"), include_str!("../../shaders/blit.wgsl")).into(),
        ),
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("blit"),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("blit"),
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &shader,
            entry_point: Some("vs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &shader,
            entry_point: Some(if format.is_srgb() { "fs_srgb" } else { "fs_plain" }),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            // The picture is opaque: it replaces what was there.
            targets: &[Some(format.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}
