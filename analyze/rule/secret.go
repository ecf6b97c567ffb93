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

const replaceSecret = "Remove it from the image, replace it where it is valid, and pass it at run time"

var secretRules = []Rule{
	{PrivateKey, landwaiter.High, "A private key", replaceSecret},
	{EncryptedPrivateKey, landwaiter.Low, "A private key protected by a passphrase", replaceSecret},
	{PuTTYKey, landwaiter.High, "A private key of PuTTY", replaceSecret},
	{AWSAccessKey, landwaiter.Medium, "The identifier of an AWS access key",
		"Look for its secret near by; remove both and replace the key"},
	{AWSSecretKey, landwaiter.Critical, "An AWS secret access key", replaceSecret},
	{GitHubToken, landwaiter.Critical, "A GitHub token", replaceSecret},
	{GitLabToken, landwaiter.Critical, "A GitLab token", replaceSecret},
	{SlackToken, landwaiter.High, "A Slack token", replaceSecret},
	{SlackWebhook, landwaiter.Medium, "A Slack webhook address", replaceSecret},
	{StripeKey, landwaiter.Critical, "A Stripe live key", replaceSecret},
	{GCPServiceAccount, landwaiter.Critical, "The key of a Google Cloud service account", replaceSecret},
	{GoogleAPIKey, landwaiter.Medium, "A Google API key",
		"Remove it unless it is meant to be public, and restrict it"},
	{AzureStorageKey, landwaiter.Critical, "The key of an Azure storage account", replaceSecret},
	{NPMToken, landwaiter.High, "An npm access token", replaceSecret},
	{PyPIToken, landwaiter.High, "A PyPI upload token", replaceSecret},
}
