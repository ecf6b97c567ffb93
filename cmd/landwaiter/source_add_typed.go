package main

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
)

// addTypedCmd is the older form of `source add`, kept for scripts: it has the
// flags of all types, and --type selects one.
type addTypedCmd struct {
	sourceName
	Type string `required:"" enum:"archive,registry,docker,containerd,kubernetes" help:"archive, registry, docker, containerd or kubernetes."`
	Path string `aliases:"dir" placeholder:"DIR" help:"archive: a docker-archive, an OCI layout, or a directory of them."`
	Host string `placeholder:"ADDR" help:"docker, containerd: address."`
	URL  string `name:"url" placeholder:"HOST" help:"registry: address."`
	registryFlags
	Namespace []string `placeholder:"NAME" help:"containerd, kubernetes: namespaces to read."`
	HostName  string   `placeholder:"NAME" help:"containerd: name of the machine."`
	clusterFlags
	platformFlag
}

// typedWord is the hidden subcommand's name.
const typedWord = "by-type"

// withTyped inserts the hidden subcommand into the arguments of `source add NAME
// --type T`. It does so for any name: a source may be called "docker".
func withTyped(args []string) []string {
	at := slices.Index(args, "source") + 1
	if at == 0 || at >= len(args) || args[at] != "add" {
		return args
	}
	rest := args[at+1:]
	isType := func(arg string) bool { return arg == "--type" || strings.HasPrefix(arg, "--type=") }
	if !slices.ContainsFunc(rest, isType) || slices.Contains(rest, typedWord) {
		return args
	}
	return slices.Concat(args[:at+1], []string{typedWord}, rest)
}

// Help shows examples.
func (addTypedCmd) Help() string {
	return `Examples:
  landwaiter source add builds --type archive --path /srv/images`
}

// Run adds a source of any type.
func (c *addTypedCmd) Run(e *environ) error {
	switch c.Type {
	case asset.TypeArchive:
		if c.Path == "" {
			return landwaiter.Errorf(landwaiter.Invalid, "--type archive needs --path")
		}
		return (&addArchiveCmd{sourceName: c.sourceName, Path: c.Path, platformFlag: c.platformFlag}).Run(e)
	case asset.TypeDocker:
		return (&addDockerCmd{c.sourceName, c.Host}).Run(e)
	case asset.TypeContainerd:
		return (&addContainerdCmd{c.sourceName, c.Host, c.Namespace, c.HostName, c.Platform}).Run(e)
	case asset.TypeKubernetes:
		return (&addKubernetesCmd{c.sourceName, c.clusterFlags, c.Namespace, c.platformFlag}).Run(e)
	}
	if c.URL == "" {
		return landwaiter.Errorf(landwaiter.Invalid, "--type registry needs --url")
	}
	return (&addRegistryCmd{c.sourceName, c.URL, c.registryFlags, c.platformFlag}).Run(e)
}
