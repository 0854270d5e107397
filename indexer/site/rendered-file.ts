/** A document that is no JSON value of ours: its path, which is its file, and its text. */
export interface RenderedFile {
  path: string;
  text: string;
}
