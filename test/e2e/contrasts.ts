/**
 * Runs in a browser: the contrast of each text on the page with what lies behind it, as WCAG 2.2 defines it. 4.5 is
 * what it asks for.
 */
export const contrasts = (): readonly { readonly text: string; readonly ratio: number }[] => {
  const { document, getComputedStyle } = globalThis as typeof globalThis & BrowserGlobals;
  const channels = (color: string): readonly number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: PageElement | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
  };
  return [...document.querySelectorAll('main *')]
    .filter((element) =>
      [...element.childNodes].some(
        ({ nodeType, textContent }) => nodeType === 3 && textContent?.trim() !== '',
      ),
    )
    .filter((element) => element.checkVisibility() && element.disabled !== true)
    .map((element) => {
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return { text: element.textContent ?? '', ratio: Math.round(ratio * 100) / 100 };
    });
};

/** As much of a browser's globals as is used here. */
interface BrowserGlobals {
  readonly document: { querySelectorAll(selector: string): Iterable<PageElement> };
  getComputedStyle(element: PageElement): { readonly color: string; readonly backgroundColor: string };
}

interface PageElement {
  readonly parentElement: PageElement | null;
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
  readonly textContent: string | null;
  readonly disabled?: boolean;
  checkVisibility(): boolean;
}
