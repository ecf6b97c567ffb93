package object

import (
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter/source"
)

// maxDelay is how much later than planned a scheduled job may start and still
// be known as one; a suspended queue may hold it for days.
const maxDelay = 30 * 24 * time.Hour

// Workload returns the workload of the pod. Intermediate objects are recognised by
// the names that controllers give them, so no right to read them is needed. A pod
// without an owner has the zero value.
func (p *Pod) Workload() source.Workload {
	for _, o := range p.Metadata.OwnerReferences {
		if !o.Controller || len(o.Kind) > MaxName || len(o.Name) > MaxName {
			continue
		}
		switch o.Kind {
		case "ReplicaSet":
			// deployment + "-" + hash of the template, which is a label, too.
			if name, ok := strings.CutSuffix(o.Name, "-"+p.Metadata.Labels.TemplateHash); ok && name != "" {
				return source.Workload{Kind: "Deployment", Name: name}
			}
		case "Job":
			if name, ok := cronJob(o.Name, p.Metadata.CreationTimestamp); ok {
				return source.Workload{Kind: "CronJob", Name: name}
			}
		}
		return source.Workload{Kind: o.Kind, Name: o.Name}
	}
	return source.Workload{}
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
