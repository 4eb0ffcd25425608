//! Pictures on their way to the clipboard. Drawing takes longer than a frame may, so it happens on a thread of its
//! own, and the window puts the result on the clipboard when it is there.

use crate::figure::{self, Figure, Format, Pixels};
use eframe::egui;
use std::sync::mpsc;

/// As what a figure is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyAs {
    /// Pixels, at 300 dots per inch.
    Picture,
    /// SVG text.
    Svg,
}

/// What was drawn for the clipboard.
pub(super) enum Copied {
    Picture(Pixels),
    Svg(String),
    Failed(String),
}

/// Drawings under way.
pub(super) struct Clipboard {
    sender: mpsc::Sender<Copied>,
    drawn: mpsc::Receiver<Copied>,
}

impl Default for Clipboard {
    fn default() -> Self {
        let (sender, drawn) = mpsc::channel();
        Self { sender, drawn }
    }
}

impl Clipboard {
    /// Draws a figure for the clipboard.
    pub(super) fn copy(&self, figure: Figure, form: CopyAs, ctx: &egui::Context) {
        self.prepare(form, ctx, move || figure::draw(&figure).map_err(|error| error.to_string()));
    }

    /// The same for what is drawn already.
    pub(super) fn copy_svg(&self, svg: String, form: CopyAs, ctx: &egui::Context) {
        self.prepare(form, ctx, move || Ok(svg));
    }

    fn prepare(
        &self,
        form: CopyAs,
        ctx: &egui::Context,
        svg: impl FnOnce() -> Result<String, String> + Send + 'static,
    ) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let pixels = |svg: &str| figure::pixels(svg, Format::DEFAULT_SCALE).map_err(|error| error.to_string());
        let work = move || {
            let copied = svg().and_then(|svg| match form {
                CopyAs::Svg => Ok(Copied::Svg(svg)),
                CopyAs::Picture => pixels(&svg).map(Copied::Picture),
            });
            // Nobody listens any more once the window is closed.
            if sender.send(copied.unwrap_or_else(Copied::Failed)).is_ok() {
                ctx.request_repaint();
            }
        };
        if let Err(error) = std::thread::Builder::new().name("clipboard".to_owned()).spawn(work) {
            let reason = format!("The system refused to start a thread ({error}); nothing was copied.");
            self.sender.send(Copied::Failed(reason)).unwrap_or_default();
        }
    }

    /// A drawing that is ready.
    pub(super) fn ready(&self) -> Option<Copied> {
        self.drawn.try_recv().ok()
    }
}

/// Pixels as egui takes them; figures are opaque.
pub(super) fn image(pixels: &Pixels) -> egui::ColorImage {
    let size = [pixels.width as usize, pixels.height as usize];
    egui::ColorImage::from_rgba_premultiplied(size, &pixels.rgba)
}
