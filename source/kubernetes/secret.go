package kubernetes

import (
	"context"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source/kubernetes/object"
	"github.com/landwaiter/landwaiter/source/kubernetes/podimage"
)

// pullSecrets returns the logins of the pull secrets of a pod and of its
// service account, from the pod's namespace only. Secrets that cannot be
// read are returned in problems; as on the node, the others are still tried. Error:
// when the cluster does not answer.
func (s *Source) pullSecrets(ctx context.Context, a access) (logins []podimage.Login, problems []error, err error) {
	note := func(err error) error {
		switch landwaiter.KindOf(err) {
		case landwaiter.Denied, landwaiter.NotFound, landwaiter.Corrupt, landwaiter.TooLarge, landwaiter.Unsupported:
			problems = append(problems, err)
			return nil
		}
		return err
	}
	names := a.secretNames()
	if a.serviceAccount != "" {
		var account object.ServiceAccount
		q := request{verb: "get", resource: "serviceaccounts", namespace: a.namespace, name: a.serviceAccount}
		if err := note(s.client.get(ctx, q, &account)); err != nil {
			return nil, nil, err
		}
		for _, n := range account.ImagePullSecrets {
			if len(names) < maxSecrets && n.Name != "" && len(n.Name) <= object.MaxName && !slices.Contains(names, n.Name) {
				names = append(names, n.Name)
			}
		}
	}
	for _, name := range names {
		found, err := s.pullSecret(ctx, request{verb: "get", resource: "secrets", namespace: a.namespace, name: name})
		if err := note(err); err != nil {
			return nil, nil, err
		}
		logins = append(logins, found...)
	}
	return logins, problems, nil
}

func (s *Source) pullSecret(ctx context.Context, q request) ([]podimage.Login, error) {
	var content object.Secret
	if err := s.client.get(ctx, q, &content); err != nil {
		return nil, err
	}
	var logins []podimage.Login
	var err error
	switch content.Type {
	case "kubernetes.io/dockerconfigjson":
		logins, err = podimage.ParseDockerConfigJSON(content.Data.DockerConfigJSON)
	case "kubernetes.io/dockercfg":
		logins, err = podimage.ParseDockerConfig(content.Data.DockerConfig)
	default:
		err = landwaiter.Errorf(landwaiter.Unsupported, "a secret of the type %.100q is not a login to registries",
			content.Type)
	}
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.KindOf(err), "%s: %w", q, err)
	}
	return logins, nil
}
