/** Variables of an environment, by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The value of a variable; undefined where it is not set, as with names that every object knows, such as `constructor`. */
export function variableIn(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
