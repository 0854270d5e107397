import { RegistryError } from '../../indexer/model/errors.ts';
import type { RunCommand } from '../command.ts';
import { completionScript, SHELLS } from '../completions.ts';
import { EXIT } from '../exit-codes.ts';

export const run: RunCommand = async ({ out, print, json }, { operands: [name] }) => {
  const shell = SHELLS.find((each) => each === name);
  if (shell === undefined)
    throw new RegistryError('usage', `There are completions for ${SHELLS.join(', ')}; name one.`);
  if (json) print({ shell, script: completionScript(shell) });
  else out(completionScript(shell));
  return EXIT.done;
};
