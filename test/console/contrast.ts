/**
 * Run in a page: every text in sight whose contrast with what is behind it is too small, by the formula of WCAG 2.2
 * (relative luminance, success criterion 1.4.3: 4.5 to 1, or 3 to 1 for large text). Colours are resolved by a canvas, so
 * that whatever CSS can say is understood.
 */
export const LOW_CONTRAST = `(() => {
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const cache = new Map();
  const rgba = (colour) => {
    if (!cache.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      cache.set(colour, [r, g, b, a / 255]);
    }
    return cache.get(colour);
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const behind = (element) => {
    if (!element) return [255, 255, 255, 1];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const low = new Set();
  let looked = 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest('.hidden, .skip, :disabled, noscript')) continue;
    const style = getComputedStyle(element);
    const background = behind(element);
    const [lighter, darker] = [luminance(over(rgba(style.color), background)), luminance(background)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (lighter + 0.05) / (darker + 0.05);
    looked++;
    if (ratio < (isLarge ? 3 : 4.5)) low.add(element.className + ' "' + texts.currentNode.data.slice(0, 30) + '" ' + ratio.toFixed(2));
  }
  return { looked, low: [...low] };
})()`;

/** Run in a page: what can be clicked or typed into and has no name for a screen reader, and ids that are there twice. */
export const NAMELESS = `(() => {
  const controls = [...document.querySelectorAll('a, button, input, select, textarea, [role=treeitem], [role=tab]')];
  const nameless = controls.filter((it) => it.checkVisibility() && !(it.ariaLabel || it.labels?.length || it.innerText?.trim() || it.title));
  const ids = [...document.querySelectorAll('[id]')].map((it) => it.id);
  const references = ['aria-controls', 'aria-labelledby', 'aria-describedby'];
  const broken = references.flatMap((name) => [...document.querySelectorAll('[' + name + ']')].filter((it) => !document.getElementById(it.getAttribute(name))));
  return [...nameless, ...broken].map((it) => it.outerHTML.slice(0, 120)).concat(ids.filter((id, i) => ids.indexOf(id) !== i));
})()`;
