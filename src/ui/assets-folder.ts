/** Where the static files lie, whatever the working directory is. */
export const ASSETS_FOLDER = new URL('./assets/', import.meta.url);
