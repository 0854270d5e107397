import { COMMANDS, COMMON_FLAGS, type Command, type Flag } from './command-table.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/*
 * Each script asks the program itself what may come next, by its hidden command `complete`: one place knows the words,
 * and names of extensions are completed from what is kept, without asking any network.
 */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completions of extension; add to ~/.bashrc: source <(extension completion bash)
_extension() {
  COMPREPLY=()
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(extension complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == "<files>" ]] && COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o nosort -F _extension extension
`,
  zsh: `#compdef extension
# zsh completions of extension; add to ~/.zshrc: source <(extension completion zsh)
_extension() {
  local -a found
  found=("\${(@f)$(extension complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${#found} -eq 1 && \${found[1]} == "<files>" ]]; then _files; else compadd -- "\${found[@]}"; fi
}
compdef _extension extension
`,
  fish: `# fish completions of extension; put into ~/.config/fish/completions/extension.fish
function __extension_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (extension complete -- $words[2..-1] 2>/dev/null)
  if test "$found" = "<files>"
    __fish_complete_path (commandline -ct)
  else
    string join \\n -- $found
  end
end
complete -c extension -f -a '(__extension_complete)'
`,
};

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

/** What a word stands for that only the machine knows. */
export type Wanted = 'extensions' | 'installed' | 'types' | 'sources' | 'files' | 'folders';

/**
 * What may stand where the last word is being typed.
 * @param words after the program's name, the last of them unfinished
 */
export function completionsOf(words: readonly string[]): { words: readonly string[] } | { wanted: Wanted } {
  const [first = '', ...rest] = words;
  const command = COMMANDS.find((each) => each.name === first);
  if (rest.length === 0) return { words: COMMANDS.map((each) => each.name).filter((each) => each.startsWith(first)) };
  if (command === undefined) return { words: [] };
  const flags = [...command.flags, ...COMMON_FLAGS];
  const word = words.at(-1) ?? '';
  const awaiting = flagNamed(flags, words.at(-2));
  if (awaiting?.value !== undefined) return valuesOf(awaiting.values, word);
  if (word.startsWith('-')) {
    return { words: flags.map(({ name }) => `--${name}`).filter((each) => each.startsWith(word)) };
  }
  return valuesOf(operandAt(command, operandsBefore(flags, rest))?.values, word);
}

function flagNamed(flags: readonly Flag[], word: string | undefined): Flag | undefined {
  return flags.find(({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`));
}

function valuesOf(
  values: readonly string[] | Wanted | undefined,
  word: string,
): { words: readonly string[] } | { wanted: Wanted } {
  if (typeof values === 'string') return { wanted: values };
  return { words: (values ?? []).filter((each) => each.startsWith(word)) };
}

/** How many operands are complete before the last word. */
function operandsBefore(flags: readonly Flag[], words: readonly string[]): number {
  const done = words.slice(0, -1);
  return done.filter((word, at) => !word.startsWith('-') && flagNamed(flags, done[at - 1])?.value === undefined).length;
}

function operandAt({ operands }: Command, at: number) {
  return operands[at] ?? operands.findLast((each) => each.multiple);
}
