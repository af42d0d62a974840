package externalservicemapped

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHosts(t *testing.T) {
	for name, tt := range map[string]struct {
		setting, text string
		want          []string
	}{
		"a URL with a password":       {"DATABASE_URL", "postgres://shop:p.ssw@rd@db.example.com:5432/x", []string{"db.example.com"}},
		"several members":             {"X", "mongodb://a.example.com:27017,b.example.com:27017/x", []string{"a.example.com", "b.example.com"}},
		"the managed, by its name":    {"ANYTHING", "shop.abc.eu-west-1.rds.amazonaws.com", []string{"shop.abc.eu-west-1.rds.amazonaws.com"}},
		"Go's MySQL":                  {"DB_DSN", "app:secret@tcp(db.example.com:3306)/x", []string{"db.example.com"}},
		"libpq's words":               {"DB_DSN", "host=db.example.com port=5432 user=x", []string{"db.example.com"}},
		"a page":                      {"HELP_URL", "https://docs.example.com/x", nil},
		"an interface":                {"PAYMENT_API_URL", "https://api.example.com/x", []string{"api.example.com"}},
		"camel case":                  {"bootstrapServers", "k1.example.com:9092", []string{"k1.example.com"}},
		"a host of the cluster":       {"DB_HOST", "db.shop.svc.cluster.local", nil},
		"a short host":                {"DB_HOST", "db", nil},
		"a version":                   {"SERVER", "1.2.3", nil},
		"an address to listen on":     {"LISTEN_ADDR", "0.0.0.0:8080", nil},
		"a variable":                  {"DB_URL", "postgres://$(USER)@$(HOST):5432/x", nil},
		"a template":                  {"DB_HOST", "{{ .Values.host }}.example.com", nil},
		"what is told to browsers":    {"ALLOWED_HOSTS", "shop.example.com", nil},
		"an image":                    {"IMAGE", "registry.example.com/app:1", nil},
		"a class":                     {"MAIN", "com.example.app.Server", nil},
		"two labels, a namespace":     {"DB_HOST", "db.dev", nil},
		"two labels, a company":       {"MAIL_HOST", "example.com:25", []string{"example.com"}},
		"a scheme that says nothing":  {"DB_HOST", "file:///etc/x.example.com", nil},
		"the scheme without the rest": {"DB_URL", "postgres://", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, hostsIn(tt.setting, tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is found is printed: it must never be a part of a URL that can hold a password.
func FuzzHosts(f *testing.F) {
	f.Add("DATABASE_URL", "secret.example.com", "db.example.com:5432")
	f.Add("X_HOST", "a/b@c", "x.example.com,y.example.com")
	f.Fuzz(func(t *testing.T, name, password, rest string) {
		for _, host := range hostsIn(name, "postgres://user:"+password+"@"+rest) {
			if !isExternal(host) || strings.ContainsAny(host, "@/: ") {
				t.Errorf("%q was found in %q", host, rest)
			}
		}
		hostsInFile(name, password+"\n"+rest)
	})
}
