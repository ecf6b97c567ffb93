package rule

import "github.com/landwaiter/landwaiter"

// The rules on secrets in files, environment variables and build steps.
const (
	PrivateKey          = "private-key"
	EncryptedPrivateKey = "encrypted-private-key"
	PuTTYKey            = "putty-private-key"
	AWSAccessKey        = "aws-access-key"
	AWSSecretKey        = "aws-secret-key"
	GitHubToken         = "github-token"
	GitLabToken         = "gitlab-token"
	SlackToken          = "slack-token"
	SlackWebhook        = "slack-webhook"
	StripeKey           = "stripe-key"
	GCPServiceAccount   = "gcp-service-account"
	GoogleAPIKey        = "google-api-key"
	AzureStorageKey     = "azure-storage-key"
	NPMToken            = "npm-token"
	PyPIToken           = "pypi-token"
)

const replaceSecret = "Revoke it, remove it from the image, and pass the new one at run time"

var secretRules = []Rule{
	{PrivateKey, landwaiter.High, "A private key", replaceSecret},
	{EncryptedPrivateKey, landwaiter.Low, "A private key protected by a passphrase", replaceSecret},
	{PuTTYKey, landwaiter.High, "A PuTTY private key", replaceSecret},
	{AWSAccessKey, landwaiter.Medium, "An AWS access key ID",
		"Look for the secret key nearby, revoke the access key, and remove both"},
	{AWSSecretKey, landwaiter.Critical, "An AWS secret access key", replaceSecret},
	{GitHubToken, landwaiter.Critical, "A GitHub token", replaceSecret},
	{GitLabToken, landwaiter.Critical, "A GitLab token", replaceSecret},
	{SlackToken, landwaiter.High, "A Slack token", replaceSecret},
	{SlackWebhook, landwaiter.Medium, "A Slack webhook URL", replaceSecret},
	{StripeKey, landwaiter.Critical, "A Stripe live key", replaceSecret},
	{GCPServiceAccount, landwaiter.Critical, "A Google Cloud service account key", replaceSecret},
	{GoogleAPIKey, landwaiter.Medium, "A Google API key",
		"Remove it unless it is meant to be public, and restrict what it may be used for"},
	{AzureStorageKey, landwaiter.Critical, "An Azure storage account key", replaceSecret},
	{NPMToken, landwaiter.High, "An npm access token", replaceSecret},
	{PyPIToken, landwaiter.High, "A PyPI upload token", replaceSecret},
}
