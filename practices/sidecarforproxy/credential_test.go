package sidecarforproxy

import (
	"strings"
	"testing"
)

// The values of known shape are put together here, so that nobody who searches this repository takes them for real.
func TestCredentialIsKnownByItsLooks(t *testing.T) {
	many := func(n int) string { return strings.Repeat("aB3", n) }
	for value, want := range map[string]string{
		"AK" + "IA" + "QWERTYUIOPASDFGH":                  "an AWS access key",
		"gh" + "p_" + many(13):                            "a GitHub token",
		"xo" + "xb-" + many(10):                           "a Slack token",
		"sk_" + "live_" + many(8):                         "a Stripe key",
		"ey" + "J" + many(10) + "." + many(10) + ".x":     "a signed token",
		"https://user:pa55@example.com/x":                 "a password in an address",
		"a, amqp://b:c@d:5672":                            "a password in an address",
		"Endpoint=sb://x/;SharedAccessKey=abc":            "a password in a connection string",
		"host=db user=app password=secret sslmode=off":    "a password in a connection string",
		"gh" + "p_short":                                  "",
		"https://user@example.com":                        "",
		"https://user:$(PASSWORD)@example.com":            "",
		"https://example.com/a:b@c":                       "",
		"postgres://app:${PW}@db/x":                       "",
		"git@github.com:acme/config.git":                  "",
		"host=db user=app password=${PW}":                 "",
		"3f1e0c6b2a9d4857f6e1c0b3a2d49586":                "",
		"registry.example.com/Team/App:2024-11-22T103000": "",
		"com.example.Shop2PaymentServiceImplementation":   "",
		"arn:aws:iam::111122223333:role/ShopRole":         "",
		"": "",
	} {
		if got := credential("VALUE", value); got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
}

func TestNamesOfSecrets(t *testing.T) {
	for name, want := range map[string]bool{
		"DB_PASSWORD": true, "PGPASSWORD": true, "dbPassword": true, "db.password": true, "client-secret": true, "SECRET_KEY_BASE": true, "AWS_SECRET_ACCESS_KEY": true,
		"GITHUB_TOKEN": true, "API_KEY": true, "APIKEY": true, "DB_PWD": true, "ADMIN_PASS": true, "JWT_SIGNING_KEY": true,
		"PWD": false, "PASSWORD_FILE": false, "TOKEN_URL": false, "AWS_ACCESS_KEY_ID": false, "PUBLIC_KEY": false, "STRIPE_PUBLISHABLE_KEY": false, "COMPASS": false,
		"CACHE_KEY": false, "SECRET_NAME": false, "TOKENS": false, "KEY": false, "": false, "SORT_KEY": false, "PARTITION_KEY": false,
	} {
		if namesSecret(name) != want {
			t.Errorf("%s names a secret: %v, want %v", name, !want, want)
		}
	}
}

func FuzzCredential(f *testing.F) {
	for _, seed := range []string{"postgres://a:b@c", "--password=x", "curl -u a:b", "${A}://${B}", "a=b=c", "mysql -p", "Bearer "} {
		f.Add("NAME", seed)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if what := credential(name, value); len(value) > 12 && strings.Contains(what, value) {
			t.Errorf("the value of %q is told", name)
		}
		inWord(name, value)
	})
}
