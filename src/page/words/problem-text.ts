/** What the server says, as a sentence begins. */
export function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Which field a message of the server is about, as in `ids.0.id: is missing`, and the rest of it as a sentence. */
export function aboutOf<Name extends string>(
  message: string,
  names: readonly Name[],
): { readonly about: Name | null; readonly text: string } {
  const [, first, rest = ''] = /^(\w+)(?:\.[\w.]+)?: (.+)$/s.exec(message) ?? [];
  const about = names.find((name) => name === first) ?? null;
  return { about, text: sentence(about === null ? message : rest) };
}
