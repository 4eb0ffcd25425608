//! Draws scenes with wgpu: everything is one instanced draw into a texture of our own, which is
//! then copied into whatever pass the window (or nobody, in a test) hands over.
//!
//! Drawing off-screen first keeps size, format and blending our own business, lets a picture that
//! has not changed be shown again for the price of a copy, and makes read-back the same code path.

mod strokes;
mod target;

pub use target::Image;

use crate::scene::{Camera, Rgb, Scene};
use bytemuck::{Pod, Zeroable};
use glam::Vec2;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use strokes::Strokes;
use target::{Blit, Target};

/// Why nothing could be drawn.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The device has no textures that large.
    #[error(
        "a picture of {width} × {height} pixels is too large for this graphics device; \
         stay below {limit} pixels a side"
    )]
    TooLarge {
        /// Width asked for, pixels.
        width: u32,
        /// Height asked for, pixels.
        height: u32,
        /// The device's limit, pixels.
        limit: u32,
    },
    /// The device has no buffers that large.
    #[error("{shapes} shapes do not fit into the memory of this graphics device, only {limit}; draw fewer molecules")]
    TooManyShapes {
        /// Strokes and discs to draw.
        shapes: usize,
        /// How many fit into the largest buffer.
        limit: u64,
    },
    /// The driver refused; the picture is gone, the next draw starts afresh.
    #[error("the graphics device refused to draw, try a smaller window or restart the program: {0}")]
    Refused(#[from] wgpu::Error),
    /// The picture could not be copied back to main memory.
    #[error("the picture could not be read back from the graphics device, restart the program: {0}")]
    ReadBack(String),
}

/// A scene and where it stands in the world: `offset + scale * point`.
///
/// A single molecule is placed with [`Placed::at_origin`]; a gallery is a list of these.
#[derive(Clone, Debug)]
pub struct Placed {
    /// What to draw. Compared by pointer: a changed scene is a new `Arc`.
    pub scene: Arc<Scene>,
    /// Where the scene's origin stands, world units.
    pub offset: Vec2,
    /// World units per unit of the scene.
    pub scale: f32,
}

impl Placed {
    /// The scene in its own coordinates.
    pub fn at_origin(scene: Arc<Scene>) -> Self {
        Self { scene, offset: Vec2::ZERO, scale: 1.0 }
    }
}

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        let Self { scene, offset, scale } = self;
        Arc::ptr_eq(scene, &other.scene) && *offset == other.offset && scale.to_bits() == other.scale.to_bits()
    }
}

/// One picture to draw.
#[derive(Clone, Copy, Debug)]
pub struct DrawRequest<'a> {
    /// All scenes, later ones over earlier ones within each kind of shape.
    pub scenes: &'a [Placed],
    /// What the picture shows of the world.
    pub camera: &'a Camera,
    /// Width and height of the picture, physical pixels. Nothing is drawn if either is 0.
    pub size_px: [u32; 2],
    /// Physical pixels per logical pixel; [`Camera::zoom`] counts logical ones.
    pub pixels_per_point: f32,
    /// Colour behind everything and of the discs that atom labels stand on.
    pub background: Rgb,
}

/// The camera as the shaders see it (`View` in `common.wgsl`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
struct View {
    center: [f32; 2],
    size: [f32; 2],
    pixels_per_unit: f32,
    padding: [f32; 3],
}

impl View {
    fn of(request: &DrawRequest<'_>) -> Self {
        Self {
            center: request.camera.center.to_array(),
            size: request.size_px.map(|side| side as f32),
            pixels_per_unit: request.camera.zoom * request.pixels_per_point,
            padding: [0.0; 3],
        }
    }
}

/// Everything the current picture was made of; an equal request needs no drawing.
#[derive(PartialEq)]
struct Drawn {
    view: View,
    scenes: Vec<Placed>,
    background: Rgb,
}

/// Draws scenes off-screen and shows the result. One per view; all views share their pipelines.
pub struct Renderer {
    device: wgpu::Device,
    queue: wgpu::Queue,
    strokes: Strokes,
    blit: Blit,
    target: Option<Target>,
    drawn: Option<Drawn>,
}

impl Renderer {
    /// Builds the pipelines. `format` is that of the passes given to [`Renderer::composite`].
    ///
    /// # Errors
    /// The device refuses a pipeline, e.g. because it cannot draw into `format`.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, format: wgpu::TextureFormat) -> Result<Self, RenderError> {
        let (strokes, blit) = guarded(device, || (Strokes::new(device), Blit::new(device, format)))?;
        let (device, queue) = (device.clone(), queue.clone());
        Ok(Self { device, queue, strokes, blit, target: None, drawn: None })
    }

    /// A renderer for another view, which shares the pipelines of this one.
    ///
    /// # Errors
    /// The device has no memory left.
    pub fn sibling(&self) -> Result<Self, RenderError> {
        let strokes = guarded(&self.device, || self.strokes.sibling(&self.device))?;
        let (device, queue, blit) = (self.device.clone(), self.queue.clone(), self.blit.clone());
        Ok(Self { device, queue, strokes, blit, target: None, drawn: None })
    }

    /// Draws the picture into the texture that [`Renderer::composite`] shows and submits the work.
    ///
    /// Shapes are uploaded only if the scenes or the background changed, and nothing at all happens
    /// if the request equals the last one. Back to front: halos, strokes, discs behind labels.
    ///
    /// # Errors
    /// Picture or scene larger than the device allows, or the driver refuses. The last picture is
    /// dropped then.
    pub fn draw(&mut self, request: &DrawRequest<'_>) -> Result<(), RenderError> {
        let [width, height] = request.size_px;
        if width == 0 || height == 0 {
            (self.target, self.drawn) = (None, None);
            return Ok(());
        }
        let next = Drawn { view: View::of(request), scenes: request.scenes.to_vec(), background: request.background };
        let last = self.drawn.take();
        if last.as_ref() != Some(&next) {
            let uploaded = last.is_some_and(|last| last.scenes == next.scenes && last.background == next.background);
            if let Err(error) = self.redraw(&next, request.size_px, uploaded) {
                self.target = None;
                return Err(error);
            }
        }
        self.drawn = Some(next);
        Ok(())
    }

    fn redraw(&mut self, next: &Drawn, [width, height]: [u32; 2], uploaded: bool) -> Result<(), RenderError> {
        let limit = self.device.limits().max_texture_dimension_2d;
        if width > limit || height > limit {
            return Err(RenderError::TooLarge { width, height, limit });
        }
        let Self { device, queue, strokes, blit, target, drawn: _ } = self;
        guarded(device, || {
            if !uploaded {
                strokes.upload(device, queue, &next.scenes, next.background)?;
            }
            strokes.look(queue, &next.view);
            let target = match target.take().filter(|target| target.size() == [width, height]) {
                Some(same) => target.insert(same),
                None => target.insert(Target::new(device, blit, [width, height])),
            };
            let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("scene") });
            strokes.draw(&mut target.pass(&mut encoder, next.background));
            queue.submit([encoder.finish()]);
            Ok(())
        })?
    }

    /// Copies the picture into `pass`, pixel by pixel, its top left corner at `corner` (physical
    /// pixels of the pass's target, y down; may lie outside). It replaces what was there, within the
    /// scissor rectangle; the viewport is left changed. Without a picture nothing happens.
    ///
    /// The viewport is set here because a window clips it to what is visible, which would squeeze
    /// a picture that hangs over the edge.
    pub fn composite(&self, pass: &mut wgpu::RenderPass<'_>, corner: [i32; 2]) {
        if let Some(target) = &self.target {
            self.blit.composite(pass, target, corner);
        }
    }

    /// Waits for the picture and copies it to main memory; 0 × 0 if there is none.
    ///
    /// # Errors
    /// The device was lost or is out of memory.
    pub fn read_back(&self) -> Result<Image, RenderError> {
        let Some(target) = &self.target else { return Ok(Image::default()) };
        guarded(&self.device, || target.read_back(&self.device, &self.queue))?
    }
}

/// Runs `work` and returns what the device has to say about it. Without this, wgpu's answer to an
/// error is to end the program.
fn guarded<T>(device: &wgpu::Device, work: impl FnOnce() -> T) -> Result<T, RenderError> {
    use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
    let scopes = [Validation, Internal, OutOfMemory].map(|filter| device.push_error_scope(filter));
    let result = work();
    let mut first = None;
    for scope in scopes.into_iter().rev() {
        // Natively the answer is there at once.
        if let Poll::Ready(Some(error)) = std::pin::pin!(scope.pop()).poll(&mut Context::from_waker(Waker::noop())) {
            first.get_or_insert(error);
        }
    }
    first.map_or(Ok(result), |error| Err(error.into()))
}
