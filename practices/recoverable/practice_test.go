package recoverable

import (
	"testing"
	"testing/fstest"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

func TestValuesOfSecrets(t *testing.T) {
	for name, test := range map[string]struct {
		key, text string
		want      class
	}{
		"a password":                        {"password", "tr0ub4dor&3", secret},
		"a password with a dollar":          {"password", "p$ssw0rd-of-ours", secret},
		"a key that says little":            {"value", "9f86d081884c7d659a2f", secret},
		"nothing yet":                       {"password", " ", nothing},
		"filled in by a pipeline":           {"password", "${DB_PASSWORD}", nothing},
		"filled in by a template":           {"password", "{{ .Values.password }}", nothing},
		"to be replaced by a person":        {"password", "REPLACE_ME", nothing},
		"to be replaced, in words":          {"api-key", "your-api-key-here", nothing},
		"kept in a vault":                   {"password", "vault:secret/data/db#password", nothing},
		"encrypted where it stands":         {"password", "ENC[AES256_GCM,data:abc=,type:str]", nothing},
		"known to everybody":                {"password", "changeme", wellKnown},
		"a user's name":                     {"POSTGRES_USER", "orders", nothing},
		"an identity":                       {"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", nothing},
		"a certificate":                     {"tls.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", nothing},
		"a private key":                     {"tls.key", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n", secret},
		"an address":                        {"DATABASE_URL", "postgres://orders-db:5432/orders", nothing},
		"an address with a password":        {"DATABASE_URL", "postgres://orders:tr0ub4dor3@orders-db:5432/orders", secret},
		"an address with a default":         {"AMQP_URL", "amqp://guest:guest@rabbitmq:5672", wellKnown},
		"an address with a placeholder":     {"DATABASE_URL", "postgres://orders:${PASSWORD}@orders-db/orders", nothing},
		"a file without secrets":            {"alertmanager.yaml", "route:\n  receiver: team\nreceivers:\n- name: team\n", nothing},
		"a file with a password":            {"config.ini", "[smtp]\nhost = mail\npassword = tr0ub4dor3\n", secret},
		"a file with a chat's address":      {"alertmanager.yaml", "receivers:\n- slack_configs:\n  - api_url: https://hooks.slack.com/services/T0/B0/x9QkZ2\n", secret},
		"a file that names another file":    {"config.yaml", "token: /var/run/secrets/token\n", nothing},
		"a registry's login":                {".dockerconfigjson", `{"auths":{"ghcr.io":{"auth":"b3JkZXJzOnRyMHViNGRvcg=="}}}`, secret},
		"a registry without a login":        {".dockerconfigjson", `{"auths":{}}`, nothing},
		"a password's hash":                 {"users", "admin:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/", nothing},
		"a setting that has no name for it": {"TIMEZONE", "Europe/Zurich", nothing},
		"a setting like a password":         {"theme", "default", nothing},
		"a bag of certificates":             {"truststore.jks", "\xfe\xed\xfe\xed\x00\x02", nothing},
		"a bag of keys":                     {"keystore.jks", "\xfe\xed\xfe\xed\x00\x02", secret},
		"a cluster's login":                 {"config", "{\n  \"bearerToken\": \"b3V0IG9mIHRoZSBibHVl\",\n  \"tlsClientConfig\": {}\n}", secret},
		"a cluster's login, to be filled":   {"config", "{\n  \"bearerToken\": \"<authentication token>\"\n}", nothing},
		"hosts that ssh knows":              {"known_hosts", "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl", nothing},
		"what turns something on":           {"METRICS", "true", nothing},
		"a setting beside the secret":       {"region", "eu-central-1", nothing},
		"a comment that speaks of a secret": {"app.properties", "# password = something-old\nname = shop\n", nothing},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := classify(test.key, test.text); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestWhatAChartMakesUpIsNotInGit(t *testing.T) {
	const rendered = "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData: {password: cL4pT0qNw8}\n"
	judge := func(values string) []practice.Finding {
		files := fstest.MapFS{
			"shop/Chart.yaml":            {Data: []byte("apiVersion: v2\nname: shop\nversion: 1.0.0\n")},
			"shop/values.yaml":           {Data: []byte("password: \"\"\n")},
			"shop/values-prod.yaml":      {Data: []byte(values)},
			"shop/templates/secret.yaml": {Data: []byte("stringData: {password: {{ .Values.password | default (randAlphaNum 10) }}}\n")},
		}
		return practice.Judge(&practice.Scope{
			Chart: practice.ReadChart(files, "shop", "values-prod.yaml"), Objects: manifest.Read("shop/templates/secret.yaml", []byte(rendered)).Objects,
		}, []*practice.Practice{Practice})
	}
	if found := judge("password: cL4pT0qNw8\n"); len(found) != 1 {
		t.Errorf("a password in a file of values: found %v", found)
	}
	if found := judge(""); len(found) != 0 {
		t.Errorf("a password made at random: found %v", found)
	}
}
