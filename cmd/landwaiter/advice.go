package main

import "github.com/landwaiter/landwaiter"

// advice names the flags of the setting that an error is about.
var advice = map[landwaiter.Setting]string{
	landwaiter.SettingCredentials: "Log in with 'docker login', or give --username and --password-file " +
		"(for a source, to 'landwaiter source add registry').",
	landwaiter.SettingDataDirectory: "Choose another directory with --data.",
	landwaiter.SettingDatabase:      "The database is set by --database or LANDWAITER_DATABASE.",
	landwaiter.SettingClusterAccess: "Give --kubeconfig or --in-cluster.",
	landwaiter.SettingContext:       "Choose a context with --context.",
	landwaiter.SettingClusterID:     "Set the ID with --cluster-id of 'landwaiter source add kubernetes'.",
	landwaiter.SettingPlainHTTP:     "Allow it with --plain-http-registry of 'landwaiter source add kubernetes'.",
	landwaiter.SettingConfinement:   "To scan with the confinement that this system offers, use --confine prefer.",
	landwaiter.SettingFormat:        "Choose another format with --output.",
}
