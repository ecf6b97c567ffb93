package landwaiter

import "errors"

// Setting names the setting that an error is about, independently of any user
// interface. A library says what is wrong. The command line adds the flag that
// fixes it, and another program the name that it uses for the setting.
type Setting string

// The settings that errors name.
const (
	SettingCredentials   Setting = "credentials"    // of a registry
	SettingDataDirectory Setting = "data directory" // of the store
	SettingDatabase      Setting = "database"       // of the store: its URL
	SettingClusterAccess Setting = "cluster access" // a kubeconfig, or the service account of the pod
	SettingContext       Setting = "context"        // of a kubeconfig
	SettingClusterID     Setting = "cluster ID"
	SettingPlainHTTP     Setting = "plain HTTP registries" // of a cluster's images
	SettingFormat        Setting = "output format"         // of a report
	SettingConfinement   Setting = "confinement"           // of the process that reads layers
)

// About returns err with the setting that it is about, keeping its kind and
// message. It returns nil for nil.
func About(err error, s Setting) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindOf(err), Message: err.Error(), Setting: s, Err: err}
}

// SettingOf returns the setting of the outermost error in err's chain that names
// one, and "" if none does.
func SettingOf(err error) Setting {
	var e *Error
	for errors.As(err, &e) {
		if e.Setting != "" {
			return e.Setting
		}
		err = e.Err
	}
	return ""
}
