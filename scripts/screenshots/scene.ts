/** What the screenshots are of: sets of pages, each with a server of its own. A new set is added in screenshots.ts. */
export interface Scene {
  /** of the picture; lower case, with dashes */
  name: string;
  path: string;
  /** the picture is taken when this selector matches; without it, when the page is loaded */
  ready?: string;
  looks: readonly Look[];
}

export interface Look {
  width: 'phone' | 'desktop';
  scheme: 'light' | 'dark';
  language: 'nb' | 'en';
}

export interface SceneSet {
  /** begins the names of its pictures */
  name: string;
  scenes: readonly Scene[];
  open(): Promise<{ url: string; close(): Promise<void> }>;
}
