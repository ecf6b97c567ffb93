package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Runtimes holds what runs where: hosts, clusters and containers, as the last
// sync of each source saw them.
//
// After Put returns, what the source reported before is replaced as a whole.
type Runtimes struct{ db *DB }

// Runtimes gives access to what runs where.
func (s *DB) Runtimes() Runtimes { return Runtimes{s} }

// Host is a machine that runs containers.
type Host struct {
	ID              string
	Name            string
	OS              string
	ContainerEngine string // "docker 28.2.2"
}

// Cluster is a Kubernetes cluster.
type Cluster struct {
	ID      string
	Name    string
	Version string
}

// Container is a container as its host or cluster sees it.
type Container struct {
	ID        string
	Name      string
	ImageID   string // config digest
	HostID    string // "" when not known
	ClusterID string // "" outside clusters
	State     string // "running", "exited", ...
	Created   time.Time
}

// Runtime is everything that a live source sees running.
type Runtime struct {
	Hosts      []Host
	Clusters   []Cluster
	Containers []Container
}

type hostRow struct {
	bun.BaseModel `bun:"table:host,alias:host"`
	ID            string `bun:",pk"`
	Source        string
	Name          string
	OS            string `bun:"os"`
	Engine        string
	SeenAt        int64
}

type clusterRow struct {
	bun.BaseModel `bun:"table:cluster,alias:cluster"`
	ID            string `bun:",pk"`
	Source        string
	Name          string
	Version       string
	SeenAt        int64
}

type containerRow struct {
	bun.BaseModel `bun:"table:container,alias:container"`
	Source        string
	ID            string
	Name          string
	ImageID       string
	HostID        string
	ClusterID     string
	State         string
	CreatedAt     int64
	SeenAt        int64
}

// Put replaces what a source sees running. The AutoRule decides for the
// images that wait for it, as its hosts may have them now.
func (s Runtimes) Put(ctx context.Context, source string, rt Runtime) error {
	at := s.db.now()
	hosts := make([]hostRow, len(rt.Hosts))
	for i, h := range rt.Hosts {
		hosts[i] = hostRow{
			ID: clean(h.ID), Source: source, Name: clean(h.Name), OS: clean(h.OS), Engine: clean(h.ContainerEngine), SeenAt: at,
		}
	}
	clusters := make([]clusterRow, len(rt.Clusters))
	for i, c := range rt.Clusters {
		clusters[i] = clusterRow{ID: clean(c.ID), Source: source, Name: clean(c.Name), Version: clean(c.Version), SeenAt: at}
	}
	containers := make([]containerRow, len(rt.Containers))
	for i, c := range rt.Containers {
		containers[i] = containerRow{
			Source: source, ID: clean(c.ID), Name: clean(c.Name), ImageID: clean(c.ImageID), HostID: clean(c.HostID),
			ClusterID: clean(c.ClusterID), State: clean(c.State), CreatedAt: millis(c.Created), SeenAt: at,
		}
	}
	err := s.db.tx(ctx, func(tx bun.Tx) error {
		for _, table := range []string{"container", "host", "cluster"} {
			if _, err := tx.NewRaw("DELETE FROM ? WHERE source = ?", bun.Ident(table), source).Exec(ctx); err != nil {
				return err
			}
		}
		// The same host may be seen by two sources; the first one keeps it.
		if err := insert(ctx, tx, hosts, doNothing); err != nil {
			return err
		}
		if err := insert(ctx, tx, clusters, doNothing); err != nil {
			return err
		}
		return insert(ctx, tx, containers, doNothing)
	})
	if err != nil {
		return err
	}
	return s.db.decide(ctx, always)
}
