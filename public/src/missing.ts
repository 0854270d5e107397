/*
 * `404.html` is answered at whatever address is not there, so nothing relative in it leads anywhere for sure. This script
 * is asked for at several levels; the one that comes knows from its own address where the site begins.
 */

const own = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : '';
const site = new URL('..', own);

function lead(): void {
  for (const link of document.querySelectorAll('a[data-page]')) {
    link.setAttribute('href', new URL(link.getAttribute('data-page') ?? '', site).href);
  }
}

if (own !== '') {
  const styles = document.createElement('link');
  styles.rel = 'stylesheet';
  styles.href = new URL('assets/page.css', site).href;
  document.head.append(styles);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', lead);
  else lead();
}
