package main

import "github.com/landwaiter/landwaiter"

// advice says which flags change a setting that an error is about.
var advice = map[landwaiter.Setting]string{
	landwaiter.SettingCredentials: "Log in with 'docker login', or give --username and --password-file " +
		"('landwaiter source add registry' for a source).",
	landwaiter.SettingDataDirectory: "Choose another with --data.",
	landwaiter.SettingDatabase:      "It is the one of --database or LANDWAITER_DATABASE.",
	landwaiter.SettingClusterAccess: "Give --kubeconfig, or --in-cluster.",
	landwaiter.SettingContext:       "Choose one with --context.",
	landwaiter.SettingClusterID:     "Give one with --cluster-id ('landwaiter source add kubernetes').",
	landwaiter.SettingPlainHTTP:     "Allow it with --plain-http-registry ('landwaiter source add kubernetes').",
	landwaiter.SettingConfinement:   "Use --confine prefer to scan with what this system offers.",
	landwaiter.SettingFormat:        "Choose another with --output.",
}
