// Light, dark, or what the system says.  Only this choice is kept in the browser.

const CHOICES = /** @type {const} */ (["system", "light", "dark"]);
const NAMES = {system: "Theme: system", light: "Theme: light", dark: "Theme: dark"};
const KEPT = "microdns-theme";

/** @param {HTMLButtonElement} button */
export function themeButton(button) {
  let chosen = CHOICES.find((each) => each === localStorage.getItem(KEPT)) ?? "system";
  const show = () => {
    document.documentElement.dataset.theme = chosen;
    button.textContent = {system: "◐", light: "○", dark: "●"}[chosen];
    button.setAttribute("aria-label", NAMES[chosen]);
    button.title = NAMES[chosen];
  };
  button.addEventListener("click", () => {
    chosen = CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length];
    localStorage.setItem(KEPT, chosen);
    show();
    document.dispatchEvent(new Event("themechange"));
  });
  show();
}
