package landwaiter

import "errors"

// Setting names what of a configuration an error is about, in words of no user interface. A library says what is wrong;
// the command line adds which flag mends it, and other programs how they call the setting.
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

// About returns err with the setting that it is about. Its kind and message stay; nil stays nil.
func About(err error, s Setting) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindOf(err), Message: err.Error(), Setting: s, Err: err}
}

// SettingOf returns the setting of the outermost error in err's chain that names one, "" if none does.
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
