/** Our mark: a text message with a clock in it. Drawn in the colour of the text around it. */
export function BrandMark() {
  return (
    <svg class="ui-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <path
        fill="currentColor"
        d="M9 3h14a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-6.5l-6.2 4.9A.8.8 0 0 1 9 28.3V24a6 6 0 0 1-6-6V9a6 6 0 0 1 6-6z"
      />
      <path
        class="ui-mark-hand"
        fill="none"
        stroke-width="2.6"
        stroke-linecap="round"
        stroke-linejoin="round"
        d="M16 8.5v5.5l4 2.5"
      />
    </svg>
  );
}
