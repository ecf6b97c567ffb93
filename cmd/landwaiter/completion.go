package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help shows examples.
func (completionCmd) Help() string {
	return `Examples:
  landwaiter completion bash > /etc/bash_completion.d/landwaiter
  landwaiter completion zsh > "${fpath[1]}/_landwaiter"
  landwaiter completion fish > ~/.config/fish/completions/landwaiter.fish`
}

// Run prints the script.
func (c *completionCmd) Run(e *environ) error {
	words := map[string][]string{}
	collect(e.parser.Model.Node, "", words)
	switch c.Shell {
	case "fish":
		fishCompletion(e.stdout, words)
	case "zsh":
		fmt.Fprintln(e.stdout, "#compdef landwaiter\nautoload -U +X bashcompinit && bashcompinit")
		bashCompletion(e.stdout, words)
	default:
		bashCompletion(e.stdout, words)
	}
	return nil
}

// collect lists the subcommands and flags of every command by its path.
func collect(n *kong.Node, path string, words map[string][]string) {
	for _, f := range n.AllFlags(true) {
		for _, flag := range f {
			words[path] = append(words[path], "--"+flag.Name)
		}
	}
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			words[path] = append(words[path], child.Name)
			collect(child, strings.TrimSpace(path+" "+child.Name), words)
		}
	}
}

func bashCompletion(w io.Writer, words map[string][]string) {
	fmt.Fprintln(
		w,
		"_landwaiter() {\n  local path= word\n  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"+
			"    case \"$path $word\" in",
	)
	for _, path := range sortedKeys(words) {
		if path != "" {
			parent := path[:max(0, strings.LastIndexByte(path, ' '))]
			fmt.Fprintf(w, "    %q) path=%q;;\n", parent+" "+path[strings.LastIndexByte(path, ' ')+1:], path)
		}
	}
	fmt.Fprintln(w, "    esac\n  done\n  case \"$path\" in")
	for _, path := range sortedKeys(words) {
		fmt.Fprintf(w, "  %q) words=%q;;\n", path, strings.Join(words[path], " "))
	}
	fmt.Fprintln(
		w,
		"  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"+
			"complete -o default -F _landwaiter landwaiter",
	)
}

func fishCompletion(w io.Writer, words map[string][]string) {
	for _, path := range sortedKeys(words) {
		condition := "__fish_use_subcommand"
		if path != "" {
			condition = "__fish_seen_subcommand_from " + path[strings.LastIndexByte(path, ' ')+1:]
		}
		for _, word := range words[path] {
			if flag, ok := strings.CutPrefix(word, "--"); ok {
				fmt.Fprintf(w, "complete -c landwaiter -n %q -l %s\n", condition, flag)
			} else {
				fmt.Fprintf(w, "complete -c landwaiter -n %q -a %s\n", condition, word)
			}
		}
	}
}
