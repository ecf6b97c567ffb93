package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/containerd"
	"github.com/landwaiter/landwaiter/source/docker"
	"github.com/landwaiter/landwaiter/store"
)

// sourceAddCmd has a subcommand for each type of source. A hidden one keeps the
// older form with --type working.
type sourceAddCmd struct {
	Registry   addRegistryCmd   `cmd:"" help:"Add a registry: all images, or those that patterns select."`
	Archive    addArchiveCmd    `cmd:"" help:"Add a docker-archive, an OCI layout, or a directory of them."`
	Docker     addDockerCmd     `cmd:"" help:"Add Docker or Podman, with its containers."`
	Containerd addContainerdCmd `cmd:"" help:"Add the containerd of this machine, with its containers."`
	Kubernetes addKubernetesCmd `cmd:"" help:"Add a Kubernetes cluster: the images of its pods."`

	Typed addTypedCmd `cmd:"" name:"by-type" hidden:"" help:"Add a source of any type."`
}

// Help shows examples.
func (sourceAddCmd) Help() string {
	return `Examples:
  landwaiter source add registry hub --url registry.example.com --username ci --password-file token.txt
  landwaiter source add archive builds --path /srv/images
  landwaiter source add docker node1
  landwaiter source add kubernetes prod --kubeconfig ~/.kube/config`
}

// sourceName is the argument of all subcommands.
type sourceName struct {
	Name string `arg:"" help:"Name of the source, of your choice."`
}

// platformFlag selects an image of a multi-platform image.
type platformFlag struct {
	Platform string `placeholder:"OS/ARCH" help:"Platform to select from multi-platform images (default: linux/amd64)."`
}

// parse returns the platform; the zero value if there is none.
func (f platformFlag) parse() (source.Platform, error) {
	if f.Platform == "" {
		return source.Platform{}, nil
	}
	return source.ParsePlatform(f.Platform)
}

// addSource stores a source. It opens the source first, to check its settings.
func addSource(e *environ, name, kind string, settings any) error {
	config, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	src := store.Source{Name: name, Type: kind, Config: config}
	opened, err := (&asset.Inventory{Store: asset.StoreOf(s), Log: e.log()}).OpenSource(src)
	if err != nil {
		return err
	}
	opened.Close()
	if err := s.Sources().Add(e.ctx, src); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout,
		"Source %s added. A running server syncs it within seconds; "+
			"without a server, run 'landwaiter source sync %s'.\n", name,
		name)
	return nil
}

type addArchiveCmd struct {
	sourceName
	Path string `required:"" aliases:"dir" placeholder:"DIR" help:"A docker-archive, an OCI layout, or a directory of them."`
	platformFlag
}

// Help shows examples.
func (addArchiveCmd) Help() string {
	return `Examples:
  landwaiter source add archive builds --path /srv/images
  landwaiter source add archive app --path ./app.tar --platform linux/arm64`
}

// Run adds archives.
func (c *addArchiveCmd) Run(e *environ) error {
	platform, err := c.parse()
	if err != nil {
		return err
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return err
	}
	return addSource(e, c.Name, asset.TypeArchive, asset.ArchiveConfig{Path: path, Platform: platform})
}

type addDockerCmd struct {
	sourceName
	Host string `placeholder:"ADDR" help:"unix:// or tcp:// address (default: DOCKER_HOST, or the socket of Docker or Podman)."`
}

// Help shows examples.
func (addDockerCmd) Help() string {
	return `Examples:
  landwaiter source add docker here
  landwaiter source add docker node1 --host unix:///run/podman/podman.sock`
}

// Run adds Docker or Podman.
func (c *addDockerCmd) Run(e *environ) error {
	return addSource(e, c.Name, asset.TypeDocker, docker.Config{Host: c.Host})
}

type addContainerdCmd struct {
	sourceName
	Host      string   `placeholder:"PATH" help:"Path of the socket (default: /run/containerd/containerd.sock)."`
	Namespace []string `placeholder:"NAME" help:"Namespaces to read (default: all)."`
	HostName  string   `placeholder:"NAME" help:"Name of the machine, if the server runs in a container."`
	Platform  string   `placeholder:"OS/ARCH" help:"Platform to select from multi-platform images (default: that of this machine)."`
}

// Help shows examples.
func (addContainerdCmd) Help() string {
	return `Examples:
  landwaiter source add containerd node2
  landwaiter source add containerd node2 --namespace k8s.io --host-name node2`
}

// Run adds containerd.
func (c *addContainerdCmd) Run(e *environ) error {
	platform, err := platformFlag{c.Platform}.parse()
	if err != nil {
		return err
	}
	return addSource(e, c.Name, asset.TypeContainerd, containerd.Config{
		Address: c.Host, Namespaces: c.Namespace, Platform: platform, HostName: c.HostName,
	})
}

// readPassword takes a password from the environment or a file. It is never an
// argument, which every user of the machine can read.
func readPassword(env, file string) (string, error) {
	if file == "" {
		return env, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", landwaiter.Errorf(landwaiter.Invalid, "password file: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
