package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/containerd"
	"github.com/landwaiter/landwaiter/source/docker"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

type sourceCmd struct {
	Add    sourceAddCmd    `cmd:"" help:"Add a source; a running server reads it by itself."`
	List   sourceListCmd   `cmd:"" help:"List the sources."`
	Sync   sourceSyncCmd   `cmd:"" help:"Read now which images a source has."`
	Remove sourceRemoveCmd `cmd:"" help:"Forget a source; its images and findings stay."`
}

type sourceAddCmd struct {
	Name              string   `arg:"" help:"A name of your choice."`
	Type              string   `required:"" enum:"archive,registry,docker,containerd,kubernetes" help:"archive, registry, docker (also Podman), containerd, or kubernetes."`
	Path              string   `aliases:"dir" placeholder:"DIR" help:"archive: a docker-archive, an OCI layout, or a directory of them."`
	URL               string   `name:"url" placeholder:"HOST" help:"registry: its address, e.g. registry.example.com:5000."`
	Username          string   `help:"registry: user; without it, the credentials of 'docker login' are used."`
	PasswordFile      string   `type:"existingfile" placeholder:"FILE" help:"registry: file that holds the password."`
	Password          string   `env:"LANDWAITER_REGISTRY_PASSWORD" hidden:"" help:"registry: password, from the environment: arguments are visible to others."`
	Repository        []string `placeholder:"NAME" help:"registry: repositories to read, instead of its catalog."`
	PlainHTTP         bool     `name:"plain-http" help:"registry: allow HTTP without TLS to hosts other than this one."`
	CAFile            string   `name:"ca-file" type:"existingfile" placeholder:"FILE" help:"registry: certificates to trust besides those of the system, in PEM form."`
	SkipTLSVerify     bool     `name:"skip-tls-verify" help:"registry: take any certificate. --ca-file is the better way."`
	Include           []string `placeholder:"PATTERN" help:"registry: only these of REPOSITORY:TAG; * within a path element, ** for any depth."`
	Exclude           []string `placeholder:"PATTERN" help:"registry: but not these."`
	Newest            int      `placeholder:"N" help:"registry: only the newest N tags of each repository."`
	Rate              float64  `placeholder:"N" help:"registry: requests a second (default: 20)."`
	Parallel          int      `placeholder:"N" help:"registry: requests at once (default: 4)."`
	Host              string   `placeholder:"ADDR" help:"docker: unix:// or tcp:// address of the engine (default: DOCKER_HOST, or the socket of Docker or Podman); containerd: path of its socket (default: /run/containerd/containerd.sock)."`
	Namespace         []string `placeholder:"NAME" help:"containerd, kubernetes: namespaces to read (default: all)."`
	HostName          string   `placeholder:"NAME" help:"containerd: name of the machine, where the server runs in a container."`
	Kubeconfig        string   `type:"existingfile" placeholder:"FILE" help:"kubernetes: kubeconfig; one context of it is kept, encrypted."`
	Context           string   `placeholder:"NAME" help:"kubernetes: context of the kubeconfig (default: its current one)."`
	InCluster         bool     `help:"kubernetes: the cluster that Landwaiter runs in, by its service account."`
	ClusterID         string   `name:"cluster-id" placeholder:"ID" help:"kubernetes: what tasks name the cluster by (default: made of the UID of kube-system)."`
	ClusterName       string   `placeholder:"NAME" help:"kubernetes: name for people."`
	ExcludeNamespace  []string `placeholder:"NAME" help:"kubernetes: namespaces not to read."`
	PlainHTTPRegistry []string `name:"plain-http-registry" placeholder:"HOST" help:"kubernetes: registries of its images that may be read without TLS."`
	Platform          string   `placeholder:"OS/ARCH" help:"Platform to take of multi-platform images (default: linux/amd64; containerd: that of this machine)."`
}

// Help shows examples.
func (sourceAddCmd) Help() string {
	return `Examples:
  landwaiter source add builds --type archive --path /srv/images
  landwaiter source add hub --type registry --url registry.example.com --username ci --password-file token.txt
  landwaiter source add shop --type registry --url registry.example.com --include 'shop/**' --newest 5
  landwaiter source add node1 --type docker --host unix:///run/podman/podman.sock
  landwaiter source add node2 --type containerd --namespace k8s.io
  landwaiter source add prod --type kubernetes --kubeconfig ~/.kube/config --context prod`
}

// Run adds a source.
func (c *sourceAddCmd) Run(e *environ) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	src := store.Source{Name: c.Name, Type: c.Type, Config: config}
	// Opening checks the settings before they are kept.
	opened, err := (&asset.Inventory{Store: s, Log: e.log()}).OpenSource(src)
	if err != nil {
		return err
	}
	opened.Close()
	if err := s.Sources().Add(e.ctx, src); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Source %s added. A running server reads it within seconds; without one, run 'landwaiter source sync %s'.\n", c.Name, c.Name)
	return nil
}

func (c *sourceAddCmd) config() (json.RawMessage, error) {
	settings, err := c.settings()
	if err != nil {
		return nil, err
	}
	return json.Marshal(settings)
}

// settings are those of the source's adapter.
func (c *sourceAddCmd) settings() (any, error) {
	var platform source.Platform
	if c.Platform != "" {
		var err error
		if platform, err = source.ParsePlatform(c.Platform); err != nil {
			return nil, err
		}
	}
	switch c.Type {
	case asset.TypeArchive:
		return c.archive(platform)
	case asset.TypeDocker:
		return docker.Config{Host: c.Host}, nil
	case asset.TypeContainerd:
		return containerd.Config{Address: c.Host, Namespaces: c.Namespace, Platform: platform, HostName: c.HostName}, nil
	case asset.TypeKubernetes:
		return c.kubernetes(platform)
	}
	return c.registry(platform)
}

func (c *sourceAddCmd) archive(platform source.Platform) (any, error) {
	if c.Path == "" {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "--type archive needs --path")
	}
	path, err := filepath.Abs(c.Path)
	return asset.ArchiveConfig{Path: path, Platform: platform}, err
}

func (c *sourceAddCmd) kubernetes(platform source.Platform) (any, error) {
	cfg := kubernetes.Config{
		InCluster: c.InCluster, ClusterID: c.ClusterID, Name: c.ClusterName, Namespaces: c.Namespace,
		ExcludeNamespaces: c.ExcludeNamespace, PlainHTTP: c.PlainHTTPRegistry, Platform: platform,
	}
	if c.Kubeconfig == "" {
		return cfg, nil
	}
	var err error
	cfg.Kubeconfig, err = kubernetes.ReadKubeconfig(c.Kubeconfig, c.Context)
	return cfg, err
}

func (c *sourceAddCmd) registry(platform source.Platform) (any, error) {
	if c.URL == "" {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "--type registry needs --url")
	}
	password, err := readPassword(c.Password, c.PasswordFile)
	if err != nil {
		return nil, err
	}
	var ca []byte
	if c.CAFile != "" {
		if ca, err = os.ReadFile(c.CAFile); err != nil {
			return nil, landwaiter.Errorf(landwaiter.Invalid, "--ca-file: %w", err)
		}
	}
	return registry.Config{
		CA: string(ca), SkipVerify: c.SkipTLSVerify,
		URL: c.URL, Username: c.Username, Password: password, Repositories: c.Repository, PlainHTTP: c.PlainHTTP, Platform: platform,
		Include: c.Include, Exclude: c.Exclude, Newest: c.Newest, Rate: c.Rate, Parallel: c.Parallel,
	}, nil
}

// readPassword takes a password from the environment or a file, never from
// the arguments, which every user of the machine can read.
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

type sourceListCmd struct{ factsFlag }

type sourceFact struct {
	Name   string     `json:"name"`
	Type   string     `json:"type"`
	Images int        `json:"images"`
	Synced *time.Time `json:"synced"`
	Error  string     `json:"error"`
}

// Run lists the sources.
func (c *sourceListCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Sources().List(e.ctx)
	if err != nil {
		return err
	}
	facts := make([]sourceFact, len(list))
	rows := make([][]string, len(list))
	for i, src := range list {
		facts[i] = sourceFact{Name: src.Name, Type: src.Type, Images: src.Images, Synced: timestamp(src.Synced), Error: src.Error}
		rows[i] = []string{src.Name, src.Type, strconv.Itoa(src.Images), when(src.Synced), src.Error}
	}
	return c.print(e.stdout, facts, func(w io.Writer) { columns(w, []string{"NAME", "TYPE", "IMAGES", "SYNCED", "ERROR"}, rows) })
}

type sourceSyncCmd struct {
	Names []string `arg:"" optional:"" name:"name" help:"Sources to read; all of them by default."`
}

// Run reads sources.
func (c *sourceSyncCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	spool, err := e.spool()
	if err != nil {
		return err
	}
	names := c.Names
	if len(names) == 0 {
		list, err := s.Sources().States(e.ctx)
		if err != nil {
			return err
		}
		for _, src := range list {
			names = append(names, src.Name)
		}
	}
	inventory := &asset.Inventory{Store: s, Spool: spool, Log: e.log()}
	defer inventory.Close()
	var failed error // one source that is down hides no other
	for _, name := range names {
		failed = errors.Join(failed, syncOne(e, inventory, name))
		if e.ctx.Err() != nil {
			break
		}
	}
	return failed
}

// syncOne reads a source, or follows the process that does it already.
func syncOne(e *environ, inventory *asset.Inventory, name string) error {
	bar := newProgress(e.stderr, "Reading "+name)
	defer bar.clear()
	show := func(done int) { bar.set(int64(done), 0, "images") }
	res, err := inventory.Sync(e.ctx, name, show)
	if landwaiter.KindOf(err) == landwaiter.Conflict {
		res.Images, err = followSync(e.ctx, inventory.Store, name, show)
	}
	bar.clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: %d images\n", name, res.Images)
	for _, err := range res.Failed {
		fmt.Fprintf(e.stderr, "  not read: %v\n", err)
	}
	return nil
}

// followSync waits for another process that reads a source.
func followSync(ctx context.Context, s *store.DB, name string, show func(int)) (images int, err error) {
	for {
		src, err := s.Sources().Get(ctx, name)
		if err != nil {
			return 0, err
		}
		if !src.Syncing {
			if src.Error != "" {
				return 0, landwaiter.Errorf(landwaiter.Unavailable, "%s was not read: %s", name, src.Error)
			}
			return src.Read, nil
		}
		show(src.Read)
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(followEvery):
		}
	}
}

// followEvery is how often the progress of another process is looked at.
const followEvery = 200 * time.Millisecond

type sourceRemoveCmd struct {
	Name string `arg:"" help:"The source."`
}

// Run removes a source.
func (c *sourceRemoveCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Sources().Remove(e.ctx, c.Name); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "Source %s removed.\n", c.Name)
	return nil
}
