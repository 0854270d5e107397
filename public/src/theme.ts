/*
 * Runs before the first paint, as a script that blocks: a page that was set to dark must never flash white.
 */

const KEY = 'extension-registry-theme';

try {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen;
} catch (error) {
  // Where storing is forbidden the system's setting holds.
  if (!(error instanceof DOMException)) throw error;
}
