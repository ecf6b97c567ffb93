package rule

import "github.com/landwaiter/landwaiter"

// The rules on image configs and on files' modes.
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
	{RootUser, landwaiter.Medium, "The image runs as root", "Add a USER instruction that names another user"},
	{SecretEnv, landwaiter.High, "An environment variable holds a secret",
		"Remove it, replace the secret, and pass it at run time"},
	{SecretHistory, landwaiter.High, "A build step holds a secret",
		"Use RUN --mount=type=secret, rebuild, and replace the secret"},
	{NoHealthcheck, landwaiter.Low, "The image has no health check",
		"Add a HEALTHCHECK instruction, or rely on the probes of the orchestrator"},
	{AddURL, landwaiter.Low, "ADD fetches a URL without a checksum",
		"Use ADD --checksum, or RUN with a download that is verified"},
	{PipeToShell, landwaiter.Medium, "A build step runs a script straight from the network",
		"Download, verify a digest or signature, then run"},
	{ChmodAll, landwaiter.Medium, "A build step makes files writable for everyone",
		"Grant the one user or group that needs it"},
	{Sudo, landwaiter.Low, "A build step uses sudo",
		"Build as root and switch with USER at the end; leave sudo out of the image"},
	{SSHPort, landwaiter.Medium, "The image exposes the SSH port 22",
		"Use the runtime's exec instead of an SSH server"},
	{Setuid, landwaiter.Medium, "A program runs with the rights of its owner or group",
		"Remove the bit with chmod a-s unless it is needed"},
	{SetuidDistribution, landwaiter.Low, "A program of the distribution runs with the rights of its owner or group",
		"Remove the bit with chmod a-s if no user of the container needs it"},
	{WorldWritable, landwaiter.Medium, "Everyone may write here",
		"Use chmod o-w; a shared directory needs the sticky bit"},
	{EndOfLife, landwaiter.High, "The distribution gets no security updates any more", "Move to a supported release"},
}
