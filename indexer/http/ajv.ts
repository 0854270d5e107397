import { Ajv } from 'ajv';
import type { Validate } from './body.ts';

/** Only the fields that we use are named in a wire schema; others come and go with the servers' versions. */
const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: false });

/** Compiles the shape of a wire body: validated on arrival, before it has a type. */
export function compileWire<T>(schema: object): Validate<T> {
  return ajv.compile<T>(schema) as Validate<T>;
}
