package rule

import "github.com/landwaiter/landwaiter"

// The rules on image configurations and file modes.
const (
	RootUser           = "root-user"
	SecretEnv          = "secret-env"
	SecretHistory      = "secret-history"
	NoHealthcheck      = "no-healthcheck"
	AddURL             = "add-url"
	PipeToShell        = "pipe-to-shell"
	ChmodAll           = "chmod-777"
	Sudo               = "sudo"
	SSHPort            = "ssh-port"
	Setuid             = "setuid-file"
	SetuidDistribution = "setuid-distribution-file"
	WorldWritable      = "world-writable"
	EndOfLife          = "end-of-life"
)

var configRules = []Rule{
	{RootUser, landwaiter.Medium, "The image runs as root", "Add a USER instruction with another user"},
	{SecretEnv, landwaiter.High, "An environment variable contains a secret",
		"Remove it, revoke the secret, and pass the new one at run time"},
	{SecretHistory, landwaiter.High, "A build step contains a secret",
		"Revoke the secret, and rebuild with the new one in RUN --mount=type=secret"},
	{NoHealthcheck, landwaiter.Low, "The image has no health check",
		"Add a HEALTHCHECK instruction, or rely on the probes of the orchestrator"},
	{AddURL, landwaiter.Low, "ADD fetches a URL without a checksum",
		"Use ADD --checksum, or download and verify the file in a RUN instruction"},
	{PipeToShell, landwaiter.Medium, "A build step runs a script straight from the network",
		"Download the script, verify its digest or signature, then run it"},
	{ChmodAll, landwaiter.Medium, "A build step makes files writable by everyone",
		"Grant access only to the user or group that needs it"},
	{Sudo, landwaiter.Low, "A build step uses sudo",
		"Run the build steps as root, switch the user with USER at the end, and do not install sudo"},
	{SSHPort, landwaiter.Medium, "The image exposes port 22 (SSH)",
		"Remove the SSH server, and use the exec command of the container engine or kubectl"},
	{Setuid, landwaiter.Medium, "A program has the setuid or setgid bit and runs with the rights of its owner or group",
		"Remove the bit with chmod a-s unless it is needed"},
	{SetuidDistribution, landwaiter.Low, "A program of the distribution has the setuid or setgid bit",
		"Remove the bit with chmod a-s unless a process in the container needs it"},
	{WorldWritable, landwaiter.Medium, "A file or directory is writable by everyone",
		"Remove the permission with chmod o-w, or set the sticky bit on a shared directory"},
	{EndOfLife, landwaiter.High, "The distribution no longer receives security updates",
		"Upgrade to a supported release"},
}
