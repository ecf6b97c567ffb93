package main

import (
	"github.com/landwaiter/landwaiter/asset"
	"github.com/landwaiter/landwaiter/source/kubernetes"
)

type addKubernetesCmd struct {
	sourceName
	clusterFlags
	Namespace []string `placeholder:"NAME" help:"Namespaces to read (default: all)."`
	platformFlag
}

// clusterFlags say how to reach a cluster and its images.
type clusterFlags struct {
	Kubeconfig        string   `type:"existingfile" placeholder:"FILE" help:"Kubeconfig; one context is stored, encrypted."`
	Context           string   `placeholder:"NAME" help:"Context of the kubeconfig (default: its current context)."`
	InCluster         bool     `help:"Use the cluster that Landwaiter runs in, with its service account."`
	ClusterID         string   `name:"cluster-id" placeholder:"ID" help:"ID of the cluster in tasks (default: derived from the UID of kube-system)."`
	ClusterName       string   `placeholder:"NAME" help:"Name of the cluster in lists."`
	ExcludeNamespace  []string `placeholder:"NAME" help:"Namespaces not to read."`
	PlainHTTPRegistry []string `name:"plain-http-registry" placeholder:"HOST" help:"Registries of pod images that may be read without TLS or are on this machine."`
}

// Help shows examples.
func (addKubernetesCmd) Help() string {
	return `Examples:
  landwaiter source add kubernetes prod --kubeconfig ~/.kube/config --context prod
  landwaiter source add kubernetes here --in-cluster --exclude-namespace kube-system`
}

// Run adds a cluster.
func (c *addKubernetesCmd) Run(e *environ) error {
	platform, err := c.parse()
	if err != nil {
		return err
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	cfg.Namespaces, cfg.Platform = c.Namespace, platform
	return addSource(e, c.Name, asset.TypeKubernetes, cfg)
}

func (f clusterFlags) config() (kubernetes.Config, error) {
	cfg := kubernetes.Config{
		InCluster: f.InCluster, ClusterID: f.ClusterID, Name: f.ClusterName,
		ExcludeNamespaces: f.ExcludeNamespace, PlainHTTP: f.PlainHTTPRegistry,
	}
	if f.Kubeconfig == "" {
		return cfg, nil
	}
	var err error
	cfg.Kubeconfig, err = kubernetes.ReadKubeconfig(f.Kubeconfig, f.Context)
	return cfg, err
}
