//! A headless Chromium on the console.
