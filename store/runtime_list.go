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

var hostFilters = map[string]condition{
	"HostName":      text("h.name"),
	"HostID":        text("h.id"),
	"DockerVersion": text("h.engine"),
	"Status": choice("Status", map[string]where{
		"ALL": always, "ONLINE": always, "OFFLINE": cond("FALSE"), "UNINSTALL": cond("FALSE"),
	}),
}

// Hosts returns a page of the hosts and how many match in all.
func (s Runtimes) Hosts(ctx context.Context, p Page) ([]HostRow, int, error) {
	c, err := filtersWhere(p.Filters, hostFilters)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.db.count(ctx, "host AS h", c)
	if err != nil {
		return nil, 0, err
	}
	order := "h.name, h.id"
	if p.By == "DockerVersion" {
		order = "h.engine" + direction(p.Desc) + ", " + order
	}
	var rows []struct {
		hostRow
		Images, Containers int
	}
	err = s.db.r.NewRaw("SELECT h.*, (SELECT COUNT(DISTINCT l.image_id) FROM image_place AS l WHERE l.source = h.source AND NOT l.gone) AS images, "+
		"(SELECT COUNT(*) FROM container AS c WHERE c.host_id = h.id) AS containers FROM host AS h WHERE ? ORDER BY ? LIMIT ? OFFSET ?",
		c, cond(order), p.Limit, p.Offset).Scan(ctx, &rows)
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

// containerStates are the numbers by which the wire filters states.
var containerStates = map[string]where{
	"0": cond("c.state = 'created'"), "1": cond("c.state = 'running'"), "2": cond("c.state = 'paused'"), "3": cond("c.state = 'restarting'"),
	"4": cond("c.state = 'removing'"), "5": cond("c.state IN ('exited', 'stopped')"), "6": cond("c.state = 'dead'"),
}

const containerNameSQL = "COALESCE((SELECT MIN(n.name) FROM image_name AS n WHERE n.image_id = c.image_id), '')"

var containerFilters = map[string]condition{
	"ContainerName": text("c.name"),
	"ImageName":     text(containerNameSQL),
	"Status":        choice("Status", containerStates),
}

// Containers returns a page of the containers and how many match in all.
func (s Runtimes) Containers(ctx context.Context, p Page) ([]ContainerRow, int, error) {
	c, err := filtersWhere(p.Filters, containerFilters)
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
	err = s.db.r.NewRaw("SELECT c.*, ? AS image_name, COALESCE((SELECT h.name FROM host AS h WHERE h.id = c.host_id), '') AS host_name, "+
		"COALESCE((SELECT k.name FROM cluster AS k WHERE k.id = c.cluster_id), '') AS cluster_name "+
		"FROM container AS c WHERE ? ORDER BY c.name, c.source, c.id LIMIT ? OFFSET ?", cond(containerNameSQL), c, p.Limit, p.Offset).Scan(ctx, &rows)
	out := make([]ContainerRow, len(rows))
	for i, r := range rows {
		out[i] = ContainerRow{
			Container: Container{ID: r.ID, Name: r.Name, ImageID: r.ImageID, HostID: r.HostID, ClusterID: r.ClusterID, State: r.State, Created: fromMillis(r.CreatedAt)},
			ImageName: r.ImageName, HostName: r.HostName, Cluster: r.ClusterName, Seen: fromMillis(r.SeenAt),
		}
	}
	return out, total, err
}

// ImageHost says that a host holds an image.
type ImageHost struct{ ImageID, HostID string }

var imageHostFilters = map[string]condition{"ImageID": text("l.image_id"), "HostID": text("h.id")}

// ImageHosts returns which hosts hold which images.
func (s Runtimes) ImageHosts(ctx context.Context, filters []landwaiter.Filter) ([]ImageHost, error) {
	c, err := filtersWhere(filters, imageHostFilters)
	if err != nil {
		return nil, err
	}
	var out []ImageHost
	err = s.db.r.NewRaw("SELECT DISTINCT l.image_id, h.id AS host_id FROM image_place AS l JOIN host AS h ON h.source = l.source "+
		"WHERE NOT l.gone AND ? ORDER BY l.image_id, h.id", c).Scan(ctx, &out)
	return out, err
}
