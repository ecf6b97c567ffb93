package kubernetes

import (
	"cmp"
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
)

// maxKubeconfig bounds the content of a kubeconfig. One cluster with its
// certificates takes 10 KiB.
const maxKubeconfig = 1 << 20

// ReadKubeconfig reads the file at path and returns what [Config] takes: the
// one context, "" meaning the current one, with the certificates and keys that
// it names by file. Use it only for a kubeconfig of the user of this process.
// Error: Invalid, also for what New would refuse.
func ReadKubeconfig(path, context string) (string, error) {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return "", landwaiter.Errorf(landwaiter.Invalid, "kubeconfig %s: %w", path, err)
	}
	if err := choose(config, context); err != nil {
		return "", err
	}
	if err := api.FlattenConfig(config); err != nil {
		return "", landwaiter.Errorf(landwaiter.Invalid, "kubeconfig %s: %w", path, err)
	}
	if err := checkKubeconfig(config); err != nil {
		return "", err
	}
	raw, err := clientcmd.Write(*config)
	if err != nil {
		return "", landwaiter.Errorf(landwaiter.Invalid, "kubeconfig %s: %w", path, err)
	}
	return string(raw), nil
}

// parseKubeconfig reads one context of the content of a kubeconfig, and
// returns the name that it gives to the cluster, too.
func parseKubeconfig(content, context string) (*rest.Config, string, error) {
	if len(content) > maxKubeconfig {
		return nil, "", landwaiter.Errorf(landwaiter.TooLarge, "kubeconfig of more than %d bytes, the limit", maxKubeconfig)
	}
	config, err := clientcmd.Load([]byte(content))
	if err != nil {
		return nil, "", landwaiter.Errorf(landwaiter.Invalid, "the kubeconfig cannot be read: %w", err)
	}
	if err := choose(config, context); err != nil {
		return nil, "", err
	}
	if err := checkKubeconfig(config); err != nil {
		return nil, "", err
	}
	client, err := clientcmd.NewNonInteractiveClientConfig(*config, "", nil, nil).ClientConfig()
	if err != nil {
		return nil, "", landwaiter.Errorf(landwaiter.Invalid, "kubeconfig, context %.100q: %w", config.CurrentContext, err)
	}
	return client, config.Contexts[config.CurrentContext].Cluster, nil
}

// choose leaves only one context, with its cluster and user.
func choose(config *api.Config, context string) error {
	config.CurrentContext = cmp.Or(context, config.CurrentContext)
	if config.CurrentContext == "" {
		return landwaiter.About(
			landwaiter.Errorf(landwaiter.Invalid, "the kubeconfig has no current context: choose one"),
			landwaiter.SettingContext)
	}
	if err := api.MinifyConfig(config); err != nil {
		return landwaiter.Errorf(landwaiter.Invalid, "kubeconfig, context %.100q: %w", config.CurrentContext, err)
	}
	return nil
}

// checkKubeconfig refuses a kubeconfig that would run a program or read a file of
// this machine, and plain HTTP: its author may have no right to either.
func checkKubeconfig(config *api.Config) error {
	for name, u := range config.AuthInfos {
		switch {
		case u.Exec != nil:
			return landwaiter.Errorf(
				landwaiter.Denied,
				"kubeconfig: user %.100q logs in by running %.100q on this machine (exec), which is not allowed: "+
					"make a service account for Landwaiter and put its token in the kubeconfig",
				name,
				u.Exec.Command,
			)
		case u.AuthProvider != nil:
			return landwaiter.Errorf(
				landwaiter.Denied,
				"kubeconfig: user %.100q logs in by the plugin %.100q (auth-provider), which is not allowed: "+
					"make a service account for Landwaiter and put its token in the kubeconfig",
				name,
				u.AuthProvider.Name,
			)
		case u.TokenFile != "":
			return fileError("tokenFile", u.TokenFile)
		case u.ClientCertificate != "":
			return fileError("client-certificate", u.ClientCertificate)
		case u.ClientKey != "":
			return fileError("client-key", u.ClientKey)
		}
	}
	for name, c := range config.Clusters {
		if c.CertificateAuthority != "" {
			return fileError("certificate-authority", c.CertificateAuthority)
		}
		if u, err := url.Parse(c.Server); err != nil || u.Host == "" ||
			(u.Scheme != "https" && !(u.Scheme == "http" && dialguard.IsLoopback(u.Host))) {
			return landwaiter.Errorf(landwaiter.Invalid,
				"kubeconfig: cluster %.100q has the server %.200q: want https://host:port", name, c.Server)
		}
	}
	return nil
}

func fileError(field, path string) error {
	return landwaiter.Errorf(
		landwaiter.Denied,
		"kubeconfig: %s names the file %.200q of this machine, which is not allowed: "+
			"put the content in its place (kubectl config view --raw --minify --flatten does, for all but tokens)",
		field,
		path,
	)
}
