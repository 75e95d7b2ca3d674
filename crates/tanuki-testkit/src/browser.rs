//! A headless Chromium, driven through its driver (W3C WebDriver).
