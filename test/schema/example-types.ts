/** Every optional field present, at every depth: what a complete example `satisfies`. */
export type Full<T> = T extends string | number | boolean | null
  ? T
  : T extends readonly (infer E)[]
    ? Full<E>[]
    : { [K in keyof T]-?: Full<T[K]> };

/** No optional field present, at any depth: what the smallest example `satisfies`. */
export type Minimal<T> = T extends string | number | boolean | null
  ? T
  : T extends readonly (infer E)[]
    ? Minimal<E>[]
    : string extends keyof T
      ? { [K in keyof T]: Minimal<T[K]> }
      : { [K in keyof T as T extends Record<K, T[K]> ? K : never]: Minimal<T[K]> };
