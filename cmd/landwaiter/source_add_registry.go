package main

import (
	"os"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/source/registry"
)

type addRegistryCmd struct {
	sourceName
	URL string `required:"" name:"url" placeholder:"HOST" help:"Address of the registry, e.g. registry.example.com:5000."`
	registryFlags
	platformFlag
}

// registryFlags say how to reach a registry and which images to read.
type registryFlags struct {
	Username      string   `help:"User name (default: the credentials of 'docker login')."`
	PasswordFile  string   `type:"existingfile" placeholder:"FILE" help:"File that contains the password."`
	Password      string   `env:"LANDWAITER_REGISTRY_PASSWORD" hidden:"" help:"Password, from the environment: arguments are visible to others."`
	Repository    []string `placeholder:"NAME" help:"Repositories to read, instead of the catalog."`
	Include       []string `placeholder:"PATTERN" help:"Only images whose REPOSITORY:TAG matches; * matches within a path element, ** at any depth."`
	Exclude       []string `placeholder:"PATTERN" help:"Not images whose REPOSITORY:TAG matches."`
	Newest        int      `placeholder:"N" help:"Only the newest N tags of each repository."`
	PlainHTTP     bool     `name:"plain-http" help:"Allow HTTP without TLS to hosts other than this one."`
	CAFile        string   `name:"ca-file" type:"existingfile" placeholder:"FILE" help:"Certificates to trust in addition to those of the system, in PEM form."`
	SkipTLSVerify bool     `name:"skip-tls-verify" help:"Accept any certificate. Prefer --ca-file."`
	Rate          float64  `placeholder:"N" help:"Requests per second (default: 20)."`
	Parallel      int      `placeholder:"N" help:"Requests at once (default: 4)."`
}

// Help shows examples.
func (addRegistryCmd) Help() string {
	return `Examples:
  landwaiter source add registry hub --url registry.example.com --username ci --password-file token.txt
  landwaiter source add registry shop --url registry.example.com --include 'shop/**' --newest 5
  landwaiter source add registry lab --url registry.lab:5000 --ca-file lab.pem`
}

// Run adds a registry.
func (c *addRegistryCmd) Run(e *environ) error {
	platform, err := c.parse()
	if err != nil {
		return err
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	cfg.URL, cfg.Platform = c.URL, platform
	return addSource(e, c.Name, asset.TypeRegistry, cfg)
}

func (f registryFlags) config() (registry.Config, error) {
	password, err := readPassword(f.Password, f.PasswordFile)
	if err != nil {
		return registry.Config{}, err
	}
	var ca []byte
	if f.CAFile != "" {
		if ca, err = os.ReadFile(f.CAFile); err != nil {
			return registry.Config{}, landwaiter.Errorf(landwaiter.Invalid, "--ca-file: %w", err)
		}
	}
	return registry.Config{
		Username: f.Username, Password: password,
		PlainHTTP: f.PlainHTTP, CA: string(ca), SkipVerify: f.SkipTLSVerify,
		Repositories: f.Repository, Include: f.Include, Exclude: f.Exclude, Newest: f.Newest,
		Rate: f.Rate, Parallel: f.Parallel,
	}, nil
}
