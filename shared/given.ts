type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The fields that have a value; an absent field and one that is undefined are not the same once they are stored or compared. */
export const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
