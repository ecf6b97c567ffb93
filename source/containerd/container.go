package containerd

import (
	"context"
	"encoding/hex"
	"errors"
	"io"

	"github.com/containerd/containerd/api/services/containers/v1"
	"github.com/containerd/containerd/api/services/tasks/v1"
	"github.com/containerd/containerd/api/types/task"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// maxContainers bounds the containers of a namespace: far more than run on
// one machine. Kubernetes stops at 110 pods by default.
const maxContainers = 20_000

// Containers returns the containers of all namespaces that the source reads,
// running or not. Their ID is containerd's where that is 64 hex digits, as
// Kubernetes and nerdctl make them; others are unique in their namespace only,
// and get it as a prefix: "default/web". Their name is "pod/container" in
// Kubernetes, the pod's for the sandbox of a pod, else nerdctl's or the ID.
func (s *Source) Containers(ctx context.Context) ([]source.Container, error) {
	names, err := s.namespaces(ctx)
	if err != nil {
		return nil, err
	}
	var out []source.Container
	for _, n := range names {
		list, err := s.containersIn(ctx, n)
		if err != nil {
			return nil, s.kinded(ctx, "containers of namespace "+n, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

func (s *Source) containersIn(ctx context.Context, namespace string) ([]source.Container, error) {
	records, err := s.records(ctx, namespace)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	answer, err := tasks.NewTasksClient(s.client).List(in(ctx, namespace), &tasks.ListTasksRequest{})
	if err != nil {
		return nil, err
	}
	states := map[string]task.Status{}
	for _, t := range answer.GetTasks() {
		states[t.GetID()] = t.GetStatus()
	}
	c, err := s.catalog(ctx, namespace)
	if err != nil {
		return nil, err
	}
	m := matcher{Source: s, namespace: namespace, catalog: c}
	out := make([]source.Container, len(records))
	for i, r := range records {
		locator, err := m.locator(ctx, r)
		if err != nil {
			return nil, err
		}
		out[i] = source.Container{
			ID: uniqueID(namespace, r.GetID()), Name: containerName(r), Image: locator, Reference: r.GetImage(),
			State: state(r, states),
		}
		if at := r.GetCreatedAt(); at.IsValid() {
			out[i].Created = at.AsTime()
		}
	}
	return out, nil
}

// records reads the containers of a namespace, one to a message: each has the
// whole runtime spec, which is dropped.
func (s *Source) records(ctx context.Context, namespace string) ([]*containers.Container, error) {
	ctx, cancel := context.WithTimeout(in(ctx, namespace), answerTimeout)
	defer cancel()
	stream, err := containers.NewContainersClient(s.client).ListStream(ctx, &containers.ListContainersRequest{})
	if err != nil {
		return nil, err
	}
	var out []*containers.Container
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case len(out) == maxContainers:
			return nil, landwaiter.Errorf(landwaiter.TooLarge, "more than %d containers, the limit", maxContainers)
		}
		r := m.GetContainer()
		if r.GetID() == "" {
			continue
		}
		r.Spec = nil
		out = append(out, r)
	}
}

func uniqueID(namespace, id string) string {
	if _, err := hex.DecodeString(id); err == nil && len(id) == 64 {
		return id
	}
	return namespace + "/" + id
}

// containerName goes by the labels of Kubernetes and nerdctl.
func containerName(r *containers.Container) string {
	labels := r.GetLabels()
	pod, name := labels["io.kubernetes.pod.name"], labels["io.kubernetes.container.name"]
	switch {
	case pod != "" && name != "":
		return pod + "/" + name
	case pod != "":
		return pod
	case labels["nerdctl/name"] != "":
		return labels["nerdctl/name"]
	}
	return r.GetID()
}

// state returns the state of the container's task. A container without a task is
// not started yet; in Kubernetes, which starts containers at once and deletes the
// tasks that ended, it has ended.
func state(r *containers.Container, states map[string]task.Status) string {
	status, ok := states[r.GetID()]
	switch {
	case !ok && r.GetLabels()["io.cri-containerd.kind"] != "":
		return "exited"
	case !ok, status == task.Status_CREATED:
		return "created"
	case status == task.Status_RUNNING:
		return "running"
	case status == task.Status_PAUSED, status == task.Status_PAUSING:
		return "paused"
	case status == task.Status_STOPPED:
		return "exited"
	}
	return "unknown"
}
