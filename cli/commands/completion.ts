import { Argument, type Command, type Option } from "commander";
import { knownRegions } from "../../lib/model/regions.ts";
import { type CompletedOption, renderCompletion, type Shell, shells } from "../../lib/report/terminal/completion.ts";
import { rules } from "../../rules/index.ts";
import { exitStatus } from "../exit-status.ts";
import { choicesOf, oneOf } from "../input/option-values.ts";
import { type Io, write } from "../io.ts";
import { programName } from "../report-failure.ts";

const examples = `
The script does not start the program, so it is fast and asks AWS nothing.

Examples:
  rds-password-audit completion bash > /etc/bash_completion.d/rds-password-audit
  rds-password-audit completion zsh >> ~/.zshrc
  rds-password-audit completion fish > ~/.config/fish/completions/rds-password-audit.fish`;

/** `completion`: prints a script that completes commands, options and values in a shell. */
export function addCompletion(program: Command, io: Io, end: (status: number) => void): void {
  program
    .command("completion")
    .description("print a script that completes commands and options in bash, zsh or fish")
    .addArgument(new Argument("<shell>", shells.join(", ")).argParser(oneOf("completion", shells)))
    .addHelpText("after", examples)
    .action(async (shell: Shell) => {
      await write(io.stdout, renderCompletion(shell, programName, program.commands.map(toCompleted)));
      end(exitStatus.clean);
    });
}

/** Words for arguments by their name. */
const argumentWords: Readonly<Record<string, readonly string[]>> = {
  "rule-or-database": rules.map(({ id }) => id),
  shell: shells,
};

function toCompleted(command: Command) {
  const options = command.createHelp().visibleOptions(command).map(toCompletedOption);
  const words = command.registeredArguments.flatMap((argument) => argumentWords[argument.name()] ?? []);
  return { name: command.name(), description: command.description(), options, words };
}

function toCompletedOption(option: Option): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag != null);
  const takes = /<([a-z]+)(?:\.\.\.)?>/.exec(option.flags)?.[1];
  const values =
    takes === undefined
      ? "none"
      : takes === "file"
        ? "file"
        : takes === "region"
          ? knownRegions
          : (choicesOf(option.parseArg) ?? "text");
  return { flags, description: option.description, values };
}
