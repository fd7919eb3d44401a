/** A command of the program, as a shell completes it. */
export type CompletedCommand = {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Words that its arguments take, such as ids of rules. */
  readonly words: readonly string[];
};

/** An option: its flags (`-f`, `--format`), and its values: words, a file, any text, or none. */
export type CompletedOption = {
  readonly flags: readonly string[];
  readonly description: string;
  readonly values: readonly string[] | "file" | "text" | "none";
};

/** The shells that a script is made for. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** A script that completes a program's commands, options and values in a shell. It does not start the program. */
export function renderCompletion(shell: Shell, program: string, commands: readonly CompletedCommand[]): string {
  if (shell === "fish") return toFish(program, commands);
  const script = toBash(program, commands);
  return shell === "bash" ? script : `autoload -Uz compinit bashcompinit && compinit && bashcompinit\n${script}`;
}

/** Runs in zsh too, by way of bashcompinit. */
function toBash(program: string, commands: readonly CompletedCommand[]): string {
  const name = `_${program.replaceAll("-", "_")}`;
  const words = (list: readonly string[]) => `words=${quote(list.join(" "))}`;
  const ofCommand = ({ name, options, words: own }: CompletedCommand) => [
    `    ${name})`,
    `      case "$previous" in`,
    ...options.flatMap(({ flags, values }) => {
      if (values === "none") return [];
      const action = values === "file" ? "files=1" : values === "text" ? ":" : words(values);
      return [`        ${flags.join("|")}) ${action} ;;`];
    }),
    `        *) ${words([...own, ...options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith("--")))])} ;;`,
    "      esac ;;",
  ];
  return [
    `${name}() {`,
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words="" files=""`,
    `  if [ "$COMP_CWORD" -eq 1 ]; then ${words(commands.map((command) => command.name))}; else`,
    `  case "\${COMP_WORDS[1]}" in`,
    ...commands.flatMap(ofCommand),
    "  esac; fi",
    `  if [ -n "$files" ]; then COMPREPLY=($(compgen -f -- "$current"))`,
    `  else COMPREPLY=($(compgen -W "$words" -- "$current")); fi`,
    "}",
    `complete -o filenames -F ${name} ${program}`,
    "",
  ].join("\n");
}

function toFish(program: string, commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap(({ name, description, options, words }) => {
    const inCommand = `complete -c ${program} -n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c ${program} -f -n ${quote(`not __fish_seen_subcommand_from ${names}`)} -a ${name} -d ${quote(description)}`,
      ...(words.length === 0 ? [] : [`${inCommand} -f -a ${quote(words.join(" "))}`]),
      ...options.map(({ flags, description, values }) => {
        const spelled = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        const taken =
          values === "none"
            ? ""
            : values === "file"
              ? " -r -F"
              : values === "text"
                ? " -x"
                : ` -x -a ${quote(values.join(" "))}`;
        return `${inCommand} -f ${spelled.join(" ")}${taken} -d ${quote(description)}`;
      }),
    ];
  });
  return `${lines.join("\n")}\n`;
}

/** A text in single quotes, for all three shells: it has none itself. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "’").replaceAll("\\", "/")}'`;
}
