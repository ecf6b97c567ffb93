package store

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
)

// HostRow is a host with its counts.
type HostRow struct {
	Host
	Images     int // that its engine holds
	Containers int
	Seen       time.Time
}

var hostListing = listing{
	filters: filters{
		ByName:   text("h.name"),
		ByID:     text("h.id"),
		ByEngine: text("h.engine"),
		ByState: words(map[string]where{
			HostOnline:  always, // a host is known while its source sees it
			HostOffline: cond("FALSE"),
			// Rules of versions before migration 12 have two more words.
			"all": always, "uninstall": cond("FALSE"),
		}),
	},
	orders: map[OrderBy]string{OrderByEngine: "h.engine"},
	usual:  "h.name, h.id",
}

// Hosts returns a page of the hosts by name and how many match in all. Filters:
// ByName, ByID, ByEngine, ByState. Orders: OrderByEngine.
func (s Runtimes) Hosts(ctx context.Context, p Page) ([]HostRow, int, error) {
	c, order, err := hostListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.db.count(ctx, "host AS h", c)
	if err != nil {
		return nil, 0, err
	}
	var rows []struct {
		hostRow
		Images, Containers int
	}
	const query = `
		SELECT h.*, (SELECT COUNT(*) FROM container AS c WHERE c.host_id = h.id) AS containers,
			(SELECT COUNT(DISTINCT l.image_id) FROM image_place AS l WHERE l.source = h.source AND NOT l.gone) AS images
		FROM host AS h WHERE ? ORDER BY ? LIMIT ? OFFSET ?`
	err = s.db.r.NewRaw(query, c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	out := make([]HostRow, len(rows))
	for i, r := range rows {
		out[i] = HostRow{
			Host:   Host{ID: r.ID, Name: r.Name, OS: r.OS, ContainerEngine: r.Engine},
			Images: r.Images, Containers: r.Containers, Seen: fromMillis(r.SeenAt),
		}
	}
	return out, total, err
}

// ContainerRow is a container with the names around it.
type ContainerRow struct {
	Container
	ImageName string // one of its image's names
	HostName  string
	Cluster   string // name
	Seen      time.Time
}

const containerImageSQL = "COALESCE((SELECT MIN(n.name) FROM image_name AS n WHERE n.image_id = c.image_id), '')"

var containerListing = listing{
	filters: filters{
		ByName:      text("c.name"),
		ByImageName: text(containerImageSQL),
		ByState: words(map[string]where{
			ContainerCreated:    cond("c.state = 'created'"),
			ContainerRunning:    cond("c.state = 'running'"),
			ContainerPaused:     cond("c.state = 'paused'"),
			ContainerRestarting: cond("c.state = 'restarting'"),
			ContainerRemoving:   cond("c.state = 'removing'"),
			ContainerExited:     cond("c.state IN ('exited', 'stopped')"),
			ContainerDead:       cond("c.state = 'dead'"),
		}),
	},
	usual: "c.name, c.source, c.id",
}

// Containers returns a page of the containers by name and how many match in
// all. Filters: ByName, ByImageName, ByState. No orders.
func (s Runtimes) Containers(ctx context.Context, p Page) ([]ContainerRow, int, error) {
	c, order, err := containerListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.db.count(ctx, "container AS c", c)
	if err != nil {
		return nil, 0, err
	}
	var rows []struct {
		containerRow
		ImageName, HostName, ClusterName string
	}
	const query = `
		SELECT c.*, ? AS image_name,
			COALESCE((SELECT h.name FROM host AS h WHERE h.id = c.host_id), '') AS host_name,
			COALESCE((SELECT k.name FROM cluster AS k WHERE k.id = c.cluster_id), '') AS cluster_name
		FROM container AS c WHERE ? ORDER BY ? LIMIT ? OFFSET ?`
	err = s.db.r.NewRaw(query, cond(containerImageSQL), c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	out := make([]ContainerRow, len(rows))
	for i, r := range rows {
		out[i] = ContainerRow{
			Container: Container{
				ID: r.ID, Name: r.Name, ImageID: r.ImageID, HostID: r.HostID, ClusterID: r.ClusterID, State: r.State,
				Created: fromMillis(r.CreatedAt),
			},
			ImageName: r.ImageName, HostName: r.HostName, Cluster: r.ClusterName, Seen: fromMillis(r.SeenAt),
		}
	}
	return out, total, err
}

// ImageHost says that a host holds an image.
type ImageHost struct{ ImageID, HostID string }

var imageHostFilters = filters{ByImageID: text("l.image_id"), ByHostID: text("h.id")}

// ImageHosts returns which hosts hold which images. Filters: ByImageID, ByHostID.
func (s Runtimes) ImageHosts(ctx context.Context, narrowed []landwaiter.Filter) ([]ImageHost, error) {
	c, err := imageHostFilters.where(narrowed)
	if err != nil {
		return nil, err
	}
	var out []ImageHost
	const query = `
		SELECT DISTINCT l.image_id, h.id AS host_id FROM image_place AS l JOIN host AS h ON h.source = l.source
		WHERE NOT l.gone AND ? ORDER BY l.image_id, h.id`
	return out, s.db.r.NewRaw(query, c).Scan(ctx, &out)
}
