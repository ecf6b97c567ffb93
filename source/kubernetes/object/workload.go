package object

import (
	"strconv"
	"strings"
	"time"
)

// maxDelay is how much later than planned a scheduled job may start and still
// be known as one; a suspended queue may hold it for days.
const maxDelay = 30 * 24 * time.Hour

// Workload is what made a pod. The zero value is for pods on their own.
type Workload struct {
	Kind string // "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", ...
	Name string
}

// Workload returns what made the pod. The objects between are known by the
// names that the controllers make, without the right to read them.
func (p *Pod) Workload() Workload {
	for _, o := range p.Metadata.OwnerReferences {
		if !o.Controller || len(o.Kind) > MaxName || len(o.Name) > MaxName {
			continue
		}
		switch o.Kind {
		case "ReplicaSet":
			// deployment + "-" + hash of the template, which is a label, too.
			if name, ok := strings.CutSuffix(o.Name, "-"+p.Metadata.Labels.TemplateHash); ok && name != "" {
				return Workload{"Deployment", name}
			}
		case "Job":
			if name, ok := cronJob(o.Name, p.Metadata.CreationTimestamp); ok {
				return Workload{"CronJob", name}
			}
		}
		return Workload{o.Kind, o.Name}
	}
	return Workload{}
}

// cronJob returns the name of the CronJob that made a job: the job's is that,
// "-", and the planned time in minutes since 1970.
func cronJob(job string, created time.Time) (string, bool) {
	i := strings.LastIndexByte(job, '-')
	if i <= 0 {
		return "", false
	}
	minutes, err := strconv.ParseInt(job[i+1:], 10, 32)
	if err != nil {
		return "", false
	}
	late := created.Sub(time.Unix(minutes*60, 0))
	return job[:i], late > -time.Minute && late < maxDelay
}
