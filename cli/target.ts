/** `provider/aws@^1.2` in its two parts; each is checked by whoever looks it up. */
export function splitTarget(text: string): { name: string; range?: string } {
  const at = text.indexOf('@');
  return at < 0 ? { name: text } : { name: text.slice(0, at), range: text.slice(at + 1) };
}
