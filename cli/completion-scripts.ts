export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** What a shell reads to complete `kubectl-fog`; each asks the command itself, and so never grows old. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const SCRIPTS: Record<Shell, string> = {
  bash: `# bash completion of kubectl-fog: source <(kubectl fog completion bash)
_kubectl_fog() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :0) compopt -o default 2>/dev/null ;;
      :*) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(kubectl-fog __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _kubectl_fog kubectl-fog
`,
  zsh: `#compdef kubectl-fog
# zsh completion of kubectl-fog: source <(kubectl fog completion zsh)
_kubectl_fog() {
  local line files=
  local -a found
  while IFS= read -r line; do
    case $line in
      :0) files=1 ;;
      :*) ;;
      *) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done < <(kubectl-fog __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe 'kubectl fog' found
  [[ -n $files ]] && _files
}
compdef _kubectl_fog kubectl-fog
`,
  fish: `# fish completion of kubectl-fog: kubectl fog completion fish | source
function __kubectl_fog_complete
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  for line in (kubectl-fog __complete $words[2..-1] "$typed" 2>/dev/null)
    switch $line
      case ':0'
        __fish_complete_path "$typed"
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c kubectl-fog -f -a '(__kubectl_fog_complete)'
`,
};
